//! Who may decide on an application, and who may withdraw it.

use timeoff_models::Outcome;

use super::office::{
    Office, application, change, decide, department, email, enter, id, noon, person, withdraw,
};
use crate::{Answer, Decider, Fact, Fate, LeaveDecided, Request, Role, Ruling};

#[test]
fn an_approver_decides_and_the_result_bears_their_name() {
    let mut office = Office::staffed();
    let comment: timeoff_models::Comment = "Have fun.".parse().unwrap();
    let request = Request::DecideApplication {
        application: application("ken").id,
        outcome: Outcome::Approved,
        comment: Some(comment.clone()),
        expected_version: Some(0),
        accept_warnings: false,
    };
    let done = office.done("grace", request);
    assert_eq!(
        done.result,
        Some(Ruling {
            fate: Fate::Approved,
            comment: Some(comment),
            by: Some("grace".parse().unwrap()),
        })
    );
    assert_eq!(done.event.cause.by, Some(id(2)));
    assert_eq!(
        done.event.fact,
        Fact::LeaveBooked(LeaveDecided {
            application: application("ken").id,
            person: Some(id(4)),
            on_behalf_of: None,
            policy: None,
            known_offset: None,
            judged: None,
        })
    );
    assert_eq!(
        office.state.fate_of(&application("ken").id),
        Some(Fate::Approved)
    );

    let done = office.done("ada", decide("stranger", Outcome::Declined));
    let Fact::LeaveDeclined(decided) = done.event.with_known_offset(Some(7)).fact else {
        panic!("not declined");
    };
    assert_eq!((decided.person, decided.known_offset), (None, Some(7)));
}

#[test]
fn an_employee_or_a_stranger_decides_on_nothing() {
    let mut office = Office::staffed();
    assert_eq!(
        office.refusal("ken", decide("joan", Outcome::Approved)),
        "Only an approver or an admin of IT, or somebody who stands in for one today, can decide on leave."
    );
    assert_eq!(
        office.refusal("eve", decide("joan", Outcome::Approved)),
        "Nobody with your e-mail address is active in IT: ask an admin to enter you there."
    );
}

#[test]
fn nobody_decides_on_their_own_leave_even_under_another_address() {
    let mut office = Office::staffed();
    let own = "Nobody decides on their own leave: ask another approver or an admin of IT.";
    for name in ["grace", "ada"] {
        assert_eq!(office.refusal(name, decide(name, Outcome::Approved)), own);
    }
    office.done("ada", change(person(2, "hopper", Role::Approver)));
    assert_eq!(
        office.refusal("hopper", decide("grace", Outcome::Approved)),
        own
    );
    office.done("linus", decide("grace", Outcome::Approved));
    office.done("linus", decide("ada", Outcome::Approved));
}

#[test]
fn a_decided_application_is_not_decided_again() {
    let mut office = Office::staffed();
    office.done("grace", decide("ken", Outcome::Approved));
    let (refusal, reason) = office.refusal_and_reason(1, "linus", decide("ken", Outcome::Declined));
    assert_eq!(refusal, "grace has approved it already.");
    assert_eq!(reason, "Another person has approved it already.");
    assert_eq!(
        office.refusal("ken", withdraw("ken")),
        "grace has approved it already."
    );
    let policy = Decider::Policy("All are declined.".to_owned());
    let events = office
        .state
        .decide_here(&application("joan"), &policy, Outcome::Declined, noon(1))
        .unwrap();
    office.state.evolve(&events.events[0]);
    assert_eq!(
        office.refusal("grace", decide("joan", Outcome::Approved)),
        "A policy has declined it already."
    );
}

#[test]
fn a_decision_on_another_version_is_refused_with_what_has_changed() {
    let mut office = Office::staffed();
    let at_version = |expected| Request::DecideApplication {
        application: application("ken").id,
        outcome: Outcome::Approved,
        comment: None,
        expected_version: Some(expected),
        accept_warnings: false,
    };
    assert_eq!(
        office.refusal("grace", at_version(2)),
        "You expected version 2 of this application, and it has version 0: look at it again and then decide."
    );
    // A refused command changes nothing, so it does not count.
    office.done("grace", at_version(0));
    assert_eq!(office.state.version_of(&application("ken").id), 1);
    assert_eq!(
        office.refusal("linus", at_version(0)),
        "grace has approved it already."
    );
}

#[test]
fn an_application_that_was_not_given_is_asked_for() {
    let mut office = Office::staffed();
    for (name, request) in [
        ("grace", decide("ken", Outcome::Approved)),
        ("ken", withdraw("ken")),
    ] {
        let command = office.command(name, 1, request);
        for given in [None, Some(&application("joan"))] {
            let answer = office.state.carry_out(&command, given);
            assert_eq!(answer, Answer::NeedsApplication);
        }
        let Answer::Refused { event, refusal } = office.state.refuse_unknown_application(&command)
        else {
            panic!("not refused");
        };
        assert_eq!(refusal.to_string(), "No such application is waiting in IT.");
        office.state.evolve(&event);
        assert_eq!(
            office.state.refuse_unknown_application(&command),
            Answer::Repeated
        );
    }
}

#[test]
fn only_the_employee_withdraws() {
    for mut office in [Office::staffed(), Office::empty()] {
        assert_eq!(
            office.refusal("grace", withdraw("ken")),
            "Only the employee who asked for this leave can withdraw it."
        );
        let is_known = !office.state.is_without_people();
        let done = office.done("ken", withdraw("ken"));
        let person = is_known.then(|| id(4));
        assert_eq!(done.event.cause.by, person);
        assert_eq!(
            done.event.fact,
            Fact::LeaveWithdrawn {
                application: application("ken").id,
                person,
                known_offset: None,
            }
        );
        assert_eq!(
            done.result,
            Some(Ruling {
                fate: Fate::Withdrawn,
                comment: None,
                by: is_known.then(|| "ken".parse().unwrap()),
            })
        );
        assert_eq!(
            office.refusal("ken", withdraw("ken")),
            "The employee has withdrawn it already."
        );
    }
}

#[test]
fn an_employee_withdraws_under_their_new_address_too() {
    let mut office = Office::staffed();
    office.done("ada", change(person(4, "kenneth", Role::Employee)));
    let done = office.done("kenneth", withdraw("ken"));
    assert_eq!(done.event.cause.by, Some(id(4)));
}

#[test]
fn an_approver_of_another_department_decides_where_they_are_entered() {
    let mut office = Office::staffed();
    office.done(
        "ada",
        Request::EnterPerson {
            person: Box::new(person(9, "guest", Role::Approver)),
            department: department("HR"),
        },
    );
    office.done("guest", decide("ken", Outcome::Approved));
}

#[test]
fn whoever_has_not_begun_or_has_left_decides_on_nothing() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Approver);
    newcomer.from = Some(super::office::day(5));
    newcomer.until = Some(super::office::day(6));
    office.done("ada", enter(newcomer));
    for date in [4, 7] {
        assert!(
            office
                .refusal_on(date, "new", decide("ken", Outcome::Approved))
                .starts_with("Nobody with your e-mail address is active")
        );
    }
    office.done_on(6, "new", decide("ken", Outcome::Approved));
    assert!(office.state.person_at(&email("new"), noon(6)).is_some());
}
