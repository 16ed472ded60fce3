//! The two building blocks of Avro binary: numbers, and runs of bytes.

use timeoff_log::varint;

/// The part of some Avro that is still to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest<'avro>(pub(super) &'avro [u8]);

impl<'avro> Rest<'avro> {
    /// A number of variable length, after zigzag. `None` if it is cut off or has more than 64 bits.
    #[inline]
    pub(super) fn number(&mut self) -> Option<i64> {
        let zigzag = varint::take(&mut self.0).ok()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The next `count` bytes.
    #[inline]
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'avro [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// Writes a number in as few bytes as it takes.
#[inline]
pub(super) fn write_number(number: i64, out: &mut Vec<u8>) {
    varint::put((number as u64) << 1 ^ (number >> 63) as u64, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Rest, write_number};

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(number: i64) {
            let mut avro = Vec::new();
            write_number(number, &mut avro);
            let mut rest = Rest(&avro);
            prop_assert_eq!(rest.number(), Some(number));
            prop_assert!(rest.0.is_empty());
        }
    }
}
