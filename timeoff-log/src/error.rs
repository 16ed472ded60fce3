//! What can go wrong with a log, described so that the reader knows what to do.

use std::error::Error;

use timeoff_models::counted;

use crate::property_name::PropertyName;
use crate::remedy::Remedy;

/// The cause beneath an error of this crate.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A log could not do what it was asked to. `Display` says what failed, [`LogError::remedy`] what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log, or a part of it, cannot be used now.
    #[error("{log}: could not {step}")]
    Unavailable {
        /// The address of what failed: file, broker or registry.
        log: Box<str>,
        /// The step that failed, as a verb phrase: "open the file", "reach a broker".
        step: Box<str>,
        /// What can be done about it, if anything is known beyond the cause.
        remedy: Option<Remedy>,
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
        "{log}: could not make topic {topic}: its name collides with that of topic {other}, as Kafka treats `.` and \
         `_` as the same"
    )]
    CollidingTopic {
        /// The address of the log.
        log: String,
        /// The topic that was to be made.
        topic: String,
        /// The topic that exists.
        other: String,
    },
    /// A client property is unknown, has a bad value, or would break a promise. The error does not contain the value:
    /// it may be a secret, whatever the property's name.
    #[error("{name} cannot be set: {reason}")]
    RefusedProperty {
        /// The property, as far as its name may be shown.
        name: PropertyName,
        /// Why it is refused.
        reason: String,
        /// What to set instead, if there is anything.
        remedy: Option<Remedy>,
    },
    /// A property was given without `=`. The error does not repeat it: it may be a value alone.
    #[error("a property is given as key=value, and one has no '='")]
    MalformedProperty,
    /// A file of client properties could not be read.
    #[error("{path}{}: {reason}", if *line == 0 { String::new() } else { format!(", line {line}") })]
    InvalidPropertiesFile {
        /// The file.
        path: Box<str>,
        /// The line, counted from 1; 0 if the error is about the whole file.
        line: usize,
        /// What is wrong.
        reason: Box<str>,
        /// What to set instead, if there is anything.
        remedy: Option<Remedy>,
    },
    /// The group's recorded progress in a partition cannot be read, so nothing can be handed out safely.
    #[error(
        "group {group} has recorded a state for {topic} partition {partition} that this version cannot read"
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
    /// The group's offset is beyond the end of the partition. Either the topic has lost its end, or it was deleted and
    /// made again. Which of the two cannot be determined, and they need different remedies.
    #[error(
        "group {group} is at offset {offset} of {topic} partition {partition}, which ends at {end}"
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
    #[error("{log}: a record for topic {topic} is too large")]
    RecordTooLarge {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// The limit that the record exceeds, and how to raise it, if possible.
        remedy: Remedy,
    },
    /// A Kafka log was asked for a copy in one file.
    #[error(
        "{log}: a Kafka log is not one file; it is backed up by its replicas, and by copying its topics and its \
         groups' offsets to another cluster (MirrorMaker)"
    )]
    NotOneFile {
        /// The address of the log.
        log: String,
    },
    /// The log was closed before or during the call.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    /// What can be done about it, if anything is known.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            LogError::Unavailable { remedy, .. }
            | LogError::RefusedProperty { remedy, .. }
            | LogError::InvalidPropertiesFile { remedy, .. } => remedy.clone(),
            LogError::RecordTooLarge { remedy, .. } => Some(remedy.clone()),
            LogError::CollidingTopic { .. } => Some(Remedy::OtherTopicName),
            LogError::UnknownProgress { .. } => Some(Remedy::RunWriter),
            LogError::BeyondEnd { topic, end, .. } => Some(Remedy::ResetOffsets {
                topic: topic.as_str().into(),
                end: *end,
            }),
            LogError::TooFewPartitions { .. }
            | LogError::MalformedProperty
            | LogError::NotOneFile { .. }
            | LogError::Closed => None,
        }
    }

    /// Whether waiting cannot help: the log is a file that is damaged, or that this program cannot read as a log.
    pub fn is_final(&self) -> bool {
        matches!(self, LogError::Unavailable { remedy: Some(remedy), .. } if remedy.is_final())
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

/// Appending failed. Some of the records may be on the log.
#[derive(Debug, thiserror::Error)]
#[error("{}, the rest is not known to be", counted(*.acknowledged, "record is on the log", "records are on the log"))]
pub struct AppendError {
    /// How many records, from the first, are known to be durable. Later ones may or may not be.
    pub acknowledged: u64,
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
            (0, "0 records are on the log, the rest is not known to be"),
            (1, "1 record is on the log, the rest is not known to be"),
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
