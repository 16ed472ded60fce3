//! Applications that a run has left undecided and keeps at hand, for commands that may be about them.

use std::collections::HashMap;

use timeoff_models::ApplicationId;

use crate::clerk::AtHand;
use crate::desk::Waiting;

/// At most this many are kept; further ones are read again when a command comes. Together with what is being decided
/// meanwhile, they fit into the process's hands.
const ROOM: usize = 4_000;

/// The applications that were left.
#[derive(Default)]
pub(super) struct Pile {
    /// By their ids.
    waiting: HashMap<String, Waiting>,
}

impl AtHand for Pile {
    fn has(&self, partition: i32, id: &ApplicationId<'_>) -> bool {
        let waiting = self.waiting.get(id.as_str());
        waiting.is_some_and(|waiting| waiting.received.partition == partition)
    }

    fn take(&mut self, partition: i32, id: &ApplicationId<'_>) -> Option<Waiting> {
        match self.has(partition, id) {
            true => self.waiting.remove(id.as_str()),
            false => None,
        }
    }

    /// Keeps one, if there is room.
    fn put_back(&mut self, waiting: Waiting) {
        if self.waiting.len() < ROOM {
            let id = waiting.received.id.as_str().to_owned();
            self.waiting.insert(id, waiting);
        }
    }
}

impl Pile {
    /// Forgets partitions that other managers hold now.
    pub(super) fn forget(&mut self, partitions: &[i32]) {
        self.waiting
            .retain(|_, waiting| !partitions.contains(&waiting.received.partition));
    }
}
