//! Ranges as bytes: lengths of undecided and decided ranges in turn, as variable-length numbers or as a bitmap.

pub(super) fn varints_from_runs(runs: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(runs.len());
    for &run in runs {
        let mut rest = run as u64;
        while rest >= 0x80 {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

pub(super) fn runs_from_varints(bytes: &[u8]) -> Result<Vec<i64>, &'static str> {
    let mut runs = Vec::new();
    let mut run: i64 = 0;
    let mut shift = 0;
    for &byte in bytes {
        if shift > 56 {
            return Err("a number too large");
        }
        run |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            runs.push(run);
            run = 0;
            shift = 0;
        }
    }
    if shift != 0 {
        return Err("cut off");
    }
    Ok(runs)
}

/// Bit i of the bitmap, counted from the lowest bit of the first byte, says whether offset prefix + i is decided.
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
