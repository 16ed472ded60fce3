//! Booked leave by its days.
//!
//! As in the ledger's own state, each partition says what is booked in it: leave that goes with somebody to another
//! department is taken away by the event that they have moved, and booked there by the one that admits it.

use rusqlite::{Connection, OptionalExtension as _, params};
use timeoff_ledger::{Date, Days};

use crate::decode::{LeaveChange, Row};

const BOOK: &str = "INSERT OR REPLACE INTO booked (person, partition, application, days, first, last, is_admitted) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const CHANGE: &str = "UPDATE booked SET days = ?4, first = ?5, last = ?6 \
    WHERE person = ?1 AND partition = ?2 AND application = ?3";

const GIVE_BACK: &str =
    "DELETE FROM booked WHERE person = ?1 AND partition = ?2 AND application = ?3";

/// Changes what is booked of the leave of a person's application.
pub(super) fn change(
    transaction: &Connection,
    row: &Row,
    (person, application): (&str, &str),
    change: &LeaveChange,
) -> rusqlite::Result<()> {
    let booked = Booked {
        transaction,
        person,
        partition: row.place.partition(),
    };
    match change {
        LeaveChange::Booked { days, replaces } => {
            let Some(days) = days else { return Ok(()) };
            if let Some(replaced) = replaces {
                booked.give_back(replaced)?;
            }
            booked.book(application, days, false)
        }
        LeaveChange::Admitted { days } => booked.book(application, days, true),
        LeaveChange::Recalculated { days } => booked.change(application, days),
        LeaveChange::Released { from: None } => booked.give_back(application),
        LeaveChange::Released { from: Some(from) } => match booked.days_of(application)? {
            Some(days) => booked.change(application, &days.before(*from)),
            None => Ok(()),
        },
    }
}

/// A person has moved away from a partition, and takes along what is booked there.
pub(super) fn take_along(
    transaction: &Connection,
    partition: i32,
    person: &str,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM booked WHERE person = ?1 AND partition = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    statement.execute(params![person, partition]).map(drop)
}

/// What is booked in a partition for a person.
struct Booked<'a> {
    transaction: &'a Connection,
    person: &'a str,
    partition: i32,
}

impl Booked<'_> {
    /// Books leave, or books it anew.
    fn book(&self, application: &str, days: &Days, is_admitted: bool) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(BOOK)?.execute(params![
            self.person,
            self.partition,
            application,
            days.to_string(),
            midnight(days.first()),
            midnight(days.last()),
            is_admitted
        ])?;
        Ok(())
    }

    /// Changes the days of leave that is booked. Leave of which no day is left stays, so that nobody counts its days by
    /// the application.
    fn change(&self, application: &str, days: &Days) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(CHANGE)?.execute(params![
            self.person,
            self.partition,
            application,
            days.to_string(),
            midnight(days.first()),
            midnight(days.last())
        ])?;
        Ok(())
    }

    fn give_back(&self, application: &str) -> rusqlite::Result<()> {
        let mut statement = self.transaction.prepare_cached(GIVE_BACK)?;
        statement
            .execute(params![self.person, self.partition, application])
            .map(drop)
    }

    /// `None` if nothing is booked by it.
    fn days_of(&self, application: &str) -> rusqlite::Result<Option<Days>> {
        let sql =
            "SELECT days FROM booked WHERE person = ?1 AND partition = ?2 AND application = ?3";
        let text: Option<String> = self
            .transaction
            .prepare_cached(sql)?
            .query_row(params![self.person, self.partition, application], |row| {
                row.get(0)
            })
            .optional()?;
        // An empty text is no days.
        Ok(text.map(|text| text.parse().unwrap_or_default()))
    }
}

fn midnight(date: Option<Date>) -> Option<i64> {
    date.map(|date| date.midnight().get())
}
