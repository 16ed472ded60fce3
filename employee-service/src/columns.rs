//! The columns of a CSV file: which it must have, where they are, and how they make a record an application.

use timeoff_cli::counted;
use timeoff_models::{Department, Departments, Email, LeaveApplication, LeaveHours, LeaveStart};

use crate::records::{Record, Unreadable, is_nothing};

/// The columns that a file must have.
const COLUMNS: [&str; 4] = ["email", "department", "hours", "start"];

/// Why the file as a whole cannot be read as applications.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableFile {
    #[error("it is empty; the first line must be email,department,hours,start")]
    Empty,
    #[error(
        "the first line has no column '{column}'; it must name email, department, hours and start, separated by \
        commas, semicolons or tabs"
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
}

impl From<Row<'_>> for LeaveApplication {
    fn from(row: Row<'_>) -> LeaveApplication {
        LeaveApplication {
            email: row.email,
            department: row.department.clone(),
            hours: row.hours,
            start: row.start,
            details: None,
        }
    }
}

/// The places of the columns that a file must have.
pub(crate) struct Columns {
    places: [usize; 4],
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
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = (0..names.len()).filter(|&index| names[index] == column);
            *place = found.next().ok_or(UnusableFile::MissingColumn { column })?;
            if found.next().is_some() {
                return Err(UnusableFile::DoubleColumn { column });
            }
        }
        let last = names.iter().rposition(|name| !name.is_empty());
        Ok(Columns {
            places,
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
            texts.get(self.places[index]).ok_or_else(|| {
                format!("{} is not in UTF-8; save the file as UTF-8", COLUMNS[index])
            })
        };
        Ok(Row {
            email: field(0)?.parse().map_err(text)?,
            department: departments.named(field(1)?).map_err(text)?,
            hours: field(2)?.parse().map_err(text)?,
            start: field(3)?.parse().map_err(text)?,
        })
    }
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}
