//! Ledger events.

use rusqlite::{Connection, params};

use super::answers::Answers;
use super::{leave, people};
use crate::decode::{Delegation, Effect, Event, LeaveChange, Row};

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
        (Effect::Leave(change), person, Some(application)) => {
            if let Some(given_back) = given_back(change, application) {
                answers.withdraw(row.place, given_back)?;
            }
            match person {
                Some(person) => leave::change(transaction, row, (person, application), change),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The application all of whose leave is given back by a change to that of an application.
fn given_back<'a>(change: &'a LeaveChange, application: &'a str) -> Option<&'a str> {
    match change {
        LeaveChange::Booked { replaces, .. } => replaces.as_deref(),
        LeaveChange::Released { from: None } => Some(application),
        LeaveChange::Released { from: Some(_) }
        | LeaveChange::Admitted { .. }
        | LeaveChange::Recalculated { .. } => None,
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
