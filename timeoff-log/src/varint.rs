//! Numbers of variable length: seven bits in each byte, from the lowest. A byte's highest bit says that another byte
//! follows.
//!
//! Avro writes its numbers this way, after zigzag. Progress is recorded in them without zigzag.

/// Why the bytes do not begin with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// They end before the number does.
    CutOff,
    /// It has more than 64 bits.
    TooLarge,
}

/// Takes the number that `bytes` begin with, and leaves the bytes after it.
///
/// # Errors
///
/// [`Malformed`]; what is left of `bytes` then is unspecified.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Malformed::CutOff)?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return Err(Malformed::TooLarge);
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed::TooLarge)
}

/// Appends a number, in as few bytes as possible.
#[inline]
pub fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Malformed, put, take};

    fn taken(mut bytes: &[u8]) -> Result<u64, Malformed> {
        take(&mut bytes)
    }

    proptest! {
        #[test]
        fn a_number_is_taken_as_it_was_put_and_what_is_behind_it_is_left(
            number: u64, bits in 0_u32..64, behind: Vec<u8>,
        ) {
            let number = number >> bits;
            let mut bytes = Vec::new();
            put(number, &mut bytes);
            bytes.extend(&behind);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest), Ok(number));
            prop_assert_eq!(rest, behind.as_slice());
        }

        #[test]
        fn a_number_without_its_last_byte_is_cut_off(number: u64) {
            let mut bytes = Vec::new();
            put(number, &mut bytes);
            bytes.pop();
            prop_assert_eq!(taken(&bytes), Err(Malformed::CutOff));
        }
    }

    #[test]
    fn numbers_have_the_bytes_that_avro_and_protobuf_give_them() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut put_bytes = Vec::new();
            put(number, &mut put_bytes);
            assert_eq!(put_bytes, bytes, "{number}");
            assert_eq!(taken(bytes), Ok(number));
        }
    }

    #[test]
    fn more_than_64_bits_are_no_number() {
        let the_65th_bit = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2];
        assert_eq!(taken(&the_65th_bit), Err(Malformed::TooLarge));
        assert_eq!(taken(&[0x80; 11]), Err(Malformed::TooLarge));
    }
}
