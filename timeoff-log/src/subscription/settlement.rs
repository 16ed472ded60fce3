//! Deliveries, settlements and their outcomes.

use tokio::sync::oneshot;

use crate::error::LogError;
use crate::in_hand::Place;
use crate::record::{NewRecord, Position, Record};

/// A record handed to one member of a group, not settled yet.
///
/// Dropping it leaves it undecided. This member does not get it again while it holds the partition. It stays first in
/// line for the partition's next owner.
#[derive(Debug)]
pub struct Delivery {
    record: Record,
    /// Which of the membership's topics it is of: 0 is the topic itself, then come those alongside.
    pub(crate) lane: usize,
    pub(crate) tenure: u64,
    _in_hand: Place,
}

impl Delivery {
    /// `tenure` tells apart the times that the member has held the record's partition.
    pub(crate) fn new(record: Record, lane: usize, tenure: u64, in_hand: Place) -> Delivery {
        Delivery {
            record,
            lane,
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
        Delivery::new(record, 0, 0, in_hand)
    }

    /// The record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Where the record is on the log.
    pub fn position(&self) -> &Position {
        &self.record.position
    }

    /// Prepares to settle this delivery together with appending `outputs`, which may be empty.
    pub fn settle_with(self, outputs: Vec<NewRecord>) -> Settlement {
        Settlement {
            delivery: self,
            and: Vec::new(),
            outputs,
        }
    }
}

/// A delivery together with the outputs that are appended when it is settled.
#[derive(Debug)]
pub struct Settlement {
    delivery: Delivery,
    /// Those that are settled as one with it.
    and: Vec<Delivery>,
    pub(crate) outputs: Vec<NewRecord>,
}

impl Settlement {
    /// Settles another delivery as one with these: if one of them is [`Settled::Stale`], nothing is recorded of any. It
    /// is usually of the same partition number and another topic; see [`Membership::alongside`](super::Membership).
    #[must_use]
    pub fn and(mut self, delivery: Delivery) -> Settlement {
        self.and.push(delivery);
        self
    }

    /// The deliveries that it settles.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        std::iter::once(&self.delivery).chain(&self.and)
    }

    /// The size of its outputs, in bytes.
    pub fn bytes(&self) -> usize {
        self.outputs.iter().map(NewRecord::bytes).sum()
    }

    /// Where the settled record is on the log; of several, the one that was to be settled first.
    pub fn position(&self) -> &Position {
        self.delivery.position()
    }

    /// Takes the delivery back, unsettled. Those that were to be settled as one with it are dropped.
    pub fn into_delivery(self) -> Delivery {
        self.delivery
    }

    /// Takes all its deliveries back, unsettled, in the order in which they were added.
    pub fn into_deliveries(self) -> impl Iterator<Item = Delivery> {
        std::iter::once(self.delivery).chain(self.and)
    }
}

/// The outcome of one settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The outputs are on the log, at these positions, and the deliveries are done: together, once, durably.
    Recorded(Vec<Position>),
    /// The member no longer holds the partition as it did when the record was handed out, or the record is settled
    /// already, or it was taken up out of turn and there is no room any more to keep it apart: nothing was recorded. What is
    /// not settled is or will be offered to another member.
    Stale,
    /// The log stopped answering in the middle, and the partition went to another member before this one could look up
    /// the outcome. Either all was recorded, or nothing; in the latter case the record is offered again.
    Unknown,
}

/// No settlement of a batch was recorded. The settlements are handed back, so that the caller can try again or give up.
#[derive(Debug, thiserror::Error)]
#[error("nothing was recorded")]
pub struct SettleError {
    /// The settlements, untouched and in order.
    pub settlements: Vec<Settlement>,
    /// What failed.
    #[source]
    pub source: LogError,
}

pub(crate) type Outcome = Result<Vec<Settled>, SettleError>;

/// What came of taking a record up out of turn; see [`Settler::take_up`](super::Settler::take_up).
#[derive(Debug)]
pub enum TakenUp {
    /// It is in the service's hands.
    Delivery(Delivery),
    /// The group has settled it.
    Settled,
    /// The member does not hold its partition.
    NotHeld,
    /// So many deliveries before it are undecided that the log could not keep it apart from them. Some of those have to
    /// be decided first; see [`Event::WindowFull`](super::Event::WindowFull).
    NoRoom,
}

pub(crate) enum Command {
    Settle(Batch),
    TakeUp {
        record: Record,
        reply: oneshot::Sender<TakenUp>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// The settlements of one call.
pub(crate) struct Batch {
    pub(crate) settlements: Vec<Settlement>,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

impl Batch {
    /// The size of its outputs, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.settlements.iter().map(Settlement::bytes).sum()
    }

    /// Hands the settlements back to the caller.
    pub(crate) fn refuse(self, source: LogError) {
        let _ = self.reply.send(Err(SettleError {
            settlements: self.settlements,
            source,
        }));
    }
}
