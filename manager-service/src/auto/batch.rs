//! What is settled together, and what is remembered of it until it is recorded.

use std::collections::VecDeque;

use timeoff_log::{Settlement, Settler, Settling};
use timeoff_models::{ApplicationId, Outcome};

/// After how many applications at the most the decisions are handed on to be recorded. The log records together what
/// waits for it.
const BATCH: usize = 500;

/// As [`BATCH`], in bytes of what is appended, should records be large: dead letters repeat them.
const BATCH_BYTES: usize = 1 << 20;

/// What is known of a settlement until it is recorded.
pub(super) struct Decided {
    /// The application's.
    pub(super) partition: i32,
    /// `None` if it becomes a dead letter.
    pub(super) decision: Option<(ApplicationId<'static>, Outcome)>,
}

/// What is settled together.
#[derive(Default)]
pub(super) struct Batch {
    settlements: Vec<Settlement>,
    /// One for each settlement.
    decided: Vec<Decided>,
    /// How many bytes will be appended.
    bytes: usize,
}

impl Batch {
    pub(super) fn add(
        &mut self,
        settlement: Settlement,
        decision: Option<(ApplicationId<'static>, Outcome)>,
    ) {
        self.bytes += settlement.bytes();
        self.decided.push(Decided {
            partition: settlement.position().partition,
            decision,
        });
        self.settlements.push(settlement);
    }

    pub(super) fn is_full(&self) -> bool {
        self.settlements.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// Has it recorded, if there is anything in it.
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

/// Waits until it is known what became of the first batch; for ever if there is none.
pub(super) async fn first_known(recording: &mut VecDeque<Recording>) {
    match recording.front_mut() {
        Some(first) => first.settling.known().await,
        None => std::future::pending().await,
    }
}
