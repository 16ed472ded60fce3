//! What the ledger says of each person, for those who show it.

use timeoff_models::{Department, Ticks};

use super::people::Entry;
use super::{PersonIndex, State};
use crate::{Date, Person, PersonId};

/// A person who has been entered, as the ledger has them now.
#[derive(Clone, Copy)]
pub struct Entered<'a> {
    state: &'a State,
    index: PersonIndex,
}

/// A period in which somebody decides in an approver's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandsIn {
    /// The approver.
    pub for_person: PersonId,
    /// The first day.
    pub from_date: Date,
    /// The last day.
    pub until_date: Date,
}

impl State {
    /// Everybody who has ever been entered, in the order in which they were.
    pub fn entered(&self) -> impl Iterator<Item = Entered<'_>> {
        self.people
            .iter()
            .map(|(index, _)| Entered { state: self, index })
    }

    /// The person of that id, if they have ever been entered here.
    #[must_use]
    pub fn entered_as(&self, id: PersonId) -> Option<Entered<'_>> {
        let index = self.people.find(id)?;
        Some(Entered { state: self, index })
    }
}

impl<'a> Entered<'a> {
    fn entry(&self) -> &'a Entry {
        self.state.people.at(self.index)
    }

    /// All that has been entered of them but their department.
    #[must_use]
    pub fn person(&self) -> &'a Person {
        &self.entry().person
    }

    /// Where they are at home; another department for a guest.
    #[must_use]
    pub fn home(&self) -> &'a Department {
        &self.entry().department
    }

    /// Whether their last day, if there is one, is in a year or later.
    #[must_use]
    pub fn is_there_in(&self, year: u16) -> bool {
        self.last_date().is_none_or(|last| last.year() >= year)
    }

    /// Whether they are here; not any more if they have moved to another department. Somebody who has left is here.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.entry().is_here
    }

    /// Their last day as far as it is known: the one that was entered with them, or that on which they leave.
    #[must_use]
    pub fn last_date(&self) -> Option<Date> {
        self.entry().last_date()
    }

    /// The day on which they leave, if that was said beside what is entered of them.
    #[must_use]
    pub fn leaves_on(&self) -> Option<Date> {
        self.entry().left
    }

    /// Whether they are here, and their last day is not over on the day of `at`. They may have yet to begin.
    #[must_use]
    pub fn has_not_left(&self, at: Ticks) -> bool {
        self.entry().has_not_left(Date::of(at))
    }

    /// Those in whose place they decide, over or yet to come too, in the order in which it was said.
    pub fn stands_in(&self) -> impl Iterator<Item = StandsIn> + use<'a> {
        let people = &self.state.people;
        self.entry()
            .delegations
            .iter()
            .map(move |delegation| StandsIn {
                for_person: people.at(delegation.from).person.id,
                from_date: delegation.from_date,
                until_date: delegation.until_date,
            })
    }
}
