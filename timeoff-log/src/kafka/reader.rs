//! Reads the partitions of a topic without a group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::sync::oneshot;

use super::client::{
    AT_ONCE, CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, RecordConsumer, Role, record_from, spawn_owner,
};
use super::topic::{HiddenWatch, Horizon, Sight, partition_count, watermarks};
use super::trouble::{Touch, Trouble};
use crate::error::LogError;
use crate::in_hand::Room;
use crate::reader::{
    Handed, READ_AHEAD, READ_AHEAD_BYTES, ReadEvent, ReadFrom, ReadSender, Reader,
};
use crate::record::Record;

/// How often to check whether the log answers again.
const HEARTBEAT: Duration = Duration::from_millis(250);

pub(super) async fn read(
    cluster: Arc<Cluster>,
    topic: Arc<str>,
    from: ReadFrom,
) -> Result<Reader, LogError> {
    let (reader, sender) = Reader::new();
    let (started, has_started) = oneshot::channel();
    spawn_owner("kafka-reader", &cluster.clone(), move || async move {
        match Reading::start(cluster.clone(), topic, &from, sender) {
            Ok(reading) => {
                let _ = started.send(Ok(()));
                tokio::select! {
                    // It ends once the `Reader` is gone.
                    _ = reading.run() => {}
                    () = cluster.closing() => {}
                }
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    })?;
    has_started.await.unwrap_or(Err(LogError::Closed))?;
    Ok(reader)
}

struct Reading {
    cluster: Arc<Cluster>,
    topic: Arc<str>,
    consumer: RecordConsumer,
    /// The next offset to read in each partition.
    next: BTreeMap<i32, i64>,
    /// Partitions whose end has not been reached yet.
    behind: Vec<i32>,
    /// What was on the topic at the start; `None` once it is reported that all of it has been read.
    horizon: Option<Horizon>,
    /// When the horizon was last checked.
    looked_at_horizon: Option<Instant>,
    /// Set when there may be records beyond the ends that were reached.
    must_look_again: bool,
    hidden: HiddenWatch,
    trouble: Trouble,
    /// Set while some partition's next offset is not on the topic.
    is_off_topic: bool,
    ahead: Room,
    sender: ReadSender,
}

/// The `Reader` is gone.
struct Ended;

impl Reading {
    fn start(
        cluster: Arc<Cluster>,
        topic: Arc<str>,
        from: &ReadFrom,
        sender: ReadSender,
    ) -> Result<Reading, LogError> {
        let consumer = cluster.lone_consumer(Role::Reader)?;
        let find_ends = |error| cluster.unavailable("find the ends of the topic", error);
        let partitions =
            partition_count(consumer.client(), &topic, CONNECT_TIMEOUT).map_err(find_ends)?;
        let next = starts(&consumer, &topic, partitions, from).map_err(find_ends)?;
        let horizon = Horizon::look(&cluster, consumer.client(), &topic, next.keys().copied())
            .map_err(find_ends)?;
        let reading = Reading {
            behind: next.keys().copied().collect(),
            topic,
            consumer,
            next,
            horizon: Some(horizon),
            looked_at_horizon: None,
            must_look_again: false,
            hidden: HiddenWatch::default(),
            trouble: Trouble::new(cluster.clone()),
            is_off_topic: false,
            ahead: Room::new(READ_AHEAD, READ_AHEAD_BYTES),
            sender,
            cluster,
        };
        reading.read_on().map_err(|error| {
            let cluster = &reading.cluster;
            cluster.unavailable("read the topic", error)
        })?;
        Ok(reading)
    }

    async fn run(mut self) -> Result<(), Ended> {
        loop {
            self.announce_caught_up()?;
            if self.must_look_again {
                match self.read_on() {
                    Ok(()) => self.must_look_again = false,
                    Err(error) => self.hear_error(error)?,
                }
            }
            if self.is_off_topic
                && let Err(error) = self.move_past_retention()
            {
                self.hear_error(error)?;
            }
            // Wait for room before polling: without a group, nothing requires the consumer to be polled meanwhile.
            tokio::select! {
                () = self.ahead.wait() => {}
                () = self.sender.closed() => return Err(Ended),
            }
            tokio::select! {
                message = self.consumer.recv() => match message {
                    Ok(message) => {
                        let record = record_from(&message, &self.topic);
                        drop(message);
                        self.hand_on(record)?;
                    }
                    Err(error) => self.hear_error(error)?,
                },
                () = self.sender.closed() => return Err(Ended),
                () = tokio::time::sleep(HEARTBEAT) => {
                    self.look_around()?;
                    self.tell_hidden()?;
                }
            }
        }
    }

    /// Checks whether the cluster has stopped answering, or answers again.
    fn look_around(&mut self) -> Result<(), Ended> {
        let touch = self
            .trouble
            .look_around(self.consumer.client(), &self.topic);
        self.tell_touch(touch)?;
        if self.trouble.has_lost_brokers(&self.topic) {
            self.replace_client();
        }
        Ok(())
    }

    fn replace_client(&mut self) {
        if let Ok(another) = self.cluster.lone_consumer(Role::Reader) {
            tracing::warn!(log.topic = %self.topic, "a reader's Kafka client has lost its brokers and is replaced");
            std::mem::replace(&mut self.consumer, another).leave_behind();
            self.must_look_again = true;
        }
    }

    fn tell_touch(&self, touch: Option<Touch>) -> Result<(), Ended> {
        match touch {
            Some(Touch::Lost { reason }) => self.tell(ReadEvent::Unreachable { reason }),
            Some(Touch::Found) => self.tell(ReadEvent::Reachable),
            None => Ok(()),
        }
    }

    /// Hands on this record and the ones that are already queued behind it, as long as there is room.
    fn hand_on(&mut self, first: Record) -> Result<(), Ended> {
        self.heard()?;
        let mut place = self.ahead.take(first.bytes());
        let mut records = vec![first];
        let mut failed = None;
        while records.len() < AT_ONCE && !self.ahead.is_full() {
            match self.consumer.try_recv() {
                None => break,
                Some(Ok(message)) => {
                    let record = record_from(&message, &self.topic);
                    place.add(record.bytes());
                    records.push(record);
                }
                Some(Err(error)) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        for Record { position, .. } in &records {
            self.next.insert(position.partition, position.offset + 1);
        }
        let handed = Handed::Records {
            records,
            _room: place,
        };
        self.sender.send(Ok(handed)).map_err(|_| Ended)?;
        failed.map_or(Ok(()), |error| self.hear_error(error))
    }

    fn announce_caught_up(&mut self) -> Result<(), Ended> {
        let is_soon = self
            .looked_at_horizon
            .is_some_and(|at| at.elapsed() < HEARTBEAT);
        if is_soon || !self.behind.is_empty() || self.must_look_again {
            return Ok(());
        }
        let Some(horizon) = &mut self.horizon else {
            return Ok(());
        };
        let sight = horizon.clear_up(self.consumer.client(), &self.topic, CALL_TIMEOUT);
        self.looked_at_horizon = Some(Instant::now());
        match sight {
            Ok(Sight::Hidden) => {}
            // The ends reached so far may no longer be the ends.
            Ok(Sight::Cleared) => {
                self.behind = self.next.keys().copied().collect();
                self.must_look_again = true;
            }
            Ok(Sight::Clear) => {
                self.horizon = None;
                self.tell(ReadEvent::CaughtUp)?;
            }
            Err(error) => {
                tracing::debug!(kafka.error = %error, "could not check whether it has caught up; checking again");
            }
        }
        Ok(())
    }

    /// Reports what an open transaction has been hiding for long, once everything readable has been read.
    fn tell_hidden(&mut self) -> Result<(), Ended> {
        if self.trouble.is_unreachable() || !self.behind.is_empty() {
            return Ok(());
        }
        let client = self.consumer.client();
        let partitions = self.next.keys().copied();
        for (partition, offset) in self
            .hidden
            .look(&self.cluster, client, &self.topic, partitions)
        {
            self.tell(ReadEvent::Hidden { partition, offset })?;
        }
        Ok(())
    }

    fn tell(&self, event: ReadEvent) -> Result<(), Ended> {
        self.sender.send(Ok(Handed::News(event))).map_err(|_| Ended)
    }

    fn heard(&mut self) -> Result<(), Ended> {
        let touch = self.trouble.clear();
        self.tell_touch(touch)
    }

    fn hear_error(&mut self, error: KafkaError) -> Result<(), Ended> {
        match error {
            KafkaError::PartitionEOF(partition) => {
                self.behind.retain(|&behind| behind != partition);
                self.heard()
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                self.is_off_topic = true;
                Ok(())
            }
            error => {
                tracing::debug!(kafka.error = %error, "the consumer reports an error");
                let touch = self.trouble.note("read the topic", error);
                self.tell_touch(touch)
            }
        }
    }

    /// Moves on to offsets that exist, after the next one of a partition turned out not to. The library accepts a new
    /// position there only with a new assignment.
    fn move_past_retention(&mut self) -> Result<(), KafkaError> {
        for (&partition, next) in &mut self.next {
            let (low, high) =
                watermarks(self.consumer.client(), &self.topic, partition, CALL_TIMEOUT)?;
            *next = (*next).clamp(low, high);
        }
        self.read_on()?;
        self.is_off_topic = false;
        Ok(())
    }

    /// Has the library read on from this reader's positions.
    fn read_on(&self) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for (&partition, &next) in &self.next {
            list.add_partition_offset(&self.topic, partition, Offset::Offset(next))
                .expect("an offset that is a number can be set");
        }
        self.consumer.read_only(&list)
    }
}

/// The offset at which to begin in each partition. Looked up as a number: assigning "the beginning" takes half a second
/// longer.
fn starts(
    consumer: &RecordConsumer,
    topic: &str,
    partitions: i32,
    from: &ReadFrom,
) -> Result<BTreeMap<i32, i64>, KafkaError> {
    let mut starts = BTreeMap::new();
    for partition in (0..partitions).filter(|&partition| from.reads(partition)) {
        let ends = watermarks(consumer.client(), topic, partition, CONNECT_TIMEOUT)?;
        starts.insert(partition, from.start(partition, ends));
    }
    Ok(starts)
}

/// The offset of a partition's first record at or after `offset`, if there is one. Makes a new client for this.
pub(super) fn first_record(
    cluster: &Cluster,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Option<i64>, LogError> {
    let unavailable = |error| cluster.unavailable("look for a record", error);
    let consumer = cluster.lone_consumer(Role::Reader)?;
    let (low, _) =
        watermarks(consumer.client(), topic, partition, CALL_TIMEOUT).map_err(unavailable)?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset.max(low)))
        .expect("an offset that is a number can be set");
    consumer.read_only(&list).map_err(unavailable)?;
    match consumer.poll(CALL_TIMEOUT) {
        Some(Ok(message)) => Ok(Some(message.offset())),
        Some(Err(KafkaError::PartitionEOF(_))) => Ok(None),
        Some(Err(error)) => Err(unavailable(error)),
        None => Err(unavailable(KafkaError::NoMessageReceived)),
    }
}
