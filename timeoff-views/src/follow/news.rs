//! What a fold reports.

use std::sync::Arc;

use timeoff_log::{LogError, Position};

/// What a fold reports while it goes on.
#[derive(Debug)]
pub enum News {
    /// Everything that was on the topics when reading began has been folded, and can be asked. Reported once.
    CaughtUp,
    /// A record cannot be understood, and changes nothing. The view has its place and the reason.
    PassedOver {
        /// Where it is.
        position: Position,
        /// Why. Quotes nothing from the record.
        reason: String,
    },
    /// The log does not answer. The fold keeps trying; nothing is lost.
    Unreachable {
        /// What failed, and why.
        reason: LogError,
    },
    /// The log answers again.
    Reachable,
    /// The schemas that a record needs cannot be reached now. The fold keeps trying.
    NoSchemas {
        /// What failed, and why.
        reason: LogError,
    },
    /// Reading a partition has been held up for long, because another program's transaction is open there.
    Hidden {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The offset at which the transaction begins.
        offset: i64,
    },
}
