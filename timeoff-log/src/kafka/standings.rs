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

/// How long a count may take. It can be had again later.
const COUNT_LIMIT: Duration = Duration::from_secs(3);

impl KafkaLog {
    /// The stable committed progress of `group` in each partition of `topic`. Partitions without a commit are absent; a
    /// commit for an earlier topic of that name counts as none.
    pub(crate) async fn progress(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Progress>, LogError> {
        let asking = self.asking(group, topic, None);
        blocking(move || asking.progress()).await
    }

    /// See [`crate::Log::count_unsettled`].
    pub(crate) async fn count_unsettled(
        &self,
        group: &str,
        topic: &str,
        partitions: &[i32],
    ) -> Result<u64, LogError> {
        let asking = self.asking(group, topic, Some(Instant::now() + COUNT_LIMIT));
        let partitions = partitions.to_owned();
        blocking(move || asking.count_unsettled(&partitions)).await
    }

    fn asking(&self, group: &str, topic: &str, until: Option<Instant>) -> Asking {
        Asking {
            cluster: self.cluster.clone(),
            group: group.to_owned(),
            topic: topic.to_owned(),
            until,
        }
    }
}

struct Asking {
    cluster: Arc<Cluster>,
    group: String,
    topic: String,
    /// When to give up, if the usual limits are too long.
    until: Option<Instant>,
}

impl Asking {
    fn progress(&self) -> Result<BTreeMap<i32, Progress>, LogError> {
        let consumer = self.consumer()?;
        let mut found = BTreeMap::new();
        for (partition, progress) in self.committed_progress(&consumer, |_| true)? {
            if let Some(progress) = progress {
                let (_, end) = self.watermarks(&consumer, partition)?;
                check_end(&self.group, &self.topic, partition, &progress, end)?;
                found.insert(partition, progress);
            }
        }
        Ok(found)
    }

    fn count_unsettled(&self, partitions: &[i32]) -> Result<u64, LogError> {
        let consumer = self.consumer()?;
        let mut count = 0;
        let wanted = |partition: &i32| partitions.contains(partition);
        for (partition, progress) in self.committed_progress(&consumer, wanted)? {
            let (first, end) = self.watermarks(&consumer, partition)?;
            let progress =
                progress.unwrap_or_else(|| Progress::starting_at(first, KAFKA_CAPACITY_BYTES));
            count += progress.undecided_between(first, end);
        }
        Ok(count)
    }

    /// For each of the topic's partitions that is wanted, what the group has committed, if it has.
    fn committed_progress(
        &self,
        consumer: &RecordConsumer,
        is_wanted: impl Fn(&i32) -> bool,
    ) -> Result<Vec<(i32, Option<Progress>)>, LogError> {
        let count = partition_count(consumer.client(), &self.topic, self.left(CONNECT_TIMEOUT))
            .map_err(|error| self.cluster.unavailable("find the topic", error))?;
        let mut all = TopicPartitionList::new();
        for partition in (0..count).filter(is_wanted) {
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
        let within = self.left(CONNECT_TIMEOUT);
        watermarks(consumer.client(), &self.topic, partition, within).map_err(|error| {
            self.cluster
                .unavailable("find the ends of the topic", error)
        })
    }

    /// How long something may take that usually may take `usual`.
    fn left(&self, usual: Duration) -> Duration {
        match self.until {
            None => usual,
            Some(until) => usual.min(until.saturating_duration_since(Instant::now())),
        }
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
        let give_up_at = Instant::now() + self.left(UNSTABLE_LIMIT);
        loop {
            match consumer.committed_offsets(list.clone(), self.left(CALL_TIMEOUT)) {
                Ok(committed) => return Ok(committed),
                Err(error)
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut)
                        && Instant::now() < give_up_at => {}
                Err(error) => {
                    return Err(self
                        .cluster
                        .unavailable("read what the group has settled", error));
                }
            }
        }
    }
}
