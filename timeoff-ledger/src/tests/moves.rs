//! Moves between departments.

use super::office::{
    Office, admit, change, day, department, email, enter, id, leave, move_to, noon, person,
};
use crate::{Command, Fact, Request, Role};

#[test]
fn a_move_takes_the_person_away_and_has_the_other_department_admit_them() {
    let mut office = Office::staffed();
    office.done("ada", leave(4, day(20)));
    let done = office.done("ada", move_to(4, "HR"));
    assert_eq!(
        done.event.fact,
        Fact::PersonMoved {
            person: id(4),
            to: department("HR")
        }
    );
    assert_eq!(office.state.person_at(&email("ken"), noon(1)), None);

    let [Command { asked, request }] = <[_; 1]>::try_from(done.admit).unwrap();
    let cause = done.event.cause;
    assert_eq!(asked.command_id, cause.command_id.unwrap().of_admission());
    assert_eq!((asked.by, asked.at), (email("ada"), cause.at));
    assert_eq!(
        request,
        Request::AdmitPerson {
            person: Box::new(person(4, "ken", Role::Employee)),
            department: department("HR"),
            from: department("IT"),
            left: Some(day(20)),
        }
    );
    assert!(
        office
            .refusal("ada", move_to(4, "OPS"))
            .starts_with("No such person")
    );
}

#[test]
fn nobody_moves_to_where_they_are_or_from_where_they_are_a_guest() {
    let mut office = Office::staffed();
    assert_eq!(
        office.refusal("ada", move_to(4, "IT")),
        "This person belongs to IT already."
    );
    office.done(
        "ada",
        Request::EnterPerson {
            person: Box::new(person(9, "guest", Role::Admin)),
            department: department("HR"),
        },
    );
    assert_eq!(
        office.refusal("ada", move_to(9, "OPS")),
        "This person belongs to HR: ask for the move there."
    );
}

#[test]
fn whoever_moves_here_is_at_home_here() {
    let mut office = Office::staffed();
    let newcomer = person(9, "new", Role::Approver);
    let done = office.done("hr", admit(newcomer.clone(), "HR"));
    assert_eq!(
        done.event.fact,
        Fact::PersonEntered {
            person: Box::new(newcomer.clone()),
            department: department("IT"),
            moved_from: Some(department("HR")),
            left: None,
        }
    );
    assert_eq!(done.event.cause.by, None);
    office.done("ada", move_to(9, "OPS"));
    office.done("ops", admit(newcomer, "OPS"));
    assert!(office.state.person_at(&email("new"), noon(1)).is_some());
}

#[test]
fn who_has_left_stays_so_when_they_move_until_another_last_day_is_said() {
    let mut office = Office::staffed();
    let admission = Request::AdmitPerson {
        person: Box::new(person(9, "new", Role::Employee)),
        department: department("IT"),
        from: department("HR"),
        left: Some(day(10)),
    };
    office.done("hr", admission);
    let is_active = |office: &Office, on| office.state.person_at(&email("new"), noon(on)).is_some();
    assert!(is_active(&office, 10) && !is_active(&office, 11));
    office.done_on(12, "ada", change(person(9, "new", Role::Approver)));
    assert!(!is_active(&office, 11));
    office.done_on(12, "ada", leave(9, day(20)));
    assert!(is_active(&office, 20) && !is_active(&office, 21));
    // And when they move on.
    let done = office.done_on(12, "ada", move_to(9, "OPS"));
    let Some(Request::AdmitPerson { left, .. }) =
        done.admit.into_iter().next().map(|admit| admit.request)
    else {
        panic!("no admission");
    };
    assert_eq!(left, Some(day(20)));
}

#[test]
fn a_guest_who_moves_here_stays_the_admin_if_there_is_no_other() {
    let mut office = Office::empty();
    let guest = Request::NameFirstAdmin {
        person: id(9),
        email: email("guest"),
        name: "guest".parse().unwrap(),
        department: department("HR"),
    };
    office.done("guest", guest);
    let mut demoted = person(9, "guest", Role::Approver);
    demoted.until = Some(day(20));
    demoted.tags = "nights".parse().unwrap();
    office.done("hr", admit(demoted.clone(), "HR"));
    let admin = office.state.person_at(&email("guest"), noon(1)).unwrap();
    assert_eq!((admin.role, admin.until), (Role::Admin, None));
    assert_eq!(admin.tags, demoted.tags);

    office.done("guest", enter(person(1, "ada", Role::Admin)));
    office.done("hr", admit(demoted.clone(), "HR"));
    let approver = office.state.person_at(&email("guest"), noon(1));
    assert_eq!(approver, Some(&demoted));
    office.done("ada", move_to(9, "HR"));
}
