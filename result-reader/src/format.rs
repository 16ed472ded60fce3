//! Results as lines.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use timeoff_cli::Field;
use timeoff_log::Position;
use timeoff_models::{ApplicationId, LeaveResult, Outcome};

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
    /// When the leave starts that is being printed.
    start: String,
}

enum Destination<W: Write> {
    Text {
        out: W,
        colour: bool,
    },
    Json(W),
    Csv {
        out: Box<csv::Writer<W>>,
        has_header: bool,
    },
}

impl<W: Write> Printer<W> {
    /// A printer onto `out`; `colour` matters to text only.
    pub(crate) fn new(format: Format, out: W, colour: bool) -> Printer<W> {
        let out = match format {
            Format::Text => Destination::Text { out, colour },
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
        ];
        match &mut self.out {
            Destination::Text { out, colour } => text(out, *colour, result),
            Destination::Json(out) => timeoff_cli::write_json_line(out, &fields),
            Destination::Csv { out, has_header } => {
                if !std::mem::replace(has_header, true) {
                    out.write_record(fields.map(|(name, _)| name))?;
                }
                let values = fields.map(|(_, value)| match value {
                    Field::Text(text) | Field::Plain(text) => text.into(),
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

fn text(out: &mut impl Write, colour: bool, result: &LeaveResult<'_>) -> io::Result<()> {
    let (on, off) = match (colour, result.outcome) {
        (false, _) => ("", ""),
        (true, Outcome::Approved) => ("\x1b[32m", "\x1b[0m"),
        (true, Outcome::Declined) => ("\x1b[31m", "\x1b[0m"),
    };
    let printable = timeoff_cli::printable;
    let application = &result.application;
    write!(
        out,
        "{on}{:<8}{off}  {:<4}  {:<30}  {:>4} h from {:<10}  by {}",
        result.outcome.as_str(),
        application.department.as_str(),
        application.email.as_str(),
        application.hours.get(),
        application.start,
        printable(&result.processed_by)
    )?;
    if let Some(comment) = &result.comment {
        write!(out, ": {}", printable(comment))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::{Format, Printer};
    use timeoff_log::Position;
    use timeoff_models::{ApplicationId, LeaveApplication, LeaveHours, LeaveResult, Outcome};

    fn printed(format: Format) -> String {
        let result = LeaveResult {
            application: LeaveApplication {
                email: "ada@example.com".parse().expect("an address"),
                department: "IT".parse().expect("a department"),
                hours: LeaveHours::try_from(16).expect("in range"),
                start: "2026-07-01".parse().expect("a date"),
            },
            outcome: Outcome::Approved,
            text: "Approved: enjoy, \"Ada\"".into(),
            processed_by: "Grace\u{1b}[2J".into(),
            comment: Some("two\nlines".into()),
            decided_at: None,
        };
        let position = Position {
            topic: "results".into(),
            partition: 1,
            offset: 7,
        };
        let mut out = Vec::new();
        let mut printer = Printer::new(format, &mut out, false);
        let id = ApplicationId::from_key("ada@example.com-1");
        printer
            .print(&id, &result, &position)
            .and_then(|()| printer.flush())
            .expect("a vector takes it");
        drop(printer);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn text_is_one_line_and_sends_nothing_to_the_terminal_but_text() {
        let line = printed(Format::Text);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
        for part in ["approved", "IT", "ada@example.com", "16 h", "2026-07-01"] {
            assert!(line.contains(part), "{line}");
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
                r#""topic":"results","partition":1,"offset":7}"#,
                "\n"
            )
        );
    }

    #[test]
    fn csv_has_a_header_and_quotes_what_needs_it() {
        let text = printed(Format::Csv);
        assert!(
            text.starts_with("id,email,department,hours,start,outcome,result,processed_by,comment,topic,partition,offset\n"),
            "{text}"
        );
        assert!(text.contains(r#""Approved: enjoy, ""Ada""""#), "{text}");
    }
}
