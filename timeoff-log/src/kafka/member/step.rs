//! The thread that owns a group member.
//!
//! One thread polls the consumer, learns of rebalances, hands out deliveries and settles them. That a settlement
//! never runs beside a rebalance is what makes ownership plain: whoever is asked to settle knows what is held, and
//! the generation sent along is the one under which it is held.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use tokio::sync::{mpsc, oneshot};

use crate::error::LogError;
use crate::kafka::client::{
    AT_ONCE, Cluster, GroupNews, RecordConsumer, Role, TopicId, record_from, sent_again_after,
};
use crate::kafka::settle::{Together, TransactionalProducer};
use crate::kafka::topic::{HiddenWatch, Horizon, partition_count};
use crate::kafka::trouble::Pulse;
use crate::progress::Progress;
use crate::record::Record;
use crate::room::Room;
use crate::sabotage::{Promise, breaks};
use crate::subscription::{Batch, Command, Event, MemberChannels, Membership};

/// How often the owner looks around when nothing else wakes it.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(250);

/// How long leaving the group may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// A partition that the member holds.
pub(crate) struct Held {
    pub(crate) progress: Progress,
    /// The topic that it is a partition of, if the cluster gives topics ids.
    pub(crate) topic_id: Option<TopicId>,
    /// Which of the member's times of holding it this is.
    pub(crate) tenure: u64,
    /// Set while fetching is paused; reading then resumes at `progress.next()`.
    pub(crate) paused: bool,
    /// Whether the end was reached in this tenure.
    pub(crate) reached_end: bool,
    /// Set when there may be more behind the end that was reached.
    pub(crate) must_look_again: bool,
    /// How many were undecided when it was last told that no more can be handed out; `None` once more can.
    pub(crate) told_window_full: Option<i64>,
}

pub(crate) struct Owner {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) membership: Membership,
    pub(crate) consumer: Arc<RecordConsumer>,
    pub(crate) producer: TransactionalProducer,
    pub(crate) held: BTreeMap<i32, Held>,
    /// Under which generation the held partitions are held.
    ///
    /// Taken when they are taken up, and not when it is used: a member that was thrown out of the group has none, and
    /// a broker lets an offset pass that comes without one.
    pub(crate) generation: Option<Arc<ConsumerGroupMetadata>>,
    pub(crate) closing: Option<oneshot::Sender<()>>,
    pub(crate) news: mpsc::UnboundedReceiver<GroupNews>,
    pub(crate) channels: MemberChannels,
    /// Settlements asked for while another one was being settled.
    pub(crate) waiting: VecDeque<Batch>,
    /// A request that is answered sooner than this was sent once.
    pub(crate) sent_again_after: Duration,
    /// Set when a commit took longer than that: the member must join anew before it settles more.
    pub(crate) commit_may_come_late: bool,
    /// How many of those that wait are to be settled each by itself.
    pub(crate) one_by_one: usize,
    /// Assigned, but not taken up yet; `None` when nothing waits.
    pub(crate) assigned: Option<Vec<i32>>,
    /// Since when taking up fails.
    pub(crate) assigned_since: Option<Instant>,
    pub(crate) in_hand: Room,
    pub(crate) out_of_room_since: Option<Instant>,
    /// What was there when the subscription began, while `CaughtUp` is still to be told.
    pub(crate) horizon: Option<Horizon>,
    /// When it was last looked whether that can be told, or the member began; `None` when it has a new share to look at.
    pub(crate) looked_at_horizon: Option<Instant>,
    /// Set when what was to be read next is not on the topic: the member joins anew, no sooner than this.
    pub(crate) rejoin_at: Option<Instant>,
    /// How far each partition had been read when the member joined anew.
    pub(crate) read_to: BTreeMap<i32, i64>,
    /// Partitions that were let go of because their topic was made again, until they are taken up or given away.
    pub(crate) made_again: BTreeSet<i32>,
    /// How many ids of topics had been heard when the held partitions were last checked against them.
    pub(crate) topic_ids_heard: u64,
    pub(crate) hidden: HiddenWatch,
    pub(crate) unreachable: bool,
    pub(crate) pulse: Pulse,
    pub(crate) told_assignment: bool,
    pub(crate) tenures: u64,
}

/// The stream of events is over: the service is gone, or an error was its last.
pub(crate) struct Ended;

impl Owner {
    pub(crate) fn start(
        cluster: Arc<Cluster>,
        membership: Membership,
        channels: MemberChannels,
    ) -> Result<Owner, LogError> {
        let (news_sender, news) = mpsc::unbounded_channel();
        let role = Role::Member {
            group: &membership.group,
            in_hand: membership.max_in_hand,
        };
        let unavailable = |step: &str, error| cluster.unavailable(step, error);
        let config = cluster.config(role)?;
        let sent_again_after =
            sent_again_after(&config).map_err(|error| unavailable("set up a client", error))?;
        let consumer = cluster.consumer(&config, news_sender)?;
        let partitions = partition_count(consumer.client(), &membership.topic)
            .map_err(|error| unavailable("find the topic", error))?;
        let horizon = membership
            .announce_caught_up
            .then(|| Horizon::look(&cluster, consumer.client(), &membership.topic, partitions))
            .transpose()
            .map_err(|error| unavailable("find the end of the topic", error))?;
        consumer
            .subscribe(&[&membership.topic])
            .map_err(|error| unavailable("join the group", error))?;
        // Before it has joined, a consumer names no generation, and a broker checks none.
        let nobodys = breaks(Promise::Generation)
            .then(|| consumer.group_metadata().map(Arc::new))
            .flatten();
        Ok(Owner {
            producer: TransactionalProducer::new(
                cluster.clone(),
                &membership.group,
                channels.leaving.clone(),
            ),
            in_hand: Room::new(membership.max_in_hand, membership.max_bytes_in_hand),
            cluster,
            membership,
            consumer: Arc::new(consumer),
            held: BTreeMap::new(),
            generation: nobodys,
            closing: None,
            news,
            channels,
            waiting: VecDeque::new(),
            sent_again_after,
            commit_may_come_late: false,
            one_by_one: 0,
            assigned: None,
            assigned_since: None,
            out_of_room_since: None,
            horizon,
            looked_at_horizon: Some(Instant::now()),
            rejoin_at: None,
            read_to: BTreeMap::new(),
            made_again: BTreeSet::new(),
            topic_ids_heard: 0,
            hidden: HiddenWatch::default(),
            unreachable: false,
            pulse: Pulse::new(),
            told_assignment: false,
            tenures: 0,
        })
    }

    pub(crate) async fn run(mut self) {
        loop {
            let ended = match self.step().await {
                Ok(Some(Command::Settle(batch))) => {
                    self.settle(batch).await;
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
    fn close(mut self) {
        self.hear_news();
        if self.assigned.take().is_some() {
            // The library does not leave before it is told what becomes of what was assigned.
            let _ = self.consumer.incremental_assign(&TopicPartitionList::new());
        }
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
    pub(crate) async fn step(&mut self) -> Result<Option<Command>, Ended> {
        self.hear_news();
        self.take_up_assigned()?;
        self.let_go_if_made_again();
        self.rejoin_if_lost()?;
        self.resume_where_there_is_room();
        if let Some(batch) = self.waiting.pop_front() {
            return Ok(Some(Command::Settle(batch)));
        }
        self.announce_caught_up();
        if self.is_patient() {
            // Wait for room or a command, and leave what was fetched ahead where it is.
            let is_quiet = tokio::select! {
                biased;
                command = self.channels.commands.recv() => return command.map(Some).ok_or(Ended),
                () = self.in_hand.wait(), if self.are_hands_full() => false,
                () = tokio::time::sleep(HEARTBEAT) => true,
            };
            if is_quiet {
                self.look_around()?;
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
            () = tokio::time::sleep(HEARTBEAT) => {
                self.look_around()?;
                self.tell_hidden()?;
            }
        }
        Ok(None)
    }

    /// Serves the consumer and hears commands while a settlement waits: what is there now, and what comes within
    /// `pause`. Returns early when the service wants to leave.
    pub(crate) async fn serve_while_settling(&mut self, pause: Duration) -> Result<(), Ended> {
        let until = tokio::time::Instant::now() + pause;
        loop {
            self.hear_news();
            self.take_up_assigned()?;
            if self.is_asked_to_close() {
                return Ok(());
            }
            // What was fetched ahead stays where it is while there is no room for it.
            let is_patient = self.is_patient();
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => self.hear(news),
                heard = self.channels.commands.recv() => self.take_command(heard)?,
                message = self.consumer.recv(), if !is_patient => {
                    let arrived = message.map(|message| record_from(&message, &self.membership.topic));
                    self.hear_from_consumer(arrived)?;
                }
                () = tokio::time::sleep_until(until) => return self.feel_pulse(),
            }
        }
    }

    /// Takes in what waits to be settled, as far as it is to be recorded together with what was asked for.
    pub(crate) fn take_in_waiting(&mut self, together: &mut Together) {
        while let Ok(command) = self.channels.commands.try_recv() {
            // There is a command, so nothing has ended.
            let _ = self.take_command(Some(command));
        }
        while let Some(batch) = self.waiting.pop_front() {
            if !together.has_room_for(&batch) {
                self.waiting.push_front(batch);
                break;
            }
            together.add(batch);
        }
    }

    /// Hears one command while a settlement waits and the consumer is not served.
    pub(crate) async fn hear_command(&mut self) -> Result<(), Ended> {
        let heard = self.channels.commands.recv().await;
        self.take_command(heard)
    }

    fn take_command(&mut self, heard: Option<Command>) -> Result<(), Ended> {
        match heard.ok_or(Ended)? {
            Command::Close { reply } => self.closing = Some(reply),
            Command::Settle(batch) => self.waiting.push_back(batch),
        }
        Ok(())
    }

    /// Whether the service wants to leave while a settlement waits.
    pub(crate) fn is_asked_to_close(&self) -> bool {
        self.closing.is_some() || *self.channels.leaving.borrow()
    }

    fn hear_news(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            self.hear(news);
        }
    }

    /// Takes a record that has come, and what is there already behind it, as long as there is room.
    fn hear_from_consumer(&mut self, first: Result<Record, KafkaError>) -> Result<(), Ended> {
        let consumer = self.consumer.clone();
        let mut deliveries = Vec::new();
        let mut next = Some(first);
        let mut failed = None;
        let mut taken = 0;
        while let Some(arrived) = next {
            match arrived {
                Ok(record) => deliveries.extend(self.accept(record).map(Event::Delivery)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            taken += 1;
            // News come before what the group has to do with them.
            let goes_on = taken < AT_ONCE && !self.is_patient() && self.news.is_empty();
            next = match goes_on {
                true => consumer
                    .try_recv()
                    .map(|message| message.map(|m| record_from(&m, &self.membership.topic))),
                false => None,
            };
        }
        if !deliveries.is_empty() {
            self.hand_over(deliveries)?;
        }
        failed.map_or(Ok(()), |error| self.hear_error(error))
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
                self.let_go(partitions);
            }
        }
    }

    /// Holds these partitions no more, as far as it does, and tells it. Returns whether it held any.
    pub(crate) fn let_go(&mut self, partitions: impl IntoIterator<Item = i32>) -> bool {
        let mut lost = Vec::new();
        for partition in partitions {
            if let Some(held) = self.held.remove(&partition) {
                lost.push(partition);
                if held.paused {
                    // The library would remember the pause when the partition comes back.
                    self.resume(partition);
                }
            }
        }
        let held_some = !lost.is_empty();
        if held_some {
            self.tell_assignment(Vec::new(), lost, Vec::new());
        }
        held_some
    }

    pub(crate) fn tell(&mut self, event: Event) -> Result<(), Ended> {
        self.hand_over(vec![event])
    }

    fn hand_over(&mut self, events: Vec<Event>) -> Result<(), Ended> {
        self.channels.events.send(Ok(events)).map_err(|_| Ended)
    }
}
