//! A group's committed progress, read from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;

use super::client::{CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, RecordConsumer, Role, blocking};
use super::committed::{TakeUpError, UNSTABLE_LIMIT, check_end, restore};
use super::log::KafkaLog;
use super::topic::{partition_count, watermarks};
use crate::error::LogError;
use crate::progress::Standing;

impl KafkaLog {
    /// The stable committed progress of `group` in each partition of `topic`, and where the partition begins and ends.
    /// A commit for an earlier topic of that name counts as nothing.
    pub(crate) async fn standings(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Standing>, LogError> {
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
    fn ask(&self) -> Result<BTreeMap<i32, Standing>, LogError> {
        // The consumer has the group's id but never subscribes, so it does not join the group.
        let consumer = self.consumer()?;
        let count = partition_count(consumer.client(), &self.topic)
            .map_err(|error| self.cluster.unavailable("find the topic", error))?;
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
                TakeUpError::Kafka(error) => self
                    .cluster
                    .unavailable("read what the group has settled", error),
                TakeUpError::Unreadable(error) => error,
            })?;
            let progress = committed
                .filter(|committed| !committed.is_of_another(topic_id.as_ref()))
                .map(|committed| committed.progress);
            let (first, end) =
                watermarks(consumer.client(), &self.topic, partition, CONNECT_TIMEOUT).map_err(
                    |error| {
                        self.cluster
                            .unavailable("find the ends of the topic", error)
                    },
                )?;
            if let Some(progress) = &progress {
                check_end(&self.group, &self.topic, partition, progress, end)?;
            }
            let standing = Standing {
                progress,
                first,
                end,
            };
            found.insert(partition, standing);
        }
        Ok(found)
    }

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
                        && began.elapsed() < UNSTABLE_LIMIT => {}
                Err(error) => {
                    return Err(self
                        .cluster
                        .unavailable("read what the group has settled", error));
                }
            }
        }
    }
}
