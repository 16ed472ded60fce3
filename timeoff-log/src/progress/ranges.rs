//! Ranges as bytes: either the lengths of undecided and decided ranges in turn, as variable-length numbers, or a
//! bitmap.

use crate::varint::{self, Malformed};

pub(super) fn varints_from_runs(runs: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(runs.len());
    for &run in runs {
        varint::put(run as u64, &mut bytes);
    }
    bytes
}

pub(super) fn runs_from_varints(mut bytes: &[u8]) -> Result<Vec<i64>, &'static str> {
    const TOO_LARGE: &str = "malformed: a number is too large";
    let mut runs = Vec::new();
    while !bytes.is_empty() {
        let run = varint::take(&mut bytes).map_err(|malformed| match malformed {
            Malformed::CutOff => "cut off",
            Malformed::TooLarge => TOO_LARGE,
        })?;
        runs.push(i64::try_from(run).map_err(|_| TOO_LARGE)?);
    }
    Ok(runs)
}

/// Bit i of the bitmap says whether offset prefix + i is decided. Bits are counted from the lowest bit of the first
/// byte.
pub(super) fn bitmap_from_runs(runs: &[i64], bitmap_bytes: usize) -> Vec<u8> {
    let mut bits = vec![0_u8; bitmap_bytes];
    let mut at = 0;
    for (index, &run) in runs.iter().enumerate() {
        let end = at + run as usize;
        if index % 2 == 1 {
            for bit in at..end {
                bits[bit / 8] |= 1 << (bit % 8);
            }
        }
        at = end;
    }
    bits
}

pub(super) fn runs_from_bitmap(bits: &[u8]) -> Vec<i64> {
    let mut runs = vec![0_i64];
    for byte in bits {
        for bit in 0..8 {
            let decided = byte & (1 << bit) != 0;
            if decided == (runs.len() % 2 == 0) {
                *runs.last_mut().expect("starts with one run and only grows") += 1;
            } else {
                runs.push(1);
            }
        }
    }
    runs
}
