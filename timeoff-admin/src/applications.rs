//! Deciding on an application, taking one back, and cancelling leave that is booked.

use std::ops::ControlFlow;

use anyhow::bail;
use clap::{Args, ValueEnum};
use timeoff_cli::{LogArgs, Shutdown, UsageError, escaped};
use timeoff_ledger::Request;
use timeoff_models::{ApplicationId, Comment, Outcome};

use crate::office::{Errand, Office};
use crate::options::{AskArgs, application, conclude};
use crate::topic::read_through;

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// The application's id, as employee-service and result-reader print it.
    #[arg(value_parser = application)]
    application: ApplicationId<'static>,
    /// What is decided.
    #[arg(value_enum)]
    outcome: Choice,
    /// What the employee is told.
    #[arg(long, value_name = "TEXT")]
    comment: Option<Comment>,
    /// Approve although the policy warns. What it warned of stands on the ledger.
    #[arg(long)]
    accept_warnings: bool,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    /// What is asked for is granted.
    Approve,
    /// It is not.
    Decline,
}

impl From<Choice> for Outcome {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Approve => Outcome::Approved,
            Choice::Decline => Outcome::Declined,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The id of the application whose leave is booked.
    #[arg(value_parser = application)]
    application: ApplicationId<'static>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DecideCancellationArgs {
    /// The id of the application whose leave is booked.
    #[arg(value_parser = application)]
    application: ApplicationId<'static>,
    /// What is decided: approve gives the leave back, decline keeps it booked.
    #[arg(value_enum)]
    outcome: Choice,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// The application's id, as employee-service prints it.
    #[arg(value_parser = application)]
    application: ApplicationId<'static>,
    #[command(flatten)]
    ask: AskArgs,
}

/// Asks for a decision.
///
/// # Errors
///
/// If it is refused, there is no such application, or somebody asks to stop.
pub(crate) async fn decide(
    args: DecideArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let request = Request::DecideApplication {
        application: args.application,
        outcome: args.outcome.into(),
        comment: args.comment,
        expected_version: None,
        accept_warnings: args.accept_warnings,
    };
    run(request, &args.ask, log, shutdown).await
}

/// Asks for an application to be taken back.
///
/// # Errors
///
/// As [`decide`].
pub(crate) async fn withdraw(
    args: WithdrawArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let application = args.application;
    run(
        Request::WithdrawApplication { application },
        &args.ask,
        log,
        shutdown,
    )
    .await
}

/// Asks for booked leave to be cancelled.
///
/// # Errors
///
/// As [`decide`].
pub(crate) async fn cancel(
    args: CancelArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let application = args.application;
    let request = Request::AskToCancel { application };
    run(request, &args.ask, log, shutdown).await
}

/// Asks for a decision on a cancellation.
///
/// # Errors
///
/// As [`decide`].
pub(crate) async fn decide_cancellation(
    args: DecideCancellationArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let request = Request::DecideCancellation {
        application: args.application,
        outcome: args.outcome.into(),
    };
    run(request, &args.ask, log, shutdown).await
}

async fn run(
    request: Request,
    ask: &AskArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let id = ask.id().command_id();
    let mut office = Office::open(log, [id], shutdown).await?;
    let Some(application) = request.application().cloned() else {
        bail!("the command is not about an application");
    };
    let partition = tokio::select! {
        partition = partition_for(&office, &request, &application) => partition?,
        () = shutdown.requested() => bail!("stopped before anything was sent"),
    };
    let Some(partition) = partition else {
        return Err(UsageError(format!(
            "there is no application {} on {}; employee-service prints an application's id when it is queued",
            escaped(application.as_str()),
            office.contract.topics().applications
        ))
        .into());
    };
    let errand = Errand::new(partition, id, ask.asker(), request);
    office.say_id(ask.id(), id);
    let noted = office.ask(&errand).await?;
    conclude(ask.id().output, &noted, &office.books)
}

/// The partition whose owner is asked: that of the booked leave, or where the application is queued.
async fn partition_for(
    office: &Office,
    request: &Request,
    id: &ApplicationId<'_>,
) -> anyhow::Result<Option<i32>> {
    let is_about_booked_leave = matches!(
        request,
        Request::AskToCancel { .. } | Request::DecideCancellation { .. }
    );
    match office.books.partition_of_leave(id) {
        Some(partition) if is_about_booked_leave => Ok(Some(partition)),
        _ => partition_of(office, id).await,
    }
}

/// The partition in which an application is queued.
async fn partition_of(office: &Office, id: &ApplicationId<'_>) -> anyhow::Result<Option<i32>> {
    let (contract, notices) = (&office.contract, &office.notices);
    let topic = &contract.topics().applications;
    let mut partition = None;
    read_through(contract, topic, notices, async |record| {
        let read = || contract.read_application(record);
        // A record that cannot be understood is no application.
        let is_it = matches!(timeoff_cli::understand(read, notices).await?, Ok(received) if received.id == *id);
        if is_it {
            partition = Some(record.position.partition);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(partition)
}
