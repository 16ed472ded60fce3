//! Asking for applications.

use rusqlite::{Row, ToSql};

use super::page::{Key, Page, PageRequest};
use super::queries::Queries;
use crate::error::ViewError;
use crate::hash::hash_of;
use crate::place::Place;
use crate::status;

/// What has become of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing yet.
    Waiting,
    /// It was approved.
    Approved,
    /// It was declined.
    Declined,
    /// The employee has withdrawn it, or all of the booked leave was given back.
    Withdrawn,
}

impl Status {
    /// `waiting`, `approved`, `declined` or `withdrawn`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Approved => "approved",
            Status::Declined => "declined",
            Status::Withdrawn => "withdrawn",
        }
    }
}

/// An application and what has become of it. Times and dates are .NET ticks, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: String,
    /// The partition that it is in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was appended, in milliseconds since 1970.
    pub appended_ms: i64,
    /// E-mail address of the employee, in lower case.
    pub email: String,
    /// The department, in upper case.
    pub department: String,
    /// Length in hours.
    pub hours: i32,
    /// When the leave starts.
    pub start: i64,
    /// When it was submitted (UTC), if its id says so.
    pub submitted_at: Option<i64>,
    /// What kind of leave it is.
    pub leave_type: Option<String>,
    /// Last day of the leave.
    pub end: Option<i64>,
    /// How much of the first day.
    pub first_day: Option<String>,
    /// How much of the last day.
    pub last_day: Option<String>,
    /// Working minutes asked for.
    pub minutes: Option<i32>,
    /// What the employee wrote.
    pub note: Option<String>,
    /// E-mail address of who stands in.
    pub substitute: Option<String>,
    /// E-mail address of who queued it for the employee.
    pub submitted_by: Option<String>,
    /// Id of the application that it replaces.
    pub replaces: Option<String>,
    /// What has become of it.
    pub status: Status,
    /// Who decided, as the result names them.
    pub decided_by: Option<String>,
    /// When it was decided (UTC), if the result says so.
    pub decided_at: Option<i64>,
    /// What was written to the employee.
    pub comment: Option<String>,
    /// The result's sentence, if it is not the usual one of its outcome.
    pub sentence: Option<String>,
    /// The partition and the offset of its result.
    pub result: Option<(i32, i64)>,
}

/// Which applications. What is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ApplicationFilter {
    /// What has become of it.
    pub status: Option<Status>,
    /// The department, in upper case.
    pub department: Option<String>,
    /// E-mail address of the employee, in lower case.
    pub email: Option<String>,
    /// Those that somebody may see.
    pub seen_by: Option<Seer>,
    /// The leave starts then or later, in ticks.
    pub from: Option<i64>,
    /// The leave starts then or earlier, in ticks.
    pub to: Option<i64>,
    /// Not those of the employee with this e-mail address, in lower case.
    pub not_of: Option<String>,
    /// The oldest first, and not the newest. With a date it is the earliest start first anyway.
    pub oldest_first: bool,
}

/// Somebody who may see some applications: their own, and those in partitions.
#[derive(Debug, Clone)]
pub struct Seer {
    /// Their e-mail address, in lower case.
    pub email: String,
    /// The partitions.
    pub partitions: Vec<i32>,
}

const COLUMNS: &str = "a.place, a.id, a.appended_ms, a.email, a.department, a.hours, a.start, a.submitted_at, \
    a.leave_type, a.end, a.first_day, a.last_day, a.minutes, a.note, a.substitute, a.submitted_by, a.replaces, \
    b.outcome, b.withdrawn, b.decided_by, b.decided_at, b.comment, b.sentence, b.result_place";

/// What has become of applications, as a join and a condition. A cross join keeps SQLite from beginning with the answers,
/// and so from reading and sorting all of them for a page.
fn answers(status: Option<Status>) -> (&'static str, &'static str) {
    const LEFT: &str = "LEFT JOIN answers b ON b.key = a.key";
    const CROSS: &str = "CROSS JOIN answers b ON b.key = a.key";
    // The numbers are those in status.rs.
    match status {
        None => (LEFT, "true"),
        Some(Status::Waiting) => (LEFT, "b.key IS NULL"),
        Some(Status::Approved) => (CROSS, "b.withdrawn IS NULL AND b.outcome = 3"),
        Some(Status::Declined) => (CROSS, "b.withdrawn IS NULL AND b.outcome = 4"),
        Some(Status::Withdrawn) => (CROSS, "b.withdrawn IS NOT NULL"),
    }
}

/// The status that these columns of an answer say.
fn status(outcome: Option<i64>, withdrawn: Option<i64>) -> rusqlite::Result<Status> {
    match (outcome, withdrawn) {
        (_, Some(_)) => Ok(Status::Withdrawn),
        (None, None) => Ok(Status::Waiting),
        (Some(status::APPROVED), None) => Ok(Status::Approved),
        (Some(status::DECLINED), None) => Ok(Status::Declined),
        (Some(other), None) => Err(rusqlite::Error::IntegralValueOutOfRange(17, other)),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Application> {
    let place = Place::of_number(row.get(0)?);
    let result = row.get::<_, Option<i64>>(23)?.map(Place::of_number);
    Ok(Application {
        id: row.get(1)?,
        partition: place.partition(),
        offset: place.offset(),
        appended_ms: row.get(2)?,
        email: row.get(3)?,
        department: row.get(4)?,
        hours: row.get(5)?,
        start: row.get(6)?,
        submitted_at: row.get(7)?,
        leave_type: row.get(8)?,
        end: row.get(9)?,
        first_day: row.get(10)?,
        last_day: row.get(11)?,
        minutes: row.get(12)?,
        note: row.get(13)?,
        substitute: row.get(14)?,
        submitted_by: row.get(15)?,
        replaces: row.get(16)?,
        status: status(row.get(17)?, row.get(18)?)?,
        decided_by: row.get(19)?,
        decided_at: row.get(20)?,
        comment: row.get(21)?,
        sentence: row.get(22)?,
        result: result.map(|place| (place.partition(), place.offset())),
    })
}

impl Queries {
    /// The application with this id.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn application(&self, id: &str) -> Result<Option<Application>, ViewError> {
        let (join, _) = answers(None);
        let sql = format!(
            "SELECT {COLUMNS} FROM ids i CROSS JOIN applications a ON a.key = i.key {join} \
             WHERE i.hash = ?1 AND a.id = ?2"
        );
        Ok(self.ask(&sql, &[&hash_of(id), &id], read)?.pop())
    }

    /// Applications of a partition from an offset on, in order; at most `limit`. For following them as they come.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn applications_from(
        &self,
        partition: i32,
        offset: i64,
        limit: u32,
    ) -> Result<Vec<Application>, ViewError> {
        let (join, _) = answers(None);
        let sql = format!(
            "SELECT {COLUMNS} FROM applications a {join} \
             WHERE a.place >= ?1 AND a.place < ?2 ORDER BY a.place LIMIT ?3"
        );
        let Some((from, end)) = Place::from(partition, offset) else {
            return Ok(Vec::new());
        };
        self.ask(&sql, &[&from, &end, &limit], read)
    }

    /// Applications, the newest first. If the filter has a date: by the start of the leave, the earliest first.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn applications(
        &self,
        filter: &ApplicationFilter,
        page: &PageRequest,
    ) -> Result<Page<Application>, ViewError> {
        let by_start = filter.from.is_some() || filter.to.is_some();
        let seer = filter.seen_by.as_ref();
        let ranges: Vec<(i64, i64)> = seer.map_or(Vec::new(), |seer| {
            let partitions = seer.partitions.iter();
            partitions
                .map(|&partition| Place::range_of(partition))
                .collect()
        });
        let only_own = seer.filter(|seer| seer.partitions.is_empty());
        let email = filter.email.as_ref().or(only_own.map(|seer| &seer.email));
        let email = email.map(|email| (hash_of(email), email));
        // Each list is in the order that is asked for, but an employee's by the start: those are few enough to be sorted.
        let (list, start) = match (&email, filter.status) {
            (Some(_), _) => ("by_email", "a.start"),
            (None, _) if by_start => ("by_start", "i.start"),
            (None, Some(Status::Waiting)) => ("waiting", ""),
            (None, _) => ("by_time", ""),
        };
        let (join, has_status) = answers(filter.status);
        let mut sql = format!(
            "SELECT {COLUMNS} FROM {list} i CROSS JOIN applications a ON a.key = i.key {join} WHERE {has_status}"
        );
        let mut values: Vec<&dyn ToSql> = Vec::new();
        let own_hash = seer.map(|seer| hash_of(&seer.email));
        if let (Some(seer), Some(own_hash)) = (seer, &own_hash) {
            let mut here = String::from("false");
            for (first, end) in &ranges {
                values.extend([first as &dyn ToSql, end]);
                let last = values.len();
                here += &format!(" OR (i.place >= ?{} AND i.place < ?{last})", last - 1);
            }
            values.extend([own_hash as &dyn ToSql, &seer.email]);
            let last = values.len();
            // The first condition needs the list only, so what is not to be seen is passed over without reading it. Two
            // addresses may have one hash, so the second one decides.
            sql += &format!(
                " AND ({here} OR i.key IN (SELECT own.key FROM by_email own WHERE own.hash = ?{})) \
                 AND ({here} OR a.email = ?{last})",
                last - 1
            );
        }
        let mut and = |condition: &str, value| {
            values.push(value);
            sql += &format!(" AND {condition} ?{}", values.len());
        };
        if let Some((hash, email)) = &email {
            and("i.hash =", hash);
            and("a.email =", email);
        }
        if let Some(other) = &filter.not_of {
            and("a.email !=", other);
        }
        if let Some(department) = &filter.department {
            and("a.department =", department);
        }
        // A cursor says the same and more, and SQLite would begin to look at the first of two bounds.
        if let (Some(from), None) = (&filter.from, &page.after) {
            and(&format!("{start} >="), from);
        }
        if let Some(to) = &filter.to {
            and(&format!("{start} <="), to);
        }
        let cursor = page.after.as_ref().map(|cursor| cursor.key());
        let column = if by_start { start } else { "i.appended_ms" };
        let (order, beyond) = match by_start || filter.oldest_first {
            true => ("ASC", ">"),
            false => ("DESC", "<"),
        };
        if let Some((key, place)) = &cursor {
            values.extend([key as &dyn ToSql, place]);
            let last = values.len();
            sql += &format!(" AND ({column}, i.place) {beyond} (?{}, ?{last})", last - 1);
        }
        sql += &format!(
            " ORDER BY {column} {order}, i.place {order} LIMIT {}",
            page.limit()
        );
        let rows = self.ask(&sql, &values, |row| {
            let application = read(row)?;
            let key = match by_start {
                true => application.start,
                false => application.appended_ms,
            };
            Ok((Key::Numbers(key, row.get(0)?), application))
        })?;
        Ok(Page::of(rows, page))
    }
}
