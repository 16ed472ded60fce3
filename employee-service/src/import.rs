//! Queuing the rows of a CSV file: all are checked, then the good ones are queued.

use std::fs::File;
use std::io::Write;

use anyhow::Context;
use timeoff_cli::{
    Field, LogArgs, Notices, OutputFormat, Shutdown, UsageError, chain, counted, printable,
};
use timeoff_models::{Departments, LeaveStart};

use crate::queue::Queue;
use crate::remarks::Remarks;
use crate::rows::{InvalidRow, Rows, UnusableFile};
use crate::source::Source;

/// How many bad rows are told one by one.
const TOLD_ROWS: u64 = 100;

/// How many characters of what is wrong with a row are told.
const TOLD_CHARACTERS: usize = 300;

/// After how many rows it is looked whether a stop was asked for.
const ROWS_A_LOOK: u64 = 1024;

/// How [`run`] is to behave.
pub(crate) struct Settings {
    pub(crate) skip_invalid: bool,
    pub(crate) output: OutputFormat,
    pub(crate) notices: Notices,
    /// The day at the place of whoever queues them.
    pub(crate) today: LeaveStart,
}

/// What the first reading found: how many rows are applications, how many are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) good: u64,
    pub(crate) bad: u64,
}

/// Checks all rows, then queues the good ones, in their order.
pub(crate) async fn run(
    log: &LogArgs,
    source: Source,
    settings: &Settings,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let version = source.version()?;
    let mut remarks = Remarks::new(settings.today);
    let checked = check(&source, log.departments(), &mut remarks, shutdown)?;
    if checked.good + checked.bad == 0 {
        return Err(unusable(source.name(), &UnusableFile::NoRows));
    }
    if checked.bad > 0 && !settings.skip_invalid {
        return Err(UsageError(format!(
            "{}: {} of {}, nothing was queued; mend them, or queue the others with --skip-invalid",
            source.name(),
            checked.bad,
            counted(
                checked.good + checked.bad,
                "row is not an application",
                "rows are not applications"
            )
        ))
        .into());
    }
    for sentence in remarks.sentences(source.name()) {
        settings.notices.say(&sentence);
    }
    let contract = tokio::select! {
        contract = log.open_to_fill() => contract?,
        () = shutdown.requested() => anyhow::bail!("stopped before anything was queued"),
    };
    if source.version()? != version {
        anyhow::bail!(
            "{} was changed after it had been checked; nothing was queued",
            source.name()
        );
    }
    let queue = Queue::open(&contract, checked, &settings.notices).await?;
    let queued = queue.fill(&source, shutdown).await?;
    if source.version()? != version {
        anyhow::bail!(
            "{} was changed while it was read: compare it with {} queued",
            source.name(),
            counted(queued, "application that is", "applications that are")
        );
    }
    report(settings.output, queued, checked.bad).with_context(|| {
        format!(
            "{} queued, but that could not be printed",
            counted(queued, "application is", "applications are")
        )
    })
}

/// The rows of a file, from the first.
pub(crate) fn rows<'a>(
    source: &'a Source,
    departments: &'a Departments,
) -> anyhow::Result<Rows<'a, &'a File>> {
    Rows::new(source.rewound()?, departments).map_err(|error| unusable(source.name(), &error))
}

/// Reads all rows and tells the bad ones.
fn check(
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

/// What is wrong with the input is an answer, not a notice: it is told however quiet the command is to be.
fn tell(name: &str, invalid: &InvalidRow) {
    let text = format!("{name}, {invalid}");
    let text = printable(&text);
    let shown: String = text.chars().take(TOLD_CHARACTERS).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    // Standard error may be closed; the exit code tells as well.
    let _ = writeln!(timeoff_cli::stderr(), "{shown}{more}");
}

fn report(output: OutputFormat, queued: u64, rejected: u64) -> anyhow::Result<()> {
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text if rejected > 0 => {
            writeln!(
                out,
                "{}, {}.",
                counted(queued, "application queued", "applications queued"),
                counted(rejected, "row rejected", "rows rejected")
            )?;
        }
        OutputFormat::Text => writeln!(
            out,
            "{}.",
            counted(queued, "application queued", "applications queued")
        )?,
        OutputFormat::Json => {
            let number = |count| Field::Number(i64::try_from(count).unwrap_or(i64::MAX));
            let counts = [("queued", number(queued)), ("rejected", number(rejected))];
            timeoff_cli::write_json_line(&mut out, &counts)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn unusable(name: &str, error: &UnusableFile) -> anyhow::Error {
    UsageError(format!("{name}: {}", chain(error))).into()
}
