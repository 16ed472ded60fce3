//! What the records say, decoded here a second time by hand.

use std::collections::BTreeMap;

use super::account::{Day, Entitlement, Half, Taken, WORKS};
use crate::raw::{Fields, RawRecord};

const TICKS_OF_A_DAY: i64 = 24 * 60 * 60 * 10_000_000;

/// An application.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) id: String,
    pub(super) offset: i64,
    pub(super) email: String,
    /// What it takes, by the test's own count. Empty if it takes nothing.
    pub(super) takes: Vec<Taken>,
}

/// A command that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Approve { application: String },
    Other,
}

/// An event of the ledger that matters here.
#[derive(Debug, Clone)]
pub(super) enum Happened {
    Entered {
        id: String,
        email: String,
    },
    Granted {
        person: String,
        entitlement: Entitlement,
    },
    Booked {
        application: String,
        person: String,
        minutes: i64,
        days: Vec<Taken>,
        available: i64,
    },
    Declined {
        application: String,
    },
    Released {
        application: String,
        minutes: i64,
    },
    Refused {
        reason: String,
    },
    Other,
}

impl Applied {
    pub(super) fn of(record: &RawRecord) -> Applied {
        let mut fields = Fields(record.avro());
        let (email, _department) = (fields.text(), fields.text());
        let (hours, start) = (fields.long(), fields.long());
        let _type = fields.optional(Fields::text);
        let end = fields.optional(Fields::long);
        let first_half = fields.optional(Fields::text);
        let last_half = fields.optional(Fields::text);
        let minutes = fields.optional(Fields::long);
        let first = start / TICKS_OF_A_DAY;
        let takes = match (end.map(|end| end / TICKS_OF_A_DAY), minutes) {
            (None, None) => hours_from(first, hours * 60),
            (_, Some(minutes)) => vec![some_minutes(first, minutes)],
            (Some(last), None) => {
                let half = |text: &Option<String>| match text.as_deref() {
                    Some("morning") => Half::Morning,
                    Some("afternoon") => Half::Afternoon,
                    _ => Half::Both,
                };
                days_between(first, last, half(&first_half), half(&last_half))
            }
        };
        Applied {
            id: record.id(),
            offset: record.offset,
            email,
            takes: takes.into_iter().filter(|taken| works(taken.day)).collect(),
        }
    }
}

fn works(day: Day) -> bool {
    day % 7 < 5
}

fn some_minutes(day: Day, minutes: i64) -> Taken {
    let half = if minutes == WORKS {
        Half::Both
    } else {
        Half::Any
    };
    Taken { day, minutes, half }
}

fn hours_from(first: Day, mut minutes: i64) -> Vec<Taken> {
    let mut taken = Vec::new();
    for day in (first..).filter(|day| works(*day)) {
        if minutes <= 0 {
            break;
        }
        taken.push(some_minutes(day, minutes.min(WORKS)));
        minutes -= WORKS;
    }
    taken
}

fn days_between(first: Day, last: Day, first_half: Half, last_half: Half) -> Vec<Taken> {
    (first..=last)
        .map(|day| {
            let half = match day {
                _ if day == first && first_half != Half::Both => first_half,
                _ if day == last => last_half,
                _ => Half::Both,
            };
            let minutes = if half == Half::Both { WORKS } else { WORKS / 2 };
            Taken { day, minutes, half }
        })
        .collect()
}

/// The id of a command, and what it asks for.
pub(super) fn asked(record: &RawRecord, types: &BTreeMap<u32, String>) -> (String, Asked) {
    let mut fields = Fields(record.avro());
    let (id, _by, _at) = (fields.text(), fields.text(), fields.long());
    let is_decision = types[&record.schema()] == "DecideApplication";
    let asked = match is_decision.then(|| (fields.text(), fields.text())) {
        Some((application, outcome)) if outcome == "approve" => Asked::Approve { application },
        _ => Asked::Other,
    };
    (id, asked)
}

/// The command that an event answers, and what it says.
pub(super) fn happened(
    record: &RawRecord,
    types: &BTreeMap<u32, String>,
) -> (Option<String>, Happened) {
    let mut fields = Fields(record.avro());
    let command = fields.optional(Fields::text);
    let (_by, _at) = (fields.optional(Fields::text), fields.long());
    let happened = match &*types[&record.schema()] {
        "PersonEntered" => Happened::Entered {
            id: fields.text(),
            email: fields.text(),
        },
        "EntitlementGranted" => {
            let (id, person, _type) = (fields.text(), fields.text(), fields.text());
            Happened::Granted {
                person,
                entitlement: Entitlement {
                    id,
                    minutes: fields.long(),
                    from: fields.long() / TICKS_OF_A_DAY,
                    until: fields.long() / TICKS_OF_A_DAY,
                },
            }
        }
        "LeaveBooked" => {
            let (application, person) = (fields.text(), fields.optional(Fields::text));
            let (_on_behalf_of, _policy) =
                (fields.optional(Fields::text), fields.optional(Fields::text));
            let (_known, _type) = (fields.optional(Fields::long), fields.optional(Fields::text));
            let (_first, _last) = (fields.optional(Fields::long), fields.optional(Fields::long));
            let minutes = fields.optional(Fields::long);
            let days = fields.optional(Fields::text);
            let available = fields.optional(Fields::long);
            Happened::Booked {
                application,
                person: person.unwrap_or_default(),
                minutes: minutes.unwrap_or(-1),
                days: days.map(|text| days_of(&text)).unwrap_or_default(),
                available: available.unwrap_or(-1),
            }
        }
        "LeaveDeclined" | "LeaveWithdrawn" => Happened::Declined {
            application: fields.text(),
        },
        "LeaveReleased" => {
            let (application, _person) = (fields.text(), fields.text());
            let _on_behalf_of = fields.optional(Fields::text);
            let _from = fields.optional(Fields::long);
            Happened::Released {
                application,
                minutes: fields.long(),
            }
        }
        "CommandRefused" => {
            let (_application, _person) =
                (fields.optional(Fields::text), fields.optional(Fields::text));
            Happened::Refused {
                reason: fields.text(),
            }
        }
        _ => Happened::Other,
    };
    (command, happened)
}

/// `2027-01-07 480, 2027-01-08 240 morning`.
fn days_of(text: &str) -> Vec<Taken> {
    text.split(", ")
        .map(|day| {
            let parts: Vec<&str> = day.split(' ').collect();
            let date: chrono::NaiveDate = parts[0].parse().unwrap();
            let since = date - chrono::NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
            Taken {
                day: since.num_days(),
                minutes: parts[1].parse().unwrap(),
                half: match parts.get(2) {
                    None => Half::Both,
                    Some(&"morning") => Half::Morning,
                    Some(&"afternoon") => Half::Afternoon,
                    Some(_) => Half::Any,
                },
            }
        })
        .collect()
}
