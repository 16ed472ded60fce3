//! Ledger events.

use rusqlite::{Connection, params};

use super::answers::Answers;
use super::people;
use crate::decode::{Delegation, Effect, Event, Row};

pub(super) fn add(
    transaction: &Connection,
    answers: &mut Answers<'_, '_>,
    row: &Row,
    event: &Event,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO events (place, appended_ms, type, at, by, command, application, person, \
             other_person, reason, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            row.place.number(),
            row.appended_ms,
            event.kind,
            event.at,
            event.by,
            event.command,
            event.application,
            event.person,
            event.other_person,
            event.reason,
            event.fields
        ])?;
    match (&event.effect, &event.person, &event.application) {
        (Effect::Person(change), Some(person), _) => {
            people::change(transaction, row, person, change)
        }
        (Effect::Delegation(delegation), Some(person), _) => {
            delegate(transaction, row, person, event, delegation)
        }
        (Effect::Withdrawn, _, Some(application)) => answers.withdraw(row.place, application),
        (Effect::Replaces(application), ..) => answers.withdraw(row.place, application),
        _ => Ok(()),
    }
}

fn delegate(
    transaction: &Connection,
    row: &Row,
    person: &str,
    event: &Event,
    delegation: &Delegation,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO delegations (place, person, other_person, from_date, until_date) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            row.place.number(),
            person,
            event.other_person.as_deref().unwrap_or_default(),
            delegation.from_date,
            delegation.until_date
        ])?;
    Ok(())
}
