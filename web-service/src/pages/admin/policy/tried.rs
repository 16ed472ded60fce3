//! What would have been decided otherwise, as the page shows it.

use std::collections::HashMap;

use timeoff_ledger::{Comparison, Difference, Ending, hours};
use timeoff_models::Department;

use super::super::super::shown::{for_people, instant};
use crate::api::encoded;

/// How many applications are shown.
pub(super) const MOST: usize = 100;

/// What trying a policy on the past has come to.
pub(super) struct Tried {
    /// The day since which decisions were tried again: `Mon 30 Nov 2026`.
    pub(super) since: String,
    /// A sentence for each department.
    pub(super) totals: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// How many more there are.
    pub(super) more: usize,
    /// Why it was not tried.
    pub(super) unread: Option<String>,
}

/// An application that would have ended otherwise.
pub(super) struct Row {
    pub(super) address: String,
    pub(super) who: String,
    pub(super) department: String,
    /// When what became of it was decided.
    pub(super) at: String,
    pub(super) then: String,
    pub(super) now: String,
    pub(super) why: String,
}

/// A department, and what would have been otherwise there.
pub(super) struct Compared {
    pub(super) department: Department,
    pub(super) has_policy: bool,
    pub(super) comparison: Comparison,
}

impl Tried {
    /// `names` has what people are called, by their ids.
    pub(super) fn of(since: String, all: &[Compared], names: &HashMap<String, String>) -> Tried {
        let differences = || {
            let all = all.iter();
            all.flat_map(|one| one.comparison.differences.iter().map(move |it| (one, it)))
        };
        Tried {
            since,
            totals: all.iter().map(Compared::total).collect(),
            rows: differences()
                .take(MOST)
                .map(|(one, difference)| Row::of(one, difference, names))
                .collect(),
            more: differences().count().saturating_sub(MOST),
            unread: None,
        }
    }

    /// It was not tried, for this reason.
    pub(super) fn unread(since: String, why: String) -> Tried {
        Tried {
            since,
            totals: Vec::new(),
            rows: Vec::new(),
            more: 0,
            unread: Some(why),
        }
    }
}

impl Row {
    fn of(one: &Compared, difference: &Difference, names: &HashMap<String, String>) -> Row {
        let id = difference.person.map(|person| person.to_string());
        let who = id.and_then(|id| names.get(&id).cloned());
        let why = difference.now.why.as_ref().or(difference.then.why.as_ref());
        Row {
            address: format!("/applications/{}", encoded(difference.application.as_str())),
            who: who.unwrap_or_else(|| "somebody who is not entered".to_owned()),
            department: one.department.to_string(),
            at: instant(difference.at.get()).map_or_else(String::new, for_people),
            then: said(&difference.then),
            now: said(&difference.now),
            why: why.cloned().unwrap_or_default(),
        }
    }
}

fn said(ending: &Ending) -> String {
    let how = ending.how.as_verb();
    match ending.minutes {
        Some(minutes) => format!("{how}, {}", hours(minutes)),
        None => how.to_owned(),
    }
}

impl Compared {
    fn total(&self) -> String {
        let Comparison {
            differences: _,
            unchanged,
            decided_differently,
            other_minutes,
            newly_warned,
            not_known,
            commands_not_known,
        } = &self.comparison;
        let mut text = format!(
            "{}: {decided_differently} decided differently, {other_minutes} with other minutes, {newly_warned} approved \
             only after a warning, {unchanged} as before.",
            self.department
        );
        let not_known = not_known.len() + commands_not_known;
        if not_known > 0 {
            text += &format!(" Of {not_known} it is not known any more what was asked for.");
        }
        if !self.has_policy {
            text += " No policy has held there, so it is not known what leave took, and nothing has been granted.";
        }
        text
    }
}
