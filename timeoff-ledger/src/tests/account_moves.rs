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
