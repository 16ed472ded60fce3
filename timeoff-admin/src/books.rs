//! The ledgers of all departments, each as what it says now.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use anyhow::anyhow;
use timeoff_cli::{Notices, UsageError};
use timeoff_contract::Contract;
use timeoff_ledger::{
    Answer, Command, CommandId, Date, Entered, Event, PersonId, Recount, Refusal, State,
};
use timeoff_log::Record;
use timeoff_models::{ApplicationId, Department, Departments, Email, Ticks};

use crate::noted::Noted;
use crate::topic::read_through;

/// The ledgers, in the order of their partitions.
pub(crate) struct Books {
    departments: Departments,
    states: Vec<State>,
    /// The offset after the last event that was folded.
    next: Vec<i64>,
    /// The commands whose answers are kept.
    watched: HashSet<CommandId>,
    answers: HashMap<CommandId, Noted>,
}

/// A person in one of the departments.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    /// The partition of the department that has entered them.
    pub(crate) partition: i32,
    /// What it says of them.
    pub(crate) entered: Entered<'a>,
    /// Whether that department is their home; if not, they are a guest.
    pub(crate) is_home: bool,
}

impl Books {
    /// The books of departments on whose ledgers nothing stands.
    pub(crate) fn empty(departments: &Departments) -> Books {
        Books {
            departments: departments.clone(),
            states: departments.iter().cloned().map(State::of).collect(),
            next: vec![0; departments.len()],
            watched: HashSet::new(),
            answers: HashMap::new(),
        }
    }

    /// Folds everything that is on the ledger now. `each` is given every event before it is folded.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read, or has an event that this version does not understand.
    pub(crate) async fn read(
        contract: &Contract,
        notices: &Notices,
        watched: impl IntoIterator<Item = CommandId>,
        mut each: impl FnMut(&Noted),
    ) -> anyhow::Result<Books> {
        let mut books = Books::empty(contract.departments());
        books.watched = watched.into_iter().collect();
        let topic = &contract.topics().ledger;
        read_through(contract, topic, notices, async |record| {
            if books.department(record.position.partition).is_none() {
                return Err(UsageError(format!(
                    "{}: --departments names no department for this partition; use the same list everywhere",
                    record.position
                ))
                .into());
            }
            let noted = understand(contract, record, notices).await?;
            each(&noted);
            books.take(noted);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok(books)
    }

    /// Folds the next event of its partition.
    pub(crate) fn take(&mut self, noted: Noted) {
        let Noted { position, event } = &noted;
        let index = usize::try_from(position.partition).unwrap_or(usize::MAX);
        if let (Some(state), Some(next)) = (self.states.get_mut(index), self.next.get_mut(index)) {
            state.evolve(event);
            *next = position.offset + 1;
        }
        if let Some(id) = event.cause.command_id
            && self.watched.contains(&id)
        {
            // Only the first answer counts; there should be no other.
            self.answers.entry(id).or_insert(noted);
        }
    }

    /// The answer to a watched command, if it is on the ledger.
    pub(crate) fn answer(&self, id: CommandId) -> Option<&Noted> {
        self.answers.get(&id)
    }

    /// Keeps the answer to this command too, when it comes.
    pub(crate) fn watch(&mut self, id: CommandId) {
        self.watched.insert(id);
    }

    /// Whether the answer to a command stands on the ledger of a partition.
    pub(crate) fn has_answered(&self, partition: i32, id: CommandId) -> bool {
        let state = usize::try_from(partition).ok();
        let state = state.and_then(|index| self.states.get(index));
        state.is_some_and(|state| state.has_answered(id))
    }

    /// The offset of the next event of a partition.
    pub(crate) fn next_offset(&self, partition: i32) -> i64 {
        let index = usize::try_from(partition).ok();
        index
            .and_then(|index| self.next.get(index))
            .copied()
            .unwrap_or(0)
    }

    /// What would become of a command about people. What it would bring about is folded, as if it had happened.
    ///
    /// # Errors
    ///
    /// Why it would be refused.
    pub(crate) fn predict(&mut self, partition: i32, command: &Command) -> Result<(), Refusal> {
        let index = usize::try_from(partition).unwrap_or(usize::MAX);
        let Some(state) = self.states.get_mut(index) else {
            return Ok(());
        };
        match state.carry_out(command, None) {
            Answer::Done { events, admit, .. } => {
                events.iter().for_each(|event| state.evolve(event));
                // One of them says to which department somebody moves.
                let department = admit.iter().find_map(|admission| match &admission.request {
                    timeoff_ledger::Request::AdmitPerson { department, .. } => Some(department),
                    _ => None,
                });
                if let Some(to) = department.and_then(|to| self.departments.partition_of(to)) {
                    return admit
                        .iter()
                        .try_for_each(|admission| self.predict(to, admission));
                }
                Ok(())
            }
            Answer::Refused { refusal, .. } => Err(refusal),
            Answer::Repeated | Answer::NeedsApplication => Ok(()),
        }
    }

    /// What the ledger of a partition says; `None` if there is no such department.
    pub(crate) fn state(&self, partition: i32) -> Option<&State> {
        let index = usize::try_from(partition).ok()?;
        self.states.get(index)
    }

    /// The partition of the department where the leave of an application is booked. It may have been queued in another:
    /// whoever moves brings their leave with them.
    pub(crate) fn partition_of_leave(&self, application: &ApplicationId<'_>) -> Option<i32> {
        let holds = |found: &Found<'_>| {
            let person = found.entered.person().id;
            self.state(found.partition).is_some_and(|state| {
                state
                    .booked_leave_of(person)
                    .any(|booked| booked.application == *application)
            })
        };
        self.everybody().find(holds).map(|found| found.partition)
    }

    /// Booked leave of a department's people, or of one of them, that begins on or after a day and would take something
    /// else if it were counted now.
    ///
    /// # Errors
    ///
    /// As [`State::recounts`].
    pub(crate) fn recounts(
        &self,
        partition: i32,
        person: Option<PersonId>,
        from: Date,
    ) -> Result<Vec<Recount>, Refusal> {
        let index = usize::try_from(partition).unwrap_or(usize::MAX);
        let state = self.states.get(index);
        state.map_or_else(|| Ok(Vec::new()), |state| state.recounts(person, from))
    }

    /// The department of a partition.
    pub(crate) fn department(&self, partition: i32) -> Option<&Department> {
        self.departments.at(partition)
    }

    /// The departments.
    pub(crate) fn departments(&self) -> &Departments {
        &self.departments
    }

    /// Everybody who has ever been entered anywhere, by partition; somebody who is a guest or has moved is there more
    /// than once.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = Found<'_>> {
        (0..)
            .zip(&self.states)
            .flat_map(|(partition, state)| state.entered().map(move |entered| (partition, entered)))
            .map(|(partition, entered)| self.found(partition, entered))
    }

    fn found<'a>(&self, partition: i32, entered: Entered<'a>) -> Found<'a> {
        let is_home =
            entered.is_here() && self.departments.partition_of(entered.home()) == Some(partition);
        Found {
            partition,
            entered,
            is_home,
        }
    }

    /// Where a person is entered now: at home first, then as a guest.
    pub(crate) fn places_of(&self, id: PersonId) -> Vec<Found<'_>> {
        let places = (0..)
            .zip(&self.states)
            .filter_map(|(partition, state)| Some(self.found(partition, state.entered_as(id)?)));
        let mut places: Vec<Found<'_>> = places.filter(|found| found.entered.is_here()).collect();
        places.sort_by_key(|found| !found.is_home);
        places
    }

    /// What a person is called, as far as it is known.
    pub(crate) fn name_of(&self, id: PersonId) -> Option<&str> {
        let places = self.places_of(id);
        let anywhere = || self.states.iter().find_map(|state| state.entered_as(id));
        let entered = places.first().map(|found| found.entered).or_else(anywhere);
        entered.map(|entered| entered.person().name.as_str())
    }

    /// The person who has each address: one who has not left and is at home, else a guest, else one who has left. They are
    /// as their home department has them, if they have one.
    pub(crate) fn by_address(&self, at: Ticks) -> HashMap<&Email, Found<'_>> {
        let rank = |found: &Found<'_>| (found.entered.has_not_left(at), found.is_home);
        let mut holders: HashMap<&Email, Found<'_>> = HashMap::new();
        for found in self.everybody().filter(|found| found.entered.is_here()) {
            let holder = holders
                .entry(&found.entered.person().email)
                .or_insert(found);
            if rank(&found) >= rank(holder) {
                *holder = found;
            }
        }
        for holder in holders.values_mut() {
            if let Some(first) = self.places_of(holder.entered.person().id).first() {
                *holder = *first;
            }
        }
        holders
    }

    /// Addresses that several people have who have not left. Each of them is as their home department has them, if they
    /// have one. There should be none: departments do not know of each other's people.
    pub(crate) fn shared_addresses(&self, at: Ticks) -> HashMap<&Email, Vec<Found<'_>>> {
        let mut holders: HashMap<&Email, Vec<Found<'_>>> = HashMap::new();
        for found in self
            .everybody()
            .filter(|found| found.entered.has_not_left(at))
        {
            let person = found.entered.person();
            let others = holders.entry(&person.email).or_default();
            match others
                .iter_mut()
                .find(|other| other.entered.person().id == person.id)
            {
                None => others.push(found),
                Some(same) if found.is_home => *same = found,
                Some(_) => {}
            }
        }
        holders.retain(|_, holders| holders.len() > 1);
        holders
    }

    /// The person who has this address; see [`Books::by_address`].
    pub(crate) fn with_address(&self, email: &Email, at: Ticks) -> Option<Found<'_>> {
        self.by_address(at).remove(email)
    }
}

/// Understands an event of the ledger.
///
/// # Errors
///
/// If this version cannot: whoever passed over it would say something wrong.
pub(crate) async fn understand(
    contract: &Contract,
    record: &Record,
    notices: &Notices,
) -> anyhow::Result<Noted> {
    let cannot = |reason: String| anyhow!("{} cannot be understood: {reason}", record.position);
    let event = timeoff_cli::understand(|| contract.read_ledger(record), notices)
        .await?
        .map_err(cannot)?;
    let event = Event::from_record(event.into_owned(), contract.departments())
        .map_err(|error| cannot(error.to_string()))?;
    Ok(Noted {
        position: record.position.clone(),
        event,
    })
}
