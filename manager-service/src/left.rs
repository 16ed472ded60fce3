//! What a run leaves undecided.

use std::collections::BTreeMap;

/// How many applications of each partition have been left undecided since this manager took it.
#[derive(Debug, Default)]
pub(crate) struct Left(BTreeMap<i32, OfPartition>);

#[derive(Debug, Default)]
struct OfPartition {
    count: i64,
    /// The offset behind the last one that was counted. They are handed out in order, so an undecided one from there on has
    /// not been handed out yet.
    end: i64,
}

impl Left {
    /// Counts one more, which was handed out.
    pub(crate) fn add(&mut self, partition: i32, offset: i64) {
        let of = self.0.entry(partition).or_default();
        of.count += 1;
        of.end = of.end.max(offset + 1);
    }

    /// Counts one less: it was decided all the same. One that was found before it was handed out has not been counted.
    pub(crate) fn remove(&mut self, (partition, offset): (i32, i64)) {
        if let Some(of) = self.counted(partition, offset) {
            of.count = (of.count - 1).max(0);
        }
    }

    /// Counts one again that was removed: its decision was not recorded.
    pub(crate) fn restore(&mut self, (partition, offset): (i32, i64)) {
        if let Some(of) = self.counted(partition, offset) {
            of.count += 1;
        }
    }

    fn counted(&mut self, partition: i32, offset: i64) -> Option<&mut OfPartition> {
        let of = self.0.get_mut(&partition)?;
        (offset < of.end).then_some(of)
    }

    /// Forgets partitions that other managers hold now. Whoever holds them next is offered what was left.
    pub(crate) fn forget(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.0.remove(partition);
        }
    }

    /// Whether the deliveries left are all of `undecided`: when these were counted, no others were in hand, still to be
    /// decided.
    pub(crate) fn are(&self, partition: i32, undecided: i64) -> bool {
        self.0.get(&partition).map_or(0, |of| of.count) >= undecided
    }
}

#[cfg(test)]
mod tests {
    use super::Left;

    #[test]
    fn what_was_in_hand_when_it_was_counted_is_not_taken_for_left() {
        let mut left = Left::default();
        assert!(!left.are(1, 1));
        left.add(1, 5);
        left.add(1, 6);
        assert!(left.are(1, 2));
        assert!(!left.are(1, 3));
        assert!(!left.are(0, 1));
    }

    #[test]
    fn what_was_left_of_a_partition_that_went_away_is_not_counted_when_it_comes_back() {
        let mut left = Left::default();
        left.add(0, 5);
        left.add(1, 5);
        left.forget(&[1, 2]);
        left.add(1, 5);
        assert!(left.are(0, 1));
        assert!(!left.are(1, 2));
    }
    #[test]
    fn what_is_decided_before_it_is_handed_out_does_not_count() {
        let mut left = Left::default();
        left.add(1, 5);
        left.add(1, 7);
        left.remove((1, 9));
        left.remove((0, 5));
        assert!(left.are(1, 2));
        left.remove((1, 5));
        assert!(!left.are(1, 2));
        left.restore((1, 5));
        left.restore((1, 9));
        assert!(left.are(1, 2));
        assert!(!left.are(1, 3));
    }
}
