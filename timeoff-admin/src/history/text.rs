//! Events for people: in columns, each with its origin below.

use std::collections::HashMap;
use std::io::{self, Write};

use timeoff_cli::escaped;
use timeoff_ledger::{Days, Fact, Person, PersonId, hours};
use timeoff_models::UtcTime;

use crate::books::Books;
use crate::noted::{Noted, days, name};

/// For each event a line that says what has happened when, one that says how it came about, and what else was known.
///
/// # Errors
///
/// Those of the destination.
pub(super) fn write(out: &mut impl Write, events: &[Noted], books: &Books) -> io::Result<()> {
    let place = |noted: &Noted| format!("{} {}", noted.department(books), noted.position.offset);
    let width = events.iter().map(|noted| place(noted).len()).max();
    let width = width.unwrap_or_default();
    let mut people: HashMap<(i32, PersonId), &Person> = HashMap::new();
    for noted in events {
        let before = match &noted.event.fact {
            Fact::PersonEntered { person, .. } | Fact::PersonChanged { person } => {
                people.insert((noted.position.partition, person.id), person)
            }
            _ => None,
        };
        let time = UtcTime::from(noted.event.cause.at);
        let time = time.as_str();
        let (day, second) = (&time[..10], &time[11..19]);
        writeln!(
            out,
            "{day} {second}  {:<width$}  {}",
            place(noted),
            noted.sentence(books, before)
        )?;
        let indent = "YYYY-MM-DD HH:MM:SS".len() + 2 + width + 2;
        writeln!(out, "{:indent$}{}", "", origin(noted, books))?;
        for line in details(noted, books) {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

/// How an event came about and what was known then, in one line that is harmless for a terminal.
fn origin(noted: &Noted, books: &Books) -> String {
    let cause = &noted.event.cause;
    let (on_behalf_of, rule) = match &noted.event.fact {
        Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
            (decided.on_behalf_of, decided.policy.as_deref())
        }
        Fact::StageApproved { on_behalf_of, .. }
        | Fact::LeaveReleased { on_behalf_of, .. }
        | Fact::CancellationDeclined { on_behalf_of, .. } => (*on_behalf_of, None),
        _ => (None, None),
    };
    let mut parts = vec![match (cause.by, rule) {
        (Some(by), _) => format!("by {}", name(books, by)),
        (None, Some(rule)) => format!("by the rule: {}", escaped(rule)),
        (None, None) => "by somebody who is not entered".to_owned(),
    }];
    if let Some(person) = on_behalf_of {
        parts[0] += &format!(" in the place of {}", name(books, person));
    }
    if let Some(id) = cause.command_id {
        parts.push(format!("command {id}"));
    }
    let known = Known::of(&noted.event.fact);
    // With a policy there is more to say, on a line of its own.
    if known.policy_version.is_none() {
        parts.extend(known.sentence(&noted.department(books)));
    }
    parts.join("; ")
}

/// What whoever decided went by.
#[derive(Default)]
struct Known<'a> {
    /// The last event of the partition; `None` where events have no such field.
    offset: Option<Option<i64>>,
    policy_version: Option<u32>,
    calendar: Option<&'a str>,
}

impl<'a> Known<'a> {
    /// "knew policy 3, calendar holidays 0.109, IT up to 41".
    fn sentence(&self, department: &str) -> Option<String> {
        let policy = self
            .policy_version
            .map(|version| format!("policy {version}"));
        let calendar = self
            .calendar
            .map(|calendar| format!("calendar {}", escaped(calendar)));
        let ledger = self.offset.map(|offset| match offset {
            Some(offset) => format!("{department} up to {offset}"),
            None => format!("nothing of {department} yet"),
        });
        let knew: Vec<String> = [policy, calendar, ledger].into_iter().flatten().collect();
        (!knew.is_empty()).then(|| format!("knew {}", knew.join(", ")))
    }

    fn of(fact: &'a Fact<'_>) -> Known<'a> {
        match fact {
            Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => Known {
                offset: Some(decided.known_offset),
                policy_version: decided.judged().policy_version,
                calendar: decided.judged().calendar.as_deref(),
            },
            Fact::LeaveRecalculated {
                policy_version,
                calendar,
                known_offset,
                ..
            }
            | Fact::CommandRefused {
                policy_version,
                calendar,
                known_offset,
                ..
            } => Known {
                offset: Some(*known_offset),
                policy_version: *policy_version,
                calendar: calendar.as_deref(),
            },
            Fact::StageApproved {
                policy_version,
                known_offset,
                ..
            } => Known {
                offset: Some(*known_offset),
                policy_version: *policy_version,
                calendar: None,
            },
            Fact::LeaveWithdrawn { known_offset, .. }
            | Fact::CancellationAsked { known_offset, .. }
            | Fact::LeaveReleased { known_offset, .. }
            | Fact::CancellationDeclined { known_offset, .. } => Known {
                offset: Some(*known_offset),
                ..Known::default()
            },
            _ => Known::default(),
        }
    }
}

/// What else whoever decided had before them: the days, the policy, the balance, warnings. Each line is harmless for a
/// terminal.
fn details(noted: &Noted, books: &Books) -> Vec<String> {
    let fact = &noted.event.fact;
    let mut lines = match fact {
        Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
            let counted = decided.judged().days.as_ref();
            counted.map(|counted| format!("takes {}", days(counted)))
        }
        Fact::LeaveRecalculated { days: counted, .. } => Some(format!("takes {}", days(counted))),
        Fact::LeaveAdmitted { leave, .. } => Some(format!("takes {}", days(&leave.days))),
        Fact::EntitlementGranted { entitlement, .. } => {
            Some(format!("entitlement {}", entitlement.id))
        }
        _ => None,
    }
    .into_iter()
    .collect::<Vec<String>>();
    let known = Known::of(fact);
    if known.policy_version.is_some() {
        let knew = known.sentence(&noted.department(books));
        lines.extend(
            [knew, balance(fact)]
                .into_iter()
                .flatten()
                .reduce(|knew, left| format!("{knew}; {left}")),
        );
    }
    if let Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) = fact {
        let judged = decided.judged();
        let warnings = judged.warnings.as_ref();
        lines.extend(warnings.map(|text| format!("accepted the warning: {}", escaped(&text.0))));
        let replaced = judged.replaces.as_ref();
        lines.extend(replaced.map(|id| format!("replaces {}", escaped(id.as_str()))));
    }
    lines
}

/// "16 h of annual leave were left", where the type needs an entitlement.
fn balance(fact: &Fact<'_>) -> Option<String> {
    let (Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided)) = fact else {
        return None;
    };
    let judged = decided.judged();
    let (available, leave_type) = (judged.available?, judged.leave_type.as_ref()?);
    let first = judged.days.as_ref().and_then(Days::first);
    let on = first.map_or_else(String::new, |first| format!(" for {first}"));
    Some(format!(
        "{} of {leave_type} leave were left{on}",
        hours(available)
    ))
}
