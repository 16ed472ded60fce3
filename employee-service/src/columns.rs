//! The columns of a CSV file: which it must have, where they are, and how they make a record an application.

use timeoff_cli::counted;
use timeoff_models::{
    Department, Departments, Email, LeaveApplication, LeaveDetails, LeaveHours, LeaveStart,
};

use crate::parts::{Length, Part, Wrong, fit, read_details};
use crate::records::{Record, Unreadable, is_nothing};

/// The columns that a file must have; the hours only if no column says how long a leave is otherwise.
const COLUMNS: [&str; 4] = ["email", "department", "hours", "start"];
const HOURS: usize = 2;

/// Why the file as a whole cannot be read as applications.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableFile {
    #[error("it is empty; the first line must be email,department,hours,start")]
    Empty,
    #[error(
        "the first line has no column '{column}'; it must name email, department, hours and start, separated by \
        commas, semicolons or tabs (without hours if it names until)"
    )]
    MissingColumn { column: &'static str },
    #[error("the first line names column '{column}' twice")]
    DoubleColumn { column: &'static str },
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("it is {what}")]
    OtherFormat { what: &'static str },
    #[error("it has no row after the first line, which names the columns")]
    NoRows,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A row that is an application.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row<'a> {
    pub(crate) email: Email,
    pub(crate) department: &'a Department,
    pub(crate) hours: LeaveHours,
    pub(crate) start: LeaveStart,
    pub(crate) details: Option<Box<LeaveDetails>>,
}

impl From<Row<'_>> for LeaveApplication {
    fn from(row: Row<'_>) -> LeaveApplication {
        LeaveApplication {
            email: row.email,
            department: row.department.clone(),
            hours: row.hours,
            start: row.start,
            details: row.details,
        }
    }
}

/// The places of the columns that count.
pub(crate) struct Columns {
    /// Of those that a file must have; beyond all if it has no hours.
    places: [usize; 4],
    /// Of those of [`Part::DETAILS`]; `None` if the file has none of them.
    details: Option<[Option<usize>; 7]>,
    /// How many columns there are up to the last with a name: no row has fewer values.
    named: usize,
    /// How many columns the first line has. Spreadsheets write a comma too many, or leave it out, at the end of some
    /// rows.
    count: usize,
}

/// How many of the columns that a file must have are named in a line.
pub(crate) fn named_columns(header: &Record<'_>) -> usize {
    let names = names(header);
    COLUMNS
        .iter()
        .filter(|column| names.iter().any(|name| name == *column))
        .count()
}

fn names(header: &Record<'_>) -> Vec<String> {
    header
        .fields()
        .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
        .collect()
}

impl Columns {
    pub(crate) fn of(header: &Record<'_>) -> Result<Columns, UnusableFile> {
        let first = header.fields().next().unwrap_or_default();
        let is_utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
        if is_utf16 || first.contains(&0) {
            return Err(UnusableFile::Utf16);
        }
        let names = names(header);
        let mut places = [0; 4];
        let place_of = |column| {
            let mut found = (0..names.len()).filter(|&index| names[index] == column);
            let place = found.next();
            match found.next() {
                Some(_) => Err(UnusableFile::DoubleColumn { column }),
                None => Ok(place),
            }
        };
        let mut details = [None; 7];
        for (place, part) in details.iter_mut().zip(Part::DETAILS) {
            *place = place_of(part.column())?;
        }
        let has_length = |part| details[Part::DETAILS.iter().position(|of| *of == part)?];
        let has_length = has_length(Part::Until)
            .or(has_length(Part::Minutes))
            .is_some();
        for (index, (place, column)) in places.iter_mut().zip(COLUMNS).enumerate() {
            *place = match place_of(column)? {
                Some(place) => place,
                None if index == HOURS && has_length => usize::MAX,
                None => return Err(UnusableFile::MissingColumn { column }),
            };
        }
        let last = names.iter().rposition(|name| !name.is_empty());
        Ok(Columns {
            places,
            details: details.iter().any(Option::is_some).then_some(details),
            named: last.map_or(0, |last| last + 1),
            count: names.len(),
        })
    }

    /// Whether a record has all columns with a name, and nothing beyond the last column.
    fn are_met_by(&self, record: &Record<'_>) -> bool {
        record.len() >= self.named && record.fields().skip(self.count).all(is_nothing)
    }

    /// The record as a row, or why it is no application.
    pub(crate) fn row<'d>(
        &self,
        record: &Record<'_>,
        departments: &'d Departments,
    ) -> Result<Row<'d>, String> {
        if record.len() != self.count && !self.are_met_by(record) {
            return Err(format!(
                "it has {}, the first line names {} columns",
                counted(record.len() as u64, "value", "values"),
                self.named
            ));
        }
        let texts = record.texts();
        let field = |index: usize| {
            texts
                .get(self.places[index])
                .ok_or_else(|| not_in_utf8(COLUMNS[index]))
        };
        let (email, department) = (
            field(0)?.parse().map_err(text)?,
            departments.named(field(1)?).map_err(text)?,
        );
        let Some(places) = &self.details else {
            return Ok(Row {
                email,
                department,
                hours: field(HOURS)?.parse().map_err(text)?,
                start: field(3)?.parse().map_err(text)?,
                details: None,
            });
        };
        let start = field(3)?.parse().map_err(text)?;
        let place_of = |part| places[Part::DETAILS.iter().position(|of| *of == part)?];
        for part in Part::DETAILS {
            if place_of(part).is_some_and(|place| texts.get(place).is_none()) {
                return Err(not_in_utf8(part.column()));
            }
        }
        let detail = |part| texts.get(place_of(part)?);
        let details = read_details(detail).map_err(|wrong| first(&wrong))?;
        let has_hours = self.places[HOURS] != usize::MAX;
        let given = has_hours.then(|| field(HOURS)).transpose()?;
        // Hours that are not given are counted from the days.
        let given = given.filter(|hours| details.is_none() || !hours.is_empty());
        let hours = given.map(|hours| hours.parse().map_err(text)).transpose()?;
        let length = fit((&email, department, start), hours, details);
        let Length { hours, details, .. } = length.map_err(|wrong| first(&[wrong]))?;
        Ok(Row {
            email,
            department,
            hours,
            start,
            details,
        })
    }
}

fn not_in_utf8(column: &str) -> String {
    format!("{column} is not in UTF-8; save the file as UTF-8")
}

fn first(wrong: &[Wrong]) -> String {
    let wrong = wrong.first();
    wrong.map_or_else(String::new, |Wrong { part, rule }| {
        format!("{}: {rule}", part.column())
    })
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}
