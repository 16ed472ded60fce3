//! The rows of a CSV file as applications.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};
use timeoff_models::{Departments, LeaveApplication, LeaveHours, LeaveStart};

/// The columns that a file must have.
const COLUMNS: [&str; 4] = ["email", "department", "hours", "start"];

/// The file as a whole cannot be read as applications.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableFile {
    #[error("it is empty; the first line must be email,department,hours,start")]
    Empty,
    #[error(
        "the first line has no column '{column}'; it must name email, department, hours and start"
    )]
    MissingColumn { column: &'static str },
    #[error("the first line names column '{column}' twice")]
    DoubleColumn { column: &'static str },
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("it has no row after the first line, which names the columns")]
    NoRows,
    #[error("it could not be read")]
    Csv(#[source] csv::Error),
}

/// A row that is no application.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct InvalidRow {
    /// The line in the file, counted from 1.
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// Reads a file row by row, in constant memory.
pub(crate) struct Rows<'a, R> {
    reader: Reader<R>,
    columns: [usize; 4],
    departments: &'a Departments,
    bytes: ByteRecord,
}

impl<'a, R: Read> Rows<'a, R> {
    /// Reads the first line.
    pub(crate) fn new(
        source: R,
        departments: &'a Departments,
    ) -> Result<Rows<'a, R>, UnusableFile> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(source);
        let header = reader.byte_headers().map_err(UnusableFile::Csv)?;
        if header.is_empty() {
            return Err(UnusableFile::Empty);
        }
        if header
            .get(0)
            .is_some_and(|first| first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff"))
        {
            return Err(UnusableFile::Utf16);
        }
        let names: Vec<String> = header
            .iter()
            .map(|name| {
                String::from_utf8_lossy(name)
                    .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                    .to_lowercase()
            })
            .collect();
        let mut columns = [0; 4];
        for (index, column) in COLUMNS.into_iter().enumerate() {
            let mut places = (0..names.len()).filter(|&place| names[place] == column);
            columns[index] = places
                .next()
                .ok_or(UnusableFile::MissingColumn { column })?;
            if places.next().is_some() {
                return Err(UnusableFile::DoubleColumn { column });
            }
        }
        Ok(Rows {
            reader,
            columns,
            departments,
            bytes: ByteRecord::new(),
        })
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next(
        &mut self,
    ) -> Result<Option<Result<LeaveApplication, InvalidRow>>, UnusableFile> {
        let has_row = self
            .reader
            .read_byte_record(&mut self.bytes)
            .map_err(UnusableFile::Csv)?;
        if !has_row {
            return Ok(None);
        }
        let line = self.bytes.position().map_or(0, csv::Position::line);
        Ok(Some(
            self.parse().map_err(|reason| InvalidRow { line, reason }),
        ))
    }

    fn parse(&self) -> Result<LeaveApplication, String> {
        let [email, department, hours, start] = self.columns;
        Ok(LeaveApplication {
            email: self.field(email, "email")?.parse().map_err(text)?,
            department: self
                .departments
                .parse(self.field(department, "department")?)
                .map_err(text)?,
            hours: self
                .field(hours, "hours")?
                .parse::<LeaveHours>()
                .map_err(text)?,
            start: self
                .field(start, "start")?
                .parse::<LeaveStart>()
                .map_err(text)?,
        })
    }

    fn field(&self, column: usize, name: &str) -> Result<&str, String> {
        let bytes = self
            .bytes
            .get(column)
            .ok_or_else(|| format!("{name} is missing"))?;
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("{name} is not UTF-8; save the file as UTF-8"))?;
        Ok(text.trim())
    }
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}
