//! The group's news for a member, as values instead of callbacks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};
use tokio::sync::mpsc;

use super::diagnosis::Diagnosis;
use super::topic_ids::TopicIds;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};

/// News from the group, in the order it came.
#[derive(Debug)]
pub(crate) enum GroupNews {
    /// These partitions are the member's once it has told the library where to read from.
    Assigned(Vec<i32>),
    /// These are no longer the member's.
    Revoked(Vec<i32>),
}

/// The context of a member's consumer. Its callbacks run inside the owner's poll, on the owner's thread.
pub(crate) struct GroupContext {
    diagnosis: Diagnosis,
    news: mpsc::UnboundedSender<GroupNews>,
    /// How many callbacks the library has made.
    calls: AtomicU64,
    is_leaving: AtomicBool,
    topic_ids: TopicIds,
}

impl GroupContext {
    pub(crate) fn new(
        diagnosis: Diagnosis,
        news: mpsc::UnboundedSender<GroupNews>,
    ) -> GroupContext {
        GroupContext {
            diagnosis,
            news,
            calls: AtomicU64::new(0),
            is_leaving: AtomicBool::new(false),
            topic_ids: TopicIds::default(),
        }
    }

    /// How many callbacks the library has made.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The ids of the topics that the client knows, if its role asks for them.
    pub(crate) fn topic_ids(&self) -> &TopicIds {
        &self.topic_ids
    }

    /// From now on, assigned partitions are not taken up any more.
    pub(crate) fn leave(&self) {
        self.is_leaving.store(true, Ordering::SeqCst);
    }

    fn note_call(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }

    fn tell(&self, news: GroupNews) {
        // The receiver is gone only while the member is closing.
        let _ = self.news.send(news);
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.note_call();
        self.topic_ids.hear(message);
        self.diagnosis.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.note_call();
        self.diagnosis.error(error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {
        self.note_call();
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        self.note_call();
        let partitions = list.elements().iter().map(|e| e.partition()).collect();
        if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if self.is_leaving.load(Ordering::SeqCst) {
                // The library does not leave the group while an assignment is unanswered.
                if let Err(error) = consumer.incremental_assign(list) {
                    tracing::debug!(kafka.error = %error, "could not take partitions to give them back");
                }
                return;
            }
            // The owner reads the group's commits before it takes the partitions up; librdkafka waits for that.
            self.tell(GroupNews::Assigned(partitions));
            return;
        }
        self.tell(GroupNews::Revoked(partitions));
        if let Err(error) = consumer.incremental_unassign(list) {
            tracing::warn!(kafka.error = %error, "could not give partitions back");
        }
    }

    fn commit_callback(&self, _: KafkaResult<()>, _: &TopicPartitionList) {
        self.note_call();
    }
}
