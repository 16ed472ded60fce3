//! The settlements of several calls as one list: those that wait when a transaction begins share it.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::subscription::{Batch, Outcome, Settled, Settlement};

/// How many settlements of different calls are recorded together at the most: so many that a transaction's fixed cost is
/// little among theirs, and that it still takes milliseconds.
const TOGETHER: usize = 5_000;

/// As [`TOGETHER`], in bytes of what is appended, should records be large.
const TOGETHER_BYTES: usize = 8 << 20;

/// What is to be recorded together, and who waits for the answers.
pub(super) struct Asked {
    settlements: Vec<Settlement>,
    bytes: usize,
    /// How many settlements each call has, in order.
    calls: Vec<(usize, oneshot::Sender<Outcome>)>,
}

impl Asked {
    /// What a call asks for.
    pub(super) fn new(first: Batch) -> Asked {
        let mut asked = Asked {
            settlements: Vec::new(),
            bytes: 0,
            calls: Vec::new(),
        };
        asked.add(first);
        asked
    }

    pub(super) fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    /// Whether a call's settlements belong into the same transaction.
    pub(super) fn has_room_for(&self, batch: &Batch) -> bool {
        self.settlements.len() + batch.settlements.len() <= TOGETHER
            && self.bytes + bytes_of(&batch.settlements) <= TOGETHER_BYTES
    }

    pub(super) fn add(&mut self, batch: Batch) {
        self.bytes += bytes_of(&batch.settlements);
        self.calls.push((batch.settlements.len(), batch.reply));
        self.settlements.extend(batch.settlements);
    }

    /// Tells each call what became of its settlements.
    pub(super) fn answer(self, settled: Vec<Settled>) {
        // First the deliveries are let go of, then it is said: whoever waits for the answer can count on the room.
        drop(self.settlements);
        let mut settled = settled.into_iter();
        for (count, reply) in self.calls {
            // The service may have stopped waiting; what was recorded is recorded.
            let _ = reply.send(Ok(settled.by_ref().take(count).collect()));
        }
    }

    /// The calls as they came.
    pub(super) fn into_batches(self) -> VecDeque<Batch> {
        let mut settlements = self.settlements.into_iter();
        let batch = |(count, reply)| Batch {
            settlements: settlements.by_ref().take(count).collect(),
            reply,
        };
        self.calls.into_iter().map(batch).collect()
    }
}

fn bytes_of(settlements: &[Settlement]) -> usize {
    settlements.iter().map(Settlement::bytes).sum()
}
