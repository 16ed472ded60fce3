//! Having the people of a file entered, changed and moved.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{
    Given, LogArgs, OutputFormat, Shutdown, UsageError, chain, counted, printable, setting,
};
use timeoff_ledger::CommandId;
use timeoff_models::Email;

use super::file::{self, Sheet, UnusableFile};
use super::plan::{Plan, ambiguous, plan};
use super::report::Report;
use super::unanswered::unanswered;
use crate::fate::Fate;
use crate::office::{Errand, Office, Waited, new_command_id, now};

/// At most this many wrong rows are reported one by one.
const TOLD_ROWS: usize = 100;

/// At most this many commands without an answer are named.
const TOLD_COMMANDS: usize = 10;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Who asks: the e-mail address of an admin. Only a dry run can do without, and then says nothing about rights.
    #[arg(
        long = "as",
        env = "TIMEOFF_AS",
        value_name = "EMAIL",
        value_parser = setting(Email::from_str),
        required_unless_present = "dry_run"
    )]
    asker: Option<Given<Email>>,
    /// How each person is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the file cannot be used, a department refuses something, or somebody asks to stop.
pub(super) async fn run(
    args: ImportArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let unusable = |error: UnusableFile| UsageError(format!("{name}: {}", chain(&error)));
    let path = args.file.clone();
    let reading = tokio::task::spawn_blocking(move || file::read(&path));
    let text = tokio::select! {
        text = reading => text?.map_err(unusable)?,
        () = shutdown.requested() => bail!("stopped before anything was sent"),
    };
    let sheet = file::understand(&text, log.departments()).map_err(unusable)?;
    check(&name, &sheet)?;
    let mut office = match args.dry_run {
        true => Office::open_to_look(log, [], shutdown).await?,
        false => Office::open(log, [], shutdown).await?,
    };
    if !sheet.unused.is_empty() {
        office.notices.say(&format!(
            "{name}: these columns do not count: {}.",
            sheet.unused.join(", ")
        ));
    }
    wait_for_earlier_answers(&mut office, args.dry_run, shutdown).await?;
    check_addresses(&name, &sheet, &office)?;
    let plans = plan(&sheet.rows, &office.books, now());
    let asker = args.asker.as_ref().map(|given| &given.value);
    let errands: Vec<Vec<Errand>> = plans.iter().map(|plan| errands(plan, asker)).collect();
    let foreseen = match asker {
        Some(_) => predict(&mut office, &errands),
        None => HashMap::new(),
    };
    let report = Report {
        plans: &plans,
        errands: &errands,
        departments: log.departments(),
    };
    if args.dry_run || !foreseen.is_empty() {
        report.print(args.output, |errand| {
            Fate::foreseen(foreseen.get(&errand.id()))
        })?;
        if foreseen.is_empty() {
            return Ok(());
        }
        let count = foreseen.len() as u64;
        bail!(
            "{name}: {}; nothing was sent",
            counted(count, "change would be refused", "changes would be refused")
        );
    }
    let all: Vec<Errand> = errands.iter().flatten().cloned().collect();
    let waited = office.ask_all(&all).await?;
    let fate = |errand: &Errand| Fate::answered(errand, &office.books);
    report.print(args.output, fate)?;
    let refused = all
        .iter()
        .filter(|errand| matches!(fate(errand), Fate::Refused(_)))
        .count() as u64;
    if refused > 0 {
        bail!(
            "{}",
            counted(refused, "change was refused", "changes were refused")
        );
    }
    if waited == Waited::Stopped {
        bail!(
            "stopped before every answer came; the commands are on the log all the same. Import the file again later \
             to see what still differs"
        );
    }
    Ok(())
}

/// Reports the rows that cannot be used, and fails if there are any. An answer to a wrong input is not a notice, so it is
/// given however quiet the command is to be.
fn check(name: &str, sheet: &Sheet) -> Result<(), UsageError> {
    let mut stderr = timeoff_cli::stderr();
    for wrong in sheet.wrong.iter().take(TOLD_ROWS) {
        // Standard error may be closed; the exit code says it as well.
        let _ = writeln!(stderr, "{}", printable(&format!("{name}, {wrong}")));
    }
    match sheet.wrong.len() {
        0 => Ok(()),
        wrong => Err(UsageError(format!(
            "{name}: {wrong} of {}, nothing was sent; mend {} and do it again",
            counted(
                (sheet.rows.len() + wrong) as u64,
                "row cannot be used",
                "rows cannot be used"
            ),
            if wrong == 1 { "it" } else { "them" }
        ))),
    }
}

/// Waits until every command about people that is on the log has its answer: what it changes may be what the file says, or
/// not any more. A dry run does not wait.
async fn wait_for_earlier_answers(
    office: &mut Office,
    is_dry_run: bool,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    loop {
        let unanswered = tokio::select! {
            unanswered = unanswered(office) => unanswered?,
            () = shutdown.requested() => bail!("stopped before anything was sent"),
        };
        if unanswered.is_empty() {
            return Ok(());
        }
        let lacking = lacking(&unanswered);
        if is_dry_run {
            bail!("{lacking}; what the file changes is known once they are answered");
        }
        office.notices.say(&format!(
            "{lacking}. Waiting for that: then it is known what the file changes."
        ));
        if office.wait_for_answers(&unanswered).await? == Waited::Stopped {
            bail!("stopped before anything of this file was sent; {lacking}");
        }
    }
}

/// How many commands have no answer yet, and their ids.
fn lacking(unanswered: &[Errand]) -> String {
    let ids = unanswered.iter().take(TOLD_COMMANDS);
    let ids: Vec<String> = ids.map(|errand| errand.id().to_string()).collect();
    let more = if unanswered.len() > ids.len() {
        ", …"
    } else {
        ""
    };
    format!(
        "{} no answer yet: {}{more}",
        counted(
            unanswered.len() as u64,
            "command about people has",
            "commands about people have"
        ),
        ids.join(", ")
    )
}

/// Fails if somebody is meant by a row whose address several people have.
fn check_addresses(name: &str, sheet: &Sheet, office: &Office) -> anyhow::Result<()> {
    let ambiguous = ambiguous(&sheet.rows, &office.books, now());
    let mut stderr = timeoff_cli::stderr();
    for wrong in ambiguous.iter().take(TOLD_ROWS) {
        // As in `check`.
        let _ = writeln!(stderr, "{}", printable(&format!("{name}: {wrong}")));
    }
    if ambiguous.is_empty() {
        return Ok(());
    }
    bail!(
        "{name}: {} meant, nothing was sent; say of all but one of them that they have left: timeoff-admin people leave \
         ID --last-day YYYY-MM-DD, with a day before today",
        counted(
            ambiguous.len() as u64,
            "row does not say who is",
            "rows do not say who is"
        )
    )
}

/// A dry run may be nobody's, but a command is somebody's: then it is that of whom the row is about, and not sent.
fn errands(plan: &Plan, asker: Option<&Email>) -> Vec<Errand> {
    let by = asker.unwrap_or(&plan.email);
    plan.steps
        .iter()
        .map(|step| Errand::new(step.partition, new_command_id(), by, step.request.clone()))
        .collect()
}

/// What would be refused, and why.
fn predict(office: &mut Office, errands: &[Vec<Errand>]) -> HashMap<CommandId, String> {
    let mut foreseen = HashMap::new();
    for errand in errands.iter().flatten() {
        if let Err(refusal) = office.books.predict(errand.partition, &errand.command) {
            foreseen.insert(errand.id(), refusal.to_string());
        }
    }
    foreseen
}
