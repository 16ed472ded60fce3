//! Naming the first admin.
//!
//! The first department decides who it is: of two who try at once, it takes one, and the other is told so before
//! anything else has happened. An interrupted run is repeated as it is; it changes nothing where it has been done.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{LogArgs, OutputFormat, Shutdown, UsageError, escaped};
use timeoff_ledger::{CommandId, Fact, Person, PersonId, PersonName, Request};
use timeoff_models::Email;
use uuid::Uuid;

use crate::books::Books;
use crate::noted::Noted;
use crate::office::{Errand, Office, Waited, now};
use crate::options::{IdArgs, department, print};

/// The department that decides who the first admin is.
const FIRST: i32 = 0;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The admin's e-mail address.
    #[arg(long, value_name = "EMAIL")]
    admin: Email,
    /// What the admin is called [default: what stands before the @].
    #[arg(long)]
    name: Option<PersonName>,
    /// The department where the admin is at home [default: the first].
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    #[command(flatten)]
    id: IdArgs,
}

/// The id of the command to one of several departments, of which the first has the id itself: always the same for the same id and department.
pub(crate) fn command_of(id: CommandId, partition: i32) -> CommandId {
    match partition {
        FIRST => id,
        other => derived(id, other),
    }
}

/// As [`command_of`], where the command with the id itself goes to another department than the first.
pub(crate) fn derived(id: CommandId, partition: i32) -> CommandId {
    let namespace = Uuid::from_bytes(*id.as_bytes());
    let derived = Uuid::new_v5(&namespace, partition.to_string().as_bytes());
    CommandId::try_from(derived).expect("it has a version, so it is not nil")
}

/// Names the first admin in every department.
///
/// # Errors
///
/// If a department refuses, or has not answered when somebody asks to stop.
pub(crate) async fn run(args: InitArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let partitions = i32::try_from(log.departments().len()).unwrap_or(i32::MAX);
    let base = args.id.command_id();
    let watched = (FIRST..partitions).map(|partition| command_of(base, partition));
    let mut office = Office::open(log, watched, shutdown).await?;
    let known = office.books.with_address(&args.admin, now());
    // Whoever has left is not the one who has the address now, even if they come back.
    let known = known.filter(|found| found.entered.has_not_left(now()));
    let known = known.map(|found| (found.entered.person().clone(), found.entered.home().clone()));
    let wanted = match &args.department {
        Some(name) => Some(department(&office.books, name)?),
        None => None,
    };
    if let Some((person, home)) = &known
        && (wanted.as_ref().is_some_and(|wanted| wanted != home)
            || args.name.as_ref().is_some_and(|name| *name != person.name))
    {
        office.notices.say(
            "This person is entered: name and department stay as they are. People import and people move change them.",
        );
    }
    let (name, home) = match &known {
        Some((person, home)) => (person.name.clone(), home.clone()),
        None => (
            args.name.map_or_else(|| name_of(&args.admin), Ok)?,
            wanted.map_or_else(|| first(&office).cloned(), Ok)?,
        ),
    };
    let person = match &known {
        Some((person, _)) => person.id,
        None => PersonId::try_from(Uuid::now_v7()).expect("it has a version, so it is not nil"),
    };
    let errand = |partition, person| {
        let request = Request::NameFirstAdmin {
            person,
            email: args.admin.clone(),
            name: name.clone(),
            department: home.clone(),
        };
        Errand::new(partition, command_of(base, partition), &args.admin, request)
    };
    let output = args.id.output;
    office.say_id(&args.id, base);
    let mut out = timeoff_cli::stdout();
    let noted = office.ask(&errand(FIRST, person)).await?;
    tell(output, &noted, &office.books, &mut out)?;
    if let Some(reason) = noted.refusal() {
        bail!("{} refuses: {reason}", noted.department(&office.books));
    }
    // Another run may have been here first, with another id for the same person.
    let person = person_of(&noted).map_or(person, |person| person.id);
    let others: Vec<Errand> = (FIRST + 1..partitions)
        .map(|partition| errand(partition, person))
        .collect();
    let waited = office.ask_all(&others).await?;
    let mut refusals = Vec::new();
    for errand in &others {
        let Some(noted) = office.books.answer(errand.id()) else {
            continue;
        };
        tell(output, noted, &office.books, &mut out)?;
        if let Some(reason) = noted.refusal() {
            refusals.push(format!(
                "{} refuses: {reason}",
                noted.department(&office.books)
            ));
        }
    }
    if !refusals.is_empty() {
        bail!("{}", refusals.join(" "));
    }
    if waited == Waited::Stopped {
        bail!("stopped before every department had answered; do it again to see what became of it");
    }
    Ok(())
}

fn first(office: &Office) -> anyhow::Result<&timeoff_models::Department> {
    let first = office.books.department(FIRST);
    first.ok_or_else(|| anyhow::anyhow!("there is no department"))
}

fn name_of(email: &Email) -> Result<PersonName, UsageError> {
    let before = email.as_str().split('@').next().unwrap_or_default();
    before
        .parse()
        .map_err(|error| UsageError(format!("--name: {error}")))
}

/// Prints an answer: in text, whether or not they were one before.
fn tell(
    output: OutputFormat,
    noted: &Noted,
    books: &Books,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match (output, person_of(noted)) {
        (OutputFormat::Text, Some(person)) => {
            let name = escaped(person.name.as_str());
            writeln!(out, "{name} is an admin of {}.", noted.department(books))?;
            out.flush()?;
            Ok(())
        }
        _ => print(output, noted, books, out),
    }
}

/// The person of whom an answer speaks.
fn person_of(noted: &Noted) -> Option<&Person> {
    match &noted.event.fact {
        Fact::PersonEntered { person, .. } | Fact::PersonChanged { person } => Some(person),
        _ => None,
    }
}
