//! The rows of a CSV file as applications.

use std::io::Read;

use timeoff_models::{Departments, LeaveApplication};

use crate::columns::{Columns, Row, UnusableFile};
use crate::dialect::{Opened, Whole, open};
use crate::records::Records;

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
    /// How many rows are no applications.
    pub(crate) bad: u64,
    /// Whether the file has ended.
    pub(crate) is_last: bool,
}

/// Reads a file row by row, in constant memory.
pub(crate) struct Rows<'a, R> {
    records: Records<Whole<R>>,
    columns: Columns,
    departments: &'a Departments,
}

impl<'a, R: Read> Rows<'a, R> {
    /// Reads the first line.
    pub(crate) fn new(
        source: R,
        departments: &'a Departments,
    ) -> Result<Rows<'a, R>, UnusableFile> {
        let Opened {
            source,
            dialect,
            line,
        } = open(source)?;
        let mut records = Records::new(source, dialect, line);
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
            match self.columns.row(&record, self.departments) {
                Ok(row) => return Ok(Some(Ok(row))),
                // Checked last, since nearly every row is an application.
                Err(_) if record.is_blank() => {}
                Err(reason) => {
                    let line = record.line;
                    return Ok(Some(Err(InvalidRow { line, reason })));
                }
            }
        }
        Ok(None)
    }

    /// Reads up to `count` rows; fewer if the file ends.
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

#[cfg(test)]
mod tests {
    use super::Rows;
    use crate::columns::UnusableFile;
    use timeoff_models::generated::LeaveApplicationReceived;
    use timeoff_models::{Departments, LeaveApplication, LeaveStart};

    /// What a file is read as, in one line for each row.
    fn read(file: impl AsRef<[u8]>) -> Result<Vec<String>, UnusableFile> {
        let departments = Departments::default();
        let mut rows = Rows::new(file.as_ref(), &departments)?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            read.push(match row {
                Ok(row) => {
                    let details = row.details.as_deref();
                    let until = details.and_then(|details| details.last_date);
                    let until = until.map_or_else(String::new, |until| format!(" to {until}"));
                    format!(
                        "{} {} {} {}{until}",
                        row.email, row.department, row.hours, row.start
                    )
                }
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
                "line 7: \"2027-02-29\" is not a start date: there is no such day",
                "line 8: it has 3 values, the first line names 4 columns",
                "line 9: it has 5 values, the first line names 4 columns",
                "line 10: \"I\\nT\" is not a department: it must be one of HR,IT,OPS",
                "ada@example.com HR 1 2027-07-01",
            ]
        );
    }

    /// All rows as applications.
    fn applications(file: &str) -> Vec<LeaveApplication> {
        let departments = Departments::default();
        let mut rows = Rows::new(file.as_bytes(), &departments).expect("a header");
        let chunk = rows.next_chunk(100).expect("readable");
        assert_eq!(chunk.bad, 0);
        chunk.good
    }

    #[test]
    fn a_file_without_the_columns_of_details_makes_applications_of_version_1() {
        let four = "email,department,hours,start\nada@example.com,IT,8,2027-07-01\n";
        let blank = "email,department,hours,start,type,until,first_day,last_day,minutes,note,replaces\n\
                     ada@example.com,IT,8,2027-07-01,,, ,,,,\n";
        for file in [four, blank] {
            let [application] = &applications(file)[..] else {
                panic!("one row");
            };
            assert_eq!(application.details, None);
            let record = LeaveApplicationReceived::from(application);
            let start = application.start.ticks().get();
            let version_1 = LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, start);
            assert_eq!(record, version_1);
        }
    }

    #[test]
    fn details_stand_in_columns_of_their_own() {
        let file = "until;Type;email;department;start;First_Day;last_day;note;replaces\n\
                    2027-07-05;Annual;ada@example.com;IT;2027-07-01;afternoon;morning;\"Harvest; again\";an id\n";
        let [application] = &applications(file)[..] else {
            panic!("one row");
        };
        // Thursday afternoon, Friday, Monday morning.
        assert_eq!(application.hours.get(), 16);
        let record = LeaveApplicationReceived::from(application);
        assert_eq!(record.leave_type.as_deref(), Some("annual"));
        assert_eq!(record.first_day.as_deref(), Some("afternoon"));
        assert_eq!(record.last_day.as_deref(), Some("morning"));
        assert_eq!(record.note.as_deref(), Some("Harvest; again"));
        assert_eq!(record.replaces.as_deref(), Some("an id"));
        let last: LeaveStart = "2027-07-05".parse().expect("a day");
        assert_eq!(record.leave_end_date_ticks, Some(last.ticks().get()));
    }

    #[test]
    fn hours_may_be_left_out_where_a_last_day_or_minutes_are_given() {
        let file = "email,department,hours,start,until,minutes\n\
                    ada@example.com,IT,,2027-07-01,2027-07-05,\n\
                    ada@example.com,IT,20,2027-07-01,2027-07-05,\n\
                    ada@example.com,IT,,2027-07-01,,90\n\
                    ada@example.com,IT,7,2027-07-01,,\n\
                    ada@example.com,IT,,2027-07-01,,\n\
                    ada@example.com,IT,x,2027-07-01,2027-07-05,\n\
                    ada@example.com,IT,,2027-07-01,2027-06-30,\n\
                    ada@example.com,IT,,2027-07-01,2027-07-05,90\n\
                    ada@example.com,IT,8,2027-07-01,soon,\n";
        let rows = read(file).expect("readable");
        assert_eq!(
            rows,
            [
                "ada@example.com IT 24 2027-07-01 to 2027-07-05",
                "ada@example.com IT 20 2027-07-01 to 2027-07-05",
                "ada@example.com IT 2 2027-07-01 to 2027-07-01",
                "ada@example.com IT 7 2027-07-01",
                "line 6: \"\" is not a number of hours: it must be a whole number from 1 to 8784",
                "line 7: \"x\" is not a number of hours: it must be a whole number from 1 to 8784",
                "line 8: until: it must not be before the first day, 2027-07-01, nor more than 366 days from it; give \
                 another last day",
                "line 9: minutes: they are only for leave on a single day, without halves; leave them out, or the last \
                 day and the halves",
                "line 10: until: \"soon\" is not a last day: it must be a day of the calendar, such as 2027-07-05",
            ]
        );
        let without = "email,department,start,until\nada@example.com,IT,2027-07-01,\n";
        let rows = read(without).expect("readable");
        assert!(
            rows[0].starts_with("line 2: hours: give the hours, a last day"),
            "{rows:?}"
        );
    }

    #[test]
    fn a_detail_in_another_encoding_is_told() {
        let file = b"email,department,hours,start,note\nada@example.com,IT,8,2027-07-01,\xe4\n";
        let rows = read(file).expect("readable");
        assert_eq!(
            rows,
            ["line 2: note is not in UTF-8; save the file as UTF-8"]
        );
    }

    #[test]
    fn what_spreadsheets_leave_around_the_rows_is_no_row() {
        let expected = [
            "ada@example.com IT 8 2027-07-01",
            "bob@example.com HR 4 2027-07-02",
        ];
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", "\u{a0}", "\u{1a}", ",,,", " , ,\u{a0},"] {
                let file = [
                    "email,department,hours,start",
                    "ada@example.com,IT,8,2027-07-01",
                    ",,,",
                    ",,,,",
                    "bob@example.com,HR,4,2027-07-02,",
                    last,
                ]
                .join(end);
                assert_eq!(read(&file).expect("readable"), expected, "{file:?}");
            }
        }
        let latin1 = [HEADER_AND_ADA, b"\xa0"].concat();
        assert_eq!(read(latin1).expect("readable"), expected[..1]);
        let header_with_comma = "email,department,hours,start,,\nada@example.com,IT,8,2027-07-01\n";
        assert_eq!(read(header_with_comma).expect("readable"), expected[..1]);
        let without_name = "email,department,hours,start,\nada@example.com,IT,8,2027-07-01,Ada\n";
        assert_eq!(read(without_name).expect("readable"), expected[..1]);
    }

    const HEADER_AND_ADA: &[u8] =
        b"email,department,hours,start\nada@example.com,IT,8,2027-07-01\n";

    #[test]
    fn values_may_be_separated_by_semicolons_or_tabs_and_lines_end_with_a_carriage_return() {
        for separator in [";", "\t", ","] {
            let named = format!("sep={separator}");
            let quoted = format!("\u{feff}\"SEP={separator}\"");
            for end in ["\n", "\r\n", "\r"] {
                for (first, line) in [("", 3), ("\u{feff}", 3), (&named, 4), (&quoted, 4)] {
                    let table = [
                        "name,email,department,hours,start",
                        "\"Lovelace; Ada\",ada@example.com,IT,8,2027-07-01",
                        "x,ada,IT,8,2027-07-01",
                    ]
                    .join(end)
                    .replace(',', separator);
                    let first_end = if line == 4 { end } else { "" };
                    let file = format!("{first}{first_end}{table}");
                    let rows = read(&file).expect("readable");
                    assert_eq!(rows[0], "ada@example.com IT 8 2027-07-01", "{file:?}");
                    let expected = format!("line {line}: \"ada\" is not");
                    assert!(rows[1].starts_with(&expected), "{rows:?} of {file:?}");
                }
            }
        }
    }

    #[test]
    fn a_file_in_another_format_is_named_as_that() {
        for (start, name) in [
            (&b"PK\x03\x04\x14\0\x06\0"[..], ".xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", ".xls"),
            (b"\x1f\x8b\x08\0", "gzip"),
        ] {
            let file = [start, &[0, 7, 13, 10, 44].repeat(100)].concat();
            let error = read(file).expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn lines_are_counted_the_same_however_they_end() {
        for end in ["\n", "\r\n", "\r"] {
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
            (b"email,department,start,note\n", "no column 'hours'"),
            (
                b"email,department,hours,start,until,Until\n",
                "'until' twice",
            ),
            (b"email|department|hours|start\n", "separated by commas"),
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
        let file = "email,department,hours,start\nada@example.com,IT,8,2027-07-01\nbob@example.com,\
            \"IT,8,2027-07-01\neve@example.com,IT,8,2027-07-01\n";
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
