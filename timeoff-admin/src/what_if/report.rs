//! What would be otherwise, on the screen.

use std::io::{self, Write};

use timeoff_cli::{Field, OutputFormat, counted, write_json_line};
use timeoff_ledger::{Comparison, Difference, Ending, hours};
use timeoff_models::UtcTime;

use super::Compared;
use crate::books::Books;
use crate::noted::name;
use crate::table::Table;

/// Prints it on standard output.
///
/// # Errors
///
/// If it cannot be printed.
pub(super) fn print(
    output: OutputFormat,
    compared: &[Compared],
    books: &Books,
) -> anyhow::Result<()> {
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text => write_text(&mut out, compared, books)?,
        OutputFormat::Json => {
            for one in compared {
                write_json(&mut out, one, books)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn write_text(out: &mut impl Write, compared: &[Compared], books: &Books) -> io::Result<()> {
    let mut table = Table::new(&["DEPARTMENT", "WHO", "THEN", "NOW", "APPLICATION", "WHY"]);
    for one in compared {
        for difference in &one.comparison.differences {
            let who = difference.person.map(|person| name(books, person));
            let why = difference.now.why.as_ref().or(difference.then.why.as_ref());
            table.add(&[
                one.department.as_str(),
                who.as_deref().unwrap_or("not entered"),
                &said(&difference.then),
                &said(&difference.now),
                difference.application.as_str(),
                why.map_or("", String::as_str),
            ]);
        }
    }
    if compared
        .iter()
        .any(|one| !one.comparison.differences.is_empty())
    {
        table.write(out)?;
        writeln!(out)?;
    }
    for one in compared {
        writeln!(out, "{}", summary(one))?;
    }
    Ok(())
}

fn said(ending: &Ending) -> String {
    let how = ending.how.as_verb();
    match ending.minutes {
        Some(minutes) => format!("{how}, {}", hours(minutes)),
        None => how.to_owned(),
    }
}

/// What there is to say of a department in one paragraph.
fn summary(one: &Compared) -> String {
    let Comparison {
        differences: _,
        unchanged,
        decided_differently,
        other_minutes,
        newly_warned,
        not_known,
        commands_not_known,
    } = &one.comparison;
    let count = |count: usize| counted(count as u64, "application", "applications");
    let mut text = format!(
        "{}: {} as before, {decided_differently} decided differently, {other_minutes} with other minutes, \
         {newly_warned} approved after a warning.",
        one.department,
        count(*unchanged),
    );
    if !not_known.is_empty() {
        text += &format!(
            " What {} asked for is not known any more: they count as what they were.",
            count(not_known.len())
        );
    }
    if *commands_not_known > 0 {
        text += &format!(
            " {} not known any more; an approval among them was not tried.",
            counted(
                *commands_not_known as u64,
                "refused command is",
                "refused commands are"
            )
        );
    }
    if !one.has_policy {
        text += " No policy has held there, so it is not known what leave took then, and nothing has been granted.";
    }
    text
}

fn write_json(out: &mut impl Write, one: &Compared, books: &Books) -> io::Result<()> {
    let department = one.department.as_str();
    for difference in &one.comparison.differences {
        write_difference(out, department, difference, books)?;
    }
    for application in &one.comparison.not_known {
        write_json_line(
            out,
            &[
                ("kind", "not_known".into()),
                ("department", department.into()),
                ("application_id", application.as_str().into()),
            ],
        )?;
    }
    let number = |count: usize| Field::from(count as i64);
    write_json_line(
        out,
        &[
            ("kind", "total".into()),
            ("department", department.into()),
            ("unchanged", number(one.comparison.unchanged)),
            (
                "decided_differently",
                number(one.comparison.decided_differently),
            ),
            ("other_minutes", number(one.comparison.other_minutes)),
            ("newly_warned", number(one.comparison.newly_warned)),
            ("not_known", number(one.comparison.not_known.len())),
            (
                "commands_not_known",
                number(one.comparison.commands_not_known),
            ),
        ],
    )
}

fn write_difference(
    out: &mut impl Write,
    department: &str,
    difference: &Difference,
    books: &Books,
) -> io::Result<()> {
    let person = difference.person.map(|id| id.to_string());
    let person_name = difference.person.and_then(|id| books.name_of(id));
    let minutes = |ending: &Ending| Field::from(ending.minutes.map(i64::from));
    let (then, now) = (&difference.then, &difference.now);
    write_json_line(
        out,
        &[
            ("kind", "difference".into()),
            ("department", department.into()),
            ("application_id", difference.application.as_str().into()),
            ("person_id", person.as_deref().into()),
            ("person_name", person_name.into()),
            ("at", UtcTime::from(difference.at).as_str().into()),
            ("then", then.how.as_verb().into()),
            ("then_minutes", minutes(then)),
            ("then_why", then.why.as_deref().into()),
            ("now", now.how.as_verb().into()),
            ("now_minutes", minutes(now)),
            ("now_why", now.why.as_deref().into()),
        ],
    )
}
