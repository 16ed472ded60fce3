//! The people of a department, and its guests.

use std::collections::HashMap;

use timeoff_models::{ApplicationId, Department, Email, Ticks};

use super::Holdings;
use crate::{Date, Entitlement, EntitlementId, Person, PersonId, Role};

/// A person's place in the order in which people were entered here. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonIndex(pub(crate) u32);

/// Everybody who has ever been entered.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct People {
    entries: Vec<Entry>,
    by_id: HashMap<PersonId, PersonIndex>,
    /// Whoever has, or has had, an address, in the order in which they got it. Usually one.
    by_address: HashMap<Email, Vec<Holder>>,
    /// How many people hold an entitlement with an id: one, unless two departments had chosen the same.
    entitled: HashMap<EntitlementId, u32>,
}

/// Somebody who got an address. They may have lost it since.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq))]
struct Holder {
    index: PersonIndex,
    /// Not before the one who had it before them got it, although clocks may differ.
    since: Ticks,
}

/// A person who has been entered.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Entry {
    pub(crate) person: Person,
    /// The addresses that they had before, each once.
    pub(crate) earlier_addresses: Vec<Email>,
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
    /// Remembers an address that they had, unless they have it still.
    fn keep_address(&mut self, address: &Email) {
        self.earlier_addresses
            .retain(|earlier| *earlier != self.person.email);
        let has_it = self.person.email == *address || self.earlier_addresses.contains(address);
        if !has_it {
            self.earlier_addresses.push(address.clone());
        }
    }

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
    /// about), it is the one who got it later.
    pub(crate) fn active(&self, address: &Email, date: Date) -> Option<PersonIndex> {
        self.with_address(address)
            .rfind(|&index| self.at(index).is_active(date))
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

    /// Whose application it is that bears that address: whoever had got it last when the application was submitted. One
    /// that was submitted before anybody got it belongs to the first who did. One whose id does not say when counts as
    /// submitted now.
    pub(crate) fn applicant(&self, id: &ApplicationId<'_>, address: &Email) -> Option<PersonIndex> {
        let by_address = |id: &str| {
            let prefix = id.get(..address.as_str().len());
            prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(address.as_str()))
        };
        let submitted_at = id.submitted_at().filter(|_| by_address(id.as_str()));
        let submitted_at = submitted_at.unwrap_or(Ticks::MAX);
        let holders = self.by_address.get(address)?;
        let had_it = |holder: &&Holder| holder.since <= submitted_at;
        let holder = holders.iter().rev().find(had_it).or(holders.first())?;
        Some(holder.index)
    }

    /// Who got an address last. They may have lost it since.
    pub(crate) fn latest_with(&self, address: &Email) -> Option<PersonIndex> {
        self.had_address(address).next_back()
    }

    /// All addresses that a person has, or has had.
    pub(crate) fn addresses_of(&self, index: PersonIndex) -> impl Iterator<Item = &Email> {
        let entry = self.at(index);
        std::iter::once(&entry.person.email).chain(&entry.earlier_addresses)
    }

    /// Whether an application that bears that address may be this person's own, now or under an earlier address.
    pub(crate) fn may_be_applicant(&self, index: PersonIndex, address: &Email) -> bool {
        self.had_address(address).any(|had| had == index)
    }

    fn with_address(&self, address: &Email) -> impl DoubleEndedIterator<Item = PersonIndex> {
        self.had_address(address)
            .filter(move |&index| self.at(index).person.email == *address)
    }

    fn had_address(&self, address: &Email) -> impl DoubleEndedIterator<Item = PersonIndex> {
        let holders = self.by_address.get(address).into_iter().flatten();
        holders.map(|holder| holder.index)
    }

    /// How many people hold an entitlement with that id.
    pub(crate) fn entitled(&self, id: EntitlementId) -> u32 {
        self.entitled.get(&id).copied().unwrap_or(0)
    }

    /// Grants a person an entitlement, or corrects it.
    pub(crate) fn grant(&mut self, index: PersonIndex, granted: Entitlement) {
        let id = granted.id;
        if self.at_mut(index).holdings.grant(granted) {
            *self.entitled.entry(id).or_default() += 1;
        }
    }

    /// A person goes to another department. Returns their account, which goes with them.
    pub(crate) fn moves_away(&mut self, index: PersonIndex) -> Holdings {
        let entry = self.at_mut(index);
        entry.is_here = false;
        let holdings = std::mem::take(&mut entry.holdings);
        for entitlement in &holdings.entitlements {
            if let Some(count) = self.entitled.get_mut(&entitlement.id) {
                *count -= 1;
                if *count == 0 {
                    self.entitled.remove(&entitlement.id);
                }
            }
        }
        holdings
    }

    /// Enters a person. One who has been here before keeps their place, and those for whom they stand in.
    pub(crate) fn enter(
        &mut self,
        person: Person,
        department: Department,
        left: Option<Date>,
        at: Ticks,
    ) {
        let index = self.find(person.id).unwrap_or_else(|| {
            // Four billion people would not fit into memory.
            let index = PersonIndex(self.entries.len() as u32);
            self.by_id.insert(person.id, index);
            index
        });
        self.gets(&person.email, index, at);
        let mut entry = Entry {
            person,
            earlier_addresses: Vec::new(),
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
                entry.earlier_addresses = std::mem::take(&mut before.earlier_addresses);
                entry.keep_address(&before.person.email);
                *before = entry;
            }
            None => self.entries.push(entry),
        }
    }

    pub(crate) fn change(&mut self, person: Person, at: Ticks) {
        let Some(index) = self.find(person.id) else {
            return;
        };
        self.alter(index, at, |entry| {
            let before = std::mem::replace(&mut entry.person, person);
            entry.keep_address(&before.email);
        });
    }

    /// Says which day is a person's last.
    pub(crate) fn leaves(&mut self, id: PersonId, last_date: Date, at: Ticks) {
        if let Some(index) = self.find(id) {
            self.alter(index, at, |entry| entry.left = Some(last_date));
        }
    }

    /// Whoever gets another address has it from now on, and so has whoever had left and comes back.
    fn alter(&mut self, index: PersonIndex, at: Ticks, change: impl FnOnce(&mut Entry)) {
        let date = Date::of(at);
        let entry = self.at_mut(index);
        let (address, had_left) = (entry.person.email.clone(), !entry.has_not_left(date));
        change(entry);
        let now = entry.person.email.clone();
        if now != address || (had_left && entry.has_not_left(date)) {
            self.gets(&now, index, at);
        }
    }

    fn gets(&mut self, address: &Email, index: PersonIndex, at: Ticks) {
        if !self.by_address.contains_key(address) {
            self.by_address
                .insert(address.clone(), Vec::with_capacity(1));
        }
        let Some(holders) = self.by_address.get_mut(address) else {
            return;
        };
        match holders.as_mut_slice() {
            // Given to them again, it is theirs from now on at the latest: an earlier clock may have been ahead.
            [before @ .., last] if last.index == index => {
                let earliest = before.last().map_or(at, |before| before.since.max(at));
                last.since = last.since.min(earliest);
            }
            [.., last] => {
                let since = last.since.max(at);
                holders.push(Holder { index, since });
            }
            [] => holders.push(Holder { index, since: at }),
        }
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
                + entry.earlier_addresses.capacity() * size_of::<Email>()
                + entry.delegations.capacity() * size_of::<Delegation>()
                + entry.holdings.size()
        };
        let of_address = |(email, holders): (&Email, &Vec<Holder>)| {
            beside(email.as_str()) + holders.capacity() * size_of::<Holder>()
        };
        self.entries.capacity() * size_of::<Entry>()
            + self.entries.iter().map(of_entry).sum::<usize>()
            + table(&self.by_id)
            + table(&self.by_address)
            + table(&self.entitled)
            + self.by_address.iter().map(of_address).sum::<usize>()
    }
}
