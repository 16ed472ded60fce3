//! An event of the ledger: as a sentence, and as JSON.

mod days;
mod json;
mod sentence;

use timeoff_ledger::{Event, Fact};
use timeoff_log::Position;

pub(crate) use days::days;
pub(crate) use sentence::name;

/// An event, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) position: Position,
    pub(crate) event: Event<'static>,
}

impl Noted {
    /// Why a command was refused, if this says so.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.event.fact {
            Fact::CommandRefused { reason, .. } => Some(&reason.0),
            _ => None,
        }
    }
}
