//! Records in flight to the brokers.
//!
//! The client reports each record's delivery on its own thread, which only counts. A record costs neither an allocation
//! nor a future: at the rates of a large file, those would be most of the work.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::Message;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ProducerContext};
use tokio::sync::Notify;

use crate::error::LogError;
use crate::kafka::client::{Diagnosis, RecordProducer};
use crate::record::{NewRecord, Position};
use crate::remedy::Remedy;

/// How long to wait before trying a full queue again, if it holds none of this flight's records.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(10);

impl ProducerContext for Diagnosis {
    type DeliveryOpaque = Arc<Lane>;

    fn delivery(&self, result: &DeliveryResult<'_>, lane: Arc<Lane>) {
        lane.hear(result);
    }
}

/// The outcome of one attempt to send a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    OnItsWay,
    /// The client has no room for it now.
    QueueFull,
}

/// Why a record is not on the log.
#[derive(Debug, Clone)]
pub(crate) enum SendError {
    Kafka(KafkaError),
    TooLarge { topic: Arc<str>, limit: Limit },
}

/// The limit that a record exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The topic's, as its leader reports.
    Topic,
    /// The client's limit for one message: it does not send the record.
    Message,
    /// The size of the client's whole queue.
    Queue,
}

impl SendError {
    fn of(error: KafkaError, topic: &Arc<str>, limit: Limit) -> SendError {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => SendError::TooLarge {
                topic: topic.clone(),
                limit,
            },
            _ => SendError::Kafka(error),
        }
    }

    /// Whether there was no answer in time.
    pub(crate) fn is_timeout(&self) -> bool {
        let SendError::Kafka(error) = self else {
            return false;
        };
        error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageTimedOut)
    }

    /// The cause, as the library's error.
    pub(crate) fn into_kafka(self) -> KafkaError {
        match self {
            SendError::Kafka(error) => error,
            SendError::TooLarge { .. } => {
                KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)
            }
        }
    }

    /// The error to show to a person, if a record is too large.
    pub(crate) fn too_large(&self, log: &str) -> Option<LogError> {
        let SendError::TooLarge { topic, limit } = self else {
            return None;
        };
        let remedy = match limit {
            Limit::Topic => Remedy::RaiseTopicLimit {
                topic: topic.as_ref().into(),
            },
            Limit::Message => Remedy::RaiseProperty {
                name: "message.max.bytes",
            },
            Limit::Queue => Remedy::RaiseProperty {
                name: "queue.buffering.max.kbytes",
            },
        };
        Some(LogError::RecordTooLarge {
            log: log.to_owned(),
            topic: topic.to_string(),
            remedy,
        })
    }
}

/// One caller's records in flight.
pub(crate) struct Flight {
    producer: Arc<RecordProducer>,
    wants_positions: bool,
    lanes: Vec<Sending>,
    sent: u64,
    shared: Arc<Shared>,
}

/// A partition, and the flight's records that were sent to it and are not known to have arrived.
struct Sending {
    lane: Arc<Lane>,
    on_their_way: VecDeque<u64>,
    /// How many are known to have arrived.
    arrived: usize,
}

/// What has arrived in one partition. Its records are acknowledged in the order in which they were sent.
pub(crate) struct Lane {
    topic: Arc<str>,
    partition: i32,
    /// How many have arrived, counted from the first: the count stops at the first that did not arrive.
    arrived: AtomicUsize,
    is_broken: AtomicBool,
    offsets: Option<Mutex<Vec<i64>>>,
    shared: Arc<Shared>,
}

struct Shared {
    in_flight: AtomicUsize,
    /// Wakes the waiter once this many are still in flight.
    wake_at: AtomicUsize,
    woken: Notify,
    failure: OnceLock<SendError>,
}

impl Flight {
    pub(crate) fn new(producer: Arc<RecordProducer>, wants_positions: bool) -> Flight {
        let shared = Shared {
            in_flight: AtomicUsize::new(0),
            wake_at: AtomicUsize::new(usize::MAX),
            woken: Notify::new(),
            failure: OnceLock::new(),
        };
        Flight {
            producer,
            wants_positions,
            lanes: Vec::new(),
            sent: 0,
            shared: Arc::new(shared),
        }
    }

    /// Sends one record, unless there is no room or an error is returned. Once a record has failed to arrive, no more
    /// are sent.
    pub(crate) fn send(&mut self, record: &NewRecord) -> Result<Sent, SendError> {
        if let Some(error) = self.shared.failure.get() {
            return Err(error.clone());
        }
        let index = match self.lane_of(record) {
            Some(index) => index,
            None => self.open_lane(record),
        };
        let sending = &mut self.lanes[index];
        sending.make_room();
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
        match self.producer.send(message(record, sending.lane.clone())) {
            Ok(()) => {
                sending.on_their_way.push_back(self.sent);
                self.sent += 1;
                Ok(Sent::OnItsWay)
            }
            Err(error) => {
                self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
                match error {
                    KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                        self.refuse_what_never_fits(record)
                    }
                    error => Err(SendError::of(error, &record.topic, Limit::Message)),
                }
            }
        }
    }

    /// Refuses a record that is larger than the whole queue: it would find the queue full for ever.
    fn refuse_what_never_fits(&self, record: &NewRecord) -> Result<Sent, SendError> {
        match record.bytes() > self.producer.queue_bytes() {
            true => Err(SendError::TooLarge {
                topic: record.topic.clone(),
                limit: Limit::Queue,
            }),
            false => Ok(Sent::QueueFull),
        }
    }

    fn lane_of(&self, record: &NewRecord) -> Option<usize> {
        self.lanes.iter().position(|Sending { lane, .. }| {
            let is_topic = || Arc::ptr_eq(&lane.topic, &record.topic) || lane.topic == record.topic;
            lane.partition == record.partition && is_topic()
        })
    }

    fn open_lane(&mut self, record: &NewRecord) -> usize {
        let lane = Lane {
            topic: record.topic.clone(),
            partition: record.partition,
            arrived: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
            offsets: self.wants_positions.then(Mutex::default),
            shared: self.shared.clone(),
        };
        self.lanes.push(Sending {
            lane: Arc::new(lane),
            on_their_way: VecDeque::new(),
            arrived: 0,
        });
        self.lanes.len() - 1
    }

    /// How many are in flight.
    pub(crate) fn len(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Waits until at most `count` are in flight.
    ///
    /// # Errors
    ///
    /// As soon as one of them has failed to arrive.
    pub(crate) async fn at_most(&self, count: usize) -> Result<(), SendError> {
        self.shared.wake_at.store(count, Ordering::SeqCst);
        loop {
            // The count is read first: a failure is recorded before its record leaves the count.
            let are_few = self.len() <= count;
            if let Some(error) = self.shared.failure.get() {
                return Err(error.clone());
            }
            if are_few {
                return Ok(());
            }
            self.shared.woken.notified().await;
        }
    }

    /// Waits until the client may have room again.
    ///
    /// # Errors
    ///
    /// As [`Flight::at_most`].
    pub(crate) async fn make_room(&self) -> Result<(), SendError> {
        match self.len() {
            0 => {
                // Other callers' records fill the queue.
                tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                Ok(())
            }
            count => self.at_most(count / 2).await,
        }
    }

    /// How many have arrived, counted from the first that was sent.
    pub(crate) fn arrived(&mut self) -> u64 {
        let mut first_missing = self.sent;
        for sending in &mut self.lanes {
            sending.forget_arrived();
            if let Some(&number) = sending.on_their_way.front() {
                first_missing = first_missing.min(number);
            }
        }
        first_missing
    }

    /// The positions of `records`, which must be all that were sent, in that order. All of them must have arrived.
    pub(crate) fn positions<'records>(
        &self,
        records: impl Iterator<Item = &'records NewRecord>,
    ) -> impl Iterator<Item = Position> {
        let mut offsets: Vec<_> = self
            .lanes
            .iter()
            .map(|sending| sending.lane.take_offsets().into_iter())
            .collect();
        records.map(move |record| {
            let lane = self.lane_of(record);
            let offset = lane.and_then(|lane| offsets[lane].next());
            Position {
                topic: record.topic.clone(),
                partition: record.partition,
                offset: offset.expect("it was sent, positions were wanted, and all have arrived"),
            }
        })
    }
}

impl Sending {
    /// Forgets what has arrived, if the list would grow otherwise. Must be called before a record is sent: once sent,
    /// the record may arrive before it is listed.
    fn make_room(&mut self) {
        if self.on_their_way.len() == self.on_their_way.capacity() {
            self.forget_arrived();
        }
    }

    fn forget_arrived(&mut self) {
        let arrived = self.lane.arrived.load(Ordering::SeqCst);
        let before = std::mem::replace(&mut self.arrived, arrived);
        self.on_their_way.drain(..arrived - before);
    }
}

impl Lane {
    /// Runs on the client's thread.
    fn hear(&self, result: &DeliveryResult<'_>) {
        match result {
            Ok(message) if !self.is_broken.load(Ordering::Relaxed) => {
                if let Some(offsets) = &self.offsets {
                    let mut offsets = offsets.lock().unwrap_or_else(PoisonError::into_inner);
                    offsets.push(message.offset());
                }
                self.arrived.fetch_add(1, Ordering::SeqCst);
            }
            Ok(_) => {}
            Err((error, _)) => {
                self.is_broken.store(true, Ordering::Relaxed);
                // The first failure is the cause of the others.
                let failure = SendError::of(error.clone(), &self.topic, Limit::Topic);
                let _ = self.shared.failure.set(failure);
                self.shared.woken.notify_one();
            }
        }
        let left = self.shared.in_flight.fetch_sub(1, Ordering::SeqCst) - 1;
        if left == self.shared.wake_at.load(Ordering::SeqCst) {
            self.shared.woken.notify_one();
        }
    }

    fn take_offsets(&self) -> Vec<i64> {
        self.offsets.as_ref().map_or_else(Vec::new, |offsets| {
            std::mem::take(&mut *offsets.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }
}

fn message(record: &NewRecord, lane: Arc<Lane>) -> BaseRecord<'_, [u8], [u8], Arc<Lane>> {
    let mut message = BaseRecord::with_opaque_to(&record.topic, lane).partition(record.partition);
    message.key = record.key.as_deref();
    message.payload = record.value.as_deref();
    if !record.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in &record.headers {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        message = message.headers(headers);
    }
    message
}
