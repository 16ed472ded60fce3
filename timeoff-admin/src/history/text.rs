//! Events for people: in columns, each with its origin below.

use std::collections::HashMap;
use std::io::{self, Write};

use timeoff_cli::escaped;
use timeoff_ledger::{Fact, Person, PersonId};
use timeoff_models::UtcTime;

use crate::books::Books;
use crate::noted::{Noted, name};

/// Two lines for each event: what has happened when, and how it came about.
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
    }
    Ok(())
}

/// How an event came about, in one line that is harmless for a terminal.
fn origin(noted: &Noted, books: &Books) -> String {
    let cause = &noted.event.cause;
    let (on_behalf_of, policy, known) = match &noted.event.fact {
        Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => (
            decided.on_behalf_of,
            decided.policy.as_deref(),
            Some(decided.known_offset),
        ),
        Fact::LeaveWithdrawn { known_offset, .. } | Fact::CommandRefused { known_offset, .. } => {
            (None, None, Some(*known_offset))
        }
        _ => (None, None, None),
    };
    let mut parts = vec![match (cause.by, policy) {
        (Some(by), _) => format!("by {}", name(books, by)),
        (None, Some(policy)) => format!("by the rule: {}", escaped(policy)),
        (None, None) => "by somebody who is not entered".to_owned(),
    }];
    if let Some(person) = on_behalf_of {
        parts[0] += &format!(" in the place of {}", name(books, person));
    }
    if let Some(id) = cause.command_id {
        parts.push(format!("command {id}"));
    }
    let department = noted.department(books);
    match known {
        Some(Some(offset)) => parts.push(format!("knew {department} up to {offset}")),
        Some(None) => parts.push(format!("knew nothing of {department} yet")),
        None => {}
    }
    parts.join("; ")
}
