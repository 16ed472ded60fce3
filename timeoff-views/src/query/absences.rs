//! Asking who is away.

use rusqlite::{Row, ToSql};
use timeoff_ledger::Days;

use super::queries::Queries;
use crate::error::ViewError;
use crate::file::{
    DAY, LENGTH_OF_SHORT_BOOKED_LEAVE, LENGTH_OF_SHORT_LEAVE, is_long, is_long_booked, last_day,
};
use crate::place::Place;
use crate::status;

/// Leave that was booked by its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// Id of the application.
    pub application: String,
    /// Id of the person.
    pub person: String,
    /// What is left of it; at least one day.
    pub days: Days,
    /// Whether they have brought it from another department: that is where its application is.
    pub is_admitted: bool,
}

/// A leave that waits, or was approved without its days being said. Dates are .NET ticks, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Id of the application.
    pub application: String,
    /// E-mail address of the employee, in lower case.
    pub email: String,
    /// Length in hours.
    pub hours: i32,
    /// First day.
    pub start: i64,
    /// Last day, if the application says so.
    pub end: Option<i64>,
    /// How much of the first day, if the application says so.
    pub first_day: Option<String>,
    /// How much of the last day, if the application says so.
    pub last_day: Option<String>,
    /// Minutes of its only day, if the application says so.
    pub minutes: Option<i32>,
    /// Whether nobody has decided yet.
    pub is_waiting: bool,
}

const COLUMNS: &str =
    "a.id, a.email, a.hours, a.start, a.end, a.first_day, a.last_day, a.minutes, b.outcome IS NULL";

fn read(row: &Row<'_>) -> rusqlite::Result<Absence> {
    Ok(Absence {
        application: row.get(0)?,
        email: row.get(1)?,
        hours: row.get(2)?,
        start: row.get(3)?,
        end: row.get(4)?,
        first_day: row.get(5)?,
        last_day: row.get(6)?,
        minutes: row.get(7)?,
        is_waiting: row.get(8)?,
    })
}

fn read_booked(row: &Row<'_>) -> rusqlite::Result<Booked> {
    let days = row.get_ref(2)?.as_str()?.parse();
    Ok(Booked {
        application: row.get(0)?,
        person: row.get(1)?,
        is_admitted: row.get(3)?,
        days: days.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                2,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })?,
    })
}

impl Queries {
    /// The leave that is booked by days in a partition, and of which a day may be from `first` to `last`: all that
    /// reaches from before the one to after the other is there, even if it leaves those days out. At most `limit`, in no
    /// order. Days are given as the ticks of their midnights.
    ///
    /// Of somebody who has moved away nothing is booked any more; what they have brought from elsewhere is.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn booked(
        &self,
        partition: i32,
        (first, last): (i64, i64),
        limit: u32,
    ) -> Result<Vec<Booked>, ViewError> {
        let is_long = is_long_booked();
        let sql = format!(
            "SELECT application, person, days, is_admitted FROM booked INDEXED BY booked_by_first \
             WHERE partition = ?1 AND first >= ?2 AND first <= ?4 AND last >= ?3 \
             UNION ALL \
             SELECT application, person, days, is_admitted FROM booked INDEXED BY long_booked \
             WHERE {is_long} AND partition = ?1 AND last >= ?3 AND first < ?2 \
             LIMIT ?5"
        );
        let before = first.saturating_sub(LENGTH_OF_SHORT_BOOKED_LEAVE);
        let values: [&dyn ToSql; 5] = [&partition, &before, &first, &last, &limit];
        self.ask(&sql, &values, read_booked)
    }

    /// The leaves in a partition that wait, or were approved without their days being said, that begin on the day `last`
    /// or before and may reach the day `first`: of whoever works at least eight hours in a week, all that do. At most
    /// `limit`, in no order. Days are given as the ticks of their midnights.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn absences(
        &self,
        partition: i32,
        (first, last): (i64, i64),
        limit: u32,
    ) -> Result<Vec<Absence>, ViewError> {
        // Leave that is booked here or wherever its employee has gone is not counted once more.
        const OPEN: &str = "b.withdrawn IS NULL AND (b.outcome IS NULL OR b.outcome = ?6) \
            AND NOT EXISTS (SELECT 1 FROM booked d WHERE d.application = a.id)";
        // Most leaves are short, so few days before the first have to be looked at. The others have an index.
        let (is_long, last_day) = (is_long(), last_day());
        let short = format!(
            "SELECT {COLUMNS} FROM by_start i CROSS JOIN applications a ON a.key = i.key \
             LEFT JOIN answers b ON b.key = a.key \
             WHERE i.start >= ?3 AND i.start < ?4 AND i.place >= ?1 AND i.place < ?2 AND {OPEN}"
        );
        let long = format!(
            "SELECT {COLUMNS} FROM applications a INDEXED BY long_leaves LEFT JOIN answers b ON b.key = a.key \
             WHERE {is_long} AND {last_day} >= ?5 AND a.start < ?3 AND a.place >= ?1 AND a.place < ?2 AND {OPEN}"
        );
        let (begin, end) = Place::range_of(partition);
        let before = first.saturating_sub(LENGTH_OF_SHORT_LEAVE);
        let until = last.saturating_add(DAY);
        let sql = format!("{short} UNION ALL {long} LIMIT ?7");
        let values: [&dyn ToSql; 7] = [
            &begin,
            &end,
            &before,
            &until,
            &first,
            &status::APPROVED,
            &limit,
        ];
        self.ask(&sql, &values, read)
    }
}
