//! Queuing the rows of a CSV file.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, IsTerminal, Seek, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use timeoff_cli::{LogArgs, Notices, OutputFormat, Shutdown, UsageError};
use timeoff_log::{AppendError, Appender, ApplicationWriter};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, TickClock, Ticks};

use crate::rows::{InvalidRow, Rows, UnusableFile};

/// How many bad rows are told one by one.
const TOLD_ROWS: u64 = 100;

/// After how many rows the progress bar is drawn again.
const ROWS_A_DRAW: u64 = 256;

/// How [`run`] is to behave.
pub(crate) struct Settings {
    pub(crate) skip_invalid: bool,
    pub(crate) output: OutputFormat,
}

/// What came of it, as it is printed.
#[derive(Debug, Serialize)]
struct Summary {
    queued: u64,
    rejected: u64,
}

/// A file that can be read twice: once to check it, once to queue it.
pub(crate) struct Source {
    name: String,
    file: File,
}

impl Source {
    /// Opens a file; `-` is standard input, which is copied to a nameless temporary file first.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Source> {
        if path == Path::new("-") {
            let mut file = tempfile::tempfile().context("could not make a temporary file")?;
            io::copy(&mut io::stdin().lock(), &mut file)
                .context("could not copy standard input to a temporary file")?;
            return Ok(Source {
                name: "standard input".to_owned(),
                file,
            });
        }
        let name = path.display().to_string();
        let file = File::open(path)
            .map_err(|error| UsageError(format!("{name} could not be opened: {error}")))?;
        let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if !is_regular {
            return Err(UsageError(format!(
                "{name} is not a file; pipe it and give '-' instead"
            ))
            .into());
        }
        Ok(Source { name, file })
    }

    fn rows<'a>(
        &mut self,
        departments: &'a Departments,
    ) -> anyhow::Result<Rows<'a, BufReader<&File>>> {
        self.file
            .rewind()
            .context("could not read from the start")?;
        let reader = BufReader::with_capacity(64 * 1024, &self.file);
        // The borrow of the file ends with the rows.
        Rows::new(reader, departments).map_err(|error| unusable(&self.name, error))
    }

    /// Changes when somebody writes to the file.
    fn version(&self) -> anyhow::Result<(u64, Option<SystemTime>)> {
        let metadata: Metadata = self.file.metadata().context("could not look at the file")?;
        Ok((metadata.len(), metadata.modified().ok()))
    }
}

/// What the first reading found.
struct Checked {
    good: u64,
    bad: u64,
}

/// Checks all rows, then queues the good ones, in their order.
pub(crate) async fn run(
    log: &LogArgs,
    mut source: Source,
    settings: &Settings,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let version = source.version()?;
    let checked = check(&mut source, log.departments())?;
    if checked.good + checked.bad == 0 {
        return Err(unusable(&source.name, UnusableFile::NoRows));
    }
    if checked.bad > 0 && !settings.skip_invalid {
        return Err(UsageError(format!(
            "{}: {} of {} rows are not applications; nothing was queued. Mend them, or queue the others with --skip-invalid",
            source.name,
            checked.bad,
            checked.good + checked.bad
        ))
        .into());
    }
    let contract = log.open().await?;
    let writer = contract
        .application_writer()
        .await
        .context("could not prepare for writing applications")?;
    let appender = contract.log().appender();
    let bar = progress_bar(checked.good);
    let mut queue = Queue {
        writer,
        appender: Some(appender),
        clock: TickClock::new(),
        bar,
    };
    let name = source.name.clone();
    let outcome = queue
        .fill(&mut source, log.departments(), version, shutdown)
        .await;
    queue.bar.finish_and_clear();
    let queued = outcome.with_context(|| format!("{name} is not queued as a whole"))?;
    report(settings.output, queued, checked.bad)?;
    if checked.bad > 0 {
        notices.say(&format!("{} rows were not queued.", checked.bad));
    }
    Ok(())
}

/// Reads all rows and tells the bad ones.
fn check(source: &mut Source, departments: &Departments) -> anyhow::Result<Checked> {
    let name = source.name.clone();
    let mut rows = source.rows(departments)?;
    let mut checked = Checked { good: 0, bad: 0 };
    while let Some(row) = rows.next().map_err(|error| unusable(&name, error))? {
        match row {
            Ok(_) => checked.good += 1,
            Err(invalid) => {
                checked.bad += 1;
                if checked.bad <= TOLD_ROWS {
                    tell(&name, &invalid);
                }
            }
        }
    }
    if checked.bad > TOLD_ROWS {
        let more = checked.bad - TOLD_ROWS;
        let _ = writeln!(io::stderr(), "{name}: … and {more} more");
    }
    Ok(checked)
}

/// What is wrong with the input is an answer, not a notice: it is told however quiet the command is to be.
fn tell(name: &str, invalid: &InvalidRow) {
    let text = timeoff_cli::printable(&format!("{name}, {invalid}"));
    let _ = writeln!(io::stderr(), "{text}");
}

/// The second reading.
struct Queue {
    writer: ApplicationWriter,
    appender: Option<Appender>,
    clock: TickClock,
    bar: ProgressBar,
}

impl Queue {
    /// Queues all good rows. Returns how many.
    async fn fill(
        &mut self,
        source: &mut Source,
        departments: &Departments,
        version: (u64, Option<SystemTime>),
        shutdown: &Shutdown,
    ) -> anyhow::Result<u64> {
        let name = source.name.clone();
        let mut appender = self.appender.take().context("a queue is filled once")?;
        let mut taken = 0_u64;
        {
            let mut rows = source.rows(departments)?;
            while let Some(row) = rows.next().map_err(|error| unusable(&name, error))? {
                let Ok(application) = row else { continue };
                let record = self.record(&application);
                let pushed = tokio::select! {
                    biased;
                    pushed = appender.push(record) => pushed,
                    () = shutdown.requested() => return Err(stopped(appender.acknowledged())),
                };
                pushed.map_err(broken_off)?;
                taken += 1;
                if taken.is_multiple_of(ROWS_A_DRAW) {
                    self.bar.set_position(appender.acknowledged());
                    if shutdown.is_requested() {
                        return Err(stopped(appender.acknowledged()));
                    }
                }
            }
        }
        if source.version()? != version {
            anyhow::bail!(
                "the file was changed while it was read; {taken} rows of what was read were sent, compare them"
            );
        }
        let acknowledged = appender.acknowledged();
        tokio::select! {
            finished = appender.finish() => finished.map_err(broken_off),
            () = shutdown.overdue() => Err(stopped(acknowledged)),
        }
    }

    fn record(&mut self, application: &LeaveApplication) -> timeoff_log::NewRecord {
        let now = self.clock.stamp(Ticks::of(SystemTime::now().into()));
        self.writer
            .record(&ApplicationId::new(&application.email, now), application)
    }
}

fn stopped(acknowledged: u64) -> anyhow::Error {
    anyhow::anyhow!(
        "stopped: the first {acknowledged} good rows are queued, the next ones may be, the last ones are not"
    )
}

fn broken_off(error: AppendError) -> anyhow::Error {
    let acknowledged = error.acknowledged;
    anyhow::Error::from(error.source).context(format!(
        "the first {acknowledged} good rows are queued, the next ones may be, the last ones are not"
    ))
}

fn report(output: OutputFormat, queued: u64, rejected: u64) -> anyhow::Result<()> {
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text => writeln!(out, "{queued} applications queued.")?,
        OutputFormat::Json => {
            timeoff_cli::write_json_line(&mut out, &Summary { queued, rejected })?
        }
    }
    out.flush()?;
    Ok(())
}

fn unusable(name: &str, error: UnusableFile) -> anyhow::Error {
    UsageError(format!("{name}: {}", timeoff_cli::chain(&error))).into()
}

fn progress_bar(rows: u64) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(
        "{bar:30} {human_pos} of {human_len} queued, {per_sec}, {eta} left",
    )
    .expect("the template is well-formed");
    ProgressBar::with_draw_target(Some(rows), target).with_style(style)
}
