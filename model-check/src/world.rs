//! The logs and the processes at one moment.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use timeoff_ledger::{Command, CommandId, Event, Fate, State};

use crate::{Place, Recorded};

/// Everything that can differ between two moments.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// IT's partition and HR's.
    pub logs: [DepartmentLog; 2],
    /// The two processes.
    pub processes: [Process; 2],
    /// How often each letter is still to be sent.
    pub unsent: Vec<u8>,
    /// How many crashes are still to come at most.
    pub crashes_left: u8,
    /// How many takeovers from an owner who is alive are still to come at most.
    pub takeovers_left: u8,
}

/// A department's partition of each topic.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct DepartmentLog {
    /// The commands.
    pub commands: Vec<Arc<Recorded<Command>>>,
    /// The ledger, after what stood there before the first step.
    pub ledger: Vec<Arc<Recorded<Event<'static>>>>,
    /// The results: the number of the application, and what the result says.
    pub results: Vec<(usize, Fate)>,
    /// How many commands are settled.
    pub progress: usize,
    /// How often the partition has been taken over. An owner of an earlier generation is a former one.
    pub generation: u8,
}

/// A process, which may hold both partitions, or take itself for their owner.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Process {
    /// What it has of IT and of HR.
    pub owns: [Option<Owner>; 2],
}

/// What an owner has in memory. It may be a former owner who does not know it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The generation by which it took the partition over.
    pub generation: u8,
    /// What it has folded.
    pub memory: Memory,
    /// The offset of the command that it answers next.
    pub next: usize,
    /// Answers that are to be settled, in order.
    pub in_hand: Vec<Work>,
}

/// What an owner has folded: the events, and the state that is a function of them.
#[derive(Clone)]
pub struct Memory {
    /// After what stood there before the first step.
    pub folded: Vec<Arc<Recorded<Event<'static>>>>,
    /// What the rules are asked.
    pub state: Arc<State>,
}

/// An answer that is to be settled.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Work {
    /// The offset of its command.
    pub offset: usize,
    /// What goes onto the ledger; nothing for a repeated command.
    pub events: Vec<Arc<Recorded<Event<'static>>>>,
    /// What goes to the results.
    pub result: Option<(usize, Fate)>,
    /// What goes to the other department's commands.
    pub admissions: Vec<Arc<Recorded<Command>>>,
    /// Whether a part of it is recorded: never as long as a settlement is one.
    pub is_half_recorded: bool,
}

impl Memory {
    pub(crate) fn fold(&mut self, event: &Arc<Recorded<Event<'static>>>) {
        Arc::make_mut(&mut self.state).evolve(&event.says);
        self.folded.push(Arc::clone(event));
    }
}

impl Hash for Memory {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.folded.hash(hasher);
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Memory {}

impl DepartmentLog {
    /// How many events on the ledger answer this command.
    pub(crate) fn answers_to(&self, command: CommandId) -> usize {
        let ledger = self.ledger.iter();
        ledger
            .filter(|event| event.says.cause.command_id == Some(command))
            .count()
    }
}

impl World {
    /// A department's partition.
    #[must_use]
    pub fn log(&self, at: Place) -> &DepartmentLog {
        &self.logs[at as usize]
    }

    /// What a process has of a department.
    #[must_use]
    pub fn owner(&self, process: usize, at: Place) -> Option<&Owner> {
        self.processes[process].owns[at as usize].as_ref()
    }

    /// Whether that is the owner by the latest generation.
    #[must_use]
    pub fn is_owner(&self, process: usize, at: Place) -> bool {
        self.owner(process, at)
            .is_some_and(|owner| owner.generation == self.log(at).generation)
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = (Place, &Owner)> {
        let processes = self.processes.iter();
        processes.flat_map(|process| {
            let owns = Place::ALL.into_iter().zip(&process.owns);
            owns.filter_map(|(at, owner)| Some((at, owner.as_ref()?)))
        })
    }

    /// Whether everything has been sent and is settled.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.unsent.iter().all(|&times| times == 0)
            && self
                .logs
                .iter()
                .all(|log| log.progress == log.commands.len())
    }

    /// Whether nobody has anything to do any more either.
    #[must_use]
    pub fn is_quiescent(&self) -> bool {
        self.is_settled() && self.owners().all(|(_, owner)| owner.in_hand.is_empty())
    }

    /// The same with the processes in an order that does not depend on which is which: they differ by nothing else.
    #[must_use]
    pub fn representative(&self) -> Self {
        let digest = |process: &Process| {
            let mut hasher = std::hash::DefaultHasher::new();
            process.hash(&mut hasher);
            hasher.finish()
        };
        let mut world = self.clone();
        world.processes.sort_by_key(digest);
        world
    }
}
