//! A consumer that can be awaited without a thread, and that leaves at once.
//!
//! Dropping the library's `StreamConsumer` always takes 100 ms: every process would end that much later.

use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientConfig, Message, TopicPartitionList};
use tokio::sync::Notify;

use super::census::{Census, Counted};
use super::create::create;
use super::rebalance::GroupContext;
use crate::record::{Header, Position, Record};

/// How many records that have already arrived are taken in one go, before checking for anything else.
pub(crate) const AT_ONCE: usize = 256;

/// The longest pause between two polls. After five minutes without a poll, the library takes the member for stuck.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How many messages to itself the library's main thread needs until a partition is no longer read: to stop it, and that
/// it has stopped.
const STEPS_OF_A_STOP: usize = 2;

/// How long one poll waits for news while the consumer leaves; it may leave without any.
const LEAVING: Duration = Duration::from_millis(1);

/// A [`BaseConsumer`] that wakes its owner when something has arrived.
pub(crate) struct RecordConsumer {
    consumer: BaseConsumer<GroupContext>,
    arrived: Arc<Notify>,
    /// Dropped after the client.
    _counted: Counted,
}

impl RecordConsumer {
    pub(crate) fn new(
        config: &ClientConfig,
        context: GroupContext,
        census: &Census,
    ) -> Result<RecordConsumer, KafkaError> {
        let counted = census.count_one();
        let mut consumer: BaseConsumer<GroupContext> = create(config, context)?;
        let arrived = Arc::new(Notify::new());
        let arrives = arrived.clone();
        consumer.set_nonempty_callback(move || arrives.notify_one());
        Ok(RecordConsumer {
            consumer,
            arrived,
            _counted: counted,
        })
    }

    /// Waits for the next record, or for news that the library reports as an error. Safe to cancel. For one caller at a
    /// time.
    pub(crate) async fn recv(&self) -> Result<BorrowedMessage<'_>, KafkaError> {
        loop {
            if let Some(message) = self.try_recv() {
                return message;
            }
            tokio::select! {
                () = self.arrived.notified() => {}
                () = tokio::time::sleep(ASK_AGAIN) => {}
            }
        }
    }

    /// From now on, reads these partitions, each from its offset on, and no others.
    ///
    /// When this returns, the library has stopped reading what it read before. It would abort the process if it were
    /// told once more meanwhile, or closed: <https://github.com/confluentinc/librdkafka/issues/5573>.
    pub(crate) fn read_only(&self, partitions: &TopicPartitionList) -> Result<(), KafkaError> {
        self.consumer.assign(partitions)?;
        // Its main thread does one thing after the other: it stops each partition, and then notes that it has stopped.
        // An answer to a question that was put behind both comes after both.
        for _ in 0..STEPS_OF_A_STOP {
            self.consumer.assignment()?;
        }
        Ok(())
    }

    /// Drops it on another thread: without brokers, that may take long.
    pub(crate) fn leave_behind(self) {
        // If there is no thread, it is dropped here.
        let _ = std::thread::Builder::new().spawn(move || drop(self));
    }

    /// The next record or news, if there is one already.
    pub(crate) fn try_recv(&self) -> Option<Result<BorrowedMessage<'_>, KafkaError>> {
        loop {
            let called = self.consumer.context().calls();
            let message = self.consumer.poll(Duration::ZERO);
            // A poll that made a callback returns nothing, too, and the library does not announce what is queued behind
            // it. So poll again.
            if message.is_some() || self.consumer.context().calls() == called {
                return message;
            }
        }
    }
}

impl Deref for RecordConsumer {
    type Target = BaseConsumer<GroupContext>;

    fn deref(&self) -> &BaseConsumer<GroupContext> {
        &self.consumer
    }
}

impl Drop for RecordConsumer {
    /// Leaves the group, and waits as long as that takes.
    fn drop(&mut self) {
        self.consumer.context().leave();
        // An error means that there is nothing to leave; the library does the rest.
        if self.consumer.close_queue().is_ok() {
            while !self.consumer.closed() {
                let _ = self.consumer.poll(LEAVING);
            }
        }
    }
}

fn headers_of(message: &BorrowedMessage<'_>) -> Vec<Header> {
    message.headers().map_or_else(Vec::new, |headers| {
        headers
            .iter()
            .map(|header| {
                (
                    header.key.to_owned(),
                    header.value.unwrap_or_default().to_vec(),
                )
            })
            .collect()
    })
}

/// Converts a message that is known to be of `topic`.
pub(crate) fn record_from(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    // rdkafka panics at a header name that is not UTF-8. No decision depends on headers.
    let headers = std::panic::catch_unwind(AssertUnwindSafe(|| headers_of(message)));
    let headers = headers.unwrap_or_else(|_| {
        tracing::warn!(
            log.topic = %topic,
            log.partition = message.partition(),
            log.offset = message.offset(),
            "the record's headers cannot be read and are left out"
        );
        Vec::new()
    });
    Record {
        position: Position {
            topic: topic.clone(),
            partition: message.partition(),
            offset: message.offset(),
        },
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::Consumer;
    use rdkafka::mocking::MockCluster;
    use rdkafka::{Offset, TopicPartitionList};

    use crate::kafka::client::{CONNECT_TIMEOUT, Cluster, KafkaSettings, Role};

    /// If the library were told again too early, this process would be aborted.
    #[test]
    fn a_reader_can_be_told_again_at_once_what_to_read() {
        const PARTITIONS: i32 = 1_000;
        let mock = MockCluster::new(1).unwrap();
        mock.create_topic("topic", PARTITIONS, 1).unwrap();
        let cluster = Cluster::new(&mock.bootstrap_servers(), &KafkaSettings::new()).unwrap();
        let reader = cluster.lone_consumer(Role::Reader).unwrap();
        // From now on, the library knows the partitions.
        reader
            .client()
            .fetch_metadata(Some("topic"), CONNECT_TIMEOUT)
            .unwrap();
        let none = TopicPartitionList::new();
        let mut many = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            many.add_partition_offset("topic", partition, Offset::Offset(0))
                .unwrap();
        }
        for partitions in [&many, &many, &none] {
            reader.read_only(partitions).unwrap();
        }
    }
}
