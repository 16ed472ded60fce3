//! What a policy grants a person for a year.

use super::{DayOfYear, EntitlementRule, Policy};
use crate::{Date, Entitlement, EntitlementId, Person, PersonId};
use timeoff_models::LeaveType;

/// What a policy grants a person: minutes of a type, and when they can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitled {
    /// The type of leave.
    pub leave_type: LeaveType,
    /// How many minutes, at least 1.
    pub minutes: u32,
    /// The first day on which they can be used.
    pub from: Date,
    /// The last day.
    pub until: Date,
}

impl Entitled {
    /// The entitlement of a person, with the id that it always has for them.
    #[must_use]
    pub fn granted_to(self, person: PersonId) -> Entitlement {
        let year = self.from.year();
        let [of_year, carried_over] = Self::ids(person, year, &self.leave_type);
        Entitlement {
            id: match self.until.year() == year {
                true => of_year,
                false => carried_over,
            },
            person,
            leave_type: self.leave_type,
            minutes: self.minutes,
            from: self.from,
            until: self.until,
        }
    }

    /// The ids of what a person can be entitled to for a year: what ends with it, and what can be used in the next year
    /// as well. UUIDs of version 5 in the namespace of the person's id.
    #[must_use]
    pub fn ids(person: PersonId, year: u16, leave_type: &LeaveType) -> [EntitlementId; 2] {
        ["year", "carry-over"].map(|part| EntitlementId::of_policy(person, year, part, leave_type))
    }
}

impl Policy {
    /// What the person is entitled to for a year: for each type of leave, the first rule that fits them.
    ///
    /// A rule with carry-over gives two entitlements: what can be used until 31 December only, and what can be used in
    /// the next year as well. Both begin on 1 January, also for those who begin later: the dates say for which leave the
    /// minutes are, the employment says how many they are.
    ///
    /// Those who are there for a part of the year get the share of its days, rounded up to a whole minute. The most that
    /// can be carried over stays the same.
    ///
    /// Empty for a year outside 1 to 9999, and for somebody who is not there in that year.
    #[must_use]
    pub fn entitlements(&self, person: &Person, year: u16) -> Vec<Entitled> {
        let Some(year) = Year::new(year) else {
            return Vec::new();
        };
        self.types
            .iter()
            .filter_map(|kind| {
                let mut rules = self.entitlement_rules.iter();
                rules.find(|rule| rule.leave_type == kind.name && rule.is_for(person))
            })
            .flat_map(|rule| year.entitlements(rule, person))
            .collect()
    }
}

/// A year and its ends.
#[derive(Clone, Copy)]
struct Year {
    number: u16,
    first: Date,
    last: Date,
}

impl Year {
    fn new(number: u16) -> Option<Self> {
        Some(Self {
            number,
            first: DayOfYear::FIRST.in_year(number)?,
            last: DayOfYear::LAST.in_year(number)?,
        })
    }

    fn entitlements(
        self,
        rule: &EntitlementRule,
        person: &Person,
    ) -> impl Iterator<Item = Entitled> {
        let minutes = self.minutes(rule, person);
        let carried_over = rule
            .carry_over
            .map_or(0, |carry| carry.minutes.min(minutes));
        let carried_until = rule
            .carry_over
            .and_then(|carry| carry.until.in_year(self.number + 1))
            .unwrap_or(self.last);
        [
            (minutes - carried_over, self.last),
            (carried_over, carried_until),
        ]
        .into_iter()
        .filter(|&(minutes, _)| minutes > 0)
        .map(move |(minutes, until)| Entitled {
            leave_type: rule.leave_type.clone(),
            minutes,
            from: self.first,
            until,
        })
    }

    fn minutes(self, rule: &EntitlementRule, person: &Person) -> u32 {
        let days = match self.days_of(person) {
            0 => return 0,
            _ if !rule.pro_rata => return rule.minutes_a_year,
            days => days,
        };
        let share =
            (u64::from(rule.minutes_a_year) * days).div_ceil(days_between(self.first, self.last));
        u32::try_from(share).unwrap_or(rule.minutes_a_year)
    }

    /// How many days of the year the person is there.
    fn days_of(self, person: &Person) -> u64 {
        let first = person.from.map_or(self.first, |day| day.max(self.first));
        let last = person.until.map_or(self.last, |day| day.min(self.last));
        days_between(first, last)
    }
}

/// How many days there are from one to the other, both included; 0 if the last is before the first.
fn days_between(first: Date, last: Date) -> u64 {
    u64::try_from(last.days_since(first) + 1).unwrap_or(0)
}
