//! A producer, and the thread that receives its delivery reports.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::census::{Census, Counted};
use super::create::create;
use super::diagnosis::Diagnosis;
use super::properties::QUEUE_KBYTES;
use crate::kafka::append::Lane;

/// How long the thread waits for delivery reports, at first, before checking again whether any are due. It cannot end
/// sooner.
const LISTEN: Duration = Duration::from_millis(10);

/// As [`LISTEN`], while a broker does not answer. The library waits in whole milliseconds and spins in the last of
/// them, so many short waits would keep a processor busy.
const LISTEN_LONG: Duration = Duration::from_millis(100);

/// How often a producer without records in flight is polled: polling also reports the errors of its connections.
const REST: Duration = Duration::from_secs(1);

/// A [`BaseProducer`] with a thread that polls it, and sleeps while nothing is in flight.
///
/// The library's `ThreadedProducer` always polls for 100 ms at a time, and dropping it waits for that: every process
/// would end that much later.
pub(crate) struct RecordProducer {
    shared: Arc<Shared>,
    queue_bytes: usize,
    /// `None` once it has ended.
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    producer: BaseProducer<Diagnosis>,
    is_over: AtomicBool,
    /// Dropped after the client.
    _counted: Counted,
}

impl RecordProducer {
    pub(crate) fn new(
        config: &ClientConfig,
        context: Diagnosis,
        census: &Census,
    ) -> Result<Self, KafkaError> {
        let counted = census.count_one();
        let queue_bytes = config
            .get(QUEUE_KBYTES)
            .and_then(|kbytes| kbytes.parse::<usize>().ok())
            .map_or(usize::MAX, |kbytes| kbytes.saturating_mul(1024));
        let shared = Arc::new(Shared {
            producer: create(config, context)?,
            is_over: AtomicBool::new(false),
            _counted: counted,
        });
        let heard = shared.clone();
        let thread = thread::Builder::new()
            .name("kafka-producer".to_owned())
            .spawn(move || heard.hear())
            .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
        Ok(RecordProducer {
            shared,
            queue_bytes,
            thread: Some(thread),
        })
    }

    /// How many bytes of records can be in flight at once.
    pub(crate) fn queue_bytes(&self) -> usize {
        self.queue_bytes
    }

    /// Sends a record, and wakes the thread for its delivery report.
    pub(crate) fn send(
        &self,
        record: BaseRecord<'_, [u8], [u8], Arc<Lane>>,
    ) -> Result<(), KafkaError> {
        let sent = self.shared.producer.send(record);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        sent.map_err(|(error, _)| error)
    }
}

impl Deref for RecordProducer {
    type Target = BaseProducer<Diagnosis>;

    fn deref(&self) -> &BaseProducer<Diagnosis> {
        &self.shared.producer
    }
}

impl Drop for RecordProducer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // If it panicked, that was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn hear(&self) {
        let mut listen = LISTEN;
        let mut before = 0;
        while !self.is_over.load(Ordering::SeqCst) {
            let in_flight = self.producer.in_flight_count();
            listen = match in_flight == before {
                true => (2 * listen).min(LISTEN_LONG),
                false => LISTEN,
            };
            before = in_flight;
            if in_flight > 0 {
                self.producer.poll(listen);
            } else {
                thread::park_timeout(REST);
                self.producer.poll(Duration::ZERO);
            }
        }
    }
}
