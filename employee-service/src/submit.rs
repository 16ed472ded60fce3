//! Queuing one application.

use std::io::Write;
use std::time::SystemTime;

use anyhow::Context;
use serde::Serialize;
use timeoff_cli::{LogArgs, OutputFormat};
use timeoff_log::{AppendError, ApplicationWriter, Contract, Position};
use timeoff_models::{ApplicationId, LeaveApplication, TickClock, Ticks};

/// Queues applications, one at a time.
pub(crate) struct Submitter {
    contract: Contract,
    writer: ApplicationWriter,
    clock: TickClock,
}

/// Where an application stands, as it is printed.
#[derive(Debug, Serialize)]
struct Queued<'a> {
    id: &'a str,
    topic: &'a str,
    partition: i32,
    offset: i64,
}

impl Submitter {
    pub(crate) async fn open(log: &LogArgs) -> anyhow::Result<Submitter> {
        let contract = log.open().await?;
        let writer = contract
            .application_writer()
            .await
            .context("could not prepare for writing applications")?;
        Ok(Submitter {
            contract,
            writer,
            clock: TickClock::new(),
        })
    }

    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Queues an application. It is on disk when this returns.
    pub(crate) async fn submit(
        &mut self,
        application: &LeaveApplication,
    ) -> Result<(ApplicationId, Position), AppendError> {
        let now = self.clock.stamp(Ticks::of(SystemTime::now().into()));
        let id = ApplicationId::new(&application.email, now);
        let record = self.writer.record(&id, application);
        let positions = self.contract.log().append(vec![record]).await?;
        let position = positions
            .into_iter()
            .next()
            .expect("one position for one record");
        Ok((id, position))
    }
}

/// Queues one application and prints where it is.
pub(crate) async fn run(
    log: &LogArgs,
    application: &LeaveApplication,
    output: OutputFormat,
) -> anyhow::Result<()> {
    let mut submitter = Submitter::open(log).await?;
    let (id, position) = submitter
        .submit(application)
        .await
        .map_err(|error| error.source)
        .context("the application is not known to be queued")?;
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text => writeln!(out, "{}", sentence(&position))?,
        OutputFormat::Json => {
            let queued = Queued {
                id: id.as_str(),
                topic: &position.topic,
                partition: position.partition,
                offset: position.offset,
            };
            timeoff_cli::write_json_line(&mut out, &queued)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// What is said of an application that is on disk.
pub(crate) fn sentence(position: &Position) -> String {
    format!(
        "Queued at partition {}, offset {}.",
        position.partition, position.offset
    )
}
