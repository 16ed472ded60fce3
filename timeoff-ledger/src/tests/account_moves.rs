//! Moves between departments with an account.

use timeoff_models::{ApplicationId, LeaveType, Outcome};
use uuid::Uuid;

use super::office::{
    Office, admit, application, command_id, day, email, id, move_to, noon, person,
};
use crate::{
    Answer, Asked, Command, Entitlement, Fact, PersonId, PolicyText, Request, Role, State,
};

const POLICY: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
";

/// Ken's application of a day is approved, out of two.
fn with_an_account() -> Office {
    let mut office = Office::staffed();
    let policy = PolicyText(POLICY.into());
    office.done(
        "ada",
        Request::SetPolicy {
            policy,
            expected_version: None,
        },
    );
    office.done(
        "ada",
        Request::GrantEntitlement {
            entitlement: Box::new(two_days(id(4))),
        },
    );
    office.done("grace", super::office::decide("ken", Outcome::Approved));
    office
}

fn two_days(person: PersonId) -> Entitlement {
    let leave_type: LeaveType = "annual".parse().unwrap();
    Entitlement {
        id: Uuid::from_u128(1).try_into().unwrap(),
        person,
        leave_type,
        minutes: 960,
        from: day(1),
        until: day(31),
    }
}

/// What Ken can still take, and what is booked for him.
fn account(state: &State) -> Option<(u64, Vec<ApplicationId<'static>>)> {
    let balances = state.balances(id(4), day(5), &[]);
    let balance = balances.first()?;
    let booked = balance.booked.iter().map(|one| one.application.clone());
    Some((
        balance.explanation.as_ref().unwrap().available(),
        booked.collect(),
    ))
}

/// The answer to a command is on the ledger.
fn carry_out(state: &mut State, command: &Command) {
    let Answer::Done { events, .. } = state.carry_out(command, None) else {
        panic!("not carried out: {command:?}");
    };
    events.iter().for_each(|event| state.evolve(event));
}

#[test]
fn an_account_arrives_before_the_person_and_is_theirs_when_they_do() {
    let mut it = with_an_account();
    let expected = Some((480, vec![application("ken").id]));
    assert_eq!(account(&it.state), expected);
    let parts = it.done("ada", move_to(4, "HR")).admit;
    assert_eq!(account(&it.state), None);

    let mut hr = State::of("HR".parse().unwrap());
    hr.policy = it.state.policy.clone();
    let (person, account_of) = parts.split_last().unwrap();
    assert!(matches!(person.request, Request::AdmitPerson { .. }));
    assert_eq!(account_of.len(), 2);
    for part in account_of {
        carry_out(&mut hr, part);
        assert_eq!(account(&hr), None, "nobody has it yet");
    }
    carry_out(&mut hr, person);
    assert_eq!(account(&hr), expected);
    assert!(hr.arrived.is_empty());
}

/// Whose leave it is has to be known: they are the one who can ask for its cancellation.
#[test]
fn leave_that_arrived_before_the_person_can_be_cancelled_by_them() {
    let mut it = with_an_account();
    let mut hr = State::of("HR".parse().unwrap());
    hr.policy = it.state.policy.clone();
    for part in it.done("ada", move_to(4, "HR")).admit {
        carry_out(&mut hr, &part);
    }
    let ask = Command {
        asked: Asked {
            command_id: command_id(7),
            by: email("ken"),
            at: noon(1),
        },
        request: Request::AskToCancel {
            application: application("ken").id,
        },
    };
    let Answer::Done { events, .. } = hr.carry_out(&ask, None) else {
        panic!("not carried out");
    };
    assert!(matches!(events[0].fact, Fact::CancellationAsked { person, .. } if person == id(4)));
}

/// Grace decides on it where Ken is now, and nobody has to ask again.
#[test]
fn a_cancellation_that_waits_moves_with_the_leave() {
    let mut it = with_an_account();
    let ask = || Request::AskToCancel {
        application: application("ken").id,
    };
    it.done("ken", ask());
    let parts = it.done("ada", move_to(4, "HR")).admit;
    let mut hr = State::of("HR".parse().unwrap());
    hr.policy = it.state.policy.clone();
    for part in &parts {
        carry_out(&mut hr, part);
    }
    let booked: Vec<_> = hr.booked_leave_of(id(4)).collect();
    assert_eq!(booked.len(), 1);
    assert!(booked[0].is_to_be_cancelled);
    let mut hr_office = Office::empty();
    hr_office.state = hr;
    assert_eq!(
        hr_office.refusal("ken", ask()),
        "The cancellation of this leave has been asked for already, and waits for a decision."
    );
    // It goes on with them when they move on at once, and each command is another one.
    hr_office.done("ada", super::office::first_admin(1, "ada"));
    let onward = hr_office.done("ada", move_to(4, "OPS")).admit;
    let mut ids: Vec<_> = parts
        .iter()
        .chain(&onward)
        .map(|part| part.asked.command_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), parts.len() + onward.len());
    let mut ops = State::of("OPS".parse().unwrap());
    ops.policy = it.state.policy.clone();
    for part in &onward {
        carry_out(&mut ops, part);
    }
    assert!(ops.booked_leave_of(id(4)).all(|one| one.is_to_be_cancelled));
}

#[test]
fn a_cancellation_that_is_decided_does_not_move() {
    let mut it = with_an_account();
    let application = application("ken").id;
    it.done(
        "ken",
        Request::AskToCancel {
            application: application.clone(),
        },
    );
    let outcome = Outcome::Declined;
    it.done(
        "grace",
        Request::DecideCancellation {
            application,
            outcome,
        },
    );
    let parts = it.done("ada", move_to(4, "HR")).admit;
    let is_asked = |part: &Command| matches!(part.request, Request::AskToCancel { .. });
    assert!(!parts.iter().any(is_asked));
}

/// The id is free again when nobody holds it, and only then.
#[test]
fn an_entitlements_id_is_its_holders_until_they_move_away() {
    let mut it = with_an_account();
    let grant = |to: u32| Request::GrantEntitlement {
        entitlement: Box::new(two_days(id(to))),
    };
    let taken = it.refusal("ada", grant(5));
    assert!(taken.contains("entitlement"), "{taken}");
    it.done("ada", grant(4));
    assert_eq!(it.refusal("ada", grant(5)), taken);
    it.done("ada", move_to(4, "HR"));
    it.done("ada", grant(5));
    assert_eq!(it.refusal("ada", grant(3)), taken);
    // Ken comes back with his: now two people have one of that id, and neither is in the way of the other's move.
    let brought = Command {
        asked: Asked {
            command_id: command_id(8),
            by: email("ada"),
            at: noon(1),
        },
        request: Request::AdmitEntitlement {
            entitlement: Box::new(two_days(id(4))),
            from: "HR".parse().unwrap(),
        },
    };
    carry_out(&mut it.state, &brought);
    it.done("ada", admit(person(4, "ken", Role::Employee), "HR"));
    assert_eq!(it.refusal("ada", grant(4)), taken);
    it.done("ada", move_to(5, "HR"));
    it.done("ada", grant(4));
    assert_eq!(it.refusal("ada", grant(3)), taken);
}

#[test]
fn what_arrives_for_a_guest_is_theirs_when_they_are_at_home() {
    let mut it = with_an_account();
    let parts = it.done("ada", move_to(4, "HR")).admit;
    let (_, account_of) = parts.split_last().unwrap();

    let mut hr = State::of("HR".parse().unwrap());
    hr.policy = it.state.policy.clone();
    let mut ada = Office::empty();
    ada.state = hr;
    ada.done("ada", super::office::first_admin(1, "ada"));
    ada.done(
        "ada",
        super::office::enter(person(4, "ken", Role::Employee)),
    );
    for part in account_of {
        carry_out(&mut ada.state, part);
    }
    assert_eq!(account(&ada.state), Some((0, Vec::new())), "as a guest");
    let Request::AdmitPerson {
        person: ken, left, ..
    } = admit(person(4, "ken", Role::Employee), "IT")
    else {
        panic!("no admission");
    };
    ada.done(
        "ada",
        Request::AdmitPerson {
            person: ken,
            department: "HR".parse().unwrap(),
            from: "IT".parse().unwrap(),
            left,
        },
    );
    assert_eq!(
        account(&ada.state),
        Some((480, vec![application("ken").id]))
    );
}

/// Their account is where they are at home: two departments could book the same day.
#[test]
fn leave_of_a_guest_cannot_be_approved_where_they_are_a_guest() {
    let mut office = with_an_account();
    let guest = Request::EnterPerson {
        person: Box::new(person(9, "gail", Role::Approver)),
        department: super::office::department("SALES"),
    };
    office.done("ada", guest);
    let refusal = office.refusal("grace", super::office::decide("gail", Outcome::Approved));
    assert!(
        refusal.starts_with("The employee belongs to SALES"),
        "{refusal}"
    );
    office.done("grace", super::office::decide("gail", Outcome::Declined));
}
