//! Decisions at the inbox, and by a policy, where people have been entered.

use timeoff_models::Outcome;

use super::office::{Office, application, decide as decide_command, email, id, noon, withdraw};
use crate::{Cause, Decider, Event, Fact, LeaveDecided, Refusal};

fn decide(office: &Office, name: &str, decider: Decider) -> Result<Vec<Event<'static>>, Refusal> {
    office
        .state
        .decide_here(&application(name), &decider, Outcome::Approved, noon(1))
        .map(|decided| decided.events)
}

fn booked(by: Option<u32>, policy: Option<&str>) -> Vec<Event<'static>> {
    vec![Event {
        cause: Cause {
            command_id: None,
            by: by.map(id),
            at: noon(1),
        },
        fact: Fact::LeaveBooked(LeaveDecided {
            application: application("ken").id,
            person: Some(id(4)),
            on_behalf_of: None,
            policy: policy.map(|policy| policy.to_owned().into()),
            known_offset: None,
            judged: None,
        }),
    }]
}

#[test]
fn whoever_has_not_said_who_they_are_is_asked_to() {
    assert_eq!(
        decide(&Office::staffed(), "ken", Decider::Unnamed)
            .unwrap_err()
            .to_string(),
        "People have been entered in IT: say who you are with --as EMAIL."
    );
}

#[test]
fn a_person_needs_the_right() {
    let office = Office::staffed();
    let as_person = |name: &str| Decider::Person {
        email: email(name),
        accepts_warnings: false,
    };
    assert_eq!(
        decide(&office, "ken", as_person("grace")),
        Ok(booked(Some(2), None))
    );
    for (name, start) in [
        ("eve", "Nobody with your e-mail address"),
        ("joan", "Only an approver"),
        ("ken", "Only an approver"),
    ] {
        let refusal = decide(&office, "ken", as_person(name)).unwrap_err();
        assert!(refusal.to_string().starts_with(start), "{refusal}");
    }
    let refusal = decide(&office, "grace", as_person("grace")).unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("Nobody decides on their own")
    );
}

#[test]
fn a_policy_always_may_but_not_twice() {
    let mut office = Office::staffed();
    let policy = || Decider::Policy("Short leave is approved.".to_owned());
    let events = decide(&office, "ken", policy()).unwrap();
    assert_eq!(events, booked(None, Some("Short leave is approved.")));
    office.state.evolve(&events[0]);
    let refusal = decide(&office, "ken", policy()).unwrap_err();
    assert_eq!(refusal.to_string(), "A policy has approved it already.");
}

#[test]
fn without_people_applications_are_decided_as_before() {
    let mut office = Office::empty();
    let ken = application("ken");
    for decider in [
        Decider::Unnamed,
        Decider::Person {
            email: email("eve"),
            accepts_warnings: false,
        },
        Decider::Policy("All are approved.".to_owned()),
    ] {
        let events = office
            .state
            .decide_here(&ken, &decider, Outcome::Approved, noon(1))
            .map(|decided| decided.events);
        assert_eq!(events, Ok(Vec::new()));
    }
    assert_eq!(
        office.refusal("ken", decide_command("joan", Outcome::Approved)),
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
