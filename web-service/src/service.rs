//! What all requests share.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use chrono::Utc;
use timeoff_cli::Shutdown;
use timeoff_contract::{ApplicationWriter, CommandWriter, Contract};
use timeoff_ledger::Command;
use timeoff_log::{NewRecord, Position};
use timeoff_models::{ApplicationId, Email, LeaveApplication, TickClock, Ticks};
use timeoff_views::Come;
use tokio::sync::watch;

use crate::feed::Feed;
use crate::following::Standing;
use crate::ledgers::Ledgers;
use crate::measures::Measures;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::streams::Streams;
use crate::tail::Tail;
use crate::who::Authentication;

/// How long a request waits until the log has taken a record.
const PATIENCE: Duration = Duration::from_secs(5);

/// The log, the view of it, and who is believed.
pub(crate) struct Service {
    pub(crate) contract: Contract,
    pub(crate) reading: Reading,
    pub(crate) ledgers: Ledgers,
    pub(crate) standing: Standing,
    pub(crate) authentication: Authentication,
    pub(crate) measures: Measures,
    pub(crate) feed: Feed,
    /// Places for those who follow what happens.
    pub(crate) streams: Streams,
    pub(crate) tail: Tail,
    pub(crate) shutdown: Shutdown,
    applications: ApplicationWriter,
    commands: CommandWriter,
    clock: Mutex<TickClock>,
}

impl Service {
    /// Prepares for writing to the log of `contract`, and for asking the view in `folder`.
    ///
    /// # Errors
    ///
    /// If the schema registry does not take the schemas.
    pub(crate) async fn new(
        contract: Contract,
        folder: &Path,
        come: watch::Receiver<Come>,
        authentication: Authentication,
        shutdown: Shutdown,
    ) -> anyhow::Result<Service> {
        let prepare = "could not prepare for writing";
        Ok(Service {
            applications: contract.application_writer().await.context(prepare)?,
            commands: contract.command_writer().await.context(prepare)?,
            reading: Reading::new(folder, come, shutdown.clone()),
            ledgers: Ledgers::default(),
            standing: Standing::default(),
            measures: Measures::new(),
            feed: Feed::new(),
            streams: Streams::default(),
            tail: Tail::default(),
            shutdown,
            clock: Mutex::new(TickClock::new()),
            authentication,
            contract,
        })
    }

    /// How many departments there are, and so partitions of applications and of the ledger.
    pub(crate) fn partitions(&self) -> i32 {
        i32::try_from(self.contract.departments().len()).unwrap_or(i32::MAX)
    }

    /// The id of an application that is submitted now.
    pub(crate) fn new_id(&self, email: &Email) -> ApplicationId<'static> {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        ApplicationId::new(email, clock.stamp(now()))
    }

    /// Queues an application. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the log does not take it in time.
    pub(crate) async fn queue(
        &self,
        id: &ApplicationId<'_>,
        application: &LeaveApplication,
    ) -> Result<Position, Problem> {
        let record = self.applications.record(id, application);
        self.append_one(record).await
    }

    /// Queues a command in a partition. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// As [`Service::queue`].
    pub(crate) async fn send(
        &self,
        partition: i32,
        command: &Command,
    ) -> Result<Position, Problem> {
        let record = self.commands.record(partition, &command.to_record());
        self.append_one(record).await
    }

    /// Queues several commands at once, each in its partition. They are durable when this returns.
    ///
    /// # Errors
    ///
    /// As [`Service::queue`]; then some of them may be on the log.
    pub(crate) async fn send_all(
        &self,
        commands: &[(i32, Command)],
    ) -> Result<Vec<Position>, Problem> {
        let record = |(partition, command): &(i32, Command)| {
            self.commands.record(*partition, &command.to_record())
        };
        self.append(commands.iter().map(record).collect()).await
    }

    async fn append_one(&self, record: NewRecord) -> Result<Position, Problem> {
        let positions = self.append(vec![record]).await?;
        Ok(positions
            .into_iter()
            .next()
            .expect("one position for one record"))
    }

    async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, Problem> {
        if !self.standing.is_caught_up() {
            return Err(Problem::not_yet());
        }
        if let Some((_, reason)) = self.standing.trouble() {
            return Err(Problem::log_away(&reason));
        }
        let appending = self.contract.log().append(records);
        let appended = tokio::time::timeout(PATIENCE, appending).await;
        match appended {
            Ok(Ok(positions)) => Ok(positions),
            Ok(Err(error)) => Err(Problem::not_known(&error.source)),
            Err(_) => Err(Problem::not_known(&self.contract.log().obstacle())),
        }
    }
}

/// Now, in seconds since 1970.
pub(crate) fn now_in_seconds() -> i64 {
    Utc::now().timestamp()
}

/// Now.
pub(crate) fn now() -> Ticks {
    Ticks::of(SystemTime::now().into())
}
