//! Commands. Their answers are ledger events, which queries find by the command's id.

use rusqlite::{Connection, params};

use crate::decode::{Command, Row};

pub(super) fn add(transaction: &Connection, row: &Row, command: &Command) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO commands (place, id, appended_ms, type, asked_by, asked_at, application, \
             person, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            row.place.number(),
            command.id,
            row.appended_ms,
            command.kind,
            command.asked_by,
            command.asked_at,
            command.application,
            command.person,
            command.fields
        ])?;
    Ok(())
}
