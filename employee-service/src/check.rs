//! The first reading of a file: all its rows are checked, and the bad ones reported.

use std::fs::File;
use std::io::Write;

use timeoff_cli::{Shutdown, UsageError, chain, printable};
use timeoff_models::Departments;

use crate::columns::UnusableFile;
use crate::remarks::Remarks;
use crate::rows::{InvalidRow, Rows};
use crate::source::Source;

/// At most this many bad rows are reported individually.
const TOLD_ROWS: u64 = 100;

/// At most this many characters of what is wrong with a row are reported.
const TOLD_CHARACTERS: usize = 300;

/// After this many rows, a stop is checked for.
const ROWS_A_LOOK: u64 = 1024;

/// What the first reading found: how many rows are applications, how many are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) good: u64,
    pub(crate) bad: u64,
}

/// The rows of a file, from the first.
pub(crate) fn rows<'a>(
    source: &'a Source,
    departments: &'a Departments,
) -> anyhow::Result<Rows<'a, &'a File>> {
    Rows::new(source.rewound()?, departments).map_err(|error| unusable(source.name(), &error))
}

/// Reads all rows and reports the bad ones.
pub(crate) fn check(
    source: &Source,
    departments: &Departments,
    remarks: &mut Remarks,
    shutdown: &Shutdown,
) -> anyhow::Result<Checked> {
    let mut rows = rows(source, departments)?;
    let mut checked = Checked { good: 0, bad: 0 };
    let unusable = |error| unusable(source.name(), &error);
    while let Some(row) = rows.next().map_err(unusable)? {
        match row {
            Ok(row) => {
                checked.good += 1;
                remarks.look_at(&row, rows.line());
            }
            Err(invalid) => {
                checked.bad += 1;
                if checked.bad <= TOLD_ROWS {
                    tell(source.name(), &invalid);
                }
            }
        }
        if (checked.good + checked.bad).is_multiple_of(ROWS_A_LOOK) && shutdown.is_requested() {
            anyhow::bail!("stopped before anything was queued");
        }
    }
    if checked.bad > TOLD_ROWS {
        let more = checked.bad - TOLD_ROWS;
        let _ = writeln!(
            timeoff_cli::stderr(),
            "{}: … and {more} more",
            source.name()
        );
    }
    Ok(checked)
}

/// Reports a bad row. What is wrong with the input is an answer, not a notice, so it is reported however quiet the
/// command is to be.
fn tell(name: &str, invalid: &InvalidRow) {
    let text = format!("{name}, {invalid}");
    let text = printable(&text);
    let shown: String = text.chars().take(TOLD_CHARACTERS).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    // Standard error may be closed; the exit code says it as well.
    let _ = writeln!(timeoff_cli::stderr(), "{shown}{more}");
}

pub(crate) fn unusable(name: &str, error: &UnusableFile) -> anyhow::Error {
    UsageError(format!("{name}: {}", chain(error))).into()
}
