//! What is known of the chosen application, in lines below the list.

use timeoff_cli::Tone;
use timeoff_ledger::{Look, Refusal};
use timeoff_models::{Date, DayPart, LeaveApplication};

/// The lines: what is asked for, what it takes and what is left, why it cannot be approved now, who decides. None for an
/// application of version 1 where no policy holds.
pub(crate) fn detail(
    application: &LeaveApplication,
    look: &Result<Option<Look>, Refusal>,
) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    match look {
        Ok(Some(look)) => of_policy(application, look, &mut lines),
        Ok(None) => lines.extend(without_policy(application)),
        Err(refusal) => {
            lines.extend(without_policy(application));
            lines.push((refusal.to_string(), Tone::Wrong));
        }
    }
    if let Some(details) = &application.details {
        if let Some(id) = &details.replaces {
            lines.push((format!("It replaces {id}."), Tone::Plain));
        }
        if let Some(email) = &details.substitute {
            lines.push((format!("{email} stands in meanwhile."), Tone::Plain));
        }
        if let Some(note) = &details.note {
            lines.push((format!("Note: {note}"), Tone::Plain));
        }
    }
    lines
}

fn of_policy(application: &LeaveApplication, look: &Look, lines: &mut Vec<(String, Tone)>) {
    let period = match when(application) {
        Some(period) => period,
        // Of hours, only the account knows how far they go.
        None => match (look.days.first(), look.days.last()) {
            (Some(first), Some(last)) => from_to(&first.to_string(), &last.to_string()),
            _ => String::new(),
        },
    };
    let mut takes = format!("{} {period} takes {}.", look.label, look.takes());
    if let Some(leaves) = look.leaves() {
        takes.push_str(&format!(" {leaves}"));
    }
    lines.push((takes, Tone::Plain));
    match &look.against {
        None => {}
        Some(Refusal::Warned { warnings }) => {
            let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
            lines.push((format!("Warning: {}", warnings.join(" ")), Tone::Wrong));
        }
        Some(refusal) => lines.push((refusal.to_string(), Tone::Wrong)),
    }
    lines.extend(look.stage_in_words().map(|stage| (stage, Tone::Plain)));
}

/// What an application says beyond version 1, as far as it can be said in one line.
fn without_policy(application: &LeaveApplication) -> Option<(String, Tone)> {
    let of = application.leave_type().map(|of| format!("Type {of}"));
    let parts: Vec<String> = of.into_iter().chain(when(application)).collect();
    (!parts.is_empty()).then(|| (format!("{}.", parts.join(", ")), Tone::Plain))
}

/// When, if the application names days: `from 2027-01-07 afternoon to 2027-01-08`.
pub(super) fn when(application: &LeaveApplication) -> Option<String> {
    let details = application.details.as_deref()?;
    let (first, last) = (Date::of(application.start.ticks()), details.last_date?);
    let day = |date: Date, part: DayPart| match part {
        DayPart::Whole => date.to_string(),
        part => format!("{date} {part}"),
    };
    if first == last && details.first_day == DayPart::Whole {
        return Some(format!("on {}", day(last, details.last_day)));
    }
    let begins = day(first, details.first_day);
    Some(match first == last {
        true => format!("on {begins}"),
        false => from_to(&begins, &day(last, details.last_day)),
    })
}

fn from_to(first: &str, last: &str) -> String {
    match first == last {
        true => format!("on {first}"),
        false => format!("from {first} to {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::detail;
    use timeoff_ledger::{Available, Days, Look, Refusal};
    use timeoff_models::{DayPart, LeaveApplication, LeaveDetails};

    fn application(details: Option<LeaveDetails>) -> LeaveApplication {
        LeaveApplication {
            email: "ada@example.com".parse().expect("an address"),
            department: "IT".parse().expect("a department"),
            hours: "8".parse().expect("in range"),
            start: "2027-01-07".parse().expect("a day"),
            details: details.map(Box::new),
        }
    }

    fn look(days: &str) -> Look {
        Look {
            leave_type: "annual".parse().expect("a type"),
            label: "Annual leave".to_owned(),
            days: days.parse::<Days>().expect("days"),
            available: Some(Available {
                before: 5760,
                after: Some(4320),
            }),
            against: None,
            stage: 1,
            stages: 1,
            stage_tag: None,
        }
    }

    fn texts(application: &LeaveApplication, look: &Result<Option<Look>, Refusal>) -> Vec<String> {
        let lines = detail(application, look).into_iter();
        lines.map(|(text, _)| text).collect()
    }

    #[test]
    fn an_application_of_version_1_without_a_policy_has_nothing_to_add() {
        assert!(texts(&application(None), &Ok(None)).is_empty());
    }

    #[test]
    fn what_an_application_says_is_shown_without_a_policy_too() {
        let details = LeaveDetails {
            leave_type: "annual".parse().ok(),
            last_date: "2027-01-11".parse().ok(),
            first_day: DayPart::Afternoon,
            note: "The harvest".parse().ok(),
            ..LeaveDetails::default()
        };
        assert_eq!(
            texts(&application(Some(details)), &Ok(None)),
            [
                "Type annual, from 2027-01-07 afternoon to 2027-01-11.",
                "Note: The harvest"
            ]
        );
    }

    #[test]
    fn where_a_policy_holds_it_says_what_a_leave_takes_and_what_is_left() {
        let days = "2027-01-07 480, 2027-01-08 480, 2027-01-11 480";
        let said = "Annual leave from 2027-01-07 to 2027-01-11 takes 24 h (3 days). 96 h can be taken on 2027-01-07, 72 h \
                    after this.";
        assert_eq!(texts(&application(None), &Ok(Some(look(days)))), [said]);
    }

    #[test]
    fn what_stands_against_it_and_the_stage_are_said() {
        let mut look = look("2027-01-07 480");
        look.against = Some(Refusal::NothingToReplace);
        look.available = None;
        (look.stage, look.stages, look.stage_tag) = (2, 2, Some("hr".to_owned()));
        assert_eq!(
            texts(&application(None), &Ok(Some(look))),
            [
                "Annual leave on 2027-01-07 takes 8 h (1 day).",
                "The leave that this one is to replace is not booked for the employee: decline it, and have them ask again.",
                "Stage 2 of 2: somebody with the tag hr decides.",
            ]
        );
        let refusal = Refusal::NothingToReplace;
        let said = refusal.to_string();
        assert_eq!(texts(&application(None), &Err(refusal)), [said]);
    }
}
