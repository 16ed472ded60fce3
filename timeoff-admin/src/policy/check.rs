//! Saying all that is wrong with a policy file.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use timeoff_cli::{
    Field, LogArgs, OutputFormat, Shutdown, UsageError, counted, printable, write_json_line,
};
use timeoff_ledger::{Complaint, Policy};
use timeoff_models::Departments;

use super::file;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// How the problems are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Carries out a command line.
///
/// # Errors
///
/// [`UsageError`] if the file cannot be set as a policy.
pub(super) async fn run(args: CheckArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let text = file::read(&args.file, shutdown).await?;
    let understood = Policy::read_to_set(&text).map_err(|error| error.complaints());
    let mut out = timeoff_cli::stdout();
    match (args.output, &understood) {
        (OutputFormat::Json, Err(complaints)) => write_json(&mut out, "error", complaints)?,
        (OutputFormat::Json, Ok(policy)) => {
            write_json(&mut out, "warning", &warnings(policy, log.departments()))?;
        }
        (OutputFormat::Text, Err(_)) => {}
        (OutputFormat::Text, Ok(policy)) => {
            for warning in warnings(policy, log.departments()) {
                writeln!(out, "{}", printable(&warned(&name, &warning)))?;
            }
            writeln!(
                out,
                "{}",
                printable(&format!("{name} can be set: {}", summary(policy)))
            )?;
        }
    }
    out.flush()?;
    match understood {
        Ok(_) => Ok(()),
        Err(complaints) if args.output == OutputFormat::Json => Err(cannot(&name, &complaints)),
        Err(complaints) => Err(refuse(&name, &complaints)),
    }
}

/// What could be a mistake.
pub(super) fn warnings(policy: &Policy, departments: &Departments) -> Vec<Complaint> {
    let warnings = policy.warnings(departments);
    warnings.iter().map(Complaint::from).collect()
}

/// A warning as a line.
pub(super) fn warned(name: &str, warning: &Complaint) -> String {
    file::sentence(warning, &format!("warning: {name}"))
}

/// Says on standard error all that is wrong, and gives the error that sums it up. It is no notice, so it is said however
/// quiet the command is to be.
pub(super) fn refuse(name: &str, complaints: &[Complaint]) -> anyhow::Error {
    let mut stderr = timeoff_cli::stderr();
    for complaint in complaints {
        // Standard error may be closed; the exit code says it as well.
        let _ = writeln!(stderr, "{}", printable(&file::sentence(complaint, name)));
    }
    cannot(name, complaints)
}

fn cannot(name: &str, complaints: &[Complaint]) -> anyhow::Error {
    let count = complaints.len() as u64;
    UsageError(format!(
        "{name}: {}, so it cannot be set; docs/policy.example.toml explains every key",
        counted(count, "thing is wrong", "things are wrong")
    ))
    .into()
}

/// "annual (the default), sick and unpaid leave".
fn summary(policy: &Policy) -> String {
    let default = &policy.default_type().name;
    let types: Vec<String> = policy
        .types()
        .iter()
        .map(|kind| match kind.name == *default {
            true => format!("{} (the default)", kind.name),
            false => kind.name.to_string(),
        })
        .collect();
    let count = types.len() as u64;
    format!(
        "{}: {}.",
        counted(count, "type of leave", "types of leave"),
        types.join(", ")
    )
}

fn write_json(out: &mut impl Write, severity: &str, complaints: &[Complaint]) -> io::Result<()> {
    let number = |number: Option<usize>| {
        let number = number.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        Field::from(number)
    };
    complaints.iter().try_for_each(|complaint| {
        write_json_line(
            out,
            &[
                ("severity", severity.into()),
                ("key", complaint.key.as_deref().into()),
                ("line", number(complaint.line)),
                ("column", number(complaint.column)),
                ("what", complaint.what.as_str().into()),
            ],
        )
    })
}
