//! Applications that a run has left undecided and keeps at hand, for commands that may be about them.

use std::collections::{BTreeSet, HashMap};

use timeoff_log::Position;
use timeoff_models::ApplicationId;

use crate::desk::Waiting;

/// At most this many are kept; further ones are read again when a command comes. Together with what is being decided
/// meanwhile, they fit into the process's hands.
const ROOM: usize = 4_000;

/// The applications that were left.
#[derive(Default)]
pub(super) struct Pile {
    /// By their ids.
    waiting: HashMap<String, Waiting>,
    /// The offsets of those that were taken up out of turn: they may be handed out once more.
    taken_up: BTreeSet<(i32, i64)>,
}

impl Pile {
    /// Keeps one, if there is room.
    pub(super) fn add(&mut self, waiting: Waiting) {
        if self.waiting.len() < ROOM {
            let id = waiting.received.id.as_str().to_owned();
            self.waiting.insert(id, waiting);
        }
    }

    pub(super) fn take(&mut self, id: &ApplicationId<'_>) -> Option<Waiting> {
        self.waiting.remove(id.as_str())
    }

    /// Notes that an application was taken up out of turn, to be decided.
    pub(super) fn note_taken_up(&mut self, position: &Position) {
        self.taken_up.insert((position.partition, position.offset));
    }

    /// Whether an application that is handed out was taken up out of turn before.
    pub(super) fn was_taken_up(&mut self, position: &Position) -> bool {
        !self.taken_up.is_empty() && self.taken_up.remove(&(position.partition, position.offset))
    }

    /// Forgets partitions that other managers hold now.
    pub(super) fn forget(&mut self, partitions: &[i32]) {
        let is_lost = |partition: &i32| partitions.contains(partition);
        self.waiting
            .retain(|_, waiting| !is_lost(&waiting.received.partition));
        self.taken_up.retain(|(partition, _)| !is_lost(partition));
    }
}
