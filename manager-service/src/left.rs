//! What a run leaves undecided.

use std::collections::BTreeMap;

/// How many deliveries of each partition have been left undecided since this manager took it.
#[derive(Debug, Default)]
pub(crate) struct Left(BTreeMap<i32, i64>);

impl Left {
    /// Counts one more.
    pub(crate) fn add(&mut self, partition: i32) {
        *self.0.entry(partition).or_default() += 1;
    }

    /// Counts one less: it was decided all the same.
    pub(crate) fn remove(&mut self, partition: i32) {
        if let Some(count) = self.0.get_mut(&partition) {
            *count = (*count - 1).max(0);
        }
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
        self.0.get(&partition).copied().unwrap_or(0) >= undecided
    }
}

#[cfg(test)]
mod tests {
    use super::Left;

    #[test]
    fn what_was_in_hand_when_it_was_counted_is_not_taken_for_left() {
        let mut left = Left::default();
        assert!(!left.are(1, 1));
        left.add(1);
        left.add(1);
        assert!(left.are(1, 2));
        assert!(!left.are(1, 3));
        assert!(!left.are(0, 1));
    }

    #[test]
    fn what_was_left_of_a_partition_that_went_away_is_not_counted_when_it_comes_back() {
        let mut left = Left::default();
        left.add(0);
        left.add(1);
        left.forget(&[1, 2]);
        left.add(1);
        assert!(left.are(0, 1));
        assert!(!left.are(1, 2));
    }
}
