//! Results as lines.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use timeoff_cli::Field;
use timeoff_log::Position;
use timeoff_models::{ApplicationId, LeaveResult, UtcTime};

use crate::text::Columns;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    Text,
    /// One JSON object a line.
    Json,
    /// Comma-separated values under a header.
    Csv,
}

/// Writes results in one format.
pub(crate) struct Printer<W: Write> {
    out: Destination<W>,
    /// The start of the leave that is being printed.
    start: String,
}

enum Destination<W: Write> {
    Text {
        out: W,
        columns: Columns,
        has_heading: bool,
    },
    Json(W),
    Csv {
        out: Box<csv::Writer<W>>,
        has_header: bool,
    },
}

impl<W: Write> Printer<W> {
    /// A printer onto `out`; `columns` are those of text.
    pub(crate) fn new(format: Format, out: W, columns: Columns) -> Printer<W> {
        let out = match format {
            Format::Text => Destination::Text {
                out,
                columns,
                has_heading: false,
            },
            Format::Json => Destination::Json(out),
            Format::Csv => Destination::Csv {
                out: Box::new(csv::Writer::from_writer(out)),
                has_header: false,
            },
        };
        Printer {
            out,
            start: String::new(),
        }
    }

    /// Writes one result.
    ///
    /// # Errors
    ///
    /// Those of the destination.
    pub(crate) fn print(
        &mut self,
        id: &ApplicationId<'_>,
        result: &LeaveResult<'_>,
        position: &Position,
    ) -> io::Result<()> {
        let application = &result.application;
        self.start.clear();
        write!(self.start, "{}", application.start).expect("a string takes it");
        let decided_at = result.decided_at.map(UtcTime::from);
        let decided_at = decided_at.as_ref().map(UtcTime::as_str);
        let fields = [
            ("id", id.as_str().into()),
            ("email", Field::Plain(application.email.as_str())),
            ("department", Field::Plain(application.department.as_str())),
            ("hours", application.hours.get().into()),
            ("start", Field::Plain(&self.start)),
            ("outcome", Field::Plain(result.outcome.as_str())),
            ("result", (&*result.text).into()),
            ("processed_by", (&*result.processed_by).into()),
            ("comment", result.comment.as_deref().into()),
            ("topic", (&*position.topic).into()),
            ("partition", position.partition.into()),
            ("offset", position.offset.into()),
            (
                "decided_at",
                decided_at.map_or(Field::Nothing, Field::Plain),
            ),
        ];
        match &mut self.out {
            Destination::Text {
                out,
                columns,
                has_heading,
            } => {
                if !std::mem::replace(has_heading, true) {
                    columns.write_heading(out)?;
                }
                columns.write(out, id, result, decided_at)
            }
            Destination::Json(out) => timeoff_cli::write_json_line(out, &fields),
            Destination::Csv { out, has_header } => {
                if !std::mem::replace(has_header, true) {
                    out.write_record(fields.map(|(name, _)| name))?;
                }
                let values = fields.map(|(_, value)| match value {
                    Field::Text(text) | Field::Plain(text) => timeoff_cli::cell(text),
                    Field::Number(number) => number.to_string().into(),
                    Field::Nothing => Cow::default(),
                });
                out.write_record(
                    values
                        .each_ref()
                        .map(|value: &Cow<'_, str>| value.as_bytes()),
                )?;
                Ok(())
            }
        }
    }

    /// Makes sure that all is written out.
    ///
    /// # Errors
    ///
    /// Those of the destination.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Destination::Text { out, .. } => out.flush(),
            Destination::Json(out) => out.flush(),
            Destination::Csv { out, .. } => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Printer};
    use crate::text::Columns;
    use timeoff_log::Position;
    use timeoff_models::{
        ApplicationId, Departments, LeaveApplication, LeaveHours, LeaveResult, Outcome, Ticks,
    };

    fn result() -> LeaveResult<'static> {
        LeaveResult {
            application: LeaveApplication {
                email: "ada@example.com".parse().expect("an address"),
                department: "IT".parse().expect("a department"),
                hours: LeaveHours::try_from(16).expect("in range"),
                start: "2026-07-01".parse().expect("a date"),
                details: None,
            },
            outcome: Outcome::Approved,
            text: "Approved: enjoy, \"Ada\"".into(),
            processed_by: "Grace\u{1b}[2J".into(),
            comment: Some("two\nlines".into()),
            decided_at: Some(Ticks::try_from(638_400_192_000_000_001).expect("in range")),
        }
    }

    /// What is printed of a result at a terminal of this width, or into a file.
    fn printed_at(terminal: Option<u16>, format: Format, result: &LeaveResult<'_>) -> String {
        let position = Position {
            topic: "results".into(),
            partition: 1,
            offset: 7,
        };
        let mut out = Vec::new();
        let columns = Columns::new(terminal, false, &Departments::default());
        let mut printer = Printer::new(format, &mut out, columns);
        let id = ApplicationId::from_key("ada@example.com-1");
        printer
            .print(&id, result, &position)
            .and_then(|()| printer.flush())
            .expect("a vector takes it");
        drop(printer);
        String::from_utf8(out).expect("text")
    }

    fn printed(format: Format) -> String {
        printed_at(None, format, &result())
    }

    #[test]
    fn text_is_one_line_and_sends_nothing_to_the_terminal_but_text() {
        let line = printed(Format::Text);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
        for part in [
            "approved",
            "IT",
            "ada@example.com ",
            "16 h",
            "2026-07-01",
            "2024-01-05T02:40:00Z",
            "ada@example.com-1 ",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn a_terminal_of_80_columns_shows_what_each_column_is_and_a_usual_result_in_one_line() {
        let usual = LeaveResult {
            processed_by: "Manager #1".into(),
            comment: None,
            ..result()
        };
        let expected = "\
DECIDED (UTC)    OUTCOME  DEPT  HOURS START       E-MAIL              BY
2024-01-05 02:40 approved IT     16 h 2026-07-01  ada@example.com     Manager #1
";
        assert_eq!(printed_at(Some(80), Format::Text, &usual), expected);
        let nobody_knows_when = LeaveResult {
            decided_at: None,
            ..usual.clone()
        };
        let shown = printed_at(Some(80), Format::Text, &nobody_knows_when);
        assert!(shown.contains("\n-                approved"), "{shown}");
        let mut of_sales = usual.clone();
        of_sales.application.department = "SALES".parse().expect("a department");
        let departments = "HR,IT,SALES".parse().expect("departments");
        let mut columns = Columns::new(Some(80), false, &departments);
        let mut lines = Vec::new();
        columns
            .write_heading(&mut lines)
            .expect("a vector takes it");
        for result in [&usual, &of_sales] {
            let id = ApplicationId::from_key("ada@example.com-1");
            let written = columns.write(&mut lines, &id, result, Some("2024-01-05T02:40:00Z"));
            written.expect("a vector takes it");
        }
        let lines = String::from_utf8(lines).expect("text");
        for line in lines.lines() {
            assert_eq!(
                line.find("BY").or(line.find("Manager")),
                Some(70),
                "{lines}"
            );
            assert!(line.len() <= 80, "{lines}");
        }
        let wide = printed_at(Some(160), Format::Text, &usual);
        assert!(wide.contains("  ID   "), "{wide}");
        assert!(wide.contains("  ada@example.com-1   "), "{wide}");
    }

    #[test]
    fn a_department_that_is_not_configured_widens_its_column_from_then_on() {
        let usual = result();
        let mut unknown = usual.clone();
        unknown.application.department = "RESEARCH".parse().expect("a department");
        for (terminal, headings) in [(Some(80), 2), (None, 0)] {
            let mut columns = Columns::new(terminal, false, &Departments::default());
            let mut lines = Vec::new();
            columns
                .write_heading(&mut lines)
                .expect("a vector takes it");
            for result in [&unknown, &usual] {
                let id = ApplicationId::from_key("ada@example.com-1");
                let written = columns.write(&mut lines, &id, result, Some("2024-01-05T02:40:00Z"));
                written.expect("a vector takes it");
            }
            let lines = String::from_utf8(lines).expect("text");
            let addresses = |line: &str| line.find("ada@example.com");
            let places: Vec<_> = lines.lines().filter_map(addresses).collect();
            assert_eq!(places.len(), 2, "{lines}");
            assert_eq!(places[0], places[1], "{lines}");
            assert_eq!(lines.matches("DEPT").count(), headings, "{lines}");
        }
    }

    #[test]
    fn json_has_the_fields_of_the_contract_in_order() {
        assert_eq!(
            printed(Format::Json),
            concat!(
                r#"{"id":"ada@example.com-1","email":"ada@example.com","department":"IT","hours":16,"#,
                r#""start":"2026-07-01","outcome":"approved","result":"Approved: enjoy, \"Ada\"","#,
                r#""processed_by":"Grace\u001b[2J","comment":"two\nlines","#,
                r#""topic":"results","partition":1,"offset":7,"decided_at":"2024-01-05T02:40:00.0000001Z"}"#,
                "\n"
            )
        );
        let nobody_knows_when = LeaveResult {
            decided_at: None,
            ..result()
        };
        let line = printed_at(None, Format::Json, &nobody_knows_when);
        assert!(line.ends_with(",\"decided_at\":null}\n"), "{line}");
    }

    #[test]
    fn csv_has_a_header_and_quotes_what_needs_it() {
        let text = printed(Format::Csv);
        assert!(
            text.starts_with("id,email,department,hours,start,outcome,result,processed_by,comment,topic,partition,\
                offset,decided_at\n"),
            "{text}"
        );
        assert!(text.contains(r#""Approved: enjoy, ""Ada""""#), "{text}");
        assert!(
            text.ends_with(",1,7,2024-01-05T02:40:00.0000001Z\n"),
            "{text}"
        );
    }

    #[test]
    fn csv_gives_a_spreadsheet_nothing_to_compute_and_a_terminal_nothing_but_text() {
        let mut hostile = result();
        hostile.application.email = "=1+1@example.com".parse().expect("an address");
        hostile.processed_by = "@SUM(A1)\u{202e}".into();
        hostile.comment = Some("=HYPERLINK(\"http://x\")\nC:\\\u{1b}[2J".into());
        let text = printed_at(None, Format::Csv, &hostile);
        assert!(text.contains(",'=1+1@example.com,"), "{text}");
        assert!(text.contains(",'@SUM(A1)\\u{202e},"), "{text}");
        let comment = "\"'=HYPERLINK(\"\"http://x\"\")\nC:\\\\\\u{1b}[2J\"";
        assert!(text.contains(comment), "{text}");
    }
}
