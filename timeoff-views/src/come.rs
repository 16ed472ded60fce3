//! How far a fold has come, for those who wait for it.

use std::collections::BTreeMap;

use crate::fold::Folded;
use crate::topic::Topic;

/// How far a fold has come in each partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Come(BTreeMap<(Topic, i32), i64>);

impl Come {
    /// Everything below this offset has been folded; 0 if nothing has.
    pub fn next(&self, topic: Topic, partition: i32) -> i64 {
        self.0.get(&(topic, partition)).copied().unwrap_or(0)
    }

    pub(crate) fn note(&mut self, folded: &[Folded]) {
        for one in folded {
            self.0.insert((one.topic, one.partition), one.offset + 1);
        }
    }
}
