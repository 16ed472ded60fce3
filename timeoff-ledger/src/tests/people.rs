//! Who may enter and change people, and what becomes of it.

use super::office::{
    Office, application, change, day, decide, department, email, enter, first_admin, id, noon,
    person, withdraw,
};
use crate::{Answer, Command, Date, Decider, Fact, Person, Request, Role};
use timeoff_models::Outcome;

fn leave(number: u32, last_date: Date) -> Request {
    Request::EndEmployment {
        person: id(number),
        last_date,
    }
}

fn move_to(number: u32, to: &str) -> Request {
    Request::MovePerson {
        person: id(number),
        to: department(to),
    }
}

fn admit(person: Person, from: &str) -> Request {
    Request::AdmitPerson {
        person: Box::new(person),
        department: department("IT"),
        from: department(from),
    }
}

#[test]
fn a_first_admin_is_named_where_nobody_has_been_entered() {
    let mut office = Office::empty();
    assert!(office.state.is_without_people());
    let done = office.done("ada", first_admin(1, "ada"));
    assert_eq!(
        done.event.fact,
        Fact::PersonEntered {
            person: Box::new(person(1, "ada", Role::Admin)),
            department: department("IT"),
            moved_from: None,
        }
    );
    assert!(!office.state.is_without_people());
}

#[test]
fn a_first_admin_who_is_named_again_is_repeated_under_the_first_id() {
    let mut office = Office::staffed();
    let before = office.state.clone();
    let done = office.done("ada", first_admin(77, "ada"));
    let expected = Fact::PersonChanged {
        person: Box::new(person(1, "ada", Role::Admin)),
    };
    assert_eq!(done.event.fact, expected);
    assert_eq!(office.state.people, before.people);
}

#[test]
fn nobody_else_becomes_first_admin() {
    let mut office = Office::staffed();
    for name in ["eve", "grace"] {
        let (refusal, reason) = office.refusal_and_reason(1, name, first_admin(77, name));
        assert_eq!(
            refusal,
            "ada is an admin of IT already: ask them to enter you."
        );
        assert_eq!(reason, "IT has an admin already: ask them to enter you.");
    }
}

#[test]
fn people_who_moved_to_a_department_without_an_admin_do_not_keep_it_from_getting_one() {
    let mut office = Office::empty();
    office.done("ada", admit(person(4, "ken", Role::Employee), "HR"));
    assert!(!office.state.is_without_people());
    let done = office.done("ken", first_admin(77, "ken"));
    let expected = Fact::PersonChanged {
        person: Box::new(person(4, "ken", Role::Admin)),
    };
    assert_eq!(done.event.fact, expected);
}

#[test]
fn a_first_admin_takes_nobodys_id_and_nobodys_address() {
    let mut office = Office::empty();
    office.done("ada", admit(person(4, "ken", Role::Employee), "HR"));
    let mut later = person(5, "joan", Role::Employee);
    later.from = Some(day(20));
    office.done("ada", admit(later, "HR"));
    assert_eq!(
        office.refusal("eve", first_admin(4, "eve")),
        "This person has been entered in IT already: change them instead."
    );
    assert!(
        office
            .refusal("eve", first_admin(77, "joan"))
            .starts_with("Another person in IT has this e-mail address")
    );
}

#[test]
fn people_are_entered_and_changed_by_an_active_admin_only() {
    let mut office = Office::staffed();
    let newcomer = || person(9, "new", Role::Employee);
    for request in [
        enter(newcomer()),
        change(person(4, "ken", Role::Approver)),
        move_to(4, "HR"),
        leave(4, day(9)),
    ] {
        assert_eq!(
            office.refusal("grace", request.clone()),
            "Only an admin of IT can do this, and you are an approver: ask an admin."
        );
        assert_eq!(
            office.refusal("eve", request),
            "Nobody with your e-mail address is active in IT: ask an admin to enter you there."
        );
    }
    assert_eq!(
        Office::empty().refusal("ada", enter(newcomer())),
        "Nobody has been entered in IT yet: name its first admin first."
    );
    let done = office.done("ada", enter(newcomer()));
    assert_eq!(done.event.cause.by, Some(id(1)));
}

#[test]
fn nobody_is_entered_twice() {
    let mut office = Office::staffed();
    assert_eq!(
        office.refusal("ada", enter(person(4, "other", Role::Employee))),
        "This person has been entered in IT already: change them instead."
    );
    assert_eq!(
        office.refusal("ada", enter(person(9, "ken", Role::Employee))),
        "Another person in IT has this e-mail address: give another one, or say which day was their last first."
    );
}

#[test]
fn an_address_is_free_once_its_holder_has_left() {
    let mut office = Office::staffed();
    office.done("ada", leave(4, day(9)));
    let successor = || enter(person(9, "ken", Role::Approver));
    assert!(
        office
            .refusal_on(9, "ada", successor())
            .contains("e-mail address")
    );
    office.done_on(10, "ada", successor());
    let active = office.state.person_at(&email("ken"), noon(10)).unwrap();
    assert_eq!(active.id, id(9));
    // And their predecessor cannot come back under it.
    assert!(
        office
            .refusal_on(10, "ada", leave(4, day(30)))
            .contains("e-mail address")
    );
    let mut renamed = person(4, "ken", Role::Employee);
    renamed.name = "Kenneth".parse().unwrap();
    office.done_on(10, "ada", change(renamed));
    let active = office.state.person_at(&email("ken"), noon(10)).unwrap();
    assert_eq!(active.id, id(9));
}

#[test]
fn a_last_day_before_the_first_is_refused() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Employee);
    (newcomer.from, newcomer.until) = (Some(day(9)), Some(day(8)));
    let mut ken = newcomer.clone();
    (ken.id, ken.email) = (id(4), email("ken"));
    for request in [enter(newcomer), change(ken)] {
        assert_eq!(
            office.refusal("ada", request),
            "The last day is before the first one: give a later last day."
        );
    }
}

#[test]
fn a_person_is_changed_as_a_whole() {
    let mut office = Office::staffed();
    let mut ken = person(4, "kenneth", Role::Approver);
    ken.region = Some("DE-BY".parse().unwrap());
    office.done("ada", change(ken.clone()));
    assert_eq!(
        office.state.person_at(&email("kenneth"), noon(1)),
        Some(&ken)
    );
    assert_eq!(office.state.person_at(&email("ken"), noon(1)), None);
    assert_eq!(
        office.refusal("ada", change(person(9, "new", Role::Employee))),
        "No such person is in IT: enter them first, or ask in their department."
    );
    assert!(
        office
            .refusal("ada", change(person(4, "grace", Role::Employee)))
            .contains("e-mail address")
    );
}

#[test]
fn a_person_is_active_from_their_first_day_to_their_last() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Employee);
    (newcomer.from, newcomer.until) = (Some(day(5)), Some(day(20)));
    office.done("ada", enter(newcomer));
    let active =
        |office: &Office, date| office.state.person_at(&email("new"), noon(date)).is_some();
    let days: Vec<u32> = (1..=31).filter(|&date| active(&office, date)).collect();
    assert_eq!(days, (5..=20).collect::<Vec<_>>());
    office.done("ada", leave(9, day(10)));
    let days: Vec<u32> = (1..=31).filter(|&date| active(&office, date)).collect();
    assert_eq!(days, (5..=10).collect::<Vec<_>>());
}

#[test]
fn a_change_does_not_bring_back_a_person_who_has_left() {
    let mut office = Office::staffed();
    office.done("ada", leave(2, day(1)));
    office.done_on(2, "ada", change(person(2, "grace", Role::Approver)));
    assert_eq!(office.state.person_at(&email("grace"), noon(2)), None);
    office.done_on(2, "ada", leave(2, day(20)));
    assert!(office.state.person_at(&email("grace"), noon(2)).is_some());
}

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

    let Command { asked, request } = done.admit.unwrap();
    let cause = done.event.cause;
    assert_eq!(asked.command_id, cause.command_id.unwrap().of_admission());
    assert_eq!((asked.by, asked.at), (email("ada"), cause.at));
    let mut ken = person(4, "ken", Role::Employee);
    ken.until = Some(day(20));
    assert_eq!(
        request,
        Request::AdmitPerson {
            person: Box::new(ken),
            department: department("HR"),
            from: department("IT"),
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
        }
    );
    assert_eq!(done.event.cause.by, None);
    office.done("ada", move_to(9, "OPS"));
    office.done("ops", admit(newcomer, "OPS"));
    assert!(office.state.person_at(&email("new"), noon(1)).is_some());
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

#[test]
fn the_last_admin_stays() {
    let mut office = Office::staffed();
    let mut late = person(1, "ada", Role::Admin);
    late.from = Some(day(2));
    let mut short = person(1, "ada", Role::Admin);
    short.until = Some(day(20));
    let losses = || {
        [
            change(person(1, "ada", Role::Approver)),
            change(late.clone()),
            change(short.clone()),
            move_to(1, "HR"),
            leave(1, day(30)),
        ]
    };
    for loss in losses() {
        assert_eq!(
            office.refusal("ada", loss),
            "This would leave IT without an admin: enter another admin first."
        );
    }
    office.done("ada", change(person(1, "lovelace", Role::Admin)));
    office.done("lovelace", change(person(1, "ada", Role::Admin)));

    // One who leaves first does not replace them.
    let mut temporary = person(8, "tom", Role::Admin);
    temporary.until = Some(day(15));
    office.done("ada", enter(temporary));
    for loss in losses() {
        assert!(office.refusal("ada", loss).starts_with("This would leave"));
    }
    office.done("ada", enter(person(9, "tim", Role::Admin)));
    office.done("tim", leave(1, day(30)));
    office.done("ada", move_to(1, "HR"));
    assert!(
        office
            .refusal("tim", leave(9, day(30)))
            .starts_with("This would leave")
    );
}

#[test]
fn a_command_of_an_unknown_type_or_with_an_impossible_value_is_answered() {
    let mut office = Office::staffed();
    let asked = office.command("ken", 1, leave(4, day(1))).asked;
    let Answer::Refused { event, refusal } = office.state.refuse_unknown_type(&asked, "GrantLeave")
    else {
        panic!("not refused");
    };
    assert_eq!(
        refusal.to_string(),
        "This version does not know commands of the type GrantLeave: have the manager's service of IT updated, and \
         ask again."
    );
    assert_eq!(event.cause.by, Some(id(4)));
    office.state.evolve(&event);
    assert_eq!(
        office.state.refuse_unknown_type(&asked, "GrantLeave"),
        Answer::Repeated
    );

    let asked = office.command("ken", 1, leave(4, day(1))).asked;
    let error = crate::InvalidField {
        field: "Role",
        rule: crate::InvalidRole.into(),
    };
    let Answer::Refused { refusal, .. } = office.state.refuse_unreadable(&asked, error) else {
        panic!("not refused");
    };
    assert_eq!(
        refusal.to_string(),
        "The command cannot be understood: Role: a role must be employee, approver or admin."
    );
}

#[test]
fn without_people_applications_are_decided_as_before() {
    let mut office = Office::empty();
    let ken = application("ken");
    for decider in [
        Decider::Unnamed,
        Decider::Person(email("eve")),
        Decider::Policy("All are approved.".to_owned()),
    ] {
        let events = office
            .state
            .decide_here(&ken, &decider, Outcome::Approved, noon(1));
        assert_eq!(events, Ok(Vec::new()));
    }
    assert_eq!(
        office.refusal("ken", decide("joan", Outcome::Approved)),
        "Nobody has been entered in IT yet: name its first admin first."
    );
    office.done("ken", withdraw("ken"));
    let refusal = office
        .state
        .decide_here(&ken, &Decider::Unnamed, Outcome::Approved, noon(1))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "The employee has withdrawn it already."
    );
}
