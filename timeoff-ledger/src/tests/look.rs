//! What is shown of a leave before it is decided.

use std::borrow::Cow;

use timeoff_models::{DayPart, LeaveApplication, LeaveDetails};

use super::office::{Office, application, day, enter, noon, person};
use crate::{Application, Days, PolicyText, Request, Role};

/// From one day of January 2027 to another.
fn leave(name: &str, from: u32, until: u32) -> LeaveApplication {
    let Application { leave, .. } = application(name);
    LeaveApplication {
        start: noon(from).into(),
        details: Some(Box::new(LeaveDetails {
            last_date: Some(day(until)),
            ..LeaveDetails::default()
        })),
        ..leave.into_owned()
    }
}

#[test]
fn days_are_counted_by_the_schedule_of_whoever_asks_without_a_policy() {
    let mut office = Office::staffed();
    let mut part_time = person(6, "mary", Role::Employee);
    part_time.schedule = Some("240 240 240 0 0 0 0".parse().unwrap());
    office.done("ada", enter(part_time));
    let minutes = |name| {
        let days = office.state.days_of_leave(&leave(name, 4, 8), noon(1))?;
        Some(days.minutes())
    };
    assert_eq!(minutes("ken"), Some(5 * 480));
    assert_eq!(minutes("mary"), Some(3 * 240));
    assert_eq!(minutes("eve"), None);
    // A Saturday and a Sunday.
    let weekend = leave("ken", 9, 10);
    assert_eq!(office.state.days_of_leave(&weekend, noon(1)), None);
}

#[test]
fn what_a_leave_takes_is_said_in_hours_and_days() {
    let mut office = Office::staffed();
    let policy =
        "default_type = 'sick'\n[types.sick]\nlabel = 'Sick leave'\nneeds_entitlement = false\n";
    office.done(
        "ada",
        Request::SetPolicy {
            policy: PolicyText(policy.into()),
            expected_version: None,
        },
    );
    let takes = |change: fn(&mut LeaveDetails), until| {
        let mut leave = leave("ken", 7, until);
        leave.details.as_deref_mut().map(change).unwrap();
        let asked = Application {
            leave: Cow::Owned(leave),
            ..application("ken")
        };
        let look = office.state.look_at(&asked, noon(1)).unwrap().unwrap();
        look.takes()
    };
    assert_eq!(takes(|_| (), 11), "24 h (3 days)");
    assert_eq!(takes(|_| (), 7), "8 h (1 day)");
    let afternoon = |details: &mut LeaveDetails| details.first_day = DayPart::Afternoon;
    assert_eq!(takes(afternoon, 7), "4 h (half a day)");
    assert_eq!(takes(afternoon, 8), "12 h (1 and a half days)");
    let minutes = |details: &mut LeaveDetails| details.minutes = Some(90);
    assert_eq!(takes(minutes, 7), "1 h 30 min");
    assert_eq!(Days::default().in_words().as_deref(), Some("0 days"));
}
