//! A member of a group: its stream of events, its deliveries, and how they are settled.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::coop::consume_budget;

use crate::error::{LogError, SettleError};
use crate::record::{NewRecord, Position, Record};
use crate::room::Place;

/// How many bytes of records a service has in its hands, where nothing else is asked for: far more than its usual records
/// have, and little for a process that meets the largest.
pub const BYTES_IN_HAND: usize = 64 << 20;

/// How a member joins a group.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The group's name. Its members share the topic's partitions; each partition has one owner at a time.
    pub group: String,
    /// The topic to be handed records of.
    pub topic: Arc<str>,
    /// How many deliveries may be in this process's hands (queued, or held and not yet dropped or settled) at most.
    /// At least 1. This bounds memory; see [`Event::WindowFull`] for how many may be left undecided.
    pub max_in_hand: usize,
    /// As [`Membership::max_in_hand`], in bytes of keys, values and headers, should records be large; usually
    /// [`BYTES_IN_HAND`]. One more is handed out as long as those in hand have less, however large it is: no record is too
    /// large, and this and one record is the most. A settlement's outputs come on top.
    pub max_bytes_in_hand: usize,
    /// Whether [`Event::CaughtUp`] is wanted.
    pub announce_caught_up: bool,
}

/// What a member is told, in order.
#[derive(Debug)]
pub enum Event {
    /// An application, in the order of its partition. It stays the group's first in line until it is settled.
    Delivery(Delivery),
    /// The member's share of the partitions has changed, or is known for the first time.
    Assignment(Assignment),
    /// Everything that was on the topic when the subscription began has been handed out to this member or settled by
    /// another. Told once, if [`Membership::announce_caught_up`] asks for it.
    CaughtUp,
    /// The log no longer has records that the group has not settled.
    Expired {
        /// The partition.
        partition: i32,
        /// How many records are lost, at the most.
        lost: i64,
        /// The offset of the first record that exists.
        resumed_at: i64,
        /// Whether the group is known to have been there before, so that they are lost to it. Otherwise it has settled
        /// nothing of the partition: it may be new, and then they were never its own.
        group_was_there: bool,
    },
    /// The topic was deleted and made again since the group recorded something of it. Its partition is handed out from its first
    /// record on, as to a new group. Only on Kafka.
    MadeAgain {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The offset of its first record.
        starts_at: i64,
    },
    /// So many deliveries of the partition are undecided, among decided ones, that no more can be handed out until some
    /// are decided. Those in the service's hands are counted: told again when the number has changed and it is still so.
    WindowFull {
        /// The partition.
        partition: i32,
        /// How many deliveries are undecided.
        undecided: i64,
    },
    /// A partition cannot be read on for long, since another program's transaction is open there. Told once for each
    /// offset; what is behind it comes when that transaction ends.
    Hidden {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The offset at which the transaction begins.
        offset: i64,
    },
    /// The log does not answer. The member keeps trying; nothing is lost.
    Unreachable {
        /// What is wrong, for a person.
        reason: String,
    },
    /// The log answers again.
    Reachable,
}

/// Which partitions a member holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// All that it holds now, ascending; empty when other members share them all.
    pub held: Vec<i32>,
    /// Those it did not hold before.
    pub gained: Vec<i32>,
    /// Those it held before. Their deliveries can no longer be settled by this member.
    pub lost: Vec<i32>,
    /// Those gained in which the group has settled nothing, as far as the log knows: it is new there, or its offsets were
    /// forgotten.
    pub unsettled: Vec<i32>,
}

/// A record handed to one member of a group, not settled yet.
///
/// Dropping it leaves it undecided: it is not handed to this member again while it holds the partition, and stays
/// first in line for the next one.
#[derive(Debug)]
pub struct Delivery {
    record: Record,
    pub(crate) tenure: u64,
    _in_hand: Place,
}

impl Delivery {
    /// `tenure` numbers the member's times of holding the record's partition.
    pub(crate) fn new(record: Record, tenure: u64, in_hand: Place) -> Delivery {
        Delivery {
            record,
            tenure,
            _in_hand: in_hand,
        }
    }

    /// An empty record of a topic's first partition.
    #[cfg(test)]
    pub(crate) fn at(offset: i64, in_hand: Place) -> Delivery {
        let position = Position {
            topic: "a".into(),
            partition: 0,
            offset,
        };
        let record = Record {
            position,
            timestamp_ms: 0,
            key: None,
            value: None,
            headers: Vec::new(),
        };
        Delivery::new(record, 0, in_hand)
    }

    /// The record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Where the record stands.
    pub fn position(&self) -> &Position {
        &self.record.position
    }

    /// Prepares to settle this delivery together with appending `outputs`, which may be empty.
    pub fn settle_with(self, outputs: Vec<NewRecord>) -> Settlement {
        Settlement {
            delivery: self,
            outputs,
        }
    }
}

/// A delivery together with what is appended when it is settled.
#[derive(Debug)]
pub struct Settlement {
    pub(crate) delivery: Delivery,
    pub(crate) outputs: Vec<NewRecord>,
}

impl Settlement {
    /// How many bytes are appended when it is settled.
    pub fn bytes(&self) -> usize {
        self.outputs.iter().map(NewRecord::bytes).sum()
    }

    /// Where the record stands that is settled.
    pub fn position(&self) -> &Position {
        self.delivery.position()
    }

    /// Takes the delivery back, unsettled.
    pub fn into_delivery(self) -> Delivery {
        self.delivery
    }
}

/// What became of one settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The outputs are on the log, at these positions, and the delivery is done: together, once, durably.
    Recorded(Vec<Position>),
    /// The member no longer holds the partition as it did: nothing was recorded. Another member is or will be
    /// offered the record.
    Stale,
    /// The log stopped answering in the middle, and the partition went to another member before it could be asked
    /// what had become of it. Either all was recorded, or nothing; in the latter case the record is offered again.
    Unknown,
}

pub(crate) enum Command {
    Settle(Batch),
    Close { reply: oneshot::Sender<()> },
}

/// What one caller wants to have settled.
pub(crate) struct Batch {
    pub(crate) settlements: Vec<Settlement>,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

impl Batch {
    /// How many bytes are appended when it is settled.
    pub(crate) fn bytes(&self) -> usize {
        self.settlements.iter().map(Settlement::bytes).sum()
    }

    /// Hands the settlements back.
    pub(crate) fn refuse(self, source: LogError) {
        let _ = self.reply.send(Err(SettleError {
            settlements: self.settlements,
            source,
        }));
    }
}

/// Takes events that are handed over together, in order: what it costs to hand over one is little for many.
pub(crate) type EventSender = mpsc::UnboundedSender<Result<Vec<Event>, LogError>>;

/// The adapter's ends of a subscription's channels.
pub(crate) struct MemberChannels {
    pub(crate) events: EventSender,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// Ends, or becomes true, as soon as the service wants to leave: known also while commands are not heard.
    pub(crate) leaving: watch::Receiver<bool>,
}

/// A member of a group.
///
/// Dropping it leaves the group, without waiting for that to be done; see [`Subscription::close`].
pub struct Subscription {
    events: mpsc::UnboundedReceiver<Result<Vec<Event>, LogError>>,
    /// What was handed over and is still to be handed out.
    taken: VecDeque<Event>,
    /// What ends the stream, when it came while a settlement was waited for.
    end: Option<LogError>,
    settler: Settler,
    leaving: watch::Sender<bool>,
}

impl Subscription {
    /// The stream of events is bounded by what [`Membership`] says may be in hand, which the adapter keeps.
    pub(crate) fn new() -> (Subscription, MemberChannels) {
        let (event_sender, events) = mpsc::unbounded_channel();
        let (command_sender, commands) = mpsc::unbounded_channel();
        let (leaving_sender, leaving) = watch::channel(false);
        let subscription = Subscription {
            events,
            taken: VecDeque::new(),
            end: None,
            settler: Settler {
                commands: command_sender,
            },
            leaving: leaving_sender,
        };
        let channels = MemberChannels {
            events: event_sender,
            commands,
            leaving,
        };
        (subscription, channels)
    }

    /// Waits for the next event. Safe to cancel: no event is lost.
    ///
    /// # Errors
    ///
    /// An error ends the stream: what the member cannot recover from by itself.
    pub async fn next(&mut self) -> Result<Event, LogError> {
        // What was taken is there at once, again and again: others must have their turn.
        consume_budget().await;
        loop {
            if let Some(event) = self.next_taken()? {
                return Ok(event);
            }
            let events = self.events.recv().await.ok_or(LogError::Closed)?;
            self.taken.extend(events?);
        }
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    ///
    /// As [`Subscription::next`].
    pub fn try_next(&mut self) -> Result<Option<Event>, LogError> {
        loop {
            if let Some(event) = self.next_taken()? {
                return Ok(Some(event));
            }
            match self.events.try_recv() {
                Ok(events) => self.taken.extend(events?),
                Err(mpsc::error::TryRecvError::Empty) => return Ok(None),
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(LogError::Closed),
            }
        }
    }

    fn next_taken(&mut self) -> Result<Option<Event>, LogError> {
        match self.taken.pop_front() {
            Some(event) => {
                trace(&event);
                Ok(Some(event))
            }
            None => self.end.take().map_or(Ok(None), Err),
        }
    }

    /// As [`Settler::settle`], and hears the stream meanwhile: [`Event::Unreachable`] and [`Event::Reachable`] go to
    /// `told` as they come, since they are why it takes long; all else waits for [`Subscription::next`].
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn settle(
        &mut self,
        settlements: Vec<Settlement>,
        told: impl FnMut(&Event),
    ) -> Result<Vec<Settled>, SettleError> {
        let mut settling = self.settler.begin(settlements);
        self.finish(&mut settling, told).await
    }

    /// Waits for what has been begun, and hears the stream meanwhile as [`Subscription::settle`] does. Safe to cancel. There
    /// is one answer: who has it must not ask again.
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn finish(
        &mut self,
        settling: &mut Settling,
        mut told: impl FnMut(&Event),
    ) -> Result<Vec<Settled>, SettleError> {
        loop {
            tokio::select! {
                biased;
                () = settling.known() => return settling.take(),
                Some(events) = self.events.recv() => match events {
                    Ok(events) => {
                        for event in events {
                            match event {
                                Event::Unreachable { .. } | Event::Reachable => told(&event),
                                event => self.taken.push_back(event),
                            }
                        }
                    }
                    Err(error) => {
                        self.end.get_or_insert(error);
                    }
                },
            }
        }
    }

    /// Where commands are taken, for as long as the subscription lives.
    pub(crate) fn commands(&self) -> mpsc::WeakUnboundedSender<Command> {
        self.settler.commands.downgrade()
    }

    /// A handle that settles deliveries while the stream is being waited on.
    pub fn settler(&self) -> Settler {
        self.settler.clone()
    }

    /// Leaves the group and waits until that is done, so that others can take over at once. What is not settled
    /// stays undecided.
    pub async fn close(self) {
        let (reply, closed) = oneshot::channel();
        self.leaving.send_replace(true);
        if self.settler.commands.send(Command::Close { reply }).is_ok() {
            // An error means that the member's thread has ended already, which is as good.
            let _ = closed.await;
        }
    }
}

/// Tells what is handed out and what is held, for somebody who has to find out afterwards.
fn trace(event: &Event) {
    match event {
        Event::Delivery(delivery) => {
            let Position {
                topic,
                partition,
                offset,
            } = delivery.position();
            tracing::trace!(
                log.topic = %topic,
                log.partition = partition,
                log.offset = offset,
                "handed out"
            );
        }
        Event::Assignment(assignment) => tracing::trace!(?assignment.held, "holds"),
        _ => {}
    }
}

/// Settles deliveries of one subscription.
#[derive(Clone)]
pub struct Settler {
    commands: mpsc::UnboundedSender<Command>,
}

impl Settler {
    /// Settles deliveries: appends their outputs and marks them done, all at once or not at all, but for those that
    /// are [`Settled::Stale`], of which nothing is recorded. Returns what became of each, in order.
    ///
    /// While the log does not answer this waits, as long as it takes. Dropping the future does not take the
    /// settlements back: whether they are recorded is then not known.
    ///
    /// # Errors
    ///
    /// [`SettleError`] hands the settlements back if the log refuses them for good: a full disk, missing rights. If the
    /// subscription ended meanwhile, none come back, and it is not known what became of them.
    pub async fn settle(&self, settlements: Vec<Settlement>) -> Result<Vec<Settled>, SettleError> {
        self.begin(settlements).outcome().await
    }

    /// Begins to settle deliveries, as [`Settler::settle`] does, and does not wait: the next ones can be decided meanwhile.
    /// What is begun later is recorded later, unless the earlier one is handed back.
    pub fn begin(&self, settlements: Vec<Settlement>) -> Settling {
        let (reply, outcome) = oneshot::channel();
        // Without anybody there, the command and with it the reply's sender come back.
        let batch = Batch { settlements, reply };
        if let Err(mpsc::error::SendError(Command::Settle(batch))) =
            self.commands.send(Command::Settle(batch))
        {
            batch.refuse(LogError::Closed);
        }
        Settling {
            reply: outcome,
            known: None,
        }
    }
}

/// Settlements that are being recorded. Dropping it does not take them back.
#[derive(Debug)]
pub struct Settling {
    reply: oneshot::Receiver<Outcome>,
    /// Set once it is known.
    known: Option<Outcome>,
}

pub(crate) type Outcome = Result<Vec<Settled>, SettleError>;

impl Settling {
    /// What became of them, if that is known.
    pub fn outcome_if_known(mut self) -> Option<Outcome> {
        self.is_known();
        self.known
    }

    /// Whether it is known what became of them.
    pub fn is_known(&mut self) -> bool {
        if self.known.is_none() {
            self.known = match self.reply.try_recv() {
                Ok(outcome) => Some(outcome),
                Err(oneshot::error::TryRecvError::Empty) => None,
                Err(oneshot::error::TryRecvError::Closed) => Some(Err(closed())),
            };
        }
        self.known.is_some()
    }

    /// Waits until it is known what became of them. Safe to cancel.
    pub async fn known(&mut self) {
        if self.known.is_none() {
            let outcome = (&mut self.reply).await;
            self.known = Some(outcome.unwrap_or_else(|_| Err(closed())));
        }
    }

    /// Waits until they are recorded.
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn outcome(mut self) -> Outcome {
        self.known().await;
        self.take()
    }

    fn take(&mut self) -> Outcome {
        self.known.take().expect("it has been waited for")
    }
}

/// The subscription ended, and nobody can say any more what became of the settlements.
fn closed() -> SettleError {
    SettleError {
        settlements: Vec::new(),
        source: LogError::Closed,
    }
}
