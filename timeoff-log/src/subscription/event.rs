//! A member's terms for joining, and the events it receives.

use std::sync::Arc;

use super::settlement::Delivery;
use crate::error::LogError;

/// The usual bound on the bytes of records in a service's hands: far more than its usual records take, and little for a
/// process that meets the largest records.
pub const BYTES_IN_HAND: usize = 64 << 20;

/// How a member joins a group.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The group's name. Its members share the topic's partitions; each partition has one owner at a time.
    pub group: String,
    /// The topic whose records are handed out.
    pub topic: Arc<str>,
    /// Topics whose records are handed out alongside: whoever holds partition *p* of the topic holds partition *p* of
    /// each of these. So they need at least as many partitions, and the group must not be joined for one of them alone.
    /// Progress in them is kept and fenced like the topic's.
    pub alongside: Vec<Arc<str>>,
    /// The most deliveries of each topic in this process's hands: queued, or held and not yet dropped or settled. At
    /// least 1. This bounds memory; see [`Event::WindowFull`] for how many may be left undecided.
    pub max_in_hand: usize,
    /// As [`Membership::max_in_hand`], in bytes of keys, values and headers, in case records are large; usually
    /// [`BYTES_IN_HAND`]. While the deliveries in hand have fewer bytes, one more is handed out, however large it is.
    /// So no record is too large, and the limit is exceeded by one record at most. A settlement's outputs come on top.
    pub max_bytes_in_hand: usize,
    /// Whether [`Event::CaughtUp`] is wanted.
    pub announce_caught_up: bool,
}

impl Membership {
    /// The topic, then those alongside. A topic's place in this order is the lane of its deliveries.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.topic).chain(&self.alongside)
    }
}

/// What a member receives, in order.
#[derive(Debug)]
pub enum Event {
    /// A record, in the order of its partition. It stays first in line for the group until it is settled.
    Delivery(Delivery),
    /// The member's share of the partitions has changed, or is known for the first time.
    Assignment(Assignment),
    /// Everything that was on [`Membership::topic`] when the subscription began has been handed out to this member or
    /// settled by another. Reported once, if [`Membership::announce_caught_up`] asks for it.
    CaughtUp,
    /// The log no longer has records that the group has not settled.
    Expired {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The most records that may be lost.
        lost: i64,
        /// The offset of the first record that exists.
        resumed_at: i64,
        /// Whether the group is known to have been there before, so that the records are lost to it. If not, it has
        /// settled nothing in the partition: it may be new, and then the records were never its own.
        group_was_there: bool,
    },
    /// The topic was deleted and made again since the group recorded progress in it. The partition is handed out from
    /// its first record on, as to a new group. Only on Kafka.
    MadeAgain {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The offset of its first record.
        starts_at: i64,
    },
    /// Too many deliveries of the partition are undecided, among decided ones: no more can be handed out until some are
    /// decided. Deliveries in the service's hands count as undecided. Reported again if the number has changed and the
    /// window is still full.
    WindowFull {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// How many deliveries are undecided.
        undecided: i64,
    },
    /// Reading a partition has been held up for long, because another program's transaction is open there. Reported
    /// once for each offset. The records behind it come when that transaction ends.
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
        /// What failed, and why.
        reason: LogError,
    },
    /// The log answers again.
    Reachable,
}

/// Which partitions a member holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// All partitions that it holds now, ascending. Empty when other members share them all.
    pub held: Vec<i32>,
    /// Partitions that it did not hold before.
    pub gained: Vec<i32>,
    /// Partitions that it no longer holds. This member can no longer settle their deliveries.
    pub lost: Vec<i32>,
    /// Gained partitions of [`Membership::topic`] in which the group has settled nothing, as far as the log knows: the
    /// group is new there, or its offsets were forgotten.
    pub unsettled: Vec<i32>,
}
