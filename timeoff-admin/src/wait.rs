//! What became of a command.

use std::ops::ControlFlow;
use std::slice;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, OutputFormat, Shutdown};
use timeoff_contract::AnyCommand;
use timeoff_ledger::CommandId;

use crate::office::{Awaited, Office, Waited};
use crate::options::conclude;
use crate::topic::read_through;

#[derive(Debug, Args)]
pub(crate) struct CommandsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what became of a command, and wait until it is answered.
    #[command(after_help = "\
        Exit code: 0 if it was accepted, 1 if it was refused or not answered in time, 2 for wrong usage.")]
    Wait(WaitArgs),
}

#[derive(Debug, Args)]
struct WaitArgs {
    /// The command's id.
    #[arg(value_name = "ID")]
    command_id: CommandId,
    /// Wait no longer than this [default: as long as it takes].
    #[arg(long, value_name = "SECONDS")]
    within: Option<u32>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command was refused, has no answer in time, or somebody asks to stop.
pub(crate) async fn run(
    args: CommandsArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let Command::Wait(args) = args.command;
    let id = args.command_id;
    let within = args
        .within
        .map(|seconds| Duration::from_secs(seconds.into()));
    // Opening the log and reading it does not count: whoever waits for no time at all wants to know what is there.
    let mut office = Office::open_to_look(log, [id], shutdown).await?;
    if office.books.answer(id).is_none() {
        let ledger = &office.contract.topics().ledger;
        let there = office.contract.log().partitions_of(slice::from_ref(ledger));
        if there.await?.is_empty() {
            bail!(
                "no answer to {id}: there is no topic {ledger}, so nobody has asked for anything yet"
            );
        }
        let partition = tokio::select! {
            partition = partition_of(&office, id) => partition?,
            () = shutdown.requested() => bail!("stopped before the answer came"),
        };
        let partitions: Vec<i32> = match partition {
            Some(partition) => vec![partition],
            None => {
                office.notices.say(&format!(
                    "There is no command {id} on {} yet.",
                    office.contract.topics().commands
                ));
                let departments = office.books.departments().len();
                (0..i32::try_from(departments).unwrap_or(i32::MAX)).collect()
            }
        };
        let waiting = office.wait(vec![Awaited::to(id, partitions)]);
        let waited = match within {
            None => waiting.await?,
            Some(within) => match tokio::time::timeout(within, waiting).await {
                Ok(waited) => waited?,
                Err(_) => bail!("no answer to {id} within {} s", within.as_secs()),
            },
        };
        if waited == Waited::Stopped {
            bail!("stopped before the answer to {id} came");
        }
    }
    match office.books.answer(id) {
        Some(noted) => conclude(args.output, noted, &office.books),
        None => bail!("no answer to {id}"),
    }
}

/// The partition to which a command was sent; `None` if it is not there yet.
async fn partition_of(office: &Office, id: CommandId) -> anyhow::Result<Option<i32>> {
    let (contract, notices) = (&office.contract, &office.notices);
    let topic = &contract.topics().commands;
    let mut partition = None;
    read_through(contract, topic, notices, async |record| {
        let understood = timeoff_cli::understand(|| contract.read_command(record), notices).await?;
        let is_it = understood.is_ok_and(|received| {
            let text = match &received.command {
                AnyCommand::Known(command) => command.command_id(),
                AnyCommand::Unknown(command) => &command.command_id,
            };
            text.parse() == Ok(id)
        });
        if is_it {
            partition = Some(record.position.partition);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(partition)
}
