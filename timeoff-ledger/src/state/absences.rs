//! Who is away on which day.

use std::collections::HashMap;

use super::PersonIndex;
use crate::days::Half;
use crate::{Date, Days};

/// Booked leave by its days. It says nothing that the holdings do not say: without it, cover would be judged by looking
/// through all that has ever been booked for anybody.
#[derive(Clone, Default)]
pub(crate) struct Absences(HashMap<Date, Vec<Absence>>);

/// What somebody's leave takes of a day. Several leaves may take parts of one.
type Absence = (PersonIndex, Half);

impl Absences {
    pub(crate) fn add(&mut self, person: PersonIndex, days: &Days) {
        for day in days {
            let away = self.0.entry(day.date).or_default();
            away.push((person, day.half));
        }
    }

    pub(crate) fn remove(&mut self, person: PersonIndex, days: &Days) {
        for day in days {
            let Some(away) = self.0.get_mut(&day.date) else {
                continue;
            };
            let same = |absence: &Absence| *absence == (person, day.half);
            if let Some(place) = away.iter().position(same) {
                away.swap_remove(place);
            }
            if away.is_empty() {
                self.0.remove(&day.date);
            }
        }
    }

    /// No fewer than the people who are away at any time of a day.
    pub(crate) fn most_on(&self, date: Date) -> usize {
        self.0.get(&date).map_or(0, Vec::len)
    }

    /// Who is away in that half of a day, each once, in the order in which they were entered.
    pub(crate) fn on(&self, date: Date, half: Half) -> Vec<PersonIndex> {
        let absences = self.0.get(&date).map_or(&[][..], Vec::as_slice);
        let mut away: Vec<PersonIndex> = absences
            .iter()
            .filter(|(_, taken)| matches!(taken, Half::Both | Half::Any) || *taken == half)
            .map(|(person, _)| *person)
            .collect();
        away.sort_unstable();
        away.dedup();
        away
    }
}

#[cfg(test)]
impl Absences {
    /// All of them, in an order that depends on nothing else.
    pub(crate) fn sorted(&self) -> Vec<(Date, PersonIndex, String)> {
        let mut all: Vec<_> = self
            .0
            .iter()
            .flat_map(|(date, away)| {
                away.iter()
                    .map(|(person, half)| (*date, *person, format!("{half:?}")))
            })
            .collect();
        all.sort();
        all
    }
}
