//! People: entering, changing, moving and showing them.
//!
//! | file | what it does |
//! |---|---|
//! | `file`, `row` | a CSV file, and what one of its rows says of a person |
//! | `plan` | what differs between a file and the ledger, as commands; no I/O |
//! | `unanswered` | commands about people whose answers have yet to come |
//! | `import`, `report` | has a plan carried out; what became of it |
//! | `change` | moves a person, and says which day is their last |
//! | `show`, `describe` | people on the screen; what is said of one |
//! | `find` | who is meant by an address or an id |

mod change;
mod describe;
mod file;
mod find;
mod import;
mod plan;
mod report;
mod row;
mod show;
mod unanswered;

use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, Shutdown};

pub(crate) use describe::{described, difference};
pub(crate) use find::find;

use change::{LeaveArgs, MoveArgs};
use import::ImportArgs;
use show::{ListArgs, ShowArgs};

#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enter the people of a CSV file, and change or move those who are not as it says.
    ///
    /// The first line names the columns, in any order: email, name and department, and if you like role, region,
    /// schedule, from, until and tags. A person is known by their e-mail address. All rows are checked before anything
    /// is sent; if one is wrong, nothing is. Who is not in the file stays as they are. The same file again changes
    /// nothing.
    #[command(after_help = "\
        A file (values are separated by commas, semicolons or tabs):\n  \
        email,name,department,role,region,schedule,from,until,tags\n  \
        ada@example.com,Ada Lovelace,IT,approver,DE-BY,480 480 480 480 240 0 0,2027-01-01,,\n  \
        bob@example.com,Bob Martin,HR,,,,,,nights first-aid\n\n\
        role: employee, approver or admin. schedule: the minutes of Monday to Sunday. from, until: the first and the \
        last day, YYYY-MM-DD. An empty cell means employee, or none; a column that is not there changes nothing. An \
        admin is entered in every department. Somebody who has left comes back only with a from after their last day, or a later \
        until.\n\n\
        JSON, a line for each command: email, command_id (null if nothing was sent), department, change, answer \
        (accepted, refused, unanswered; or planned, would_be_refused) and reason.")]
    Import(ImportArgs),
    /// List the people.
    List(ListArgs),
    /// Show what is entered of a person.
    Show(ShowArgs),
    /// Move a person to another department, and wait until they have arrived there.
    Move(MoveArgs),
    /// Say which day is a person's last.
    ///
    /// One who is entered with an earlier last day (until, in a file) is changed by people import first.
    Leave(LeaveArgs),
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub(crate) async fn run(
    args: PeopleArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    match args.command {
        Command::Import(args) => import::run(args, log, shutdown).await,
        Command::List(args) => show::list(args, log, shutdown).await,
        Command::Show(args) => show::show(args, log, shutdown).await,
        Command::Move(args) => change::move_to(args, log, shutdown).await,
        Command::Leave(args) => change::leave(args, log, shutdown).await,
    }
}
