//! Asking who is away.

use rusqlite::Row;

use super::queries::Queries;
use crate::error::ViewError;
use crate::file::MOST_HOURS_OF_SHORT_LEAVE;
use crate::place::Place;
use crate::status;

/// A leave that was approved or waits. Dates are .NET ticks, as on the wire.
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
    /// Whether nobody has decided yet.
    pub is_waiting: bool,
}

/// The ticks of a day.
const DAY: i64 = 864_000_000_000;

/// Days that a leave of an hour may last: nobody works less than eight hours in a week.
const DAYS_FOR_HOURS: (i64, i64) = (7, 8);

/// Those hours may be at the end of the week.
const WEEK: i64 = 7;

const COLUMNS: &str =
    "a.id, a.email, a.hours, a.start, a.end, a.first_day, a.last_day, b.outcome IS NULL";

fn read(row: &Row<'_>) -> rusqlite::Result<Absence> {
    Ok(Absence {
        application: row.get(0)?,
        email: row.get(1)?,
        hours: row.get(2)?,
        start: row.get(3)?,
        end: row.get(4)?,
        first_day: row.get(5)?,
        last_day: row.get(6)?,
        is_waiting: row.get(7)?,
    })
}

impl Queries {
    /// The leaves in a partition, approved or waiting, that begin on the day `last` or before and may reach the day `first`:
    /// of whoever works at least eight hours in a week, all that do. At most `limit`, in no order. Days are given as the
    /// ticks of their midnights.
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
        const OPEN: &str = "b.withdrawn IS NULL AND (b.outcome IS NULL OR b.outcome = ?6)";
        // Most leaves are short, so few days before the first have to be looked at. The others have an index.
        let (days, hours) = DAYS_FOR_HOURS;
        let short = format!(
            "SELECT {COLUMNS} FROM by_start i CROSS JOIN applications a ON a.key = i.key \
             LEFT JOIN answers b ON b.key = a.key \
             WHERE i.start >= ?3 AND i.start < ?4 AND i.place >= ?1 AND i.place < ?2 AND {OPEN}"
        );
        let long = format!(
            "SELECT {COLUMNS} FROM applications a INDEXED BY long_leaves LEFT JOIN answers b ON b.key = a.key \
             WHERE (a.hours > {MOST_HOURS_OF_SHORT_LEAVE} OR a.end IS NOT NULL) AND a.start < ?3 \
             AND a.place >= ?1 AND a.place < ?2 \
             AND (a.end >= ?5 OR a.start + (a.hours * {days} / {hours} + {WEEK}) * {DAY} >= ?5) AND {OPEN}"
        );
        let (begin, end) = Place::range_of(partition);
        let before = first.saturating_sub((MOST_HOURS_OF_SHORT_LEAVE * days / hours + WEEK) * DAY);
        let until = last.saturating_add(DAY);
        let sql = format!("{short} UNION ALL {long} LIMIT ?7");
        let values: [&dyn rusqlite::ToSql; 7] = [
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
