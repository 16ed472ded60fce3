//! The rows of a CSV file as applications.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use timeoff_models::{Departments, LeaveApplication, LeaveHours, LeaveStart};

/// The columns that a file must have.
const COLUMNS: [&str; 4] = ["email", "department", "hours", "start"];

/// How many bytes are read at once.
const BUFFER: usize = 64 * 1024;

/// How many bytes are read at least: a byte order mark, which is looked for in the first bytes that come, and one more,
/// because nothing after it would be taken for the end.
const MIN_READ: usize = "\u{feff}".len() + 1;

/// How long a row may be, in bytes: an application is a thousandth of that, but a quote that is not closed makes one row
/// of all that follows.
const MAX_ROW: usize = 256 * 1024;

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
    #[error("line {line}: a quote is opened and not closed before the end of the file")]
    OpenQuote {
        /// Where the row with the quote begins.
        line: u64,
    },
    #[error("it could not be read at line {line}")]
    Csv {
        line: u64,
        #[source]
        source: csv::Error,
    },
}

/// A row that is no application.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct InvalidRow {
    /// The line in the file at which it begins, counted from 1.
    pub(crate) line: u64,
    pub(crate) reason: String,
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
    reader: Reader<Bounded<R>>,
    since_row: Rc<Cell<usize>>,
    width: usize,
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
        let since_row = Rc::new(Cell::new(0));
        let source = Bounded {
            source,
            since_row: since_row.clone(),
            is_at_end: false,
        };
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            // A carriage return before it is white space, which does not count at the end of a value.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER)
            .from_reader(source);
        let unreadable = |source| UnusableFile::Csv { line: 1, source };
        let header = reader.byte_headers().map_err(unreadable)?;
        let columns = columns(header)?;
        Ok(Rows {
            width: header.len(),
            reader,
            since_row,
            columns,
            departments,
            bytes: ByteRecord::new(),
        })
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next(
        &mut self,
    ) -> Result<Option<Result<LeaveApplication, InvalidRow>>, UnusableFile> {
        loop {
            self.since_row.set(0);
            let line = self.reader.position().line();
            let has_row = self
                .reader
                .read_byte_record(&mut self.bytes)
                .map_err(|source| UnusableFile::Csv { line, source })?;
            if !has_row {
                return Ok(None);
            }
            if self.is_blank() {
                continue;
            }
            // The line end that was added at the end of the file became part of a value.
            if self.reader.get_ref().is_at_end && self.bytes.as_slice().ends_with(b"\n") {
                let within = self.line_ends_within();
                let line = self.reader.position().line() - within;
                return Err(UnusableFile::OpenQuote { line });
            }
            return Ok(Some(self.parse().map_err(|reason| InvalidRow {
                line: self.line(),
                reason,
            })));
        }
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
                Some(Ok(application)) => chunk.good.push(application),
                Some(Err(_)) => chunk.bad += 1,
                None => {
                    chunk.is_last = true;
                    break;
                }
            }
        }
        Ok(chunk)
    }

    fn is_blank(&self) -> bool {
        self.bytes.len() == 1 && self.bytes.as_slice().trim_ascii().is_empty()
    }

    /// The line at which the row read last begins, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        // The reader is at the beginning of the line after the row.
        self.reader.position().line() - 1 - self.line_ends_within()
    }

    fn line_ends_within(&self) -> u64 {
        let bytes = self.bytes.as_slice();
        bytes.iter().filter(|&&b| b == b'\n').count() as u64
    }

    fn parse(&self) -> Result<LeaveApplication, String> {
        if self.bytes.len() != self.width {
            return Err(format!(
                "it has {} values, the first line names {} columns",
                self.bytes.len(),
                self.width
            ));
        }
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
        let bytes = self.bytes.get(column).unwrap_or_default();
        std::str::from_utf8(bytes.trim_ascii())
            .map_err(|_| format!("{name} is not in UTF-8; save the file as UTF-8"))
    }
}

/// Where the columns are that a file must have.
fn columns(header: &ByteRecord) -> Result<[usize; 4], UnusableFile> {
    if header.is_empty() {
        return Err(UnusableFile::Empty);
    }
    let first = header.get(0).unwrap_or_default();
    let is_utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
    if is_utf16 || first.contains(&0) {
        return Err(UnusableFile::Utf16);
    }
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
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
    Ok(columns)
}

/// Fails where a row has no end, and ends the last line where the file does not.
struct Bounded<R> {
    source: R,
    /// How many bytes were read since a row began.
    since_row: Rc<Cell<usize>>,
    is_at_end: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > MAX_ROW {
            return Err(io::Error::other(format!(
                "a row is longer than {} KiB; is a quote not closed?",
                MAX_ROW / 1024
            )));
        }
        let count = self.read_some(buffer)?;
        self.since_row.set(self.since_row.get() + count);
        if count == 0 && !self.is_at_end && !buffer.is_empty() {
            self.is_at_end = true;
            buffer[0] = b'\n';
            return Ok(1);
        }
        Ok(count)
    }
}

impl<R: Read> Bounded<R> {
    /// Reads what there is, and [`MIN_READ`] bytes unless there are not so many.
    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < MIN_READ.min(buffer.len()) {
            match self.source.read(&mut buffer[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
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
