//! Which records may go back to where they stood.

use std::sync::Arc;

use timeoff_contract::TopicNames;
use timeoff_log::Position;

use crate::recent::ID_WAS_USED;

/// Where applications stand: a topic and its partitions.
pub(crate) struct Applications {
    /// The topics' names.
    pub topics: TopicNames,
    /// How many partitions the applications topic has.
    pub partitions: i32,
}

/// Why a record is not put back, whatever it contains.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPutBack {
    /// It is a result.
    #[error(
        "it is a result, and a result is not put on the log twice; once it can be understood, result-reader \
        --from-beginning shows it"
    )]
    Result,
    /// It is a command.
    #[error("it is a command, and commands are not put back: whoever asked can ask again")]
    Command,
    /// Another application on the log has its id.
    #[error(
        "{reason}, and would be decided twice if it were put back; if another application was meant, submit it under \
        its own id"
    )]
    Repetition {
        /// Why it became a letter.
        reason: String,
    },
    /// It belongs to somebody else.
    #[error("it came from topic {topic}, and applications are in {applications} here")]
    OtherTopic {
        /// Where it came from.
        topic: Arc<str>,
        /// Where it would have to come from.
        applications: Arc<str>,
    },
    /// Its partition is not there any more.
    #[error("it came from partition {partition} of {topic}, which has no such partition")]
    NoPartition {
        /// Where it came from.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
    },
}

impl Applications {
    /// Checks that a record that stood at `stood`, and became a letter for `reason`, may be put back there.
    ///
    /// # Errors
    ///
    /// [`NotPutBack`] says why not.
    pub(crate) fn take_back(&self, stood: &Position, reason: &str) -> Result<(), NotPutBack> {
        let topic = stood.topic.clone();
        if reason.starts_with(ID_WAS_USED) {
            Err(NotPutBack::Repetition {
                reason: reason.to_owned(),
            })
        } else if topic == self.topics.results {
            Err(NotPutBack::Result)
        } else if topic == self.topics.commands {
            Err(NotPutBack::Command)
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
    use crate::recent::IdWasUsed;
    use timeoff_contract::TopicNames;
    use timeoff_log::Position;

    #[test]
    fn only_applications_of_this_topic_and_of_a_partition_that_exists_are_taken_back() {
        let applications = Applications {
            topics: TopicNames::default(),
            partitions: 3,
        };
        let at = |topic: &str, partition| Position {
            topic: topic.into(),
            partition,
            offset: 7,
        };
        let take_back =
            |topic: &str, partition| applications.take_back(&at(topic, partition), "a reason");
        for partition in 0..3 {
            assert_eq!(take_back(TopicNames::APPLICATIONS, partition), Ok(()));
        }
        for partition in [-1, 3] {
            let refused = take_back(TopicNames::APPLICATIONS, partition);
            assert!(matches!(refused, Err(NotPutBack::NoPartition { .. })));
        }
        assert_eq!(take_back(TopicNames::RESULTS, 0), Err(NotPutBack::Result));
        assert_eq!(take_back(TopicNames::COMMANDS, 0), Err(NotPutBack::Command));
        let refused = take_back("of-another-office", 0);
        assert!(matches!(refused, Err(NotPutBack::OtherTopic { .. })));
        let repetition = IdWasUsed {
            partition: 1,
            offset: 3,
        };
        let refused =
            applications.take_back(&at(TopicNames::APPLICATIONS, 1), &repetition.to_string());
        assert!(matches!(refused, Err(NotPutBack::Repetition { .. })));
    }
}
