//! Queuing one application.

use std::io::{self, Write};
use std::time::SystemTime;

use anyhow::Context;
use timeoff_cli::{Given, LogArgs, OutputFormat, UsageError, stalled, telling_of_a_stall};
use timeoff_contract::{ApplicationWriter, Contract};
use timeoff_log::{AppendError, LogError, Position};
use timeoff_models::{
    ApplicationId, Departments, Email, LeaveApplication, LeaveHours, LeaveStart, TickClock, Ticks,
};

/// An application as it was given in options.
pub(crate) struct Answers<'a> {
    pub(crate) email: &'a Given<String>,
    pub(crate) department: &'a str,
    pub(crate) hours: &'a str,
    pub(crate) start: &'a str,
}

impl Answers<'_> {
    /// The application, or one line that names each wrong option, its value and the rule.
    pub(crate) fn application(
        &self,
        departments: &Departments,
    ) -> Result<LeaveApplication, UsageError> {
        let Given { value: email, by } = self.email;
        let email = email.parse::<Email>();
        let department = departments.parse(self.department);
        let hours = self.hours.parse::<LeaveHours>();
        let start = self.start.parse::<LeaveStart>();
        let wrong: Vec<String> = [
            email.as_ref().err().map(|error| format!("{by}: {error}")),
            department
                .as_ref()
                .err()
                .map(|error| format!("--department: {error}")),
            hours
                .as_ref()
                .err()
                .map(|error| format!("--hours: {error}")),
            start
                .as_ref()
                .err()
                .map(|error| format!("--start: {error}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (email, department, hours, start) {
            (Ok(email), Ok(department), Ok(hours), Ok(start)) => Ok(LeaveApplication {
                email,
                department,
                hours,
                start,
                details: None,
            }),
            _ => Err(UsageError(wrong.join("; "))),
        }
    }
}

/// Queues applications, one at a time.
pub(crate) struct Submitter {
    contract: Contract,
    writer: ApplicationWriter,
    clock: TickClock,
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

    pub(crate) fn departments(&self) -> &Departments {
        self.contract.departments()
    }

    /// The id of an application that is submitted now.
    pub(crate) fn new_id(&mut self, application: &LeaveApplication) -> ApplicationId<'static> {
        let now = self.clock.stamp(Ticks::of(SystemTime::now().into()));
        ApplicationId::new(&application.email, now)
    }

    /// What an application is waiting for that has not been queued for some seconds.
    pub(crate) fn obstacle(&self) -> LogError {
        self.contract.log().obstacle()
    }

    /// Queues an application. It is on disk when this returns.
    pub(crate) async fn submit(
        &self,
        id: &ApplicationId<'_>,
        application: &LeaveApplication,
    ) -> Result<Position, AppendError> {
        let record = self.writer.record(id, application);
        let positions = self.contract.log().append(vec![record]).await?;
        Ok(positions
            .into_iter()
            .next()
            .expect("one position for one record"))
    }
}

/// Queues one application and prints where it is.
pub(crate) async fn run(
    log: &LogArgs,
    application: &LeaveApplication,
    output: OutputFormat,
    today: LeaveStart,
) -> anyhow::Result<()> {
    if application.start < today {
        log.notices().say(&in_the_past(application.start));
    }
    let mut submitter = Submitter::open(log).await?;
    let id = submitter.new_id(application);
    let tell = || log.notices().say(&stalled(&submitter.obstacle()));
    let position = telling_of_a_stall(submitter.submit(&id, application), tell)
        .await
        .map_err(|error| error.source)
        .context("the application is not known to be queued")?;
    print(output, &id, &position).with_context(|| unprinted(&id, &position))
}

fn print(output: OutputFormat, id: &ApplicationId<'_>, position: &Position) -> io::Result<()> {
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text => writeln!(out, "{}", sentence(id, position))?,
        OutputFormat::Json => {
            let queued = [
                ("id", id.as_str().into()),
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
            ];
            timeoff_cli::write_json_line(&mut out, &queued)?;
        }
    }
    out.flush()
}

/// The error for an application that is on disk, but could not be printed.
pub(crate) fn unprinted(id: &ApplicationId<'_>, position: &Position) -> String {
    format!(
        "the application is queued at partition {}, offset {}, with the id {id}, but that could not be printed",
        position.partition, position.offset
    )
}

/// The notice about a leave that begins before today: that may be right, but is more often a slip.
pub(crate) fn in_the_past(start: LeaveStart) -> String {
    format!("The leave starts on {start}, which is in the past.")
}

/// The sentence about an application that is on disk.
pub(crate) fn sentence(id: &ApplicationId<'_>, position: &Position) -> String {
    format!(
        "Queued at partition {}, offset {}. Its id is {id}.",
        position.partition, position.offset
    )
}
