//! The thread that owns a group member.
//!
//! One thread polls the consumer, learns of rebalances, hands out deliveries and settles them. That a settlement
//! never runs beside a rebalance is what makes ownership plain: whoever is asked to settle knows what is held, and
//! the generation sent along is the one under which it is held.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{Consumer, ConsumerGroupMetadata, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::rebalance::{GroupContext, GroupNews};
use super::settings::Role;
use super::settle::TransactionalProducer;
use super::{
    CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, partition_count, reader, record_from, spawn_owner,
};
use crate::error::LogError;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};
use crate::record::{Position, Record};
use crate::subscription::{
    Assignment, Command, Delivery, Event, MemberChannels, Membership, Subscription,
};

/// How often the owner looks around when nothing else wakes it.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// How long the owner waits for room in the service's hands before it pauses fetching: pausing throws away what was
/// fetched ahead, and a service that is busy settling makes room soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long leaving the group may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1_500);

pub(super) async fn join(
    cluster: Arc<Cluster>,
    membership: Membership,
) -> Result<Subscription, LogError> {
    let (subscription, channels) = Subscription::new();
    let (started, has_started) = oneshot::channel();
    let address = cluster.address.clone();
    spawn_owner("kafka-member", &address, move || async move {
        match Owner::start(cluster, membership, channels) {
            Ok(owner) => {
                let _ = started.send(Ok(()));
                owner.run().await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    })?;
    has_started.await.unwrap_or(Err(LogError::Closed))?;
    Ok(subscription)
}

/// A partition that the member holds.
pub(super) struct Held {
    pub(super) progress: Progress,
    /// Which of the member's times of holding it this is.
    pub(super) tenure: u64,
    /// Set while fetching is paused; reading then resumes at `progress.next()`.
    paused: bool,
    /// Whether the end was reached in this tenure.
    reached_end: bool,
    told_window_full: bool,
}

pub(super) struct Owner {
    pub(super) cluster: Arc<Cluster>,
    pub(super) membership: Membership,
    pub(super) consumer: StreamConsumer<GroupContext>,
    pub(super) producer: TransactionalProducer,
    pub(super) held: BTreeMap<i32, Held>,
    /// Under which generation the held partitions are held.
    ///
    /// Taken when they are taken up, and not when it is used: a member that was thrown out of the group has none, and
    /// a broker lets an offset pass that comes without one.
    pub(super) generation: Option<Arc<ConsumerGroupMetadata>>,
    /// Answers to commits without outputs.
    pub(super) committed: Option<Result<(), KafkaError>>,
    pub(super) closing: Option<oneshot::Sender<()>>,
    news: mpsc::UnboundedReceiver<GroupNews>,
    channels: MemberChannels,
    /// Settlements asked for while another one was being settled.
    waiting: VecDeque<Command>,
    /// Assigned, but not taken up yet; `None` when nothing waits.
    assigned: Option<Vec<i32>>,
    in_hand: Arc<Semaphore>,
    out_of_room_since: Option<Instant>,
    /// The end of each partition when the subscription began, while `CaughtUp` is still to be told.
    ends: Option<BTreeMap<i32, i64>>,
    looked_at_others: Option<Instant>,
    unreachable: bool,
    told_assignment: bool,
    tenures: u64,
}

/// The stream of events is over: the service is gone, or an error was its last.
pub(super) struct Ended;

impl Owner {
    fn start(
        cluster: Arc<Cluster>,
        membership: Membership,
        channels: MemberChannels,
    ) -> Result<Owner, LogError> {
        let (news_sender, news) = mpsc::unbounded_channel();
        let role = Role::Member {
            group: &membership.group,
        };
        let unavailable =
            |step: &str, error| cluster.diagnosis.unavailable(&cluster.address, step, error);
        let consumer: StreamConsumer<GroupContext> = cluster
            .settings
            .client_config(&cluster.servers, role)?
            .create_with_context(GroupContext::new(cluster.diagnosis.clone(), news_sender))
            .map_err(|error| unavailable("set up a client", error))?;
        let ends = if membership.announce_caught_up {
            let ends = ends(&consumer, &membership.topic)
                .map_err(|error| unavailable("find the end of the topic", error))?;
            Some(ends)
        } else {
            None
        };
        consumer
            .subscribe(&[&membership.topic])
            .map_err(|error| unavailable("join the group", error))?;
        Ok(Owner {
            producer: TransactionalProducer::new(cluster.clone(), &membership.group),
            in_hand: Arc::new(Semaphore::new(membership.max_in_hand.max(1))),
            cluster,
            membership,
            consumer,
            held: BTreeMap::new(),
            generation: None,
            committed: None,
            closing: None,
            news,
            channels,
            waiting: VecDeque::new(),
            assigned: None,
            out_of_room_since: None,
            ends,
            looked_at_others: None,
            unreachable: false,
            told_assignment: false,
            tenures: 0,
        })
    }

    async fn run(mut self) {
        loop {
            let ended = match self.step().await {
                Ok(Some(Command::Settle { settlements, reply })) => {
                    let outcome = self.settle(settlements).await;
                    // The service may have stopped waiting; what was recorded is recorded.
                    let _ = reply.send(outcome);
                    false
                }
                Ok(Some(Command::Close { reply })) => {
                    self.closing = Some(reply);
                    false
                }
                Ok(None) => false,
                Err(Ended) => true,
            };
            if ended || self.closing.is_some() {
                self.close();
                return;
            }
        }
    }

    /// Leaves the group. The library's own way of closing waits for brokers as long as it takes, so it is waited for
    /// on another thread, and not for ever.
    fn close(self) {
        let Owner {
            consumer, closing, ..
        } = self;
        let (closed, is_closed) = std::sync::mpsc::channel::<()>();
        let closer = std::thread::Builder::new().spawn(move || {
            drop(consumer);
            let _ = closed.send(());
        });
        if closer.is_ok() {
            let _ = is_closed.recv_timeout(CLOSE_TIMEOUT);
        }
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    }

    /// Does the next thing there is to do. Returns a command for the caller to carry out.
    pub(super) async fn step(&mut self) -> Result<Option<Command>, Ended> {
        self.hear_news();
        self.take_up_assigned()?;
        if let Some(command) = self.waiting.pop_front() {
            return Ok(Some(command));
        }
        self.resume_where_there_is_room();
        self.announce_caught_up();
        if self.is_patient() {
            // Wait for room or a command, and leave what was fetched ahead where it is.
            tokio::select! {
                biased;
                command = self.channels.commands.recv() => return command.map(Some).ok_or(Ended),
                _ = self.in_hand.acquire() => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
            return Ok(None);
        }
        tokio::select! {
            biased;
            Some(news) = self.news.recv() => self.hear(news),
            command = self.channels.commands.recv() => {
                return command.map(Some).ok_or(Ended);
            }
            message = self.consumer.recv() => {
                let arrived = message.map(|message| record_from(&message, &self.membership.topic));
                self.hear_from_consumer(arrived)?;
            }
            () = tokio::time::sleep(HEARTBEAT) => self.probe_if_unreachable(),
        }
        Ok(None)
    }

    /// Whether the service has all it can hold, and had room a moment ago.
    fn is_patient(&mut self) -> bool {
        self.in_hand.available_permits() == 0
            && self
                .out_of_room_since
                .get_or_insert_with(Instant::now)
                .elapsed()
                < PATIENCE
    }

    /// Serves the consumer and hears commands while a settlement waits: what is there now, and what comes within
    /// `pause`. Returns early when the service wants to leave or a commit was answered.
    pub(super) async fn serve_while_settling(&mut self, pause: Duration) -> Result<(), Ended> {
        let until = tokio::time::Instant::now() + pause;
        loop {
            self.hear_news();
            self.take_up_assigned()?;
            if self.is_asked_to_close() || self.committed.is_some() {
                return Ok(());
            }
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => self.hear(news),
                command = self.channels.commands.recv() => match command.ok_or(Ended)? {
                    Command::Close { reply } => self.closing = Some(reply),
                    settle @ Command::Settle { .. } => self.waiting.push_back(settle),
                },
                message = self.consumer.recv() => {
                    let arrived = message.map(|message| record_from(&message, &self.membership.topic));
                    self.hear_from_consumer(arrived)?;
                }
                () = tokio::time::sleep_until(until) => return Ok(()),
            }
        }
    }

    /// Whether the service wants to leave while a settlement waits.
    pub(super) fn is_asked_to_close(&self) -> bool {
        self.closing.is_some()
    }

    fn hear_news(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            self.hear(news);
        }
    }

    fn hear_from_consumer(&mut self, arrived: Result<Record, KafkaError>) -> Result<(), Ended> {
        match arrived.map(|record| self.accept(record)) {
            Ok(Some(delivery)) => self.tell(Event::Delivery(delivery)),
            Ok(None) => Ok(()),
            Err(error) => self.hear_error(error),
        }
    }

    fn hear(&mut self, news: GroupNews) {
        match news {
            GroupNews::Assigned(partitions) => {
                self.assigned
                    .get_or_insert_with(Vec::new)
                    .extend(partitions);
            }
            GroupNews::Revoked(partitions) => {
                if let Some(assigned) = &mut self.assigned {
                    assigned.retain(|partition| !partitions.contains(partition));
                }
                let lost: Vec<i32> = partitions
                    .into_iter()
                    .filter(|partition| self.held.remove(partition).is_some())
                    .collect();
                if !lost.is_empty() {
                    self.tell_assignment(Vec::new(), lost);
                }
            }
            GroupNews::Committed(result) => self.committed = Some(result),
        }
    }

    /// Takes up what was assigned, at what the group has committed. Tried again at the next step if that cannot be
    /// read now.
    fn take_up_assigned(&mut self) -> Result<(), Ended> {
        let Some(partitions) = self.assigned.take() else {
            return Ok(());
        };
        match self.committed_progress(&partitions) {
            Ok(found) => {
                let mut list = TopicPartitionList::new();
                for (partition, progress, _) in &found {
                    self.add_offset(&mut list, *partition, progress.next());
                }
                if let Err(error) = self.consumer.incremental_assign(&list) {
                    self.hear_error(error)?;
                    self.assigned = Some(partitions);
                    return Ok(());
                }
                let mut expired = Vec::new();
                for (partition, progress, lost) in found {
                    self.tenures += 1;
                    if lost > 0 {
                        expired.push(Event::Expired {
                            partition,
                            lost,
                            resumed_at: progress.next(),
                        });
                    }
                    let held = Held {
                        progress,
                        tenure: self.tenures,
                        paused: false,
                        reached_end: false,
                        told_window_full: false,
                    };
                    self.held.insert(partition, held);
                }
                self.generation = if self.consumer.assignment_lost() {
                    None
                } else {
                    self.consumer.group_metadata().map(Arc::new)
                };
                self.heard_from_log();
                if !partitions.is_empty() || !self.told_assignment {
                    self.tell_assignment(partitions, Vec::new());
                }
                for event in expired {
                    self.tell(event)?;
                }
                Ok(())
            }
            Err(TakeUpError::Kafka(error)) => {
                self.assigned = Some(partitions);
                self.hear_error(error)
            }
            Err(TakeUpError::Unreadable(error)) => {
                let _ = self.channels.events.send(Err(error));
                Err(Ended)
            }
        }
    }

    /// What the group has committed of each partition, moved past what retention took; and how much that was.
    fn committed_progress(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(i32, Progress, i64)>, TakeUpError> {
        let topic = &self.membership.topic;
        let mut found = Vec::with_capacity(partitions.len());
        for (partition, committed) in self.read_committed(partitions)? {
            let (low, _) = self
                .consumer
                .fetch_watermarks(topic, partition, CALL_TIMEOUT)?;
            let Some(mut progress) = committed else {
                let progress = Progress::starting_at(low, KAFKA_CAPACITY_BYTES);
                found.push((partition, progress, 0));
                continue;
            };
            let lost = progress.expire_to(low);
            found.push((partition, progress, lost));
        }
        Ok(found)
    }

    /// What the group has committed of each partition, in stable state: a transaction that is being committed is
    /// waited for.
    pub(super) fn read_committed(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(i32, Option<Progress>)>, TakeUpError> {
        let mut list = TopicPartitionList::new();
        for &partition in partitions {
            list.add_partition(&self.membership.topic, partition);
        }
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.consumer.committed_offsets(list, CALL_TIMEOUT)?;
        let mut found = Vec::with_capacity(partitions.len());
        for element in committed.elements() {
            element.error()?;
            let progress = match element.offset() {
                Offset::Offset(offset) => Some(
                    Progress::restore(offset, element.metadata(), KAFKA_CAPACITY_BYTES).map_err(
                        |error| {
                            TakeUpError::Unreadable(LogError::UnknownProgress {
                                group: self.membership.group.clone(),
                                topic: self.membership.topic.to_string(),
                                partition: element.partition(),
                                source: error.into(),
                            })
                        },
                    )?,
                ),
                _ => None,
            };
            found.push((element.partition(), progress));
        }
        Ok(found)
    }

    /// Decides whether a record can be handed out now, and notes that it is.
    fn accept(&mut self, record: Record) -> Option<Delivery> {
        self.heard_from_log();
        let Position {
            partition, offset, ..
        } = record.position;
        let held = self.held.get_mut(&partition)?;
        // While paused, reading resumes at `next`, so nothing that arrives meanwhile is lost by being let go.
        if held.paused || offset < held.progress.next() || held.progress.is_decided(offset) {
            return None;
        }
        let permit = self.in_hand.clone().try_acquire_owned().ok();
        let Some(permit) = permit.filter(|_| held.progress.has_room()) else {
            self.pause(partition);
            return None;
        };
        held.progress.hand_out(offset);
        Some(Delivery::new(record, held.tenure, permit))
    }

    /// Lets a partition rest at `progress.next()`, because no more of it can be handed out now.
    fn pause(&mut self, partition: i32) {
        let topic = self.membership.topic.clone();
        let Some(held) = self.held.get_mut(&partition) else {
            return;
        };
        held.paused = true;
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic, partition);
        if let Err(error) = self.consumer.pause(&list) {
            tracing::debug!(kafka.error = %error, "could not pause");
        }
        if !held.progress.has_room() && !held.told_window_full {
            held.told_window_full = true;
            let undecided = held.progress.undecided();
            let _ = self.tell(Event::WindowFull {
                partition,
                undecided,
            });
        }
    }

    fn resume_where_there_is_room(&mut self) {
        if self.in_hand.available_permits() == 0 {
            return;
        }
        self.out_of_room_since = None;
        let topic = self.membership.topic.clone();
        for (&partition, held) in &mut self.held {
            if !held.paused || !held.progress.has_room() {
                continue;
            }
            let next = Offset::Offset(held.progress.next());
            if let Err(error) = self.consumer.seek(&topic, partition, next, CALL_TIMEOUT) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                continue;
            }
            let mut list = TopicPartitionList::new();
            list.add_partition(&topic, partition);
            if let Err(error) = self.consumer.resume(&list) {
                tracing::debug!(kafka.error = %error, "could not resume; trying again");
                continue;
            }
            held.paused = false;
            held.told_window_full = false;
        }
    }

    pub(super) fn hear_error(&mut self, error: KafkaError) -> Result<(), Ended> {
        match error {
            KafkaError::PartitionEOF(partition) => {
                self.heard_from_log();
                if let Some(held) = self.held.get_mut(&partition)
                    && !held.paused
                {
                    held.reached_end = true;
                }
                Ok(())
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                self.move_past_retention()
            }
            KafkaError::MessageConsumptionFatal(_) => {
                let error = self.cluster.diagnosis.unavailable(
                    &self.cluster.address,
                    "stay in the group",
                    error,
                );
                let _ = self.channels.events.send(Err(error));
                Err(Ended)
            }
            error => {
                tracing::debug!(kafka.error = %error, "the consumer reports an error");
                self.lose_touch("read the topic", error)
            }
        }
    }

    /// Says once that the log does not answer.
    pub(super) fn lose_touch(&mut self, step: &str, error: KafkaError) -> Result<(), Ended> {
        if self.unreachable {
            return Ok(());
        }
        self.unreachable = true;
        let reason = self
            .cluster
            .diagnosis
            .reason(&self.cluster.address, step, error);
        self.tell(Event::Unreachable { reason })
    }

    pub(super) fn heard_from_log(&mut self) {
        if self.unreachable {
            self.unreachable = false;
            let _ = self.tell(Event::Reachable);
        }
    }

    fn probe_if_unreachable(&mut self) {
        if self.unreachable
            && self
                .consumer
                .fetch_metadata(Some(&self.membership.topic), CALL_TIMEOUT)
                .is_ok()
        {
            self.heard_from_log();
        }
    }

    /// Records that were still to be read are gone: goes on from the first that exists.
    fn move_past_retention(&mut self) -> Result<(), Ended> {
        let topic = self.membership.topic.clone();
        let partitions: Vec<i32> = self.held.keys().copied().collect();
        for partition in partitions {
            let low = match self
                .consumer
                .fetch_watermarks(&topic, partition, CALL_TIMEOUT)
            {
                Ok((low, _)) => low,
                Err(error) => {
                    self.lose_touch("find the first record", error)?;
                    continue;
                }
            };
            let Some(held) = self.held.get_mut(&partition) else {
                continue;
            };
            if low <= held.progress.next() {
                continue;
            }
            let lost = held.progress.expire_to(low);
            held.paused = true;
            self.tell(Event::Expired {
                partition,
                lost,
                resumed_at: low,
            })?;
        }
        Ok(())
    }

    fn announce_caught_up(&mut self) {
        let Some(ends) = &self.ends else {
            return;
        };
        if self
            .looked_at_others
            .is_some_and(|at| at.elapsed() < HEARTBEAT)
        {
            return;
        }
        let unowned: Vec<i32> = ends
            .keys()
            .copied()
            .filter(|partition| !self.held.contains_key(partition))
            .collect();
        let own_done = self
            .held
            .values()
            .all(|held| held.reached_end && !held.paused);
        if !own_done {
            return;
        }
        if self.settled_by_others(&unowned, ends) {
            self.ends = None;
            let _ = self.tell(Event::CaughtUp);
        } else {
            self.looked_at_others = Some(Instant::now());
        }
    }

    /// Whether other members have settled all that was there when this one began.
    fn settled_by_others(&self, partitions: &[i32], ends: &BTreeMap<i32, i64>) -> bool {
        let Ok(committed) = self.read_committed(partitions) else {
            return false;
        };
        committed.into_iter().all(|(partition, progress)| {
            let prefix = progress.map_or(0, |progress| progress.prefix());
            let end = ends[&partition];
            // The ends of transactions take offsets too, which nobody settles: short of the end, see what is there.
            prefix >= end
                || reader::first_record(&self.cluster, &self.membership.topic, partition, prefix)
                    .is_ok_and(|first| first.is_none_or(|first| first >= end))
        })
    }

    fn tell_assignment(&mut self, mut gained: Vec<i32>, lost: Vec<i32>) {
        self.told_assignment = true;
        gained.sort_unstable();
        let held = self.held.keys().copied().collect();
        let assignment = Assignment { held, gained, lost };
        let _ = self.tell(Event::Assignment(assignment));
    }

    pub(super) fn tell(&mut self, event: Event) -> Result<(), Ended> {
        self.channels.events.send(Ok(event)).map_err(|_| Ended)
    }

    pub(super) fn add_offset(&self, list: &mut TopicPartitionList, partition: i32, offset: i64) {
        list.add_partition_offset(&self.membership.topic, partition, Offset::Offset(offset))
            .expect("an offset that is a number can be set");
    }
}

/// What the group has committed could not be read now, or not at all.
pub(super) enum TakeUpError {
    Kafka(KafkaError),
    Unreadable(LogError),
}

impl From<KafkaError> for TakeUpError {
    fn from(error: KafkaError) -> TakeUpError {
        TakeUpError::Kafka(error)
    }
}

/// The end of each partition: what was committed to it before now.
fn ends(
    consumer: &StreamConsumer<GroupContext>,
    topic: &str,
) -> Result<BTreeMap<i32, i64>, KafkaError> {
    (0..partition_count(consumer, topic)?)
        .map(|partition| {
            let (_, high) = consumer.fetch_watermarks(topic, partition, CONNECT_TIMEOUT)?;
            Ok((partition, high))
        })
        .collect()
}
