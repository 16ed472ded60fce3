//! The command line.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use timeoff_cli::{LogArgs, OutputFormat, Shutdown, Terminal};
use timeoff_contract::Contract;
use timeoff_models::{Email, LeaveHours, ManagerName};

use crate::GROUP;
use crate::auto::{self, Settings};
use crate::dead_letters::{self, DeadLettersArgs};
use crate::departments::{self, DepartmentsArgs};
use crate::desk::Desk;
use crate::person;
use crate::policy::{Otherwise, Policy};

/// Decide leave applications.
///
/// Without a command: an inbox that shows each waiting application; approve it, decline it, leave it for later. What
/// you leave is offered again, first in line.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        manager-service --name 'Grace Hopper'\n  \
        manager-service auto --approve-up-to-hours 16 --otherwise leave\n  \
        manager-service --log kafka://127.0.0.1:9092 \
        auto --approve-up-to-hours 16 --otherwise decline --until-caught-up --output json\n  \
        manager-service dead-letters list\n  \
        manager-service dead-letters retry\n  \
        manager-service dead-letters retry 0:7 2:13 --output json\n  \
        manager-service departments add SALES\n  \
        manager-service log backup timeoff-monday.db"
)]
pub struct Arguments {
    /// The manager's name in decisions [default: 'Manager #' and the department's partition].
    #[arg(long, global = true, value_name = "NAME")]
    name: Option<ManagerName>,
    /// Who decides at the inbox, by the e-mail address that an admin has entered. Needed where people have been entered:
    /// only an approver, who stands in for one, or an admin may decide there.
    #[arg(long = "as", global = true, value_name = "EMAIL")]
    email: Option<Email>,
    /// The group of managers who share the departments: each application is decided once in a group.
    #[arg(long, global = true, value_name = "NAME", default_value = GROUP, value_parser = timeoff_cli::name)]
    group: String,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    log: LogArgs,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide by a rule, without a person, and go on as applications arrive.
    Auto(AutoArgs),
    /// Carry out commands without a person and, if there is a rule, decide by it. Go on as they arrive.
    Serve(ServeArgs),
    /// Show the records that could not be understood, or put back those that can be understood now.
    DeadLetters(DeadLettersArgs),
    /// Show which department has which partition, or add one.
    Departments(DepartmentsArgs),
    /// Look after the log as a whole.
    Log(LogCommandArgs),
}

#[derive(Debug, Args)]
struct LogCommandArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Copy a SQLite log to a new file, while others work on it.
    ///
    /// The copy is the log as it is at one moment: one file, whole, on disk, readable by its owner only. It can be used
    /// as a log at once, or put in the log's place while nobody uses the log.
    #[command(after_help = "Examples:\n  \
        manager-service log backup timeoff-monday.db\n  \
        manager-service --log sqlite:/srv/timeoff.db log backup /backups/timeoff-monday.db")]
    Backup {
        /// The new file. It must not exist.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct AutoArgs {
    /// Approve leaves of up to this many hours (1 to 8784).
    #[arg(long, value_name = "N")]
    approve_up_to_hours: LeaveHours,
    /// What becomes of longer ones: declined, or left for a person.
    #[arg(long, value_enum)]
    otherwise: Otherwise,
    /// End when everything that was waiting at the start has been decided or left, here or by another manager.
    #[arg(long)]
    until_caught_up: bool,
    /// How each decision is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Approve leaves of up to this many hours (1 to 8784).
    #[arg(long, value_name = "N", requires = "otherwise")]
    approve_up_to_hours: Option<LeaveHours>,
    /// What becomes of longer ones: declined, or left for a person.
    #[arg(long, value_enum, requires = "approve_up_to_hours")]
    otherwise: Option<Otherwise>,
    /// How each answer and each decision is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let Arguments {
        log,
        name,
        email,
        group,
        command,
    } = arguments;
    match command {
        Some(Command::Auto(auto)) => {
            let desk = open(&log, name, email, auto.until_caught_up).await?;
            let settings = Settings {
                group,
                policy: Some(Policy {
                    approve_up_to: auto.approve_up_to_hours,
                    otherwise: auto.otherwise,
                }),
                until_caught_up: auto.until_caught_up,
                output: auto.output,
            };
            let notices = log.notices();
            let mut out = timeoff_cli::stdout();
            auto::run(&desk, &settings, &mut out, &notices, &shutdown).await
        }
        Some(Command::Serve(serve)) => {
            let contract = log.open_with_ledger(false).await?;
            let desk = at_desk(contract, name, email).await?;
            let policy = serve.approve_up_to_hours.zip(serve.otherwise);
            let settings = Settings {
                group,
                policy: policy.map(|(approve_up_to, otherwise)| Policy {
                    approve_up_to,
                    otherwise,
                }),
                until_caught_up: false,
                output: serve.output,
            };
            let notices = log.notices();
            let mut out = timeoff_cli::stdout();
            auto::run(&desk, &settings, &mut out, &notices, &shutdown).await
        }
        Some(Command::DeadLetters(arguments)) => {
            dead_letters::run(arguments, &log, &shutdown).await
        }
        Some(Command::Departments(arguments)) => departments::run(arguments, &log).await,
        Some(Command::Log(LogCommandArgs {
            command: LogCommand::Backup { file },
        })) => {
            let bytes = tokio::select! {
                bytes = log.back_up(&file) => bytes.context("could not back up the log")?,
                () = shutdown.requested() => anyhow::bail!("stopped before the backup was made"),
            };
            let mut out = timeoff_cli::stdout();
            let name = file.display().to_string();
            writeln!(
                out,
                "Backed up to {}, {bytes} bytes.",
                timeoff_cli::printable(&name)
            )?;
            out.flush()?;
            Ok(())
        }
        None => {
            let mut terminal = Terminal::open(
                shutdown,
                "manager-service auto --approve-up-to-hours N --otherwise decline",
            )?;
            let desk = open(&log, name, email, false).await?;
            person::run(&desk, group, &mut terminal).await
        }
    }
}

async fn open(
    log: &LogArgs,
    name: Option<ManagerName>,
    email: Option<Email>,
    until_caught_up: bool,
) -> anyhow::Result<Desk> {
    // What a log without people has is enough; where they have been entered, the rest is there.
    let contract = log.open_for_a_run(until_caught_up).await?;
    at_desk(contract, name, email).await
}

async fn at_desk(
    contract: Contract,
    name: Option<ManagerName>,
    email: Option<Email>,
) -> anyhow::Result<Desk> {
    Desk::open(contract, name, email)
        .await
        .context("could not prepare for writing results")
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        timeoff_cli::command::<Arguments>().debug_assert();
    }
}
