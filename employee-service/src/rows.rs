//! The rows of a CSV file as applications.

use std::io::Read;

use timeoff_models::{Department, Departments, Email, LeaveApplication, LeaveHours, LeaveStart};

use crate::records::{Record, Records, Unreadable};

/// The columns that a file must have.
const COLUMNS: [&str; 4] = ["email", "department", "hours", "start"];

/// The file as a whole cannot be read as applications.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableFile {
    #[error("it is empty; the first line must be email,department,hours,start")]
    Empty,
    #[error(
        "the first line has no column '{column}'; it must name email, department, hours and start, separated by commas"
    )]
    MissingColumn { column: &'static str },
    #[error("the first line names column '{column}' twice")]
    DoubleColumn { column: &'static str },
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("it has no row after the first line, which names the columns")]
    NoRows,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A row that is no application.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct InvalidRow {
    /// The line in the file at which it begins, counted from 1.
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// A row that is an application.
#[derive(Debug, PartialEq, Eq)]
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
        }
    }
}

/// Some rows of a file.
pub(crate) struct Chunk {
    pub(crate) good: Vec<LeaveApplication>,
    /// How many are no applications.
    pub(crate) bad: u64,
    /// Whether the file has ended.
    pub(crate) is_last: bool,
}

/// Reads a file row by row, in constant memory.
pub(crate) struct Rows<'a, R> {
    records: Records<R>,
    columns: Columns,
    departments: &'a Departments,
}

impl<'a, R: Read> Rows<'a, R> {
    /// Reads the first line.
    pub(crate) fn new(
        source: R,
        departments: &'a Departments,
    ) -> Result<Rows<'a, R>, UnusableFile> {
        let mut records = Records::new(source);
        let header = records.first()?.ok_or(UnusableFile::Empty)?;
        Ok(Rows {
            columns: Columns::of(&header)?,
            records,
            departments,
        })
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Result<Row<'a>, InvalidRow>>, UnusableFile> {
        while let Some(record) = self.records.next()? {
            if record.is_blank() {
                continue;
            }
            let row = self.columns.row(&record, self.departments);
            return Ok(Some(row.map_err(|reason| InvalidRow {
                line: record.line,
                reason,
            })));
        }
        Ok(None)
    }

    /// Reads so many rows, or as many as there are.
    pub(crate) fn next_chunk(&mut self, count: usize) -> Result<Chunk, UnusableFile> {
        let mut chunk = Chunk {
            good: Vec::with_capacity(count),
            bad: 0,
            is_last: false,
        };
        for _ in 0..count {
            match self.next()? {
                Some(Ok(row)) => chunk.good.push(row.into()),
                Some(Err(_)) => chunk.bad += 1,
                None => {
                    chunk.is_last = true;
                    break;
                }
            }
        }
        Ok(chunk)
    }

    /// The line at which the row read last begins, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.records.line()
    }
}

/// Where the columns are that a file must have.
struct Columns {
    places: [usize; 4],
    /// How many the file has.
    count: usize,
}

impl Columns {
    fn of(header: &Record<'_>) -> Result<Columns, UnusableFile> {
        let first = header.fields().next().unwrap_or_default();
        let is_utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
        if is_utf16 || first.contains(&0) {
            return Err(UnusableFile::Utf16);
        }
        let names: Vec<String> = header
            .fields()
            .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
            .collect();
        let mut places = [0; 4];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = (0..names.len()).filter(|&index| names[index] == column);
            *place = found.next().ok_or(UnusableFile::MissingColumn { column })?;
            if found.next().is_some() {
                return Err(UnusableFile::DoubleColumn { column });
            }
        }
        Ok(Columns {
            places,
            count: names.len(),
        })
    }

    /// The row that a record is, or why it is no application.
    fn row<'d>(
        &self,
        record: &Record<'_>,
        departments: &'d Departments,
    ) -> Result<Row<'d>, String> {
        if record.len() != self.count {
            return Err(format!(
                "it has {} values, the first line names {} columns",
                record.len(),
                self.count
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

#[cfg(test)]
mod tests {
    use super::{Rows, UnusableFile};
    use timeoff_models::Departments;

    /// What a file comes to, a line for each row.
    fn read(file: impl AsRef<[u8]>) -> Result<Vec<String>, UnusableFile> {
        let departments = Departments::default();
        let mut rows = Rows::new(file.as_ref(), &departments)?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            read.push(match row {
                Ok(row) => format!(
                    "{} {} {} {}",
                    row.email, row.department, row.hours, row.start
                ),
                Err(invalid) => invalid.to_string(),
            });
        }
        Ok(read)
    }

    #[test]
    fn columns_come_in_any_order_and_case_among_others() {
        let file = "\u{feff}Start, HOURS ,Name,Email,department\r\n\
                    2027-07-01,8,\"Lovelace, Ada\",Ada@Example.com,it\r\n";
        let rows = read(file).expect("readable");
        assert_eq!(rows, ["ada@example.com IT 8 2027-07-01"]);
    }

    #[test]
    fn a_bad_row_is_told_with_its_line_and_the_rule() {
        let file = "email,department,hours,start\n\
                    ada@example.com,IT,8,2027-07-01\n\
                    \n\
                    ada,IT,8,2027-07-01\n\
                    ada@example.com,Sales,8,2027-07-01\n\
                    ada@example.com,IT,8785,2027-07-01\n\
                    ada@example.com,IT,8,2027-02-29\n\
                    ada@example.com,IT,8\n\
                    ada@example.com,IT,8,2027-07-01,x\n\
                    ada@example.com,\"I\nT\",8,2027-07-01\n\
                    ada@example.com,HR,1,2027-07-01\n";
        let rows = read(file).expect("readable");
        assert_eq!(
            rows,
            [
                "ada@example.com IT 8 2027-07-01",
                "line 4: \"ada\" is not an e-mail address: it must have exactly one @",
                "line 5: \"Sales\" is not a department: it must be one of HR,IT,OPS",
                "line 6: \"8785\" is not a number of hours: it must be a whole number from 1 to 8784",
                "line 7: \"2027-02-29\" is not a start date: it must be a day YYYY-MM-DD from 0001-01-01 to 9999-12-31",
                "line 8: it has 3 values, the first line names 4 columns",
                "line 9: it has 5 values, the first line names 4 columns",
                "line 10: \"I\\nT\" is not a department: it must be one of HR,IT,OPS",
                "ada@example.com HR 1 2027-07-01",
            ]
        );
    }

    #[test]
    fn lines_are_counted_the_same_however_they_end() {
        for end in ["\n", "\r\n"] {
            let file = [
                "email,department,hours,start",
                "a",
                "",
                " ",
                "\"b",
                "\"",
                "c",
            ]
            .join(end);
            let rows = read(file).expect("readable");
            let lines: Vec<&str> = rows
                .iter()
                .filter_map(|row| row.split(':').next())
                .collect();
            assert_eq!(lines, ["line 2", "line 5", "line 7"], "{end:?}");
        }
    }

    #[test]
    fn a_row_with_quotes_begins_after_the_empty_lines_before_it() {
        let file = "\n\nemail,department,hours,start\n\n\n\"b\n\"\nc";
        let rows = read(file).expect("readable");
        let lines: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.split(':').next())
            .collect();
        assert_eq!(lines, ["line 6", "line 8"]);
    }

    #[test]
    fn a_value_in_another_encoding_is_told_where_it_matters() {
        let file = b"email,department,hours,start,name\n\
                     \xe4da@example.com,IT,8,2027-07-01,\n\
                     ada@example.com,IT,8,2027-07-01,\xe4\n";
        let rows = read(file).expect("readable");
        assert_eq!(
            rows,
            [
                "line 2: email is not in UTF-8; save the file as UTF-8",
                "ada@example.com IT 8 2027-07-01"
            ]
        );
    }

    #[test]
    fn a_file_that_is_not_of_applications_is_refused_as_a_whole() {
        let utf16: Vec<u8> = "email,".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [b"\xff\xfe", utf16.as_slice()].concat();
        for (file, reason) in [
            (&b""[..], "it is empty"),
            (b"\n\n", "it is empty"),
            (b"email,hours,start\n", "no column 'department'"),
            (b"email;department;hours;start\n", "separated by commas"),
            (
                b"email,department,hours,start,Email\n",
                "names column 'email' twice",
            ),
            (&with_mark, "UTF-16"),
            (&utf16, "UTF-16"),
        ] {
            let error = read(file).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_row() {
        let file = "email,department,hours,start\nada@example.com,IT,8,2027-07-01\nbob@example.com,\"IT,8,2027-07-01\neve@example.com,IT,8,2027-07-01\n";
        for file in [file, file.trim_end()] {
            let error = read(file).expect_err("it is not closed");
            assert!(error.to_string().starts_with("line 3: a quote"), "{error}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_does_not_read_the_file_into_memory() {
        let mut file =
            String::from("email,department,hours,start\n\"ada@example.com,IT,8,2027-07-01\n");
        file.push_str(&"ada@example.com,IT,8,2027-07-01\n".repeat(100_000));
        let error = read(file).expect_err("too long");
        assert_eq!(error.to_string(), "it could not be read at line 2");
        let cause = std::error::Error::source(&error).expect("a cause");
        assert!(
            cause.to_string().contains("is a quote not closed?"),
            "{cause}"
        );
    }
}
