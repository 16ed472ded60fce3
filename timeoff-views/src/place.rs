//! A partition and an offset as one number, so that a row's place on its topic is its row id: the cheapest key that
//! SQLite has.

/// Offsets below 2^48, partitions below 2^15: no log comes near either.
const OFFSET_BITS: u32 = 48;

/// The place of a record in its topic. Ordered by partition, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(i64);

impl Place {
    /// `None` if either is out of range.
    pub(crate) fn new(partition: i32, offset: i64) -> Option<Place> {
        let is_in_range =
            (0..1 << 15).contains(&partition) && (0..1_i64 << OFFSET_BITS).contains(&offset);
        is_in_range.then(|| Place(i64::from(partition) << OFFSET_BITS | offset))
    }

    /// The place with this number, which [`Place::number`] gave.
    pub(crate) fn of_number(number: i64) -> Place {
        Place(number)
    }

    pub(crate) fn number(self) -> i64 {
        self.0
    }

    pub(crate) fn partition(self) -> i32 {
        // At most 15 bits are left.
        (self.0 >> OFFSET_BITS) as i32
    }

    pub(crate) fn offset(self) -> i64 {
        self.0 & ((1 << OFFSET_BITS) - 1)
    }

    /// The numbers of the place at an offset, and of the first one of the next partition. `None` if either is out of
    /// range.
    pub(crate) fn from(partition: i32, offset: i64) -> Option<(i64, i64)> {
        let (_, end) = Place::range_of(partition);
        Some((Place::new(partition, offset.max(0))?.number(), end))
    }

    /// The first place of a partition, and the first of the next one.
    pub(crate) fn range_of(partition: i32) -> (i64, i64) {
        let partition = i64::from(partition);
        (partition << OFFSET_BITS, (partition + 1) << OFFSET_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_its_partition_and_offset(
            partition in 0..1 << 15_i32,
            offset in 0..1_i64 << 48,
        ) {
            let place = Place::new(partition, offset).unwrap();
            prop_assert_eq!((place.partition(), place.offset()), (partition, offset));
            let (first, end) = Place::range_of(partition);
            prop_assert!(first <= place.number());
            prop_assert!(end == i64::MIN || place.number() < end);
        }
    }

    #[test]
    fn what_does_not_fit_has_no_place() {
        for (partition, offset) in [(-1, 0), (0, -1), (1 << 15, 0), (0, 1 << 48)] {
            assert_eq!(Place::new(partition, offset), None);
        }
    }
}
