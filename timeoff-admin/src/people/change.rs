//! Moving a person, and saying which day is their last.

use anyhow::bail;
use clap::Args;
use timeoff_cli::{LogArgs, OutputFormat, Shutdown, escaped};
use timeoff_ledger::{Date, PersonId, Request, Role};

use super::find::find;
use crate::init::derived;
use crate::office::{Errand, Office, Waited};
use crate::options::{AskArgs, conclude, date, department, print};

#[derive(Debug, Args)]
pub(super) struct MoveArgs {
    /// Who moves: their e-mail address or id.
    person: String,
    /// Where to.
    department: String,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Args)]
pub(super) struct LeaveArgs {
    /// Who leaves: their e-mail address or id.
    person: String,
    /// Their last day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    last_day: Date,
    #[command(flatten)]
    ask: AskArgs,
}

/// Asks the department that the person comes from, and waits until the other one has them.
///
/// # Errors
///
/// If it is refused, or somebody asks to stop.
pub(super) async fn move_to(
    args: MoveArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let id = args.ask.id().command_id();
    let admission = id.of_admission();
    let mut office = Office::open(log, [id, admission], shutdown).await?;
    let to = department(&office.books, &args.department)?;
    let found = find(&office.books, &args.person)?;
    let person = found.entered.person();
    let is_admin = person.role == Role::Admin;
    let request = Request::MovePerson {
        person: person.id,
        to: to.clone(),
    };
    let from = office.books.department(found.partition).cloned();
    // A repeated command goes where it went the first time, although the person is not there any more.
    let partition = match office.books.answer(id) {
        Some(noted) => noted.position.partition,
        None => found.partition,
    };
    let name = escaped(person.name.as_str()).into_owned();
    let errand = Errand::new(partition, id, args.ask.asker(), request);
    office.say_id(args.ask.id(), id);
    let answer = office.ask(&errand).await?;
    let output = args.ask.id().output;
    match office.books.answer(admission) {
        Some(admitted) => {
            // A program looks for the id that it has chosen; to a person, the arrival says both.
            if output == OutputFormat::Json {
                print(output, &answer, &office.books, &mut timeoff_cli::stdout())?;
            }
            conclude(output, admitted, &office.books)?;
        }
        None => return conclude(output, &answer, &office.books),
    }
    if let (true, Some(from)) = (is_admin, from)
        && from != to
    {
        office.notices.say(&format!(
            "{name} is an admin, and not any more one of {from}. people import enters admins in every department."
        ));
    }
    Ok(())
}

/// Asks the person's home department and those where they are a guest: all of them, as what one refuses the others may
/// still do.
///
/// # Errors
///
/// If any of them refuses, or somebody asks to stop.
pub(super) async fn leave(
    args: LeaveArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let base = args.ask.id().command_id();
    let partitions = i32::try_from(log.departments().len()).unwrap_or(i32::MAX);
    let watched = (0..partitions).map(|partition| derived(base, partition));
    let watched = watched.chain([base]);
    let mut office = Office::open(log, watched, shutdown).await?;
    let id: PersonId = find(&office.books, &args.person)?.entered.person().id;
    let places = office.books.places_of(id);
    let places: Vec<i32> = places.iter().map(|found| found.partition).collect();
    let errands: Vec<Errand> = (0..)
        .zip(places)
        .map(|(index, partition)| {
            let command = match index {
                0 => base,
                _ => derived(base, partition),
            };
            let request = Request::EndEmployment {
                person: id,
                last_date: args.last_day,
            };
            Errand::new(partition, command, args.ask.asker(), request)
        })
        .collect();
    let output = args.ask.id().output;
    office.say_id(args.ask.id(), base);
    let waited = office.ask_all(&errands).await?;
    let mut out = timeoff_cli::stdout();
    let mut refusals = Vec::new();
    for errand in &errands {
        if let Some(noted) = office.books.answer(errand.id()) {
            print(output, noted, &office.books, &mut out)?;
            let department = noted.department(&office.books);
            refusals.extend(
                noted
                    .refusal()
                    .map(|reason| format!("{department} refuses: {reason}")),
            );
        }
    }
    if !refusals.is_empty() {
        bail!("{}", refusals.join(" "));
    }
    if waited == Waited::Stopped {
        bail!(
            "stopped before every department had answered; what was asked for is on the log all the same. To see what \
             became of it, do it again with --command-id {base}"
        );
    }
    Ok(())
}
