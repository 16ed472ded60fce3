//! What fuzzers call. They are in `fuzz/`; `cargo test` calls the same function with the inputs that are kept there.

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

use std::io::{self, Read};

use timeoff_models::{Departments, LeaveApplication};

use crate::columns::UnusableFile;
use crate::dialect;
use crate::records::{Dialect, is_nothing};
use crate::rows::{InvalidRow, Rows};

/// A row as it was read.
type Row = Result<LeaveApplication, InvalidRow>;

/// Reads any bytes as a file to import: each row is an application or has a reason with its line, in whatever pieces
/// the bytes come in.
pub fn csv(bytes: &[u8]) {
    let whole = read(bytes, usize::MAX);
    let in_pieces = read(bytes, 1 + bytes.len() % 7);
    let words =
        |outcome: &Result<(), UnusableFile>| outcome.as_ref().err().map(ToString::to_string);
    assert_eq!(whole.rows, in_pieces.rows);
    assert_eq!(whole.lines, in_pieces.lines);
    assert_eq!(words(&whole.outcome), words(&in_pieces.outcome));
    assert!(whole.lines.is_sorted_by(|before, after| before < after));
    let line_ends = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    let last_line = 1 + bytes.iter().filter(line_ends).count() as u64;
    assert!(whole.lines.last().is_none_or(|&line| line <= last_line));
    for (row, &line) in whole.rows.iter().zip(&whole.lines) {
        match row {
            Ok(application) => check_application(application),
            Err(invalid) => {
                assert_eq!(invalid.line, line);
                assert!(!invalid.reason.is_empty());
            }
        }
    }
    if whole.outcome.is_ok() && !bytes.contains(&b'"') {
        assert_eq!(whole.lines, lines_of_rows(bytes));
    }
}

struct Reading {
    rows: Vec<Row>,
    /// Where each row begins.
    lines: Vec<u64>,
    outcome: Result<(), UnusableFile>,
}

fn read(bytes: &[u8], piece: usize) -> Reading {
    let departments = Departments::default();
    let mut reading = Reading {
        rows: Vec::new(),
        lines: Vec::new(),
        outcome: Ok(()),
    };
    let mut rows = match Rows::new(Pieces { bytes, piece }, &departments) {
        Ok(rows) => rows,
        Err(unusable) => {
            reading.outcome = Err(unusable);
            return reading;
        }
    };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                reading.rows.push(row.map(LeaveApplication::from));
                reading.lines.push(rows.line());
                assert!(reading.rows.len() <= bytes.len(), "it does not end");
            }
            Ok(None) => return reading,
            Err(unusable) => {
                reading.outcome = Err(unusable);
                return reading;
            }
        }
    }
}

/// A source that gives at most `piece` bytes at once, as a pipe does.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.min(buffer.len());
        self.bytes.read(&mut buffer[..count])
    }
}

/// Where rows begin in a file without quotes. Each line is a row, except blank lines, the first one, and one that names
/// the separator.
fn lines_of_rows(bytes: &[u8]) -> Vec<u64> {
    let Ok(dialect::Opened { dialect, line, .. }) = dialect::open(bytes) else {
        return Vec::new();
    };
    let Dialect {
        separator,
        line_end,
    } = dialect;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut lines = (1..).zip(bytes.split(|&byte| byte == line_end));
    let mut lines = lines.by_ref().skip(line as usize - 1);
    lines.find(|(_, line)| !line.is_empty());
    let is_blank = |line: &[u8]| line.split(|&byte| byte == separator).all(is_nothing);
    lines
        .filter(|(_, line)| !is_blank(line))
        .map(|(number, _)| number)
        .collect()
}

/// Checks that an application written as a row is read as the same.
fn check_application(application: &LeaveApplication) {
    let LeaveApplication {
        email,
        department,
        hours,
        start,
        details,
    } = application;
    let mut header = "email,department,hours,start".to_owned();
    let mut row = format!("{email},{department},{hours},{start}");
    if let Some(details) = details {
        let quoted = |text: &str| format!(",\"{}\"", text.replace('"', "\"\""));
        header.push_str(",type,until,first_day,last_day,minutes,note,replaces");
        let texts = [
            details.leave_type.as_ref().map(ToString::to_string),
            details.last_date.map(|date| date.to_string()),
            Some(details.first_day.to_string()),
            Some(details.last_day.to_string()),
            details.minutes.map(|minutes| minutes.to_string()),
            details.note.as_ref().map(ToString::to_string),
            details.replaces.as_ref().map(|id| id.as_str().to_owned()),
        ];
        row.extend(
            texts
                .iter()
                .map(|text| quoted(text.as_deref().unwrap_or_default())),
        );
    }
    let file = format!("{header}\n{row}");
    assert_eq!(
        read(file.as_bytes(), usize::MAX).rows,
        [Ok(application.clone())]
    );
}

#[cfg(test)]
mod tests {
    use super::replay::replay;
    use proptest::prelude::*;

    /// Rows that follow the rule, and rows that nearly do.
    fn near_row() -> impl Strategy<Value = String> {
        "[ ]?(ada|a-b|é|)@?(Example.com|x|a.b.)[ \u{a0}]?,\
        \"?(IT|hr|sales)\"?,[ ]?(8|0|8784|9x),(2027-0[1-9]-[0-3][0-9]|soon),?\r?\n{0,2}"
    }

    /// Rows with details that follow the rule, and rows that nearly do.
    fn near_details() -> impl Strategy<Value = String> {
        "ada@x.com,IT,(8|),2027-01-0[789],(annual|a b|),(2027-01-(0[6-9]|1[0-3])|),(whole|Morning|),\
        (afternoon|morning|),(90|0|),(\"a \"\"b\"\" é\"|),(an id|)\r?\n"
    }

    proptest! {
        #[test]
        fn details_are_read_the_same_however_they_come_in(
            rows in proptest::collection::vec(near_details(), 0..20),
        ) {
            let header = "email,department,hours,start,type,until,first_day,last_day,minutes,note,replaces\n";
            super::csv((header.to_owned() + &rows.concat()).as_bytes());
        }

        #[test]
        fn rows_are_read_the_same_however_they_come_in_and_whatever_for(
            rows in proptest::collection::vec(near_row(), 0..20),
            any in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let rows = "email,department,hours,start\n".to_owned() + &rows.concat();
            super::csv(rows.replace(',', ";").as_bytes());
            super::csv(rows.replace('\n', "\r").as_bytes());
            super::csv(&[rows.as_bytes(), &any, rows.as_bytes()].concat());
            super::csv(&any);
        }
    }

    #[test]
    fn what_was_found_in_files_stays_mended() {
        replay("csv", super::csv);
    }
}
