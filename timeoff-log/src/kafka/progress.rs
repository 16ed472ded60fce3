//! What a group has committed of a topic; and asking for it from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::consumer::RecordConsumer;
use super::rebalance::GroupContext;
use super::settings::Role;
use super::topic_ids::{TopicId, split_topic_id};
use super::{
    CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, KafkaLog, blocking, partition_count, watermarks,
};
use crate::error::LogError;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};

/// How long what a group has committed may be unreadable before it is said that the log does not answer: as long as the
/// transaction of a killed member may stay open, and a little more. It times out after `transaction.timeout.ms`, 10 s with
/// us; a broker looks for those that have every 10 s (`transaction.abort.timed.out.transaction.cleanup.interval.ms`).
pub(super) const UNSTABLE_LIMIT: Duration = Duration::from_secs(25);

/// What a group has committed could not be read now, or not at all.
pub(super) enum TakeUpError {
    Kafka(KafkaError),
    Unreadable(LogError),
}

impl From<KafkaError> for TakeUpError {
    fn from(error: KafkaError) -> TakeUpError {
        TakeUpError::Kafka(error)
    }
}

/// What a group has committed of a partition.
pub(super) struct Committed {
    pub(super) progress: Progress,
    /// The topic that it speaks of, if the commit says it.
    pub(super) topic_id: Option<TopicId>,
}

impl Committed {
    /// Whether it speaks of another topic than the one with this id. An id that is not known proves nothing.
    pub(super) fn is_of_another(&self, topic: Option<&TopicId>) -> bool {
        topic.is_some_and(|topic| self.topic_id.as_ref().is_some_and(|own| own != topic))
    }
}

/// What a group has committed of a partition, if anything.
pub(super) fn restore(
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

/// A group that is further than its topic speaks of another topic of that name.
pub(super) fn check_end(
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

impl KafkaLog {
    /// What `group` has recorded of each partition of `topic`, in stable state. Those of which it has recorded nothing
    /// are absent; what it has recorded of an earlier topic of that name is nothing.
    pub(crate) async fn progress(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Progress>, LogError> {
        let asking = Asking {
            cluster: self.cluster.clone(),
            group: group.to_owned(),
            topic: topic.to_owned(),
        };
        blocking(move || asking.ask()).await
    }
}

struct Asking {
    cluster: Arc<Cluster>,
    group: String,
    topic: String,
}

impl Asking {
    fn ask(&self) -> Result<BTreeMap<i32, Progress>, LogError> {
        // It has the group's id and does not subscribe, so that it never joins.
        let consumer = self.consumer()?;
        let count = partition_count(consumer.client(), &self.topic)
            .map_err(|error| self.unavailable("find the topic", error))?;
        let mut all = TopicPartitionList::new();
        for partition in 0..count {
            all.add_partition(&self.topic, partition);
        }
        let committed = self.committed(&consumer, &all)?;
        let topic_id = consumer.context().topic_ids().of(&self.topic);
        let mut found = BTreeMap::new();
        for element in committed.elements() {
            let partition = element.partition();
            let restored = restore(&self.group, &self.topic, &element);
            let committed = restored.map_err(|error| match error {
                TakeUpError::Kafka(error) => {
                    self.unavailable("read what the group has settled", error)
                }
                TakeUpError::Unreadable(error) => error,
            })?;
            if let Some(committed) = committed
                && !committed.is_of_another(topic_id.as_ref())
            {
                let progress = committed.progress;
                let (_, end) =
                    watermarks(consumer.client(), &self.topic, partition, CONNECT_TIMEOUT)
                        .map_err(|error| self.unavailable("find the ends of the topic", error))?;
                check_end(&self.group, &self.topic, partition, &progress, end)?;
                found.insert(partition, progress);
            }
        }
        Ok(found)
    }

    fn consumer(&self) -> Result<RecordConsumer, LogError> {
        let (news, _) = tokio::sync::mpsc::unbounded_channel();
        let group = Role::Member {
            group: &self.group,
            in_hand: 0,
        };
        let cluster = &self.cluster;
        let config = cluster.settings.client_config(&cluster.servers, group)?;
        let context = GroupContext::new(cluster.diagnosis.clone(), news);
        RecordConsumer::new(&config, context, &cluster.census)
            .map_err(|error| self.unavailable("set up a client", error))
    }

    /// Asks until no transaction is open in which a member commits.
    fn committed(
        &self,
        consumer: &RecordConsumer,
        list: &TopicPartitionList,
    ) -> Result<TopicPartitionList, LogError> {
        let began = Instant::now();
        loop {
            match consumer.committed_offsets(list.clone(), CALL_TIMEOUT) {
                Ok(committed) => return Ok(committed),
                Err(error)
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut)
                        && began.elapsed() < UNSTABLE_LIMIT => {}
                Err(error) => {
                    return Err(self.unavailable("read what the group has settled", error));
                }
            }
        }
    }

    fn unavailable(&self, step: &str, error: KafkaError) -> LogError {
        self.cluster
            .diagnosis
            .unavailable(&self.cluster.address, step, error)
    }
}
