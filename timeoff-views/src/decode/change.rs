//! What a record changes in the tables: owned, so that it can go to the thread that writes.

use timeoff_ledger::{Date, Days};
use timeoff_models::{Department, Email, Outcome};

use crate::place::Place;

/// A change, and the record that makes it.
pub(crate) struct Row {
    /// The record's place in its topic.
    pub(crate) place: Place,
    /// When the record was appended, in milliseconds since 1970.
    pub(crate) appended_ms: i64,
    pub(crate) change: Change,
}

pub(crate) enum Change {
    Application(Application),
    Verdict(Verdict),
    Command(Box<Command>),
    Event(Box<Event>),
}

pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) email: Email,
    pub(crate) department: Department,
    pub(crate) hours: i32,
    pub(crate) start: i64,
    pub(crate) submitted_at: Option<i64>,
    /// What only newer producers say.
    pub(crate) details: Option<Box<Details>>,
}

#[derive(Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) leave_type: Option<String>,
    pub(crate) end: Option<i64>,
    pub(crate) first_day: Option<String>,
    pub(crate) last_day: Option<String>,
    pub(crate) minutes: Option<i32>,
    pub(crate) note: Option<String>,
    pub(crate) substitute: Option<String>,
    pub(crate) submitted_by: Option<String>,
    pub(crate) replaces: Option<String>,
}

/// A result.
pub(crate) struct Verdict {
    pub(crate) id: String,
    pub(crate) outcome: Outcome,
    /// The sentence, if it is not the outcome's own.
    pub(crate) sentence: Option<String>,
    pub(crate) by: String,
    pub(crate) at: Option<i64>,
    pub(crate) comment: Option<String>,
}

pub(crate) struct Command {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) asked_by: String,
    pub(crate) asked_at: i64,
    pub(crate) application: Option<String>,
    pub(crate) person: Option<String>,
    /// All fields, as JSON; `None` of a type that this version does not know.
    pub(crate) fields: Option<String>,
}

pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) at: i64,
    pub(crate) by: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) application: Option<String>,
    pub(crate) person: Option<String>,
    /// Of a delegation: who stands in.
    pub(crate) other_person: Option<String>,
    /// Why, if a command was refused.
    pub(crate) reason: Option<String>,
    /// All fields, as JSON.
    pub(crate) fields: String,
    /// What it changes beside the table of events.
    pub(crate) effect: Effect,
}

pub(crate) enum Effect {
    None,
    Person(Box<PersonChange>),
    Delegation(Delegation),
    /// The application is withdrawn.
    Withdrawn,
    Leave(LeaveChange),
}

/// What happens to the leave of [`Event::application`], of [`Event::person`].
pub(crate) enum LeaveChange {
    Booked {
        /// `None`: the event does not say them.
        days: Option<Days>,
        /// The application whose leave is given back by this one.
        replaces: Option<String>,
    },
    /// They have brought it from another department.
    Admitted { days: Days },
    /// It takes other minutes than before.
    Recalculated { days: Days },
    /// It is given back: from that day on, or all of it.
    Released { from: Option<Date> },
}

/// What happens to [`Event::person`].
pub(crate) enum PersonChange {
    Entered {
        department: String,
        /// Whether the partition is another department's.
        is_guest: bool,
        values: PersonValues,
        /// Their last day, if it was said before they moved here that they leave.
        left_on: Option<i64>,
    },
    Changed(PersonValues),
    Moved {
        to_department: String,
    },
    Left {
        last_date: i64,
    },
}

pub(crate) struct PersonValues {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) region: Option<String>,
    pub(crate) schedule: Option<String>,
    pub(crate) from_date: Option<i64>,
    pub(crate) until_date: Option<i64>,
    pub(crate) tags: String,
    pub(crate) earlier_terms: Option<String>,
}

/// From [`Event::person`] to [`Event::other_person`].
pub(crate) struct Delegation {
    pub(crate) from_date: i64,
    pub(crate) until_date: i64,
}
