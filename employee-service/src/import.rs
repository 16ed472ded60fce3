//! Queuing the rows of a CSV file: all are checked, then the good ones are queued.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Field, LogArgs, Notices, OutputFormat, Shutdown, UsageError, counted};
use timeoff_models::LeaveStart;

use crate::check::{check, unusable};
use crate::columns::UnusableFile;
use crate::queue::Queue;
use crate::remarks::Remarks;
use crate::source::Source;

/// How [`run`] is to behave.
pub(crate) struct Settings {
    pub(crate) skip_invalid: bool,
    pub(crate) output: OutputFormat,
    pub(crate) notices: Notices,
    /// Today, at the place of whoever queues them.
    pub(crate) today: LeaveStart,
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
