//! Which steps there are, and what each does.

use std::sync::Arc;

use stateright::{Model, Property};
use timeoff_ledger::{Answer, Command, CommandId};
use uuid::Uuid;

use crate::world::{DepartmentLog, Memory, Owner, Process, Work, World};
use crate::{Cast, Guard, Place, Recorded, promises};

/// How much can happen.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How often each letter of the [`Cast`] is sent.
    pub letters: [u8; 6],
    /// How often a process crashes. It starts again.
    pub crashes: u8,
    /// How often a partition is taken over from an owner who is alive. From one who is not, it is always taken over.
    pub takeovers: u8,
    /// How many answers an owner has in hand at most before the first is recorded.
    pub in_hand: usize,
}

/// The protocol, or what is left of it.
pub struct Protocol {
    /// Who and what there is.
    pub cast: Cast,
    /// How much can happen.
    pub bounds: Bounds,
    /// What is left out.
    pub without: &'static [Guard],
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A letter gets onto the commands topic.
    Send {
        /// Its number in the cast.
        letter: usize,
    },
    /// A process becomes the owner of a partition, and folds its ledger.
    TakeOver {
        /// Which.
        process: usize,
        /// Of which department.
        at: Place,
    },
    /// An owner answers the next command.
    Answer {
        /// Which.
        process: usize,
        /// Of which department.
        at: Place,
    },
    /// An owner has the first answer in hand recorded.
    Settle {
        /// Which.
        process: usize,
        /// Of which department.
        at: Place,
        /// A letter that gets in between what is recorded on the other department's commands topic, and after how
        /// many: on Kafka, a transaction's records need not follow one another.
        between: Option<(usize, usize)>,
    },
    /// A process loses its memory.
    Crash {
        /// Which.
        process: usize,
    },
}

/// What of a work is recorded at once.
pub(crate) struct Part {
    events: bool,
    result: bool,
    admissions: bool,
    progress: bool,
}

impl Part {
    const NOTHING: Self = Self {
        events: false,
        result: false,
        admissions: false,
        progress: false,
    };
    const ALL: Self = Self {
        events: true,
        result: true,
        admissions: true,
        progress: true,
    };

    /// Whether it has anything to record of this work.
    pub(crate) fn is_for(&self, work: &Work) -> bool {
        self.progress
            || (self.events && !work.events.is_empty())
            || (self.result && work.result.is_some())
            || (self.admissions && !work.admissions.is_empty())
    }
}

impl Protocol {
    /// The whole protocol.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self::without(&[], bounds)
    }

    /// The protocol without these guards.
    #[must_use]
    pub fn without(without: &'static [Guard], bounds: Bounds) -> Self {
        Self {
            cast: Cast::new(bounds.letters),
            bounds,
            without,
        }
    }

    fn has(&self, guard: Guard) -> bool {
        !self.without.contains(&guard)
    }

    /// What is recorded by one settlement, and what by another one after it.
    pub(crate) fn parts(&self) -> (Part, Option<Part>) {
        let (mut first, mut second) = (Part::ALL, Part::NOTHING);
        if !self.has(Guard::ProgressNotBefore) {
            (first, second) = (Part::NOTHING, Part::ALL);
            (first.progress, second.progress) = (true, false);
        } else if !self.has(Guard::ProgressNotAfter) {
            (first.progress, second.progress) = (false, true);
        } else if !self.has(Guard::ResultWithEvent) {
            (first.result, second.result) = (false, true);
        } else if !self.has(Guard::AdmissionsWithMove) {
            (first.admissions, second.admissions) = (false, true);
        } else {
            return (first, None);
        }
        (first, Some(second))
    }

    fn may_take_over(&self, world: &World, process: usize, at: Place) -> bool {
        let other_is_alive = (0..world.processes.len()).any(|other| world.is_owner(other, at));
        !world.is_owner(process, at) && (!other_is_alive || world.takeovers_left > 0)
    }

    fn take_over(&self, world: &mut World, process: usize, at: Place) {
        let was_taken = (0..world.processes.len()).any(|other| world.is_owner(other, at));
        world.takeovers_left -= u8::from(was_taken);
        let log = &mut world.logs[at as usize];
        log.generation += 1;
        let own = &mut world.processes[process].owns[at as usize];
        let kept = own.take().filter(|_| !self.has(Guard::VoidMemory));
        let memory = kept.map_or_else(|| self.fold(at, log), |owner| owner.memory);
        *own = Some(Owner {
            generation: log.generation,
            memory,
            next: log.progress,
            in_hand: Vec::new(),
        });
    }

    /// The ledger from its beginning. What stood there before the first step is folded once for all.
    pub(crate) fn fold(&self, at: Place, log: &DepartmentLog) -> Memory {
        let mut memory = Memory {
            folded: Vec::new(),
            state: Arc::clone(&self.cast.states[at as usize]),
        };
        for event in &log.ledger {
            memory.fold(event);
        }
        memory
    }

    fn may_answer(&self, world: &World, process: usize, at: Place) -> bool {
        world.owner(process, at).is_some_and(|owner| {
            owner.in_hand.len() < self.bounds.in_hand && owner.next < world.log(at).commands.len()
        })
    }

    fn answer(&self, world: &mut World, process: usize, at: Place) {
        let log = &world.logs[at as usize];
        let Some(owner) = &mut world.processes[process].owns[at as usize] else {
            return;
        };
        let offset = owner.next;
        // What stands on the ledger names the last event before it.
        let known_offset = i64::try_from(owner.memory.folded.len()).ok();
        let (events, result, admissions) =
            self.carry_out(&owner.memory, at, &log.commands[offset].says);
        let departments = &self.cast.departments;
        let events: Vec<_> = events
            .into_iter()
            .map(|event| event.with_known_offset(known_offset))
            .map(|event| Recorded::event(&event, departments))
            .collect();
        if self.has(Guard::FoldBeforeNext) {
            for event in &events {
                owner.memory.fold(event);
            }
        }
        owner.next += 1;
        owner.in_hand.push(Work {
            offset,
            events,
            result,
            admissions,
            is_half_recorded: false,
        });
    }

    /// Asks the rules.
    #[expect(clippy::type_complexity, reason = "what a work consists of")]
    fn carry_out(
        &self,
        memory: &Memory,
        at: Place,
        command: &Command,
    ) -> (
        Vec<timeoff_ledger::Event<'static>>,
        Option<(usize, timeoff_ledger::Fate)>,
        Vec<Arc<Recorded<Command>>>,
    ) {
        let state = &memory.state;
        let real_id = command.asked.command_id;
        let mut asked = command.clone();
        if !self.has(Guard::AnsweredCommands) && state.has_answered(real_id) {
            asked.asked.command_id = disguise(real_id, memory.folded.len());
        }
        let about = asked.request.application().and_then(|id| {
            let mut queued = self.cast.applied.iter().filter(|one| one.queued == at);
            queued.find(|one| one.application.id == *id)
        });
        let mut answer = state.carry_out(&asked, about.map(|one| &one.application));
        if answer == Answer::NeedsApplication {
            answer = state.refuse_unknown_application(&asked);
        }
        let (mut events, result, mut admit) = match answer {
            Answer::Repeated | Answer::NeedsApplication => (Vec::new(), None, Vec::new()),
            Answer::Refused { event, .. } => (vec![event], None, Vec::new()),
            Answer::Done {
                events,
                result,
                admit,
            } => (events, result, admit),
        };
        for event in &mut events {
            event.cause.command_id = Some(real_id);
        }
        if !self.has(Guard::LeaveBeforeEntitlements) {
            admit.reverse();
        } else if !self.has(Guard::AccountBeforePerson) && !admit.is_empty() {
            admit.rotate_right(1);
        }
        let decided = asked.request.application().zip(result);
        let result = decided.map(|(id, ruling)| (self.cast.number_of(id), ruling.fate));
        let departments = &self.cast.departments;
        let admissions = admit.iter();
        let admissions =
            admissions.map(|command| Recorded::<Command>::command(command, departments));
        (events, result, admissions.collect())
    }

    /// Where a letter can get in between: for each that is still to be sent to the other department, and each gap.
    fn gaps(&self, world: &World, at: Place, work: &Work) -> Vec<(usize, usize)> {
        let letters = (0..self.cast.letters.len())
            .filter(|&letter| world.unsent[letter] > 0 && self.cast.letters[letter].to != at);
        letters
            .flat_map(|letter| (1..work.admissions.len()).map(move |after| (letter, after)))
            .collect()
    }

    fn settle(
        &self,
        world: &mut World,
        process: usize,
        at: Place,
        between: Option<(usize, usize)>,
    ) {
        let is_owner = world.is_owner(process, at);
        let own = &mut world.processes[process].owns[at as usize];
        if !is_owner && self.has(Guard::Fencing) {
            // Nothing is recorded, and what was folded may not be on the ledger: it is forgotten.
            *own = None;
            return;
        }
        let Some(owner) = own else {
            return;
        };
        let (first, second) = self.parts();
        let mut work = owner.in_hand.remove(0);
        let part = match second.filter(|second| second.is_for(&work)) {
            Some(second) if work.is_half_recorded => second,
            None => Part::ALL,
            Some(_) => {
                let mut half = work.clone();
                half.is_half_recorded = true;
                owner.in_hand.insert(0, half);
                first
            }
        };
        if part.events && !self.has(Guard::FoldBeforeNext) {
            for event in &work.events {
                owner.memory.fold(event);
            }
        }
        let log = &mut world.logs[at as usize];
        if part.events {
            log.ledger.append(&mut work.events);
        }
        if part.result {
            log.results.extend(work.result);
        }
        if part.progress {
            log.progress = log.progress.max(work.offset + 1);
        }
        if part.admissions && !work.admissions.is_empty() {
            let to = match at {
                Place::It => Place::Hr,
                Place::Hr => Place::It,
            };
            if let Some((letter, after)) = between {
                world.unsent[letter] -= 1;
                let command = Arc::clone(&self.cast.letters[letter].command);
                work.admissions.insert(after, command);
            }
            world.logs[to as usize]
                .commands
                .append(&mut work.admissions);
        }
    }
}

/// An id that no other command has.
fn disguise(id: CommandId, number: usize) -> CommandId {
    let bytes = id.as_bytes().iter().rev().copied();
    let mut disguised: Vec<u8> = bytes.collect();
    disguised[15] = u8::try_from(number).unwrap_or(u8::MAX);
    let disguised = Uuid::from_slice(&disguised).expect("16 bytes");
    disguised.try_into().expect("not nil")
}

/// No path comes back to where it was: each step but two adds something to a log or uses up a bound. Of those two, an
/// answer adds to what is in hand, of which there is a bounded number, and a settlement that is refused takes it away
/// for good until the next takeover. So what has to hold in the end is checked in the end of every path.
impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            logs: [DepartmentLog::default(), DepartmentLog::default()],
            processes: [Process::default(), Process::default()],
            unsent: self.cast.letters.iter().map(|one| one.times).collect(),
            crashes_left: self.bounds.crashes,
            takeovers_left: self.bounds.takeovers,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.is_quiescent() {
            return;
        }
        let unsent = (0..world.unsent.len()).filter(|&letter| world.unsent[letter] > 0);
        steps.extend(unsent.map(|letter| Step::Send { letter }));
        for process in 0..world.processes.len() {
            for at in Place::ALL {
                if !world.is_settled() && self.may_take_over(world, process, at) {
                    steps.push(Step::TakeOver { process, at });
                }
                if self.may_answer(world, process, at) {
                    steps.push(Step::Answer { process, at });
                }
                let owner = world.owner(process, at);
                if let Some(work) = owner.and_then(|owner| owner.in_hand.first()) {
                    let gaps = self.gaps(world, at, work).into_iter().map(Some);
                    steps.extend([None].into_iter().chain(gaps).map(|between| Step::Settle {
                        process,
                        at,
                        between,
                    }));
                }
            }
            let has_memory = world.processes[process].owns.iter().any(Option::is_some);
            if has_memory && world.crashes_left > 0 {
                steps.push(Step::Crash { process });
            }
        }
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::Send { letter } => {
                let sent = &self.cast.letters[letter];
                world.unsent[letter] -= 1;
                world.logs[sent.to as usize]
                    .commands
                    .push(Arc::clone(&sent.command));
            }
            Step::TakeOver { process, at } => self.take_over(&mut world, process, at),
            Step::Answer { process, at } => self.answer(&mut world, process, at),
            Step::Settle {
                process,
                at,
                between,
            } => self.settle(&mut world, process, at, between),
            Step::Crash { process } => {
                world.crashes_left -= 1;
                world.processes[process] = Process::default();
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}
