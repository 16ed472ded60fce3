//! What is shown of a leave before it is decided.

use std::borrow::Cow;

use timeoff_models::{DayPart, LeaveApplication, LeaveDetails};

use super::office::{Office, application, day, enter, noon, person};
use crate::{Application, Available, Days, Look, PolicyText, Request, Role};

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

#[test]
fn what_is_left_and_the_stage_are_said_in_one_sentence_each() {
    let look = Look {
        leave_type: "annual".parse().unwrap(),
        label: "Annual leave".to_owned(),
        days: "2027-01-07 480".parse().unwrap(),
        available: Some(Available {
            before: 960,
            after: Some(480),
        }),
        against: None,
        stage: 1,
        stages: 1,
        stage_tag: None,
    };
    let said = "16 h can be taken on 2027-01-07, 8 h after this.";
    assert_eq!(look.leaves().as_deref(), Some(said));
    assert_eq!(look.stage_in_words(), None);
    let available = Some(Available {
        before: 0,
        after: None,
    });
    let too_much = Look {
        available,
        stages: 2,
        ..look.clone()
    };
    assert_eq!(
        too_much.leaves().as_deref(),
        Some("Nothing can be taken on 2027-01-07.")
    );
    assert_eq!(
        too_much.stage_in_words().as_deref(),
        Some("Stage 1 of 2: an approver decides.")
    );
    let sick = Look {
        available: None,
        stage: 2,
        stages: 2,
        stage_tag: Some("hr".to_owned()),
        ..look
    };
    assert_eq!(sick.leaves(), None);
    assert_eq!(
        sick.stage_in_words().as_deref(),
        Some("Stage 2 of 2: somebody with the tag hr decides.")
    );
}
