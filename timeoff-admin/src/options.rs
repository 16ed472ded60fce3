//! Options that several commands have, and how their values are read.

use std::str::FromStr;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::Args;
use timeoff_cli::{Given, OutputFormat, UsageError, escaped, setting};
use timeoff_ledger::{CommandId, Date};
use timeoff_models::{ApplicationId, Department, Email, Ticks};

use crate::books::Books;
use crate::noted::Noted;
use crate::office::new_command_id;

/// What every command has that asks for something.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// Who asks: the e-mail address that an admin has entered.
    #[arg(long = "as", env = "TIMEOFF_AS", value_name = "EMAIL", value_parser = setting(Email::from_str))]
    asker: Given<Email>,
    #[command(flatten)]
    id: IdArgs,
}

/// What every command has that sends several commands and can be tried out first.
#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who asks: the e-mail address of an admin. Only a dry run can do without, and then says nothing about rights.
    #[arg(
        long = "as",
        env = "TIMEOFF_AS",
        value_name = "EMAIL",
        value_parser = setting(Email::from_str),
        required_unless_present = "dry_run"
    )]
    asker: Option<Given<Email>>,
}

impl TryArgs {
    /// Who asks.
    pub(crate) fn asker(&self) -> Option<&Email> {
        self.asker.as_ref().map(|given| &given.value)
    }
}

/// How a command is named, and how its answer is printed.
#[derive(Debug, Args)]
pub(crate) struct IdArgs {
    /// The command's id, a UUID: a command that is sent again with its id is carried out once [default: a new one].
    #[arg(long, value_name = "UUID")]
    command_id: Option<CommandId>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) output: OutputFormat,
}

impl AskArgs {
    /// Who asks.
    pub(crate) fn asker(&self) -> &Email {
        &self.asker.value
    }

    /// The command's id, and how its answer is printed.
    pub(crate) fn id(&self) -> &IdArgs {
        &self.id
    }
}

impl IdArgs {
    /// Whether the command's id was chosen by whoever asks.
    pub(crate) fn is_chosen(&self) -> bool {
        self.command_id.is_some()
    }

    /// The command's id.
    pub(crate) fn command_id(&self) -> CommandId {
        self.command_id.unwrap_or_else(new_command_id)
    }
}

/// Prints an answer: what has happened, on standard output. In text, a refusal is left to the error.
///
/// # Errors
///
/// If it cannot be printed.
pub(crate) fn print(
    output: OutputFormat,
    noted: &Noted,
    books: &Books,
    out: &mut impl std::io::Write,
) -> anyhow::Result<()> {
    match (output, noted.refusal()) {
        (OutputFormat::Text, None) => writeln!(out, "{}", noted.sentence(books, None))?,
        (OutputFormat::Text, Some(_)) => {}
        (OutputFormat::Json, refusal) => {
            let answer = match refusal {
                None => "accepted",
                Some(_) => "refused",
            };
            noted.write_json(out, books, Some(answer))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// As [`print`], and fails if the command was refused.
///
/// # Errors
///
/// Also the reason of the refusal.
pub(crate) fn conclude(output: OutputFormat, noted: &Noted, books: &Books) -> anyhow::Result<()> {
    print(output, noted, books, &mut timeoff_cli::stdout())?;
    match noted.refusal() {
        None => Ok(()),
        Some(reason) => Err(anyhow!("{} refuses: {reason}", noted.department(books))),
    }
}

/// One of the departments.
///
/// # Errors
///
/// [`UsageError`] if there is none of that name.
pub(crate) fn department(books: &Books, text: &str) -> Result<Department, UsageError> {
    let department = books.departments().parse(text);
    department.map_err(|error| UsageError(error.to_string()))
}

/// The id of an application, as other commands print it.
///
/// # Errors
///
/// If it is empty.
pub(crate) fn application(text: &str) -> Result<ApplicationId<'static>, String> {
    match text.trim() {
        "" => Err("an application's id is not empty".to_owned()),
        id => Ok(ApplicationId::from_key(id.to_owned())),
    }
}

/// A day, `YYYY-MM-DD`.
///
/// # Errors
///
/// If it has another shape, or there is no such day.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    let text = text.trim();
    let shape = text.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 10 || !shape {
        return Err(format!(
            "\"{}\" is not a day: it must be YYYY-MM-DD",
            escaped(text)
        ));
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|date| Date::try_from(date).ok())
        .ok_or_else(|| format!("there is no day {text}"))
}

/// A point in time in UTC: a day, which means its end, or a day and a time.
///
/// # Errors
///
/// If it has another shape, or there is no such time.
pub(crate) fn time(text: &str) -> Result<Ticks, String> {
    let text = text.trim();
    if text.len() == 10 {
        let end = NaiveDateTime::from(date(text)?.midnight()) + chrono::TimeDelta::days(1);
        let end = end - chrono::TimeDelta::nanoseconds(100);
        return Ok(Ticks::of(end.and_utc()));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Ticks::of(time.with_timezone(&Utc)));
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), form).ok())
        .map(|time| Ticks::of(time.and_utc()))
        .ok_or_else(|| {
            format!(
                "\"{}\" is not a time: it must be YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, in UTC",
                escaped(text)
            )
        })
}

#[cfg(test)]
mod tests {
    use timeoff_models::UtcTime;

    use super::{date, time};

    #[test]
    fn a_day_has_one_form_and_is_in_the_calendar() {
        assert_eq!(
            date(" 2028-02-29 ").map(|date| date.to_string()),
            Ok("2028-02-29".to_owned())
        );
        for wrong in [
            "",
            "2027-7-1",
            "01.07.2027",
            "2027-02-29",
            "2027-13-01",
            "0000-01-01",
            "tomorrow",
        ] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            date("2027-02-29"),
            Err("there is no day 2027-02-29".to_owned())
        );
    }

    #[test]
    fn a_day_as_a_time_is_its_end_and_times_are_in_utc() {
        let read = |text| time(text).map(|ticks| UtcTime::from(ticks).as_str().to_owned());
        let same = |text: &str| Ok(text.to_owned());
        assert_eq!(read("2027-03-01"), same("2027-03-01T23:59:59.9999999Z"));
        assert_eq!(read("9999-12-31"), same("9999-12-31T23:59:59.9999999Z"));
        assert_eq!(read("2027-03-01T08:30"), same("2027-03-01T08:30:00Z"));
        assert_eq!(read("2027-03-01T08:30:15Z"), same("2027-03-01T08:30:15Z"));
        assert_eq!(
            read("2027-03-01T08:30:15.5"),
            same("2027-03-01T08:30:15.5000000Z")
        );
        assert_eq!(
            read("2027-03-01T08:30:15+01:00"),
            same("2027-03-01T07:30:15Z")
        );
        for wrong in ["", "yesterday", "2027-03-01T25:00:00", "8:30", "2027-02-30"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
