//! A batch of settlements, and what is remembered of it until it is recorded.

use std::collections::VecDeque;

use timeoff_log::{Settlement, Settler, Settling};
use timeoff_models::{ApplicationId, Outcome};

use crate::clerk::Answered;

/// At this many applications at the latest, a batch is handed on to be recorded. The log records together whatever is
/// waiting.
const BATCH: usize = 500;

/// As [`BATCH`], in bytes appended, in case records are large: dead letters repeat them.
const BATCH_BYTES: usize = 1 << 20;

/// What is known of a settlement until it is recorded.
pub(super) struct Decided {
    /// Where the application or the command is.
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) what: What,
}

/// What a settlement records.
pub(super) enum What {
    /// A decision by the rule.
    Application(ApplicationId<'static>, Outcome),
    /// The answer to a command.
    Command(Answered),
    /// That an application is a dead letter.
    DeadLetter,
    /// That a command is one.
    UnreadableCommand,
}

/// Settlements that are recorded together.
#[derive(Default)]
pub(super) struct Batch {
    settlements: Vec<Settlement>,
    /// One for each settlement.
    decided: Vec<Decided>,
    /// How many bytes will be appended.
    bytes: usize,
    /// Whether any of it decides an application and says nothing on the ledger.
    is_beside_the_ledger: bool,
}

impl Batch {
    pub(super) fn add(&mut self, settlement: Settlement, what: What) {
        self.bytes += settlement.bytes();
        let position = settlement.position();
        self.decided.push(Decided {
            partition: position.partition,
            offset: position.offset,
            what,
        });
        self.settlements.push(settlement);
    }

    /// Notes that it decides an application and says nothing on the ledger, as nobody has been entered.
    pub(super) fn note_beside_the_ledger(&mut self) {
        self.is_beside_the_ledger = true;
    }

    pub(super) fn is_beside_the_ledger(&self) -> bool {
        self.is_beside_the_ledger
    }

    /// Whether any of it answers a command.
    pub(super) fn has_answers(&self) -> bool {
        let answers = |decided: &Decided| matches!(decided.what, What::Command(_));
        self.decided.iter().any(answers)
    }

    /// Whether it is full with this many settlements more.
    pub(super) fn is_full_with(&self, more: usize) -> bool {
        self.settlements.len() + more >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// Begins to record the batch, unless it is empty.
    pub(super) fn begin(self, settler: &Settler) -> Option<Recording> {
        (!self.settlements.is_empty()).then(|| Recording {
            settling: settler.begin(self.settlements),
            decided: self.decided,
        })
    }
}

/// A batch that is being recorded.
pub(super) struct Recording {
    pub(super) settling: Settling,
    pub(super) decided: Vec<Decided>,
}

/// Waits until the outcome of the first batch is known; for ever if there is none.
pub(super) async fn first_known(recording: &mut VecDeque<Recording>) {
    match recording.front_mut() {
        Some(first) => first.settling.known().await,
        None => std::future::pending().await,
    }
}
