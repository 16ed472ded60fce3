//! What a group has committed in a partition: the offset, the decided ranges beside it, and the topic they belong to.

use std::time::Duration;

use rdkafka::Offset;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionListElem;

use super::client::{TopicId, split_topic_id};
use crate::error::LogError;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};

/// How long a group's progress may be unreadable before the log is reported as not answering: a little longer than a
/// killed member's transaction may stay open. It times out after `transaction.timeout.ms`, which is 10 s here, and a
/// broker aborts timed-out transactions every 10 s (`transaction.abort.timed.out.transaction.cleanup.interval.ms`).
pub(crate) const UNSTABLE_LIMIT: Duration = Duration::from_secs(25);

/// Why a group's progress could not be read. A `Kafka` error may pass; an `Unreadable` one does not.
pub(crate) enum TakeUpError {
    Kafka(KafkaError),
    Unreadable(LogError),
}

impl From<KafkaError> for TakeUpError {
    fn from(error: KafkaError) -> TakeUpError {
        TakeUpError::Kafka(error)
    }
}

/// A group's commit in a partition.
pub(crate) struct Committed {
    pub(crate) progress: Progress,
    /// The topic that the commit belongs to, if the commit names one.
    pub(crate) topic_id: Option<TopicId>,
}

impl Committed {
    /// Whether the commit belongs to another topic than the one with this id. An unknown id proves nothing.
    pub(crate) fn is_of_another(&self, topic: Option<&TopicId>) -> bool {
        topic.is_some_and(|topic| self.topic_id.as_ref().is_some_and(|own| own != topic))
    }
}

/// A group's commit in a partition, if it has committed anything.
pub(crate) fn restore(
    group: &str,
    topic: &str,
    element: &TopicPartitionListElem<'_>,
) -> Result<Option<Committed>, TakeUpError> {
    element.error()?;
    let Offset::Offset(offset) = element.offset() else {
        return Ok(None);
    };
    let (topic_id, ranges) = split_topic_id(element.metadata());
    Progress::restore(offset, ranges, KAFKA_CAPACITY_BYTES)
        .map(|progress| Some(Committed { progress, topic_id }))
        .map_err(|error| {
            TakeUpError::Unreadable(LogError::UnknownProgress {
                group: group.to_owned(),
                topic: topic.to_owned(),
                partition: element.partition(),
                source: error.into(),
            })
        })
}

/// Returns an error if a group's progress reaches beyond the end of its topic: it belongs to another topic of that
/// name.
pub(crate) fn check_end(
    group: &str,
    topic: &str,
    partition: i32,
    progress: &Progress,
    end: i64,
) -> Result<(), LogError> {
    let reach = progress.reach();
    if reach <= end {
        return Ok(());
    }
    Err(LogError::BeyondEnd {
        group: group.to_owned(),
        topic: topic.to_owned(),
        partition,
        offset: reach,
        end,
    })
}
