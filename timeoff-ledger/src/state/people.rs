//! The people of a department, and its guests.

use std::collections::HashMap;

use timeoff_models::{Department, Email};

use super::Holdings;
use crate::{Date, Person, PersonId, Role};

/// A person's place in the order in which people were entered here. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonIndex(pub(crate) u32);

/// Everybody who has ever been entered.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct People {
    entries: Vec<Entry>,
    by_id: HashMap<PersonId, PersonIndex>,
    /// Whoever has, or has had, an address. Usually one.
    by_address: HashMap<Email, Vec<PersonIndex>>,
}

/// A person who has been entered.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Entry {
    pub(crate) person: Person,
    /// Where they are at home.
    pub(crate) department: Department,
    /// Their last day, if it was said that they leave. Stands beside `person.until`, so that whoever changes a person
    /// does not bring back one who has left.
    pub(crate) left: Option<Date>,
    /// Not any more if they have moved to another department.
    pub(crate) is_here: bool,
    /// Those for whom they stand in.
    pub(crate) delegations: Vec<Delegation>,
    /// What they can take and what is booked, since there is a policy.
    pub(crate) holdings: Holdings,
}

/// A delegation, from the view of whoever stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delegation {
    pub(crate) from: PersonIndex,
    pub(crate) from_date: Date,
    pub(crate) until_date: Date,
}

impl Delegation {
    pub(crate) fn holds_on(&self, date: Date) -> bool {
        (self.from_date..=self.until_date).contains(&date)
    }
}

impl Entry {
    /// Their last day here as far as it is known.
    pub(crate) fn last_date(&self) -> Option<Date> {
        match (self.person.until, self.left) {
            (Some(until), Some(left)) => Some(until.min(left)),
            (until, left) => until.or(left),
        }
    }

    /// Whether they are here and have not left before that day. They may have yet to begin.
    pub(crate) fn has_not_left(&self, date: Date) -> bool {
        self.is_here && self.last_date().is_none_or(|last| date <= last)
    }

    pub(crate) fn is_active(&self, date: Date) -> bool {
        self.has_not_left(date) && self.person.from.is_none_or(|from| from <= date)
    }

    /// Whether they may decide on leave, and have others do so in their place.
    pub(crate) fn decides_on(&self, date: Date) -> bool {
        self.person.role.decides() && self.is_active(date)
    }

    pub(crate) fn is_admin_on(&self, date: Date) -> bool {
        self.person.role == Role::Admin && self.is_active(date)
    }
}

impl People {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PersonIndex, &Entry)> {
        (0..).map(PersonIndex).zip(&self.entries)
    }

    pub(crate) fn at(&self, index: PersonIndex) -> &Entry {
        &self.entries[index.0 as usize]
    }

    pub(crate) fn at_mut(&mut self, index: PersonIndex) -> &mut Entry {
        &mut self.entries[index.0 as usize]
    }

    pub(crate) fn find(&self, id: PersonId) -> Option<PersonIndex> {
        self.by_id.get(&id).copied()
    }

    /// The person of that id who is here, even if they have left.
    pub(crate) fn here(&self, id: PersonId) -> Option<PersonIndex> {
        self.find(id).filter(|&index| self.at(index).is_here)
    }

    /// The person with that address who is active on that day. If there are two (only an admission can bring that
    /// about), it is the one who was entered later.
    pub(crate) fn active(&self, address: &Email, date: Date) -> Option<PersonIndex> {
        self.with_address(address)
            .filter(|&index| self.at(index).is_active(date))
            .max()
    }

    /// Who holds an address on that day, other than `except`, although they may have yet to begin.
    pub(crate) fn has_other_holder(
        &self,
        address: &Email,
        except: Option<PersonIndex>,
        date: Date,
    ) -> bool {
        self.with_address(address)
            .any(|index| Some(index) != except && self.at(index).has_not_left(date))
    }

    /// Whose application it is that bears that address: the active person who has it, else the latest who had it.
    pub(crate) fn applicant(&self, address: &Email, date: Date) -> Option<PersonIndex> {
        self.active(address, date)
            .or_else(|| self.had_address(address).max())
    }

    /// Whether an application that bears that address may be this person's own, now or under an earlier address.
    pub(crate) fn may_be_applicant(&self, index: PersonIndex, address: &Email) -> bool {
        self.had_address(address).any(|had| had == index)
    }

    fn with_address(&self, address: &Email) -> impl Iterator<Item = PersonIndex> {
        self.had_address(address)
            .filter(move |&index| self.at(index).person.email == *address)
    }

    fn had_address(&self, address: &Email) -> impl Iterator<Item = PersonIndex> {
        self.by_address.get(address).into_iter().flatten().copied()
    }

    /// Enters a person. One who has been here before keeps their place, and those for whom they stand in.
    pub(crate) fn enter(&mut self, person: Person, department: Department, left: Option<Date>) {
        let index = self.find(person.id).unwrap_or_else(|| {
            // Four billion people would not fit into memory.
            let index = PersonIndex(self.entries.len() as u32);
            self.by_id.insert(person.id, index);
            index
        });
        self.remember_address(&person.email, index);
        let mut entry = Entry {
            person,
            department,
            left,
            is_here: true,
            delegations: Vec::new(),
            holdings: Holdings::default(),
        };
        match self.entries.get_mut(index.0 as usize) {
            Some(before) => {
                entry.delegations = std::mem::take(&mut before.delegations);
                entry.holdings = std::mem::take(&mut before.holdings);
                *before = entry;
            }
            None => self.entries.push(entry),
        }
    }

    pub(crate) fn change(&mut self, person: Person) {
        if let Some(index) = self.find(person.id) {
            self.remember_address(&person.email, index);
            self.at_mut(index).person = person;
        }
    }

    fn remember_address(&mut self, address: &Email, index: PersonIndex) {
        if self.had_address(address).any(|had| had == index) {
            return;
        }
        self.by_address
            .entry(address.clone())
            .or_default()
            .push(index);
    }
}

#[cfg(test)]
impl People {
    /// The bytes in memory, without what the allocator adds. A bucket of the standard library's table has a byte beside
    /// its entry; a table is at most seven eighths full.
    pub(crate) fn size(&self) -> usize {
        fn table<K, V>(table: &HashMap<K, V>) -> usize {
            (table.capacity() * 8 / 7 + 1) * (size_of::<(K, V)>() + 1)
        }
        /// Texts of up to 24 bytes stand in the entry itself.
        fn beside(text: &str) -> usize {
            if text.len() > 24 { text.len() } else { 0 }
        }
        let of_entry = |entry: &Entry| {
            let person = &entry.person;
            let texts = [
                person.email.as_str(),
                person.name.as_str(),
                person.tags.as_str(),
            ];
            texts.map(beside).iter().sum::<usize>()
                + entry.delegations.capacity() * size_of::<Delegation>()
                + entry.holdings.size()
        };
        let of_address = |(email, holders): (&Email, &Vec<PersonIndex>)| {
            beside(email.as_str()) + holders.capacity() * size_of::<PersonIndex>()
        };
        self.entries.capacity() * size_of::<Entry>()
            + self.entries.iter().map(of_entry).sum::<usize>()
            + table(&self.by_id)
            + table(&self.by_address)
            + self.by_address.iter().map(of_address).sum::<usize>()
    }
}
