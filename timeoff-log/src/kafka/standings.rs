//! A group's committed progress, read from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;

use super::client::{CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, RecordConsumer, Role, blocking};
use super::committed::{TakeUpError, UNSTABLE_LIMIT, check_end, restore};
use super::log::KafkaLog;
use super::topic::{partition_count, watermarks};
use crate::error::LogError;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};

/// How long a count may take over each of its questions: it can be had again later.
const COUNT_TIMEOUT: Duration = CALL_TIMEOUT;

impl KafkaLog {
    /// The stable committed progress of `group` in each partition of `topic`. Partitions without a commit are absent; a
    /// commit for an earlier topic of that name counts as none.
    pub(crate) async fn progress(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Progress>, LogError> {
        let asking = self.asking(group, topic, CONNECT_TIMEOUT, UNSTABLE_LIMIT);
        blocking(move || asking.progress()).await
    }

    /// See [`crate::Log::count_unsettled`].
    pub(crate) async fn count_unsettled(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, u64>, LogError> {
        let asking = self.asking(group, topic, COUNT_TIMEOUT, COUNT_TIMEOUT);
        blocking(move || asking.count_unsettled()).await
    }

    fn asking(
        &self,
        group: &str,
        topic: &str,
        within: Duration,
        stable_within: Duration,
    ) -> Asking {
        Asking {
            cluster: self.cluster.clone(),
            group: group.to_owned(),
            topic: topic.to_owned(),
            within,
            stable_within,
        }
    }
}

struct Asking {
    cluster: Arc<Cluster>,
    group: String,
    topic: String,
    /// How long the cluster may take to answer.
    within: Duration,
    /// How long an open transaction of a member may keep the committed offsets unstable.
    stable_within: Duration,
}

impl Asking {
    fn progress(&self) -> Result<BTreeMap<i32, Progress>, LogError> {
        let consumer = self.consumer()?;
        let mut found = BTreeMap::new();
        for (partition, progress) in self.committed_progress(&consumer)? {
            if let Some(progress) = progress {
                let (_, end) = self.watermarks(&consumer, partition)?;
                check_end(&self.group, &self.topic, partition, &progress, end)?;
                found.insert(partition, progress);
            }
        }
        Ok(found)
    }

    fn count_unsettled(&self) -> Result<BTreeMap<i32, u64>, LogError> {
        let consumer = self.consumer()?;
        let mut counts = BTreeMap::new();
        for (partition, progress) in self.committed_progress(&consumer)? {
            let (first, end) = self.watermarks(&consumer, partition)?;
            let progress =
                progress.unwrap_or_else(|| Progress::starting_at(first, KAFKA_CAPACITY_BYTES));
            counts.insert(partition, progress.undecided_between(first, end));
        }
        Ok(counts)
    }

    /// For each partition of the topic, what the group has committed, if it has.
    fn committed_progress(
        &self,
        consumer: &RecordConsumer,
    ) -> Result<Vec<(i32, Option<Progress>)>, LogError> {
        let count = partition_count(consumer.client(), &self.topic, self.within)
            .map_err(|error| self.cluster.unavailable("find the topic", error))?;
        let mut all = TopicPartitionList::new();
        for partition in 0..count {
            all.add_partition(&self.topic, partition);
        }
        let committed = self.committed(consumer, &all)?;
        let topic_id = consumer.context().topic_ids().of(&self.topic);
        committed
            .elements()
            .iter()
            .map(|element| {
                let restored = restore(&self.group, &self.topic, element);
                let committed = restored.map_err(|error| match error {
                    TakeUpError::Kafka(error) => self
                        .cluster
                        .unavailable("read what the group has settled", error),
                    TakeUpError::Unreadable(error) => error,
                })?;
                let progress = committed
                    .filter(|committed| !committed.is_of_another(topic_id.as_ref()))
                    .map(|committed| committed.progress);
                Ok((element.partition(), progress))
            })
            .collect()
    }

    fn watermarks(
        &self,
        consumer: &RecordConsumer,
        partition: i32,
    ) -> Result<(i64, i64), LogError> {
        watermarks(consumer.client(), &self.topic, partition, self.within).map_err(|error| {
            self.cluster
                .unavailable("find the ends of the topic", error)
        })
    }

    /// The consumer has the group's id but never subscribes, so it does not join the group.
    fn consumer(&self) -> Result<RecordConsumer, LogError> {
        self.cluster.lone_consumer(Role::Member {
            group: &self.group,
            in_hand: 0,
        })
    }

    /// Asks again while a member's open transaction keeps the committed offsets unstable.
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
                        && began.elapsed() < self.stable_within => {}
                Err(error) => {
                    return Err(self
                        .cluster
                        .unavailable("read what the group has settled", error));
                }
            }
        }
    }
}
