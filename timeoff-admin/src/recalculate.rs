//! Counting booked leave anew, by schedules, policy and calendar as they are now.

mod report;

use std::str::FromStr;

use anyhow::{anyhow, bail};
use clap::Args;
use timeoff_cli::{Given, LogArgs, OutputFormat, Shutdown, counted, setting};
use timeoff_ledger::{Date, PersonId, Recount, Refusal, Request};
use timeoff_models::Email;

use crate::office::{Errand, Office, Waited, new_command_id, now};
use crate::options::{date, department};
use crate::people::find;
use report::print;

use crate::fate::Fate;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    timeoff-admin recalculate --dry-run\n  \
    timeoff-admin recalculate --department IT --from 2028-01-01\n  \
    timeoff-admin recalculate ada@example.com\n\n\
    A new schedule, region, company holiday or calendar changes no booked leave by itself: this does, after it has shown \
    what changes. Leave that begins before the first day is left alone. No day is added before the first or after the \
    last day of a leave.\n\n\
    JSON, a line for each leave: department, application_id, person_id, person_name, leave_type, minutes, days, \
    minutes_anew, days_anew, command_id (null if nothing was sent), answer (planned, would_be_refused, accepted, refused, \
    unanswered) and reason.")]
pub(crate) struct RecalculateArgs {
    /// Only the leave of this person: their e-mail address or id.
    #[arg(conflicts_with = "department")]
    person: Option<String>,
    /// Only the leave of this department's people [default: everybody's].
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// Only leave that begins on or after this day [default: today, in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    from: Option<Date>,
    /// Only list what would change.
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
    /// How each leave is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// A leave that would take something else, and the command about it.
struct Change {
    recount: Recount,
    errand: Option<Errand>,
    partition: i32,
}

/// Lists what would change, and has it changed.
///
/// # Errors
///
/// If a department refuses, there is no such department or person, or somebody asks to stop.
pub(crate) async fn run(
    args: RecalculateArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut office = match args.dry_run {
        true => Office::open_to_look(log, [], shutdown).await?,
        false => Office::open(log, [], shutdown).await?,
    };
    let changes = changes(&args, &office)?;
    if changes.is_empty() {
        if args.output == OutputFormat::Text {
            print(args.output, &[], &office.books, |_| Fate::Planned)?;
        }
        return Ok(());
    }
    let errands: Vec<Errand> = changes
        .iter()
        .filter_map(|change| change.errand.clone())
        .collect();
    let mut foreseen = std::collections::HashMap::new();
    for errand in &errands {
        if let Err(refusal) = office.books.predict(errand.partition, &errand.command) {
            foreseen.insert(errand.id(), refusal.to_string());
        }
    }
    let planned = |change: &Change| {
        let id = change.errand.as_ref().map(Errand::id);
        Fate::foreseen(id.and_then(|id| foreseen.get(&id)))
    };
    let is_shown_first = args.output == OutputFormat::Text;
    if is_shown_first || args.dry_run || !foreseen.is_empty() {
        print(args.output, &changes, &office.books, planned)?;
    }
    if !foreseen.is_empty() {
        bail!(
            "{}; nothing was sent",
            counted(
                foreseen.len() as u64,
                "change would be refused",
                "changes would be refused"
            )
        );
    }
    if args.dry_run {
        return Ok(());
    }
    let waited = office.ask_all(&errands).await?;
    let fate = |change: &Change| {
        let answered = |errand| Fate::answered(errand, &office.books);
        change.errand.as_ref().map_or(Fate::Unanswered, answered)
    };
    print(args.output, &changes, &office.books, fate)?;
    let refused = changes
        .iter()
        .filter(|change| matches!(fate(change), Fate::Refused(_)));
    match (refused.count() as u64, waited) {
        (0, Waited::Answered) => Ok(()),
        (0, Waited::Stopped) => bail!(
            "stopped before every answer came; the commands are on the log all the same. Do it again later to see what \
             still differs"
        ),
        (refused, _) => bail!(
            "{}",
            counted(refused, "change was refused", "changes were refused")
        ),
    }
}

/// What would change, in the order of the departments.
fn changes(args: &RecalculateArgs, office: &Office) -> anyhow::Result<Vec<Change>> {
    let books = &office.books;
    let from = args.from.unwrap_or_else(|| Date::of(now()));
    let person = args
        .person
        .as_deref()
        .map(|text| find(books, text))
        .transpose()?;
    let named = args
        .department
        .as_deref()
        .map(|text| department(books, text))
        .transpose()?;
    let only = match (&person, &named) {
        (Some(found), _) => Some(found.partition),
        (None, Some(named)) => books.departments().partition_of(named),
        (None, None) => None,
    };
    let id: Option<PersonId> = person.map(|found| found.entered.person().id);
    let mut changes = Vec::new();
    for (partition, name) in (0..).zip(books.departments().iter()) {
        if only.is_some_and(|only| only != partition) {
            continue;
        }
        let recounts = match books.recounts(partition, id, from) {
            Ok(recounts) => recounts,
            Err(Refusal::NoPolicy { .. }) if only.is_none() => {
                office.notices.say(&format!(
                    "{name} has no policy, so no leave is counted there."
                ));
                continue;
            }
            Err(refusal) => return Err(anyhow!("{name}: {refusal}")),
        };
        for recount in recounts {
            let errand = args.asker.as_ref().map(|asker| {
                let request = Request::RecalculateLeave {
                    application: recount.application.clone(),
                };
                Errand::new(partition, new_command_id(), &asker.value, request)
            });
            changes.push(Change {
                recount,
                errand,
                partition,
            });
        }
    }
    Ok(changes)
}
