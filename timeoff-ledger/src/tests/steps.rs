//! What can happen in a department so small that commands meet.

use proptest::option;
use proptest::prelude::*;
use timeoff_models::{ApplicationId, Email, Outcome};

use super::office::{
    command_id, day, department, email, enter, first_admin, id, noon, of_address, person,
};
use crate::{Application, Asked, Command, Date, Decider, Person, Request, Role};

/// What happens next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A command comes, with the application at hand or not.
    Command { command: Command, at_hand: bool },
    /// Somebody decides at the inbox, or a policy does.
    Decision {
        application: Application<'static>,
        decider: Decider,
        outcome: Outcome,
        on: u32,
    },
}

/// The last person to be named is the only one who is an admin at the start.
const NAMES: [&str; 5] = ["grace", "linus", "ken", "joan", "ada"];

/// Most often the admin, because nothing happens without one.
fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        2 => Just("ada"),
        3 => prop::sample::select(&NAMES[..]),
    ]
}

fn someones_email() -> impl Strategy<Value = Email> {
    prop_oneof![
        9 => name().prop_map(email),
        1 => Just(email("eve")),
    ]
}

fn someones_id() -> impl Strategy<Value = u32> {
    1..=6_u32
}

fn date() -> impl Strategy<Value = Date> {
    (1..=31_u32).prop_map(day)
}

/// Mostly without an end: else everybody has soon left.
fn some_date() -> impl Strategy<Value = Option<Date>> {
    option::weighted(0.2, date())
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&[Role::Employee, Role::Approver, Role::Admin][..])
}

fn someone() -> impl Strategy<Value = Box<Person>> {
    (someones_id(), name(), role(), some_date(), some_date()).prop_map(
        |(number, name, role, from, until)| {
            Box::new(Person {
                from,
                until,
                ..person(number, name, role)
            })
        },
    )
}

fn a_department() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["IT", "IT", "HR"][..])
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Approved), Just(Outcome::Declined)]
}

/// Submitted on one of few days, so that many decisions are about the same.
fn an_application() -> impl Strategy<Value = Application<'static>> {
    let name = prop_oneof![
        9 => prop::sample::select(&NAMES[..]),
        1 => Just("eve"),
    ];
    (name, prop::sample::select(&[1, 1, 15][..])).prop_map(|(name, submitted_on)| {
        let address = email(name);
        of_address(ApplicationId::new(&address, noon(submitted_on)), address)
    })
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
            1 => (someones_id(), name()).prop_map(|(number, name)| first_admin(number, name)),
            5 => (someone(), a_department()).prop_map(|(person, home)| Request::EnterPerson {
                person,
                department: department(home),
            }),
            3 => someone().prop_map(|person| Request::ChangePerson { person }),
            2 => (someones_id(), prop_oneof![Just("HR"), Just("OPS"), Just("IT")])
                .prop_map(|(number, to)| Request::MovePerson {
                    person: id(number),
                    to: department(to),
                }),
            1 => (someone(), some_date()).prop_map(|(person, left)| Request::AdmitPerson {
                person,
                department: department("IT"),
                from: department("HR"),
                left,
            }),
            2 => (someones_id(), date()).prop_map(|(number, last_date)| Request::EndEmployment {
                person: id(number),
                last_date,
            }),
            4 => (someones_id(), someones_id(), date(), date()).prop_map(
                |(from, to, from_date, until_date)| Request::DelegateApproval {
                    from: id(from),
                    to: id(to),
                    from_date,
                    until_date,
                }
            ),
            4 => (an_application(), outcome(), option::weighted(0.3, 0..=2_u32)).prop_map(
                |(application, outcome, expected_version)| Request::DecideApplication {
                    application: application.id,
                    outcome,
                    comment: None,
                    expected_version,
    accept_warnings: false,
                }
            ),
            1 => an_application().prop_map(|application| Request::WithdrawApplication {
                application: application.id,
            }),
        ]
}

/// Of a hundred ids, so that some come twice.
fn command() -> impl Strategy<Value = Command> {
    (1..=100_u32, someones_email(), 1..=31_u32, request()).prop_map(|(number, by, on, request)| {
        Command {
            asked: Asked {
                command_id: command_id(number),
                by,
                at: noon(on),
            },
            request,
        }
    })
}

fn decider() -> impl Strategy<Value = Decider> {
    prop_oneof![
           6 => someones_email().prop_map(|email| Decider::Person {
    email, accepts_warnings: false }),
           1 => Just(Decider::Unnamed),
           1 => Just(Decider::Policy("Short leave is approved.".to_owned())),
       ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (command(), prop::bool::weighted(0.8))
            .prop_map(|(command, at_hand)| Step::Command { command, at_hand }),
        1 => (an_application(), decider(), outcome(), 1..=31_u32).prop_map(
            |(application, decider, outcome, on)| Step::Decision { application, decider, outcome, on }
        ),
    ]
}

/// Mostly with an admin and four more people, of whom one stands in for another, else with nobody.
fn beginning() -> impl Strategy<Value = Vec<Step>> {
    let command = |number: u32, request| Step::Command {
        command: Command {
            asked: Asked {
                command_id: command_id(1000 + number),
                by: email("ada"),
                at: noon(1),
            },
            request,
        },
        at_hand: false,
    };
    let staffed = vec![
        command(1, first_admin(1, "ada")),
        command(2, enter(person(2, "grace", Role::Approver))),
        command(3, enter(person(3, "linus", Role::Approver))),
        command(4, enter(person(4, "ken", Role::Employee))),
        command(5, enter(person(5, "joan", Role::Employee))),
        command(
            6,
            Request::DelegateApproval {
                from: id(2),
                to: id(4),
                from_date: day(3),
                until_date: day(29),
            },
        ),
    ];
    prop_oneof![
        1 => Just(Vec::new()),
        4 => Just(staffed),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    (beginning(), prop::collection::vec(step(), 1..60)).prop_map(|(mut steps, more)| {
        steps.extend(more);
        steps
    })
}
