//! Which records may go back to where they stood.

use std::sync::Arc;

use timeoff_log::{Position, TopicNames};

/// Where applications stand.
pub(crate) struct Applications {
    /// The topics' names.
    pub topics: TopicNames,
    /// How many partitions the applications topic has.
    pub partitions: i32,
}

/// A record is not put back, whatever it says.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPutBack {
    /// It is a result.
    #[error(
        "it is a result, and a result is not put on the log twice; once it can be understood, result-reader --from-beginning shows it"
    )]
    Result,
    /// It belongs to somebody else.
    #[error("it came from topic {topic}, and applications are in {applications} here")]
    OtherTopic {
        /// Where it came from.
        topic: Arc<str>,
        /// Where it would have to come from.
        applications: Arc<str>,
    },
    /// There is no such place any more.
    #[error("it came from partition {partition} of {topic}, which has no such partition")]
    NoPartition {
        /// Where it came from.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
    },
}

impl Applications {
    /// Whether a record that stood there may be put back there.
    ///
    /// # Errors
    ///
    /// [`NotPutBack`] says why not.
    pub(crate) fn take_back(&self, stood: &Position) -> Result<(), NotPutBack> {
        let topic = stood.topic.clone();
        if topic == self.topics.results {
            Err(NotPutBack::Result)
        } else if topic != self.topics.applications {
            Err(NotPutBack::OtherTopic {
                topic,
                applications: self.topics.applications.clone(),
            })
        } else if !(0..self.partitions).contains(&stood.partition) {
            Err(NotPutBack::NoPartition {
                topic,
                partition: stood.partition,
            })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Applications, NotPutBack};
    use timeoff_log::{Position, TopicNames};

    #[test]
    fn only_applications_of_this_topic_and_of_a_partition_that_exists_are_taken_back() {
        let applications = Applications {
            topics: TopicNames::default(),
            partitions: 3,
        };
        let take_back = |topic: &str, partition| {
            applications.take_back(&Position {
                topic: topic.into(),
                partition,
                offset: 7,
            })
        };
        for partition in 0..3 {
            assert_eq!(take_back(TopicNames::APPLICATIONS, partition), Ok(()));
        }
        for partition in [-1, 3] {
            let refused = take_back(TopicNames::APPLICATIONS, partition);
            assert!(matches!(refused, Err(NotPutBack::NoPartition { .. })));
        }
        assert_eq!(take_back(TopicNames::RESULTS, 0), Err(NotPutBack::Result));
        let refused = take_back("of-another-office", 0);
        assert!(matches!(refused, Err(NotPutBack::OtherTopic { .. })));
    }
}
