//! Asking for applications.

use rusqlite::{Row, ToSql};

use super::page::{Key, Page, PageRequest};
use super::queries::Queries;
use crate::error::ViewError;
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
    /// The employee has withdrawn it.
    Withdrawn,
}

impl Status {
    const ALL: [Status; 4] = [
        Status::Waiting,
        Status::Approved,
        Status::Declined,
        Status::Withdrawn,
    ];

    /// `waiting`, `approved`, `declined` or `withdrawn`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Approved => "approved",
            Status::Declined => "declined",
            Status::Withdrawn => "withdrawn",
        }
    }

    fn number(self) -> i64 {
        match self {
            Status::Waiting => status::WAITING,
            Status::Approved => status::APPROVED,
            Status::Declined => status::DECLINED,
            Status::Withdrawn => status::WITHDRAWN,
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
    /// The leave starts then or later, in ticks.
    pub from: Option<i64>,
    /// The leave starts then or earlier, in ticks.
    pub to: Option<i64>,
}

const COLUMNS: &str = "place, id, appended_ms, email, department, hours, start, submitted_at, leave_type, end, \
    first_day, last_day, minutes, note, substitute, submitted_by, replaces, status, decided_by, decided_at, comment, \
    sentence";

const FROM: &str = "applications LEFT JOIN answers ON answers.key = applications.answer";

fn read(row: &Row<'_>) -> rusqlite::Result<Application> {
    let place = Place::of_number(row.get(0)?);
    let number = row.get(17)?;
    let status = Status::ALL
        .into_iter()
        .find(|status| status.number() == number)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(17, number))?;
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
        status,
        decided_by: row.get(18)?,
        decided_at: row.get(19)?,
        comment: row.get(20)?,
        sentence: row.get(21)?,
    })
}

impl Queries {
    /// The application with this id.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn application(&self, id: &str) -> Result<Option<Application>, ViewError> {
        let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE id = ?1");
        Ok(self.ask(&sql, &[&id], read)?.pop())
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
        let mut sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE true");
        let mut values: Vec<&dyn ToSql> = Vec::new();
        if let Some(status) = filter.status {
            // Not bound: the index of those that wait is used only if SQLite sees that they are asked for.
            sql += &format!(" AND status = {}", status.number());
        }
        let mut and = |condition: &str, value| {
            values.push(value);
            sql += &format!(" AND {condition} ?{}", values.len());
        };
        if let Some(department) = &filter.department {
            and("department =", department);
        }
        if let Some(email) = &filter.email {
            and("email =", email);
        }
        // A cursor says the same and more, and SQLite would begin to look at the first of two bounds.
        if let (Some(from), None) = (&filter.from, &page.after) {
            and("start >=", from);
        }
        if let Some(to) = &filter.to {
            and("start <=", to);
        }
        let by_start = filter.from.is_some() || filter.to.is_some();
        let cursor = page.after.as_ref().map(|cursor| cursor.key());
        let (column, order, beyond) = match by_start {
            true => ("start", "ASC", ">"),
            false => ("appended_ms", "DESC", "<"),
        };
        if let Some((key, place)) = &cursor {
            values.extend([key as &dyn ToSql, place]);
            let last = values.len();
            sql += &format!(" AND ({column}, place) {beyond} (?{}, ?{last})", last - 1);
        }
        sql += &format!(
            " ORDER BY {column} {order}, place {order} LIMIT {}",
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
