//! The command line.

use clap::{Parser, Subcommand};
use timeoff_cli::{LogArgs, Shutdown};

use crate::applications::{self, CancelArgs, DecideArgs, DecideCancellationArgs, WithdrawArgs};
use crate::balance::{self, BalanceArgs};
use crate::delegate::{self, DelegateArgs};
use crate::grant::{self, GrantArgs};
use crate::history::{self, LedgerArgs};
use crate::init::{self, InitArgs};
use crate::people::{self, PeopleArgs};
use crate::policy::{self, PolicyArgs};
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
    /// Ask for leave of your own to be cancelled that is booked. It counts until an approver has decided.
    Cancel(CancelArgs),
    /// Approve or decline a cancellation.
    ///
    /// An approver gives back what is still to come. An admin gives back days that are over, too, and needs nobody to
    /// have asked for it.
    DecideCancellation(DecideCancellationArgs),
    /// Check, set and show the policy by which leave is judged.
    Policy(PolicyArgs),
    /// Grant somebody leave that they can take, or correct what was granted.
    ///
    /// With --by-policy it is what the policy in force grants for a year. That can be repeated: it changes only what
    /// differs, because the policy is another one, or somebody begins, leaves or has other tags.
    #[command(after_help = "Examples:\n  \
        timeoff-admin grant --by-policy --year 2027 --everybody --dry-run\n  \
        timeoff-admin grant --by-policy --year 2027 bob@example.com\n  \
        timeoff-admin grant bob@example.com annual --hours 16 --from 2027-01-01 --until 2027-12-31\n\n\
        JSON with --by-policy, a line for each entitlement: email, person_id, department, command_id (null if nothing \
        was sent), entitlement_id, leave_type, minutes, minutes_before, first_day, last_day, change (granted, corrected, \
        taken_back, unchanged), answer (accepted, refused, unanswered; planned, would_be_refused; null if unchanged) \
        and reason.\n\n\
        Exit code: 0 if all is granted, 1 if something was refused, 2 for wrong usage.")]
    Grant(GrantArgs),
    /// Show what a person can take on a day, and why: what was granted, booked, reserved and has expired.
    ///
    /// Of several entitlements, the one that ends first is used first. What is left for the day is left in it as well:
    /// leave on later days then uses one that ends later. So another day has another distribution. An application that waits reserves what it asks
    /// for, unless the policy says otherwise.
    #[command(after_help = "Examples:\n  \
        timeoff-admin balance bob@example.com\n  \
        timeoff-admin balance bob@example.com --at 2027-12-31 --type annual --output json\n\n\
        JSON, a line for each amount: person_id, at, policy_version, leave_type, entry, minutes, entitlement_id, \
        first_day, last_day, date and application_id. The entry is balance, then for each entitlement granted, booked \
        and waiting (by day), expired, later and left; and missing, for booked leave without an entitlement. Granted \
        is the sum of the others.")]
    Balance(BalanceArgs),
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
        Command::Cancel(args) => applications::cancel(args, &log, &shutdown).await,
        Command::DecideCancellation(args) => {
            applications::decide_cancellation(args, &log, &shutdown).await
        }
        Command::Policy(args) => policy::run(args, &log, &shutdown).await,
        Command::Grant(args) => grant::run(args, &log, &shutdown).await,
        Command::Balance(args) => balance::run(args, &log, &shutdown).await,
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
