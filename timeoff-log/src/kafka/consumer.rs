//! A consumer that is waited for without a thread, and that leaves at once.
//!
//! The library's own `StreamConsumer` waits 100 ms when it is dropped, whatever there is to wait for: every process would
//! end so much later.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use tokio::sync::Notify;

use super::census::{Census, Counted};
use super::rebalance::GroupContext;

/// How often the library is asked at the least: it takes a member that does not ask for stuck after five minutes.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long to wait for news at a time while the consumer leaves; it may have left without any.
const LEAVING: Duration = Duration::from_millis(1);

/// A [`BaseConsumer`] that says when there is something.
pub(super) struct RecordConsumer {
    consumer: BaseConsumer<GroupContext>,
    arrived: Arc<Notify>,
    /// Dropped after the client.
    _counted: Counted,
}

impl RecordConsumer {
    pub(super) fn new(
        config: &ClientConfig,
        context: GroupContext,
        census: &Census,
    ) -> Result<RecordConsumer, KafkaError> {
        let counted = census.count_one();
        let mut consumer: BaseConsumer<GroupContext> = config.create_with_context(context)?;
        let arrived = Arc::new(Notify::new());
        let arrives = arrived.clone();
        consumer.set_nonempty_callback(move || arrives.notify_one());
        Ok(RecordConsumer {
            consumer,
            arrived,
            _counted: counted,
        })
    }

    /// Waits for the next record, or for news that come like an error. Safe to cancel. For one caller at a time.
    pub(super) async fn recv(&self) -> Result<BorrowedMessage<'_>, KafkaError> {
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

    /// The next record or news, if there is one already.
    pub(super) fn try_recv(&self) -> Option<Result<BorrowedMessage<'_>, KafkaError>> {
        loop {
            let called = self.consumer.context().calls();
            let message = self.consumer.poll(Duration::ZERO);
            // The library answers in the same way when it has called back as when there is nothing, and what is behind that
            // is not announced.
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
        // An error says that there is nothing to leave; the library does what is left to do.
        if self.consumer.close_queue().is_ok() {
            while !self.consumer.closed() {
                let _ = self.consumer.poll(LEAVING);
            }
        }
    }
}
