//! What can be said of a leave beside whose it is, where and when it begins: its length, its type and more. Options and
//! the columns of a file name the same parts.

use std::fmt;

use timeoff_ledger::Days;
use timeoff_models::{
    ApplicationId, Date, DayPart, Department, Email, InvalidRecord, LeaveApplication, LeaveDetails,
    LeaveHours, LeaveStart,
};

/// The parts, in the order in which they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Hours,
    Type,
    Until,
    FirstDay,
    LastDay,
    Minutes,
    Note,
    Replaces,
}

impl Part {
    /// Those that make an application more than one of version 1.
    pub(crate) const DETAILS: [Part; 7] = [
        Part::Type,
        Part::Until,
        Part::FirstDay,
        Part::LastDay,
        Part::Minutes,
        Part::Note,
        Part::Replaces,
    ];

    /// The name of its column.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Part::Hours => "hours",
            Part::Type => "type",
            Part::Until => "until",
            Part::FirstDay => "first_day",
            Part::LastDay => "last_day",
            Part::Minutes => "minutes",
            Part::Note => "note",
            Part::Replaces => "replaces",
        }
    }

    /// The name of its option.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Part::Hours => "--hours",
            Part::Type => "--type",
            Part::Until => "--until",
            Part::FirstDay => "--first-day",
            Part::LastDay => "--last-day",
            Part::Minutes => "--minutes",
            Part::Note => "--note",
            Part::Replaces => "--replaces",
        }
    }
}

/// A part that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) part: Part,
    pub(crate) rule: String,
}

impl Wrong {
    fn new(part: Part, rule: impl fmt::Display) -> Wrong {
        Wrong {
            part,
            rule: rule.to_string(),
        }
    }
}

/// How long a leave is, and what else is said of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) hours: LeaveHours,
    /// Whether the hours were counted from the days, each Monday to Friday as 8.
    pub(crate) is_counted: bool,
    pub(crate) details: Option<Box<LeaveDetails>>,
}

/// Reads the parts of [`LeaveDetails`], each from the text that `text` gives for it. A blank one counts as not given.
/// `None`: nothing is given.
///
/// # Errors
///
/// Each part that cannot be read.
pub(crate) fn read_details<'a>(
    text: impl Fn(Part) -> Option<&'a str>,
) -> Result<Option<LeaveDetails>, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut details = LeaveDetails::default();
    let mut is_given = false;
    for part in Part::DETAILS {
        let Some(text) = text(part).map(str::trim).filter(|text| !text.is_empty()) else {
            continue;
        };
        is_given = true;
        if let Err(rule) = read_into(&mut details, part, text) {
            wrong.push(Wrong { part, rule });
        }
    }
    match wrong.is_empty() {
        true => Ok(is_given.then_some(details)),
        false => Err(wrong),
    }
}

fn read_into(details: &mut LeaveDetails, part: Part, text: &str) -> Result<(), String> {
    fn read<T: std::str::FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
        text.parse().map_err(|error: T::Err| error.to_string())
    }
    match part {
        // Hours are no detail.
        Part::Hours => {}
        Part::Type => details.leave_type = Some(read(text)?),
        Part::Until => details.last_date = Some(read_date(text)?),
        Part::FirstDay => details.first_day = read(text)?,
        Part::LastDay => details.last_day = read(text)?,
        Part::Minutes => details.minutes = Some(read_minutes(text)?),
        Part::Note => details.note = Some(read(text)?),
        Part::Replaces => details.replaces = Some(ApplicationId::from_key(text.to_owned())),
    }
    Ok(())
}

/// Reads a last day.
///
/// # Errors
///
/// The rule, if it is none.
pub(crate) fn read_date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| {
        format!("{text:?} is not a last day: it must be a day of the calendar, such as 2027-07-05")
    })
}

/// Reads working minutes of a day.
///
/// # Errors
///
/// The rule, if they are none.
pub(crate) fn read_minutes(text: &str) -> Result<u16, String> {
    let minutes = text.parse().ok();
    let minutes = minutes.filter(|minutes| (1..=24 * 60).contains(minutes));
    minutes.ok_or_else(|| {
        format!("{text:?} is not a number of minutes: it must be a whole number from 1 to 1440")
    })
}

/// Checks that the parts fit together, and counts the hours if none are given.
///
/// # Errors
///
/// The part that does not fit.
pub(crate) fn fit(
    (email, department, start): (&Email, &Department, LeaveStart),
    hours: Option<LeaveHours>,
    details: Option<LeaveDetails>,
) -> Result<Length, Wrong> {
    let Some(mut details) = details else {
        return Ok(Length {
            hours: hours.ok_or_else(no_length)?,
            is_counted: false,
            details: None,
        });
    };
    if details.minutes.is_some() && details.last_date.is_none() {
        details.last_date = Some(Date::of(start.ticks()));
    }
    check(&details, start)?;
    if details.last_date.is_none() && hours.is_none() {
        return Err(no_length());
    }
    let minutes = details.minutes;
    let mut application = LeaveApplication {
        email: email.clone(),
        department: department.clone(),
        hours: LeaveHours::MIN,
        start,
        details: Some(Box::new(details)),
    };
    let (hours, is_counted) = match (hours, minutes) {
        (Some(hours), _) => (hours, false),
        (None, Some(minutes)) => (rounded_up(minutes.into()), false),
        (None, None) => (usual_hours(&application)?, true),
    };
    Ok(Length {
        hours,
        is_counted,
        details: application.details.take(),
    })
}

fn no_length() -> Wrong {
    Wrong::new(
        Part::Hours,
        "give the hours, a last day (until) or minutes, so that it is known how long the leave is",
    )
}

/// The hours of a leave with a last day, as long as nothing is known of who asks: 8 for each Monday to Friday, 4 for a half.
fn usual_hours(application: &LeaveApplication) -> Result<LeaveHours, Wrong> {
    let days = Days::usual(application).map_err(|_| {
        Wrong::new(
            Part::Until,
            "there is no day from Monday to Friday in it; give a later last day, or the hours as well",
        )
    })?;
    Ok(hours_of(&days))
}

/// The hours of some days, rounded up.
pub(crate) fn hours_of(days: &Days) -> LeaveHours {
    rounded_up(days.minutes())
}

fn rounded_up(minutes: u32) -> LeaveHours {
    let hours = i32::try_from(minutes.div_ceil(60)).ok();
    let hours = hours.and_then(|hours| LeaveHours::try_from(hours).ok());
    hours.unwrap_or(LeaveHours::MAX)
}

fn check(details: &LeaveDetails, start: LeaveStart) -> Result<(), Wrong> {
    let Err(rule) = details.check(start) else {
        return Ok(());
    };
    let first = Date::of(start.ticks());
    Err(match rule {
        InvalidRecord::Days => Wrong::new(
            Part::Until,
            format_args!(
                "it must not be before the first day, {first}, nor more than 366 days from it; give another last day"
            ),
        ),
        InvalidRecord::MinutesOfSeveral => Wrong::new(
            Part::Minutes,
            "they are only for leave on a single day, without halves; leave them out, or the last day and the halves",
        ),
        InvalidRecord::Gap if details.last_date == Some(first) => Wrong::new(
            Part::LastDay,
            "it is the same day as the first, with another half; give the half for one of them only, or none for the \
             whole day",
        ),
        InvalidRecord::Gap if details.first_day == DayPart::Morning => Wrong::new(
            Part::FirstDay,
            "leave of several days cannot begin with a morning alone; give afternoon or whole, or apply twice",
        ),
        InvalidRecord::Gap => Wrong::new(
            Part::LastDay,
            "leave of several days cannot end with an afternoon alone; give morning or whole, or apply twice",
        ),
        InvalidRecord::HalvesWithoutEnd => Wrong::new(
            match details.first_day {
                DayPart::Whole => Part::LastDay,
                _ => Part::FirstDay,
            },
            "a half of a day needs a last day; give it (until), on one day the same as the first",
        ),
        other => Wrong::new(Part::Until, other),
    })
}

#[cfg(test)]
mod tests {
    use super::{Length, Part, Wrong, fit, read_details};
    use timeoff_models::DayPart;

    /// A part and its text.
    type Given = (Part, &'static str);

    /// Of leave from Thursday, 2027-01-07.
    fn length(hours: Option<i32>, given: &[Given]) -> Result<Length, Vec<Wrong>> {
        let text = |part| {
            let given = given.iter().find(|(of, _)| *of == part);
            given.map(|(_, text)| *text)
        };
        let details = read_details(text)?;
        let who = "ada@example.com".parse().expect("an address");
        let department = "IT".parse().expect("a department");
        let start = "2027-01-07".parse().expect("a day");
        let hours = hours.map(|hours| hours.try_into().expect("in range"));
        fit((&who, &department, start), hours, details).map_err(|wrong| vec![wrong])
    }

    #[test]
    fn hours_alone_are_an_application_without_details() {
        let length = length(Some(20), &[(Part::Type, " "), (Part::Note, "")]).expect("fits");
        assert_eq!((length.hours.get(), length.is_counted), (20, false));
        assert_eq!(length.details, None);
    }

    #[test]
    fn hours_are_counted_from_the_days_and_rounded_up() {
        let hours = |given: &[_]| {
            let length = length(None, given).expect("fits");
            (length.hours.get(), length.is_counted)
        };
        assert_eq!(hours(&[(Part::Until, "2027-01-11")]), (24, true));
        let halves = [
            (Part::Until, "2027-01-11"),
            (Part::FirstDay, "Afternoon"),
            (Part::LastDay, "morning"),
        ];
        assert_eq!(hours(&halves), (16, true));
        let half = [(Part::Until, "2027-01-07"), (Part::FirstDay, "morning")];
        assert_eq!(hours(&half), (4, true));
        assert_eq!(hours(&[(Part::Minutes, "90")]), (2, false));
        assert_eq!(hours(&[(Part::Until, "2028-01-07")]), (262 * 8, true));
        let given = length(Some(7), &[(Part::Until, "2027-01-11")]).expect("fits");
        assert_eq!(given.hours.get(), 7);
    }

    #[test]
    fn all_that_is_given_is_kept() {
        let given = [
            (Part::Type, "Annual"),
            (Part::Until, "2027-01-11"),
            (Part::FirstDay, "afternoon"),
            (Part::LastDay, "morning"),
            (Part::Note, "The harvest"),
            (Part::Replaces, "ada@example.com-1"),
        ];
        let length = length(None, &given).expect("fits");
        let details = length.details.expect("details");
        assert_eq!(
            details.leave_type.as_ref().map(|of| of.as_str()),
            Some("annual")
        );
        assert_eq!(details.last_date, "2027-01-11".parse().ok());
        assert_eq!(details.first_day, DayPart::Afternoon);
        assert_eq!(details.last_day, DayPart::Morning);
        assert_eq!(
            details.note.as_ref().map(|note| note.as_str()),
            Some("The harvest")
        );
        let replaces = details.replaces.as_ref().map(|id| id.as_str());
        assert_eq!(replaces, Some("ada@example.com-1"));
    }

    #[test]
    fn minutes_are_of_the_first_day() {
        let length = length(None, &[(Part::Minutes, "90")]).expect("fits");
        let details = length.details.expect("details");
        assert_eq!(
            (details.minutes, details.last_date),
            (Some(90), "2027-01-07".parse().ok())
        );
    }

    #[test]
    fn each_wrong_part_is_named_with_what_to_do() {
        let cases: [(&[Given], Part, &str); 15] = [
            (
                &[],
                Part::Hours,
                "give the hours, a last day (until) or minutes",
            ),
            (&[(Part::Type, "annual")], Part::Hours, "give the hours"),
            (
                &[(Part::Type, "sick leave")],
                Part::Type,
                "letters a-z, digits and hyphens",
            ),
            (
                &[(Part::Until, "2027-02-30")],
                Part::Until,
                "\"2027-02-30\" is not a last day",
            ),
            (
                &[(Part::Until, "2027-01-06")],
                Part::Until,
                "not be before the first day, 2027-01-07",
            ),
            (
                &[(Part::Until, "2028-01-08")],
                Part::Until,
                "nor more than 366 days from it",
            ),
            (
                &[(Part::FirstDay, "noon")],
                Part::FirstDay,
                "whole, morning or afternoon",
            ),
            (
                &[(Part::FirstDay, "morning")],
                Part::FirstDay,
                "needs a last day",
            ),
            (
                &[(Part::LastDay, "morning")],
                Part::LastDay,
                "needs a last day",
            ),
            (
                &[(Part::Until, "2027-01-08"), (Part::FirstDay, "morning")],
                Part::FirstDay,
                "give afternoon or whole",
            ),
            (
                &[(Part::Until, "2027-01-08"), (Part::LastDay, "afternoon")],
                Part::LastDay,
                "give morning or whole",
            ),
            (
                &[
                    (Part::Until, "2027-01-07"),
                    (Part::FirstDay, "morning"),
                    (Part::LastDay, "afternoon"),
                ],
                Part::LastDay,
                "for one of them only",
            ),
            (&[(Part::Minutes, "0")], Part::Minutes, "from 1 to 1440"),
            (
                &[(Part::Minutes, "90"), (Part::Until, "2027-01-08")],
                Part::Minutes,
                "on a single day",
            ),
            (&[(Part::Note, "\u{7}")], Part::Note, ""),
        ];
        for (given, part, rule) in cases {
            let wrong = length(None, given).expect_err("is wrong");
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert_eq!(wrong[0].part, part, "{wrong:?}");
            assert!(wrong[0].rule.contains(rule), "{wrong:?}");
            assert!(!wrong[0].rule.is_empty());
        }
    }

    #[test]
    fn a_weekend_needs_hours_where_nothing_is_known_of_who_works_then() {
        let who = "ada@example.com".parse().expect("an address");
        let department = "IT".parse().expect("a department");
        let saturday = "2027-01-09".parse().expect("a day");
        let details = || {
            let until = |part| (part == Part::Until).then_some("2027-01-10");
            read_details(until).expect("readable")
        };
        let wrong = fit((&who, &department, saturday), None, details());
        let wrong = wrong.expect_err("no day of a usual week");
        assert!(wrong.rule.contains("or the hours as well"), "{wrong:?}");
        let given = fit(
            (&who, &department, saturday),
            Some(6.try_into().expect("in range")),
            details(),
        );
        assert_eq!(given.expect("fits").hours.get(), 6);
    }

    #[test]
    fn several_wrong_parts_are_told_together() {
        let given = [
            (Part::Type, "a b"),
            (Part::Minutes, "x"),
            (Part::LastDay, "y"),
        ];
        let wrong = length(None, &given).expect_err("is wrong");
        let parts: Vec<Part> = wrong.iter().map(|wrong| wrong.part).collect();
        assert_eq!(parts, [Part::Type, Part::LastDay, Part::Minutes]);
    }
}
