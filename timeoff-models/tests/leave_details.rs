//! What an application can say since version 2 of its record: it survives the wire, and what is impossible is refused by
//! the name of its field.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use timeoff_models::generated::LeaveApplicationReceived;
use timeoff_models::{
    ApplicationId, Date, DayPart, Departments, InvalidRecord, LeaveApplication, LeaveDetails,
};

/// Thursday, 2027-01-07.
fn thursday() -> Date {
    date("2027-01-07")
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn read(record: &LeaveApplicationReceived<'_>) -> Result<LeaveApplication, InvalidRecord> {
    LeaveApplication::from_wire(record, &Departments::default())
}

fn record() -> LeaveApplicationReceived<'static> {
    let start = thursday().midnight().get();
    LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, start)
}

/// An application for leave from Thursday on, with these details.
fn with(details: LeaveDetails) -> LeaveApplication {
    LeaveApplication {
        details: Some(Box::new(details)),
        ..read(&record()).unwrap()
    }
}

/// Whether details of leave from Thursday on are understood: by the check, and from the wire.
#[track_caller]
fn verdict(details: LeaveDetails) -> Result<(), InvalidRecord> {
    let application = with(details);
    let details = application.details.as_ref().unwrap();
    let checked = details.check(application.start);
    let read = read(&(&application).into());
    assert_eq!(read.as_ref().map(|_| ()), checked.as_ref().map(|_| ()));
    if let Ok(read) = read {
        assert_eq!(read, application);
    }
    checked
}

fn days(last: &str, first_day: DayPart, last_day: DayPart) -> LeaveDetails {
    LeaveDetails {
        last_date: Some(date(last)),
        first_day,
        last_day,
        ..LeaveDetails::default()
    }
}

#[test]
fn every_detail_survives_the_wire() {
    let all = with(LeaveDetails {
        leave_type: Some("annual".parse().unwrap()),
        last_date: Some(date("2027-01-08")),
        first_day: DayPart::Afternoon,
        last_day: DayPart::Morning,
        minutes: None,
        note: Some("By the sea".parse().unwrap()),
        substitute: Some("bob@example.com".parse().unwrap()),
        submitted_by: Some("eve@example.com".parse().unwrap()),
        replaces: Some(ApplicationId::from_key("ada-1")),
    });
    assert_eq!(read(&(&all).into()), Ok(all));
    for minutes in [1, 1440] {
        let some = with(LeaveDetails {
            minutes: Some(minutes),
            ..LeaveDetails::default()
        });
        assert_eq!(read(&(&some).into()), Ok(some));
    }
}

#[test]
fn an_application_that_says_nothing_more_has_no_details() {
    assert_eq!(read(&record()).unwrap().details, None);
    // Whole days are what is meant anyway.
    let mut whole = record();
    whole.first_day = Some("whole".into());
    whole.last_day = Some("Whole".into());
    assert_eq!(read(&whole).unwrap().details, None);
}

#[test]
fn the_last_day_is_from_the_first_to_the_366th() {
    let whole = |last| verdict(days(last, DayPart::Whole, DayPart::Whole));
    assert_eq!(whole("2027-01-07"), Ok(()));
    assert_eq!(whole("2028-01-07"), Ok(()), "the 366th day");
    assert_eq!(whole("2028-01-08"), Err(InvalidRecord::Days));
    assert_eq!(whole("2027-01-06"), Err(InvalidRecord::Days));
}

#[test]
fn minutes_are_for_a_single_day_without_halves() {
    let minutes = |details: LeaveDetails| {
        verdict(LeaveDetails {
            minutes: Some(90),
            ..details
        })
    };
    let (whole, morning) = (DayPart::Whole, DayPart::Morning);
    assert_eq!(minutes(LeaveDetails::default()), Ok(()));
    assert_eq!(minutes(days("2027-01-07", whole, whole)), Ok(()));
    for details in [
        days("2027-01-08", whole, whole),
        days("2027-01-07", morning, whole),
        days("2027-01-07", whole, morning),
    ] {
        assert_eq!(minutes(details), Err(InvalidRecord::MinutesOfSeveral));
    }
}

#[test]
fn halves_leave_no_gap() {
    let (whole, morning, afternoon) = (DayPart::Whole, DayPart::Morning, DayPart::Afternoon);
    for first in [whole, morning, afternoon] {
        for last in [whole, morning, afternoon] {
            let one_day = first == last || first == whole || last == whole;
            let several = first != morning && last != afternoon;
            for (until, has_no_gap) in [("2027-01-07", one_day), ("2027-01-08", several)] {
                let expected = match has_no_gap {
                    true => Ok(()),
                    false => Err(InvalidRecord::Gap),
                };
                assert_eq!(
                    verdict(days(until, first, last)),
                    expected,
                    "{until} {first} {last}"
                );
            }
        }
    }
}

#[test]
fn halves_need_a_last_day() {
    for (first_day, last_day) in [
        (DayPart::Afternoon, DayPart::Whole),
        (DayPart::Whole, DayPart::Morning),
    ] {
        let halves = LeaveDetails {
            first_day,
            last_day,
            ..LeaveDetails::default()
        };
        assert_eq!(verdict(halves), Err(InvalidRecord::HalvesWithoutEnd));
    }
}

#[test]
fn an_impossible_value_is_refused_by_the_name_of_its_field_without_repeating_it() {
    const SECRET: &str = "secret ada";
    type Change = fn(&mut LeaveApplicationReceived<'_>);
    let changes: [(&str, Change); 10] = [
        ("LeaveType", |r| r.leave_type = Some(SECRET.into())),
        ("LeaveEndDateTicks", |r| r.leave_end_date_ticks = Some(-1)),
        ("LeaveEndDateTicks", |r| {
            // A minute past midnight.
            r.leave_end_date_ticks = Some(r.leave_start_date_ticks + 600_000_000);
        }),
        ("FirstDay", |r| r.first_day = Some(SECRET.into())),
        ("LastDay", |r| r.last_day = Some(SECRET.into())),
        ("LeaveMinutes", |r| r.leave_minutes = Some(0)),
        ("LeaveMinutes", |r| r.leave_minutes = Some(1441)),
        ("Note", |r| {
            r.note = Some(format!("{SECRET} {}", "a".repeat(100_000)).into());
        }),
        ("Substitute", |r| r.substitute = Some(SECRET.into())),
        ("SubmittedBy", |r| r.submitted_by = Some(SECRET.into())),
    ];
    for (field, change) in changes {
        let mut record = record();
        change(&mut record);
        let error = read(&record).unwrap_err();
        let (shown, debugged) = (error.to_string(), format!("{error:?}"));
        assert!(shown.starts_with(field), "{field}: {shown}");
        assert!(
            !shown.contains(SECRET) && !debugged.contains(SECRET),
            "{field}"
        );
    }
}

#[test]
fn what_somebody_wrote_is_not_printed_for_debugging() {
    let details = LeaveDetails {
        leave_type: Some("sick".parse().unwrap()),
        note: Some("By the sea".parse().unwrap()),
        substitute: Some("bob@example.com".parse().unwrap()),
        submitted_by: Some("eve@example.com".parse().unwrap()),
        replaces: Some(ApplicationId::from_key("ada@example.com-1")),
        ..LeaveDetails::default()
    };
    let debugged = format!("{details:?}");
    for secret in ["sick", "sea", "bob", "eve", "ada"] {
        assert!(!debugged.contains(secret), "{debugged}");
    }
}
