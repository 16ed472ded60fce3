//! The policy of the departments: checking a file, setting it, showing what is in force.

mod check;
mod file;
mod set;
mod show;

use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, Shutdown};

use check::CheckArgs;
use set::SetArgs;
use show::ShowArgs;

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say all that is wrong with a file, and where. Needs no log.
    ///
    /// Departments that are not configured are only warned of: they can be added later.
    #[command(after_help = "Examples:\n  \
        timeoff-admin policy check policy.toml\n  \
        timeoff-admin policy check - --output json < policy.toml\n\n\
        JSON, a line for each problem: severity (error or warning), key, line, column and what.\n\n\
        Exit code: 0 if the policy can be set, 2 if it cannot.")]
    Check(CheckArgs),
    /// Have leave judged by the policy in a file from now on, in every department or in some.
    ///
    /// The file is checked first; if something is wrong with it, or one of the departments would refuse it, nothing is
    /// sent. A department that has this text in force already is left as it is.
    #[command(after_help = "Examples:\n  \
        timeoff-admin policy set policy.toml --dry-run\n  \
        timeoff-admin policy set policy.toml\n  \
        timeoff-admin policy set night-shift.toml --department OPS\n\n\
        JSON, a line for each department: department, command_id (null if nothing was sent), policy_version, answer \
        (accepted, refused, unanswered, unchanged; or planned, would_be_refused) and reason.")]
    Set(SetArgs),
    /// Show the policy in force: its text on standard output, its version and since when on standard error.
    ///
    /// If departments differ, it lists who has which; --department shows one.
    #[command(after_help = "Examples:\n  \
        timeoff-admin policy show\n  \
        timeoff-admin policy show --department IT > policy.toml\n\n\
        JSON, a line for each department: department, policy_version, since, by, by_name and policy_text (null \
        without a policy).")]
    Show(ShowArgs),
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub(crate) async fn run(
    args: PolicyArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    match args.command {
        Command::Check(args) => check::run(args, log, shutdown).await,
        Command::Set(args) => set::run(args, log, shutdown).await,
        Command::Show(args) => show::run(args, log, shutdown).await,
    }
}
