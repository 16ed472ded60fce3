//! The command line.

use clap::{Parser, Subcommand};
use timeoff_cli::{LogArgs, Shutdown};

use crate::applications::{self, DecideArgs, WithdrawArgs};
use crate::delegate::{self, DelegateArgs};
use crate::history::{self, LedgerArgs};
use crate::init::{self, InitArgs};
use crate::people::{self, PeopleArgs};
use crate::recalculate::{self, RecalculateArgs};
use crate::views::{self, ViewsArgs};
use crate::wait::{self, CommandsArgs};
use crate::what_if::{self, WhatIfArgs};

/// Enter people, ask for decisions, and show what the ledger says.
///
/// Whatever changes something is sent as a command to the department concerned, and carried out by the manager who
/// holds it: manager-service serve, or an inbox. The answer is waited for and printed.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        manager-service serve &\n  \
        timeoff-admin init --admin grace@example.com --name 'Grace Hopper'\n  \
        export TIMEOFF_AS=grace@example.com\n  \
        timeoff-admin people import people.csv --dry-run\n  \
        timeoff-admin people import people.csv\n  \
        timeoff-admin decide ada@example.com-638000000000000000 approve\n  \
        timeoff-admin ledger show ada@example.com\n\n\
        Exit code: 0 done or accepted, 1 failed or refused, 2 wrong usage or input."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
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
    /// Name the first admin, who can then enter everybody else.
    ///
    /// The admin is named in every department. Where that has been done it can be done again, so an interrupted run is
    /// simply repeated; for somebody else it is refused.
    Init(InitArgs),
    /// Enter, change, move and show people.
    People(PeopleArgs),
    /// Have somebody decide in an approver's place for some days.
    Delegate(DelegateArgs),
    /// Approve or decline an application.
    Decide(DecideArgs),
    /// Take an application of your own back, as long as it is not decided.
    Withdraw(WithdrawArgs),
    /// Show what the ledger says.
    Ledger(LedgerArgs),
    /// Follow up what was asked for.
    Commands(CommandsArgs),
    /// Fold the topics into a SQLite file that can be asked.
    Views(ViewsArgs),
    /// Show what would have been decided under another policy. Changes nothing.
    WhatIf(WhatIfArgs),
    /// Count booked leave anew, by schedules, policy and calendar as they are now.
    Recalculate(RecalculateArgs),
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let Arguments { command, log } = arguments;
    match command {
        Command::Init(args) => init::run(args, &log, &shutdown).await,
        Command::People(args) => people::run(args, &log, &shutdown).await,
        Command::Delegate(args) => delegate::run(args, &log, &shutdown).await,
        Command::Decide(args) => applications::decide(args, &log, &shutdown).await,
        Command::Withdraw(args) => applications::withdraw(args, &log, &shutdown).await,
        Command::Ledger(args) => history::run(args, &log, &shutdown).await,
        Command::Commands(args) => wait::run(args, &log, &shutdown).await,
        Command::Views(args) => views::run(args, &log, &shutdown).await,
        Command::WhatIf(args) => what_if::run(args, &log, &shutdown).await,
        Command::Recalculate(args) => recalculate::run(args, &log, &shutdown).await,
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        timeoff_cli::command::<Arguments>().debug_assert();
    }
}
