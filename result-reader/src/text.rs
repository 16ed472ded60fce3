//! Results in columns, for people.

use std::io::{self, Write};

use timeoff_cli::escaped;
use timeoff_models::{ApplicationId, Departments, LeaveResult, Outcome};

/// The widths of the columns that are equally wide everywhere, without what separates them.
const DECIDED: usize = 16;
const OUTCOME: usize = 8;
const HOURS: usize = 4;
const START: usize = 10;

/// The narrowest and the widest that the address column is at a terminal. In a file it always has the greatest width.
const EMAIL: std::ops::RangeInclusive<usize> = 15..=30;

/// The address column's width at a terminal that has room for ids.
const EMAIL_BESIDE_ID: usize = 24;

/// A terminal of this many columns or more has room for wider gaps.
const ROOMY: usize = 100;

/// The width of "Manager #1".
const USUAL_NAME: usize = 10;

/// How much longer an id is than its address.
const ID_AFTER_EMAIL: usize = "-638000000000000000".len();

/// How wide the columns are, and what else depends on where they are shown.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    /// Whether the output is a terminal: there, a heading names the columns, and a minute is exact enough.
    has_heading: bool,
    has_colour: bool,
    /// What separates columns that everybody can tell apart.
    gap: &'static str,
    department: usize,
    email: usize,
    /// The id column's width, or `None` where there is no room for ids.
    id: Option<usize>,
}

impl Columns {
    /// Columns for a terminal of this width, or for a file if there is no terminal.
    pub(crate) fn new(terminal: Option<u16>, has_colour: bool, departments: &Departments) -> Self {
        let names = departments
            .iter()
            .map(|department| department.as_str().len());
        let department = names.max().unwrap_or_default().max("DEPT".len());
        let after = 2 + USUAL_NAME;
        let (narrow, wide) = (*EMAIL.start(), *EMAIL.end());
        let Some(columns) = terminal.map(usize::from) else {
            return Columns {
                has_heading: false,
                has_colour,
                gap: "  ",
                department,
                email: wide,
                id: Some(wide + ID_AFTER_EMAIL),
            };
        };
        let gap = if columns < ROOMY { " " } else { "  " };
        let before =
            DECIDED + OUTCOME + department + 1 + HOURS + " h".len() + START + 3 * gap.len() + 2;
        let room = columns.saturating_sub(before + after);
        // An id repeats the address, so the address counts twice.
        let has_id = room >= 2 * EMAIL_BESIDE_ID + ID_AFTER_EMAIL + 2;
        let email = match has_id {
            true => EMAIL_BESIDE_ID,
            false => room.clamp(narrow, wide),
        };
        Columns {
            has_heading: true,
            has_colour,
            gap,
            department,
            email,
            id: has_id.then_some(email + ID_AFTER_EMAIL),
        }
    }

    /// Writes the heading, where there is to be one.
    pub(crate) fn write_heading(&self, out: &mut impl Write) -> io::Result<()> {
        if !self.has_heading {
            return Ok(());
        }
        let (on, off) = match self.has_colour {
            true => ("\x1b[1m", "\x1b[0m"),
            false => ("", ""),
        };
        let Columns {
            gap,
            department,
            email,
            ..
        } = *self;
        write!(
            out,
            "{on}{:<DECIDED$}{gap}{:<OUTCOME$}{gap}{:<department$} {:>hours$}{gap}{:<START$}  {:<email$}  ",
            "DECIDED (UTC)",
            "OUTCOME",
            "DEPT",
            "HOURS",
            "START",
            "E-MAIL",
            hours = HOURS + 2
        )?;
        if let Some(id) = self.id {
            write!(out, "{:<id$}  ", "ID")?;
        }
        writeln!(out, "BY{off}")
    }

    /// Makes room for a department that is not configured, and writes the heading again.
    fn widen_for(&mut self, out: &mut impl Write, department: &str) -> io::Result<()> {
        let Some(more @ 1..) = department.len().checked_sub(self.department) else {
            return Ok(());
        };
        self.department += more;
        if self.has_heading {
            self.email = self.email.saturating_sub(more).max(*EMAIL.start());
        }
        self.write_heading(out)
    }

    /// Writes one result as a line. `decided_at` is in the form of RFC 3339, or `None` if nobody knows it.
    pub(crate) fn write(
        &mut self,
        out: &mut impl Write,
        id: &ApplicationId<'_>,
        result: &LeaveResult<'_>,
        decided_at: Option<&str>,
    ) -> io::Result<()> {
        let (on, off) = match (self.has_colour, result.outcome) {
            (false, _) => ("", ""),
            (true, Outcome::Approved) => ("\x1b[32m", "\x1b[0m"),
            (true, Outcome::Declined) => ("\x1b[31m", "\x1b[0m"),
        };
        let application = &result.application;
        self.widen_for(out, application.department.as_str())?;
        self.write_decided_at(out, decided_at)?;
        let Columns {
            gap,
            department,
            email,
            ..
        } = *self;
        write!(
            out,
            "{gap}{on}{:<OUTCOME$}{off}{gap}{:<department$} {:>HOURS$} h{gap}{:<START$}  {:<email$}  ",
            result.outcome.as_str(),
            application.department.as_str(),
            application.hours.get(),
            application.start,
            application.email.as_str(),
        )?;
        if let Some(width) = self.id {
            write!(out, "{:<width$}  ", escaped(id.as_str()))?;
        }
        out.write_all(escaped(&result.processed_by).as_bytes())?;
        if let Some(comment) = &result.comment {
            write!(out, ": {}", escaped(comment))?;
        }
        writeln!(out)
    }

    fn write_decided_at(&self, out: &mut impl Write, decided_at: Option<&str>) -> io::Result<()> {
        let part = |range| decided_at.and_then(|time| time.get(range));
        match (part(0..10), part(11..16), part(11..19)) {
            (Some(day), Some(minute), _) if self.has_heading => write!(out, "{day} {minute}"),
            (Some(day), _, Some(second)) => write!(out, "{day}T{second}Z"),
            _ if self.has_heading => write!(out, "{:<DECIDED$}", "-"),
            _ => write!(out, "{:<20}", "-"),
        }
    }
}
