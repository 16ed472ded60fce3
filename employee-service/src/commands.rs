//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use timeoff_cli::{LogArgs, Notices, OutputFormat, Shutdown, Terminal, UsageError};
use timeoff_models::{Email, LeaveApplication, LeaveHours, LeaveStart};

use crate::form;
use crate::import::{self, Source};
use crate::submit::{self, Submitter};

/// Submit leave applications.
///
/// Without a command: a form that asks for one application after the other.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        employee-service\n  \
        employee-service submit --email ada@example.com --department IT --hours 16 --start 2027-07-01\n  \
        employee-service import applications.csv\n  \
        employee-service --log kafka://127.0.0.1:9092 import --skip-invalid - < applications.csv"
)]
pub struct Arguments {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Queue one application.
    Submit(SubmitArgs),
    /// Queue the applications in a CSV file.
    ///
    /// The first line names the columns email, department, hours and start, in any order; further columns do not
    /// count. All rows are checked before the first is queued; if one is wrong, none is.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct SubmitArgs {
    /// Who asks.
    #[arg(long, value_name = "E-MAIL")]
    email: Email,
    /// Whose manager decides; one of --departments.
    #[arg(long, value_name = "NAME")]
    department: String,
    /// How long the leave is, in hours: 1 to 8784.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    hours: LeaveHours,
    /// On which day it starts.
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: LeaveStart,
    /// How the application's place on the log is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// Queue the good rows although there are bad ones, which are reported.
    #[arg(long)]
    skip_invalid: bool,
    /// How the numbers of queued and rejected rows are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Carries out a command line.
///
/// # Errors
///
/// What a person should read when it fails.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let Arguments { log, command } = arguments;
    match command {
        None => {
            let mut terminal = Terminal::open(
                shutdown,
                "employee-service submit --email E --department D --hours N --start YYYY-MM-DD",
            )?;
            let mut submitter = Submitter::open(&log).await?;
            form::run(&mut submitter, &mut terminal).await
        }
        Some(Command::Submit(submit)) => {
            let department = log
                .departments()
                .parse(&submit.department)
                .map_err(|error| UsageError(format!("--department: {error}")))?;
            let application = LeaveApplication {
                email: submit.email,
                department,
                hours: submit.hours,
                start: submit.start,
            };
            tokio::select! {
                outcome = submit::run(&log, &application, submit.output) => outcome,
                () = shutdown.requested() => {
                    anyhow::bail!("stopped before the application was known to be queued")
                }
            }
        }
        Some(Command::Import(import)) => {
            let source = Source::open(&import.file)?;
            let settings = import::Settings {
                skip_invalid: import.skip_invalid,
                output: import.output,
            };
            import::run(&log, source, &settings, &Notices::new(&log), &shutdown).await
        }
    }
}
