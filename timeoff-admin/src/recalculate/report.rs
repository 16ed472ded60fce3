//! Booked leave that is counted anew, on the screen.

use std::io::Write;

use timeoff_cli::{Field, OutputFormat, counted, escaped, write_json_line};
use timeoff_ledger::{Days, LeaveDay, hours};
use timeoff_models::Department;

use super::Change;
use crate::books::Books;
use crate::fate::Fate;
use crate::noted::name;
use crate::table::Table;

/// Prints the changes on standard output: in text, before they are sent as a table, and afterwards what became of them.
///
/// # Errors
///
/// If it cannot be printed.
pub(super) fn print(
    output: OutputFormat,
    changes: &[Change],
    books: &Books,
    fate: impl Fn(&Change) -> Fate,
) -> anyhow::Result<()> {
    let mut out = timeoff_cli::stdout();
    let is_sent = changes.iter().any(|change| fate(change).is_sent());
    match output {
        OutputFormat::Json => {
            for change in changes {
                write_json(&mut out, change, books, &fate(change))?;
            }
        }
        OutputFormat::Text if changes.is_empty() => {
            writeln!(out, "Nothing differs: all booked leave takes what it took.")?;
        }
        OutputFormat::Text if is_sent => {
            for change in changes {
                let fate = fate(change);
                if fate != Fate::Accepted {
                    let application = escaped(change.recount.application.as_str());
                    let reason = fate.reason().map_or("no answer yet".into(), escaped);
                    writeln!(out, "{application}: {reason}")?;
                }
            }
            let done = changes
                .iter()
                .filter(|change| fate(change) == Fate::Accepted);
            let done = counted(done.count() as u64, "leave was", "leaves were");
            writeln!(out, "{done} counted anew.")?;
        }
        OutputFormat::Text => write_table(&mut out, changes, books, fate)?,
    }
    out.flush()?;
    Ok(())
}

fn write_table(
    out: &mut impl Write,
    changes: &[Change],
    books: &Books,
    fate: impl Fn(&Change) -> Fate,
) -> std::io::Result<()> {
    let mut table = Table::new(&[
        "DEPARTMENT",
        "WHO",
        "BOOKED",
        "ANEW",
        "DIFFERENT ON",
        "APPLICATION",
        "",
    ]);
    for change in changes {
        let recount = &change.recount;
        let department = books
            .department(change.partition)
            .map_or("", Department::as_str);
        let fate = fate(change);
        let reason = fate
            .reason()
            .map(|reason| format!("would be refused: {reason}"));
        table.add(&[
            department,
            &name(books, recount.person),
            &hours(recount.booked.minutes()),
            &hours(recount.counted.minutes()),
            &different_days(&recount.booked, &recount.counted),
            recount.application.as_str(),
            reason.as_deref().unwrap_or(""),
        ]);
    }
    table.write(out)?;
    let count = counted(
        changes.len() as u64,
        "booked leave takes",
        "booked leaves take",
    );
    writeln!(out, "{count} something else if counted anew.")
}

/// The first days that are counted otherwise, and whether there are more.
fn different_days(booked: &Days, counted: &Days) -> String {
    const SHOWN: usize = 3;
    let has = |days: &Days, day: &LeaveDay| days.on(day.date) == Some(day);
    let gone = booked.iter().filter(|day| !has(counted, day));
    let new = counted.iter().filter(|day| !has(booked, day));
    let mut dates: Vec<_> = gone.chain(new).map(|day| day.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let shown: Vec<String> = dates.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if dates.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn write_json(
    out: &mut impl Write,
    change: &Change,
    books: &Books,
    fate: &Fate,
) -> std::io::Result<()> {
    let recount = &change.recount;
    let command_id = change.errand.as_ref().filter(|_| fate.is_sent());
    let command_id = command_id.map(|errand| errand.id().to_string());
    let person = recount.person.to_string();
    let leave_type = recount.leave_type.as_ref().map(ToString::to_string);
    let (days, anew) = (recount.booked.to_string(), recount.counted.to_string());
    write_json_line(
        out,
        &[
            (
                "department",
                books
                    .department(change.partition)
                    .map(Department::as_str)
                    .into(),
            ),
            ("application_id", recount.application.as_str().into()),
            ("person_id", person.as_str().into()),
            ("person_name", books.name_of(recount.person).into()),
            ("leave_type", leave_type.as_deref().into()),
            ("minutes", Field::from(i64::from(recount.booked.minutes()))),
            ("days", days.as_str().into()),
            (
                "minutes_anew",
                Field::from(i64::from(recount.counted.minutes())),
            ),
            ("days_anew", anew.as_str().into()),
            ("command_id", command_id.as_deref().into()),
            ("answer", fate.as_str().into()),
            ("reason", fate.reason().into()),
        ],
    )
}
