//! The command line.

use std::convert::Infallible;
use std::path::PathBuf;

use anyhow::Context;
use chrono::Local;
use clap::{Args, Parser, Subcommand};
use timeoff_cli::{Given, LogArgs, OutputFormat, Shutdown, Terminal, setting};
use timeoff_models::{Email, LeaveStart};

use crate::form;
use crate::import;
use crate::source::Source;
use crate::submit::{self, Answers, Submitter};

/// The environment variable that may hold the e-mail address of whoever submits.
const EMAIL_VARIABLE: &str = "TIMEOFF_EMAIL";

/// Submit leave applications.
///
/// Without a command: a form that asks for one application after the other. TIMEOFF_EMAIL is the address that it
/// offers first.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        employee-service\n  \
        employee-service submit --email ada@example.com --department IT --hours 16 --start 2027-07-01\n  \
        employee-service import applications.csv\n  \
        employee-service --log kafka://127.0.0.1:9092 import --skip-invalid - < applications.csv\n\n\
        Exit code: 0 done, 1 failed, 2 wrong usage or input."
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
    #[command(after_help = "Examples:\n  \
        employee-service submit --email ada@example.com --department IT --hours 16 --start 2027-07-01\n  \
        employee-service submit --email ada@example.com --department hr --hours 8 --start 2027-07-01 --output json\n  \
        employee-service submit --email ada@example.com --department IT --start 2027-07-01 --first-day afternoon --until \
        2027-07-05 --type annual\n\n\
        With --output json it prints {\"id\",\"topic\",\"partition\",\"offset\"}.")]
    Submit(Box<SubmitArgs>),
    /// Queue the applications in a CSV file.
    ///
    /// The file is in UTF-8, its values separated by commas, semicolons or tabs, or as a first line such as sep=; says.
    /// The first line names the columns email, department, hours and start, in any order and case. It may name type, until,
    /// first_day, last_day, minutes, note and replaces as well, which are as the options of submit; hours may be left out
    /// where until or minutes is given, and are then counted: 8 for each Monday to Friday, 4 for a half. Further columns do
    /// not count, nor do rows with nothing in them. All rows are checked before the first is queued; if one is wrong, none
    /// is. Rows of a department are queued in the order of the file.
    ///
    /// Reported, but queued all the same: applications that start in the past, and those that are in the file twice
    /// (among the first 100,000).
    #[command(after_help = "Examples:\n  \
        employee-service import applications.csv\n  \
        employee-service import --skip-invalid --output json - < applications.csv\n\n\
        A file:\n  \
        email,department,hours,start\n  \
        ada@example.com,IT,16,2027-07-01\n\n\
        With --output json it prints {\"queued\",\"rejected\"}.")]
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct SubmitArgs {
    /// The employee's e-mail address.
    #[arg(long, value_name = "E-MAIL", env = EMAIL_VARIABLE, value_parser = setting(text))]
    email: Given<String>,
    /// The department whose manager decides; one of --departments.
    #[arg(long, value_name = "NAME")]
    department: String,
    /// How long the leave is, in hours: 1 to 8784. Needed only without --until and --minutes; else they are counted.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    hours: Option<String>,
    /// The first day of the leave.
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: String,
    /// What kind of leave, such as annual; left out: the one that the policy takes for granted.
    #[arg(long = "type", value_name = "NAME")]
    leave_type: Option<String>,
    /// The last day of the leave.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,
    /// How much of the first day: whole, morning or afternoon.
    #[arg(long, value_name = "PART")]
    first_day: Option<String>,
    /// How much of the last day: whole, morning or afternoon.
    #[arg(long, value_name = "PART")]
    last_day: Option<String>,
    /// Some working minutes of the first day only: 1 to 1440.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    minutes: Option<String>,
    /// A word to the approver.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The id of the booked leave that this one replaces.
    #[arg(long, value_name = "ID")]
    replaces: Option<String>,
    /// How the application's place on the log is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// Queue the good rows although there are bad ones, which are reported. The exit code is 0 then.
    #[arg(long)]
    skip_invalid: bool,
    /// How the numbers of queued and rejected rows are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

fn text(text: &str) -> Result<String, Infallible> {
    Ok(text.to_owned())
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let Arguments { log, command } = arguments;
    let today = || Local::now().date_naive();
    let first_tick_of_today =
        || LeaveStart::try_from(today()).context("the machine's clock shows an impossible day");
    match command {
        None => {
            let mut terminal = Terminal::open(
                shutdown.clone(),
                "employee-service submit --email E --department D --hours N --start YYYY-MM-DD",
            )?;
            let mut submitter = tokio::select! {
                submitter = Submitter::open(&log) => submitter?,
                () = shutdown.requested() => anyhow::bail!("stopped before anything was queued"),
            };
            let usual_email = std::env::var(EMAIL_VARIABLE)
                .ok()
                .and_then(|text| text.parse::<Email>().ok());
            form::run(&mut submitter, &mut terminal, usual_email, today).await
        }
        Some(Command::Submit(submit)) => {
            let answers = Answers {
                email: &submit.email,
                department: &submit.department,
                hours: submit.hours.as_deref(),
                start: &submit.start,
                details: [
                    submit.leave_type.as_deref(),
                    submit.until.as_deref(),
                    submit.first_day.as_deref(),
                    submit.last_day.as_deref(),
                    submit.minutes.as_deref(),
                    submit.note.as_deref(),
                    submit.replaces.as_deref(),
                ],
            };
            let asked = answers.application(log.departments())?;
            let today = first_tick_of_today()?;
            tokio::select! {
                outcome = submit::run(&log, asked, submit.output, today) => outcome,
                () = shutdown.requested() => {
                    anyhow::bail!("stopped before the application was known to be queued")
                }
            }
        }
        Some(Command::Import(import)) => {
            let source = Source::open(&import.file, &shutdown).await?;
            let settings = import::Settings {
                skip_invalid: import.skip_invalid,
                output: import.output,
                notices: log.notices(),
                today: first_tick_of_today()?,
            };
            import::run(&log, source, &settings, &shutdown).await
        }
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
