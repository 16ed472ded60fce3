//! The second reading of a file: its good rows are queued.

use std::io::{self, IsTerminal};
use std::pin::{Pin, pin};
use std::time::SystemTime;

use anyhow::{Context, anyhow};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use timeoff_cli::{Notices, STALL, Shutdown, counted, stalled};
use timeoff_contract::{ApplicationWriter, Contract};
use timeoff_log::{AppendError, Appender, NewRecord};
use timeoff_models::{ApplicationId, LeaveApplication, TickClock, Ticks};
use tokio::time::{Instant, Sleep};

use crate::check::{Checked, rows};
use crate::source::Source;

/// After this many rows, the progress bar is drawn again and a stop is checked for.
const ROWS_A_CHUNK: usize = 256;

/// Queues the good rows of a file that was checked.
pub(crate) struct Queue<'a> {
    contract: &'a Contract,
    writer: ApplicationWriter,
    clock: TickClock,
    checked: Checked,
    bar: ProgressBar,
    notices: &'a Notices,
}

/// Why no more rows are queued.
enum End {
    /// There are no more.
    Whole,
    /// A stop was asked for.
    Stopped,
    /// The file cannot be read on.
    Unreadable(anyhow::Error),
    /// The log does not take them.
    Refused(AppendError),
}

impl<'a> Queue<'a> {
    pub(crate) async fn open(
        contract: &'a Contract,
        checked: Checked,
        notices: &'a Notices,
    ) -> anyhow::Result<Queue<'a>> {
        let writer = contract
            .application_writer()
            .await
            .context("could not prepare for writing applications")?;
        Ok(Queue {
            contract,
            writer,
            clock: TickClock::new(),
            checked,
            bar: progress_bar(checked.good, notices),
            notices,
        })
    }

    /// Queues all good rows. Returns how many, once all are on disk.
    pub(crate) async fn fill(
        mut self,
        source: &Source,
        shutdown: &Shutdown,
    ) -> anyhow::Result<u64> {
        let mut appender = self.contract.log().appender();
        let end = self.push_rows(&mut appender, source, shutdown).await?;
        if let End::Refused(error) = end {
            self.bar.finish_and_clear();
            return Err(self.broken_off(source, error));
        }
        let acknowledged = appender.acknowledged();
        let finished = tokio::select! {
            finished = appender.finish() => Some(finished),
            () = shutdown.overdue() => None,
        };
        self.bar.finish_and_clear();
        let queued = match finished {
            Some(Ok(queued)) => queued,
            Some(Err(error)) => return Err(self.broken_off(source, error)),
            None => {
                let known = self.known(source, acknowledged, "nothing is certain");
                return Err(anyhow!("stopped as asked: {known}"));
            }
        };
        match end {
            End::Whole => Ok(queued),
            End::Stopped => {
                let known = self.known(source, queued, "none is");
                Err(anyhow!("stopped as asked: {known}"))
            }
            End::Unreadable(error) => Err(error.context(format!(
                "broken off: {}",
                counted(queued, "application is queued", "applications are queued")
            ))),
            End::Refused(error) => Err(self.broken_off(source, error)),
        }
    }

    async fn push_rows(
        &mut self,
        appender: &mut Appender,
        source: &Source,
        shutdown: &Shutdown,
    ) -> anyhow::Result<End> {
        let mut rows = rows(source, self.contract.departments())?;
        let mut stop = pin!(shutdown.requested());
        let mut stall = pin!(tokio::time::sleep(STALL));
        let (mut good, mut bad) = (0_u64, 0_u64);
        loop {
            let chunk = match rows.next_chunk(ROWS_A_CHUNK) {
                Ok(chunk) => chunk,
                Err(error) => return Ok(End::Unreadable(error.into())),
            };
            good += chunk.good.len() as u64;
            bad += chunk.bad;
            if bad > self.checked.bad {
                return Ok(End::Unreadable(changed(source)));
            }
            stall.as_mut().reset(Instant::now() + STALL);
            let push = push_all(appender, self.records(&chunk.good));
            let pushed = tokio::select! {
                biased;
                pushed = self.tell_if_it_stalls(push, stall.as_mut()) => pushed,
                () = stop.as_mut() => return Ok(End::Stopped),
            };
            if let Err(error) = pushed {
                return Ok(End::Refused(error));
            }
            if chunk.is_last {
                return Ok(match (good, bad) == (self.checked.good, self.checked.bad) {
                    true => End::Whole,
                    false => End::Unreadable(changed(source)),
                });
            }
            self.bar.set_position(appender.acknowledged());
            if shutdown.is_requested() {
                return Ok(End::Stopped);
            }
        }
    }

    /// The records of applications that are submitted now, each with its own tick.
    fn records(&mut self, applications: &[LeaveApplication]) -> Vec<NewRecord> {
        let now = Ticks::of(SystemTime::now().into());
        let record = |application: &LeaveApplication| {
            let id = ApplicationId::new(&application.email, self.clock.stamp(now));
            self.writer.record(&id, application)
        };
        applications.iter().map(record).collect()
    }

    async fn tell_if_it_stalls<T>(
        &self,
        push: impl Future<Output = T>,
        mut stall: Pin<&mut Sleep>,
    ) -> T {
        let mut push = pin!(push);
        tokio::select! {
            biased;
            pushed = push.as_mut() => return pushed,
            () = stall.as_mut() => {}
        }
        self.bar.suspend(|| {
            self.notices.say(&stalled(&self.contract.log().obstacle()));
        });
        let pushed = push.await;
        stall.as_mut().reset(Instant::now() + STALL);
        pushed
    }

    fn broken_off(&self, source: &Source, error: AppendError) -> anyhow::Error {
        let known = self.known(source, error.acknowledged, "nothing is certain");
        anyhow::Error::from(error.source).context(format!("broken off: {known}"))
    }

    /// What is known when the first `queued` good rows are on disk.
    fn known(&self, source: &Source, queued: u64, of_the_rest: &str) -> String {
        match self.line_of(source, queued) {
            Some(line) => format!(
                "{queued} of {} queued; of those from line {line} of {} on, {of_the_rest}",
                counted(self.checked.good, "application is", "applications are"),
                source.name()
            ),
            None => format!(
                "{queued} of {} queued",
                counted(self.checked.good, "application is", "applications are")
            ),
        }
    }

    /// The line of the good row after the first `count`, if the file can still be read that far.
    fn line_of(&self, source: &Source, count: u64) -> Option<u64> {
        let mut rows = rows(source, self.contract.departments()).ok()?;
        let mut good = 0;
        while let Ok(Some(row)) = rows.next() {
            if row.is_ok() {
                if good == count {
                    return Some(rows.line());
                }
                good += 1;
            }
        }
        None
    }
}

async fn push_all(appender: &mut Appender, records: Vec<NewRecord>) -> Result<(), AppendError> {
    for record in records {
        appender.push(record).await?;
    }
    Ok(())
}

fn changed(source: &Source) -> anyhow::Error {
    anyhow!("{} was changed after it had been checked", source.name())
}

/// A progress bar that counts the applications on disk.
fn progress_bar(rows: u64, notices: &Notices) -> ProgressBar {
    let target = if io::stderr().is_terminal() && !notices.is_quiet() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(
        "{bar:30} {human_pos} of {human_len} queued, {rate}, {eta} left",
    )
    .expect("the template is well-formed")
    .with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // Nobody has a use for fractions of an application. A rate that cannot be written is left out.
            let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
        },
    );
    ProgressBar::with_draw_target(Some(rows), target).with_style(style)
}
