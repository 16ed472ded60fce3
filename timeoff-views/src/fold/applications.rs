//! Applications.

use rusqlite::{CachedStatement, Connection, ToSql};

use super::keys::{ADD_ID, Keys};
use super::lists::Lists;
use super::positions;
use crate::decode::{Application, Details, Row};
use crate::file::Stage;
use crate::hash::hash_of;
use crate::place::Place;
use crate::topic::Topic;

/// Why an application is passed over whose id an earlier one has.
pub(super) const ID_WAS_USED: &str = "its id was used before";

/// By far the most applications say no more than this.
const INSERT: &str = "INSERT INTO applications (key, place, id, appended_ms, email, department, hours, start, \
    submitted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const INSERT_DETAILED: &str = "INSERT INTO applications (key, place, id, appended_ms, email, department, hours, start, \
    submitted_at, leave_type, end, first_day, last_day, minutes, note, substitute, submitted_by, replaces) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// An application that turns out to be the first one of its id takes the place of the other, and keeps its key and so its
/// answer.
const REPLACE: &str = "UPDATE applications SET place = ?2, id = ?3, appended_ms = ?4, email = ?5, department = ?6, \
    hours = ?7, start = ?8, submitted_at = ?9, leave_type = ?10, end = ?11, first_day = ?12, last_day = ?13, \
    minutes = ?14, note = ?15, substitute = ?16, submitted_by = ?17, replaces = ?18 WHERE key = ?1";

pub(super) struct Applications<'fold, 'transaction> {
    transaction: &'transaction Connection,
    keys: &'fold Keys<'transaction>,
    lists: &'fold Lists<'transaction>,
    insert: CachedStatement<'transaction>,
    add_id: CachedStatement<'transaction>,
    has_ids: bool,
    has_early_answers: bool,
}

impl<'fold, 'transaction> Applications<'fold, 'transaction> {
    pub(super) fn new(
        transaction: &'transaction Connection,
        keys: &'fold Keys<'transaction>,
        lists: &'fold Lists<'transaction>,
        stage: Stage,
    ) -> rusqlite::Result<Applications<'fold, 'transaction>> {
        Ok(Applications {
            transaction,
            keys,
            lists,
            insert: transaction.prepare_cached(INSERT)?,
            add_id: transaction.prepare_cached(ADD_ID)?,
            has_ids: stage > Stage::Applications,
            has_early_answers: false,
        })
    }

    pub(super) fn add(&mut self, row: &Row, application: &Application) -> rusqlite::Result<()> {
        if !self.has_ids {
            return self.insert(self.keys.give_out(), row, application);
        }
        if let Some(key) = self.keys.of_application(&application.id)? {
            return self.settle_claim(key, row, application);
        }
        let reserved = match self.may_have_answer()? {
            true => self.keys.take_reserved(&application.id)?,
            false => None,
        };
        let key = reserved.unwrap_or_else(|| self.keys.give_out());
        self.insert(key, row, application)?;
        self.add_id.execute([hash_of(&application.id), key])?;
        self.lists.add(key, row, application, reserved.is_none())
    }

    /// Answers of this batch may have come before it, so the table is looked at again even if it had nothing.
    fn may_have_answer(&mut self) -> rusqlite::Result<bool> {
        if !self.has_early_answers {
            self.has_early_answers = self.keys.has_reserved()?;
        }
        Ok(self.has_early_answers)
    }

    fn insert(&mut self, key: i64, row: &Row, application: &Application) -> rusqlite::Result<()> {
        match &application.details {
            None => {
                bind(&mut self.insert, key, row, application)?;
                self.insert.raw_execute()?;
            }
            Some(details) => {
                let mut insert = self.transaction.prepare_cached(INSERT_DETAILED)?;
                bind(&mut insert, key, row, application)?;
                bind_details(&mut insert, details)?;
                insert.raw_execute()?;
            }
        }
        Ok(())
    }

    /// The application with this key has the same id: the first one stays.
    fn settle_claim(&self, key: i64, row: &Row, application: &Application) -> rusqlite::Result<()> {
        let there = self
            .transaction
            .prepare_cached("SELECT place FROM applications WHERE key = ?1")?
            .query_row([key], |row| Ok(Place::of_number(row.get(0)?)))?;
        let mut loser = row.place;
        if row.place < there {
            loser = there;
            let was_waiting = self.lists.remove(key)?;
            let mut replace = self.transaction.prepare_cached(REPLACE)?;
            bind(&mut replace, key, row, application)?;
            let none = Details::default();
            bind_details(
                &mut replace,
                application.details.as_deref().unwrap_or(&none),
            )?;
            replace.raw_execute()?;
            self.lists.add(key, row, application, was_waiting)?;
        }
        positions::pass_over(self.transaction, Topic::Applications, loser, ID_WAS_USED)
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    key: i64,
    row: &Row,
    application: &Application,
) -> rusqlite::Result<()> {
    let values: [&dyn ToSql; 9] = [
        &key,
        &row.place.number(),
        &application.id,
        &row.appended_ms,
        &application.email.as_str(),
        &application.department.as_str(),
        &application.hours,
        &application.start,
        &application.submitted_at,
    ];
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    Ok(())
}

/// Binds what comes behind the values that [`bind`] binds.
fn bind_details(statement: &mut CachedStatement<'_>, details: &Details) -> rusqlite::Result<()> {
    let values: [&dyn ToSql; 9] = [
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
    for (number, value) in (10..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    Ok(())
}
