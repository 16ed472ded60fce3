//! What can go wrong with a log, told so that the reader knows what to do.

use std::error::Error;

use timeoff_models::counted;

use crate::kafka::PropertyName;
use crate::sqlite;
use crate::subscription::Settlement;

/// The cause beneath an error of this crate.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A log could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log, or a part of it, cannot be used now.
    #[error("{log}: could not {step}; {remedy}")]
    Unavailable {
        /// The address of what failed: file, broker or registry.
        log: String,
        /// The step that failed, as a verb phrase: "open the file", "reach a broker".
        step: String,
        /// What the reader can do about it.
        remedy: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// A topic has fewer partitions than it needs.
    #[error(
        "{log}: topic {topic} has {}, and needs {needs}",
        counted((*.has).unsigned_abs().into(), "partition", "partitions")
    )]
    TooFewPartitions {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// How many partitions the topic has.
        has: i32,
        /// How many it needs.
        needs: i32,
    },
    /// A topic cannot be made beside another one of nearly the same name.
    #[error(
        "{log}: could not make topic {topic}: its name collides with that of topic {other}, as Kafka takes `.` and `_` for the same; choose another name (--applications-topic, --results-topic, --dead-letters-topic)"
    )]
    CollidingTopic {
        /// The address of the log.
        log: String,
        /// The topic that was to be made.
        topic: String,
        /// The topic that exists.
        other: String,
    },
    /// A client property that is unknown, has a bad value, or would break a promise. The value is not told: it may be a
    /// secret, whatever the property's name.
    #[error("{name} cannot be set: {reason}")]
    RefusedProperty {
        /// The property, as far as its name can be told.
        name: PropertyName,
        /// Why it is refused.
        reason: String,
    },
    /// What was given as a property has no `=`. It is not told: it may be the value alone.
    #[error("a property is given as key=value, and one has no '='")]
    MalformedProperty,
    /// A file of client properties could not be read.
    #[error("{path}{}: {reason}", if *line == 0 { String::new() } else { format!(", line {line}") })]
    InvalidPropertiesFile {
        /// The file.
        path: String,
        /// The line, counted from 1; 0 where the file as a whole is meant.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// What the group has recorded about a partition cannot be read, so nothing can be handed out safely.
    #[error(
        "group {group} has recorded a state for {topic} partition {partition} that this version cannot read; run the version that wrote it, or reset the group's offset there"
    )]
    UnknownProgress {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What was wrong with the state.
        #[source]
        source: Cause,
    },
    /// The group is further than the topic, which has lost its end, or was deleted and made again. Which of the two cannot be
    /// told, and what is to be done is not the same.
    #[error(
        "group {group} has come to offset {offset} of {topic} partition {partition}, which ends at {end}. If the topic was deleted and made again, nothing that is on it is decided: have the group begin anew in all its partitions (kafka-consumer-groups --reset-offsets --to-earliest --topic {topic} --execute). If its end was lost (a restore, an unclean election), most that is on it is decided, and beginning anew would decide it twice: have the group go on behind it (--to-offset, with the offset of the first record that came afterwards, {end} if none did)"
    )]
    BeyondEnd {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The group's next offset.
        offset: i64,
        /// The offset after the partition's last record.
        end: i64,
    },
    /// A record is larger than the log takes.
    #[error("{log}: a record for topic {topic} is too large; {remedy}")]
    RecordTooLarge {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// The limit that was met, and how it is raised, if it can be.
        remedy: String,
    },
    /// A copy to one file was asked of a Kafka log.
    #[error(
        "{log}: a Kafka log is not one file; it is backed up by its replicas, and by copying its topics and its groups' offsets to another cluster (MirrorMaker)"
    )]
    NotOneFile {
        /// The address of the log.
        log: String,
    },
    /// The log was closed while something was still asked of it.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    /// Whether no waiting mends it: the log, a file, is damaged, or is none that this program can read.
    pub fn is_final(&self) -> bool {
        matches!(self, LogError::Unavailable { source, .. } if sqlite::is_final(source))
    }

    /// Whether the caller's own settings are at fault, rather than the log.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            LogError::RefusedProperty { .. }
                | LogError::MalformedProperty
                | LogError::InvalidPropertiesFile { .. }
                | LogError::NotOneFile { .. }
                | LogError::CollidingTopic { .. }
        )
    }
}

/// Some of a stream of records are not on the log.
#[derive(Debug, thiserror::Error)]
#[error("{}, the rest is not", counted(*.acknowledged, "record is on the log", "records are on the log"))]
pub struct AppendError {
    /// How many records, from the first, are known to be durable. Later ones may or may not be.
    pub acknowledged: u64,
    /// What failed.
    #[source]
    pub source: LogError,
}

/// Nothing of a batch was settled; the settlements come back, to be tried again or left.
#[derive(Debug, thiserror::Error)]
#[error("nothing was recorded")]
pub struct SettleError {
    /// The settlements, untouched and in order.
    pub settlements: Vec<Settlement>,
    /// What failed.
    #[source]
    pub source: LogError,
}

#[cfg(test)]
mod tests {
    use super::{AppendError, LogError};

    #[test]
    fn of_one_it_is_told_in_the_singular() {
        for (acknowledged, told) in [
            (0, "0 records are on the log, the rest is not"),
            (1, "1 record is on the log, the rest is not"),
        ] {
            let source = LogError::Closed;
            let error = AppendError {
                acknowledged,
                source,
            };
            assert_eq!(error.to_string(), told);
        }
    }
}
