//! People on the screen.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{Field, LogArgs, OutputFormat, Shutdown, escaped, write_json_line};
use timeoff_models::Department;

use super::find::find;
use crate::books::{Books, Found};
use crate::noted::name;
use crate::office::now;
use crate::options::department;
use crate::table::Table;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only the people of this department.
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// Those who have left, too.
    #[arg(long)]
    all: bool,
    /// How each person is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Their e-mail address or id.
    person: String,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// Lists the people who are at home in a department, or in any.
///
/// # Errors
///
/// If the ledger cannot be read, or there is no such department.
pub(super) async fn list(args: ListArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let books = read(log, shutdown).await?;
    let only = match &args.department {
        Some(text) => Some(department(&books, text)?),
        None => None,
    };
    let now = now();
    let people: Vec<Found<'_>> = books
        .everybody()
        .filter(|found| found.is_home)
        .filter(|found| args.all || found.entered.has_not_left(now))
        .filter(|found| {
            only.as_ref()
                .is_none_or(|only| found.entered.home() == only)
        })
        .collect();
    let mut out = timeoff_cli::stdout();
    match args.output {
        OutputFormat::Json => {
            for found in &people {
                write_json(&mut out, &books, found)?;
            }
        }
        OutputFormat::Text if people.is_empty() => {
            writeln!(out, "Nobody is entered{}.", within(only.as_ref()))?;
        }
        OutputFormat::Text => {
            let mut table =
                Table::new(&["NAME", "E-MAIL", "DEPARTMENT", "ROLE", "LAST DAY", "TAGS"]);
            for found in &people {
                let person = found.entered.person();
                let last_day = found.entered.last_date().map(|date| date.to_string());
                table.add(&[
                    person.name.as_str(),
                    person.email.as_str(),
                    found.entered.home().as_str(),
                    person.role.as_str(),
                    last_day.as_deref().unwrap_or_default(),
                    person.tags.as_str(),
                ]);
            }
            table.write(&mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn within(department: Option<&Department>) -> String {
    department.map_or_else(String::new, |department| format!(" in {department}"))
}

/// Shows one person.
///
/// # Errors
///
/// If the ledger cannot be read, or there is no such person.
pub(super) async fn show(args: ShowArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let books = read(log, shutdown).await?;
    let found = find(&books, &args.person)?;
    let mut out = timeoff_cli::stdout();
    match args.output {
        OutputFormat::Json => write_json(&mut out, &books, &found)?,
        OutputFormat::Text => write_text(&mut out, &books, &found)?,
    }
    out.flush()?;
    Ok(())
}

async fn read(log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<Books> {
    let reading = async {
        let contract = log.open_to_read(true).await?;
        Books::read(&contract, &log.notices(), [], |_| {}).await
    };
    tokio::select! {
        books = reading => books,
        () = shutdown.requested() => bail!("stopped before everything was read"),
    }
}

/// The departments where a person is a guest.
fn guest_in(books: &Books, found: &Found<'_>) -> String {
    let places = books.places_of(found.entered.person().id);
    let departments: Vec<&str> = places
        .iter()
        .filter(|place| !place.is_home)
        .filter_map(|place| books.department(place.partition))
        .map(Department::as_str)
        .collect();
    departments.join(", ")
}

fn write_text(out: &mut impl Write, books: &Books, found: &Found<'_>) -> std::io::Result<()> {
    let person = found.entered.person();
    let some = |text: Option<String>, otherwise: &str| text.unwrap_or_else(|| otherwise.to_owned());
    let mut lines = vec![
        ("Name", person.name.to_string()),
        ("E-mail", person.email.to_string()),
        ("Id", person.id.to_string()),
        ("Department", found.entered.home().to_string()),
        ("Role", person.role.to_string()),
        (
            "Region",
            some(person.region.as_ref().map(ToString::to_string), "none"),
        ),
        (
            "Schedule",
            some(person.schedule.map(|it| it.to_string()), "the default"),
        ),
        (
            "First day",
            some(person.from.map(|it| it.to_string()), "not given"),
        ),
        (
            "Last day",
            some(
                found.entered.last_date().map(|it| it.to_string()),
                "not known",
            ),
        ),
    ];
    let (tags, guest_in) = (person.tags.as_str().to_owned(), guest_in(books, found));
    lines.extend(
        [("Tags", tags), ("Also in", guest_in)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty()),
    );
    for (label, text) in lines {
        writeln!(out, "{label:<11} {}", escaped(&text))?;
    }
    for stands_in in found.entered.stands_in() {
        writeln!(
            out,
            "{:<11} {}, from {} to {}",
            "Decides for",
            name(books, stands_in.for_person),
            stands_in.from_date,
            stands_in.until_date
        )?;
    }
    Ok(())
}

fn write_json(out: &mut impl Write, books: &Books, found: &Found<'_>) -> std::io::Result<()> {
    let person = found.entered.person();
    let id = person.id.to_string();
    let schedule = person.schedule.map(|it| it.to_string());
    let from = person.from.map(|it| it.to_string());
    let last_day = found.entered.last_date().map(|it| it.to_string());
    let guest_in = guest_in(books, found);
    write_json_line(
        out,
        &[
            ("person_id", id.as_str().into()),
            ("email", person.email.as_str().into()),
            ("name", person.name.as_str().into()),
            ("department", found.entered.home().as_str().into()),
            ("role", person.role.as_str().into()),
            (
                "region",
                Field::from(person.region.as_ref().map(|it| it.as_str())),
            ),
            ("schedule", schedule.as_deref().into()),
            ("from", from.as_deref().into()),
            ("last_day", last_day.as_deref().into()),
            ("tags", person.tags.as_str().into()),
            ("guest_in", guest_in.as_str().into()),
        ],
    )
}
