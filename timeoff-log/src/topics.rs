//! The shapes of topics.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::LogError;

/// Topics that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnsuredTopics {
    /// How many partitions each has.
    pub partitions: BTreeMap<Arc<str>, i32>,
    /// Those that did not exist and were made by this call.
    pub made: Vec<Arc<str>>,
}

/// A topic that a service needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: Arc<str>,
    /// How many partitions the topic gets if it does not exist.
    pub partitions: i32,
    /// The fewest partitions that an existing topic may have.
    pub at_least: i32,
    /// Whether a topic that is made keeps its records for ever: without a limit of age or size, and never compacted.
    /// Of other topics, the log's own settings decide that. Files keep all records anyway.
    pub keep_forever: bool,
}

impl TopicSpec {
    /// Checks that a topic of this name has enough partitions.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewPartitions`] if not.
    pub(crate) fn check(&self, log: &str, has: i32) -> Result<(), LogError> {
        if has >= self.at_least {
            return Ok(());
        }
        Err(LogError::TooFewPartitions {
            log: log.to_owned(),
            topic: self.name.to_string(),
            has,
            needs: self.at_least,
        })
    }
}
