//! Applications.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, ToSql};

use super::answers::{self, NO_ANSWER};
use super::{Claim, positions};
use crate::decode::{Application, Details, Row};
use crate::file::Stage;
use crate::place::Place;
use crate::status;
use crate::topic::Topic;

/// Why an application is passed over whose id an earlier one has.
pub(super) const ID_WAS_USED: &str = "its id was used before";

const INSERT: &str = "INSERT INTO applications (place, id, appended_ms, email, department, hours, start, \
    submitted_at, leave_type, end, first_day, last_day, minutes, note, substitute, submitted_by, replaces, status, answer) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

/// The same, where the index is there that notices an id that was used before.
const INSERT_NEW: &str = "INSERT INTO applications (place, id, appended_ms, email, department, hours, start, \
    submitted_at, leave_type, end, first_day, last_day, minutes, note, substitute, submitted_by, replaces, status, answer) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) \
    ON CONFLICT (id) DO NOTHING";

/// An application that turns out to be the first one of its id takes the place of the other, and keeps what is known of
/// its answer.
const REPLACE: &str = "UPDATE applications SET place = ?1, appended_ms = ?3, email = ?4, department = ?5, hours = ?6, \
    start = ?7, submitted_at = ?8, leave_type = ?9, end = ?10, first_day = ?11, last_day = ?12, minutes = ?13, \
    note = ?14, substitute = ?15, submitted_by = ?16, replaces = ?17 WHERE id = ?2";

pub(super) struct Applications<'transaction> {
    transaction: &'transaction Connection,
    insert: CachedStatement<'transaction>,
    has_ids: bool,
    has_early_answers: bool,
}

impl<'transaction> Applications<'transaction> {
    pub(super) fn new(
        transaction: &'transaction Connection,
        stage: Stage,
    ) -> rusqlite::Result<Applications<'transaction>> {
        let has_ids = stage > Stage::Applications;
        let has_early_answers = has_early_answers(transaction)?;
        Ok(Applications {
            transaction,
            insert: transaction.prepare_cached(if has_ids { INSERT_NEW } else { INSERT })?,
            has_ids,
            has_early_answers,
        })
    }

    pub(super) fn add(&mut self, row: &Row, application: &Application) -> rusqlite::Result<()> {
        let mut known = (status::WAITING, NO_ANSWER);
        if self.may_have_answer()? {
            known = self.take_early_answer(&application.id)?;
        }
        match execute(&mut self.insert, row, application, Some(known))? {
            0 => self.settle_claim(row, application),
            _ => Ok(()),
        }
    }

    /// Answers of this batch may have come before it, so the table is looked at again even if it had nothing.
    fn may_have_answer(&mut self) -> rusqlite::Result<bool> {
        if self.has_ids && !self.has_early_answers {
            self.has_early_answers = has_early_answers(self.transaction)?;
        }
        Ok(self.has_early_answers)
    }

    /// What is known of an application that has not been read before.
    fn take_early_answer(&self, id: &str) -> rusqlite::Result<(i64, i64)> {
        let mut take = self
            .transaction
            .prepare_cached("DELETE FROM early_answers WHERE id = ?1 RETURNING answer")?;
        let Some(answer) = take.query_row([id], |row| row.get(0)).optional()? else {
            return Ok((status::WAITING, NO_ANSWER));
        };
        Ok((answers::status_of(self.transaction, answer)?, answer))
    }

    /// Another application has this id: the one that was appended first stays.
    fn settle_claim(&self, row: &Row, application: &Application) -> rusqlite::Result<()> {
        let there: Claim = self
            .transaction
            .prepare_cached("SELECT appended_ms, place FROM applications WHERE id = ?1")?
            .query_row([&application.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut loser = row.place;
        if row.claim() < there {
            loser = Place::of_number(there.1);
            let mut replace = self.transaction.prepare_cached(REPLACE)?;
            execute(&mut replace, row, application, None)?;
        }
        positions::pass_over(self.transaction, Topic::Applications, loser, ID_WAS_USED)
    }
}

fn has_early_answers(transaction: &Connection) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM early_answers)")?
        .query_row([], |row| row.get(0))
}

/// `known` is the status and the key of the answer, where the statement has them.
fn execute(
    statement: &mut CachedStatement<'_>,
    row: &Row,
    application: &Application,
    known: Option<(i64, i64)>,
) -> rusqlite::Result<usize> {
    let none = Details::default();
    let details = application.details.as_deref().unwrap_or(&none);
    let values: [&dyn ToSql; 17] = [
        &row.place.number(),
        &application.id,
        &row.appended_ms,
        &application.email.as_str(),
        &application.department.as_str(),
        &application.hours,
        &application.start,
        &application.submitted_at,
        &details.leave_type,
        &details.end,
        &details.first_day,
        &details.last_day,
        &details.minutes,
        &details.note,
        &details.substitute,
        &details.submitted_by,
        &details.replaces,
    ];
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    if let Some((status, answer)) = known {
        statement.raw_bind_parameter(18, status)?;
        statement.raw_bind_parameter(19, answer)?;
    }
    statement.raw_execute()
}
