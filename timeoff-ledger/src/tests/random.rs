//! Many random commands and decisions, in a department so small that they meet: held against the [`Model`] at every step.

use proptest::option;
use proptest::prelude::*;
use timeoff_models::{Email, Outcome};

use super::model::Model;
use super::office::{
    application, command_id, day, department, email, first_admin, id, noon, person,
};
use crate::{
    Answer, Application, Asked, Command, Date, Decider, Event, Fact, Person, Request, Role, State,
};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
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

fn an_application() -> impl Strategy<Value = Application<'static>> {
    prop_oneof![
        9 => prop::sample::select(&NAMES[..]).prop_map(application),
        1 => Just(application("eve")),
    ]
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
        1 => someone().prop_map(|person| Request::AdmitPerson {
            person,
            department: department("IT"),
            from: department("HR"),
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
        6 => someones_email().prop_map(Decider::Person),
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
        command(2, super::office::enter(person(2, "grace", Role::Approver))),
        command(3, super::office::enter(person(3, "linus", Role::Approver))),
        command(4, super::office::enter(person(4, "ken", Role::Employee))),
        command(5, super::office::enter(person(5, "joan", Role::Employee))),
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

fn steps() -> impl Strategy<Value = Vec<Step>> {
    (beginning(), prop::collection::vec(step(), 1..60)).prop_map(|(mut steps, more)| {
        steps.extend(more);
        steps
    })
}

/// The application that a command is about: the employee's address is in its id.
fn application_of(command: &Command) -> Option<Application<'static>> {
    let id = command.request.application()?.clone();
    let (address, _) = id.as_str().rsplit_once('-')?;
    let email = address.parse().ok()?;
    Some(Application { id, email })
}

/// The events of an answer; they must be one, and name the command.
fn the_answer(command: &Command, answer: &Answer) -> Option<Event<'static>> {
    let event = match answer {
        Answer::Repeated | Answer::NeedsApplication => return None,
        Answer::Done { events, .. } => {
            assert_eq!(events.len(), 1);
            events[0].clone()
        }
        Answer::Refused { event, .. } => event.clone(),
    };
    assert_eq!(event.cause.command_id, Some(command.asked.command_id));
    Some(event)
}

/// Has everything happen, and gives the empty state, the last one and the whole ledger. `see` looks at every event together
/// with what was known before it.
fn run(steps: &[Step], mut see: impl FnMut(&Model, &Event<'static>)) -> (State, State, Model) {
    let empty = State::of(department("IT"));
    let mut state = empty.clone();
    let mut model = Model {
        department: department("IT"),
        ledger: Vec::new(),
    };
    for step in steps {
        let event = match step {
            Step::Command { command, at_hand } => {
                let application = application_of(command).filter(|_| *at_hand);
                let answer = state.carry_out(command, application.as_ref());
                assert_eq!(
                    answer,
                    model.carry_out(command, application.as_ref()),
                    "{command:?}"
                );
                the_answer(command, &answer)
            }
            Step::Decision {
                application,
                decider,
                outcome,
                on,
            } => {
                let events = state.decide_here(application, decider, *outcome, noon(*on));
                assert_eq!(
                    events,
                    model.decide_here(application, decider, *outcome, noon(*on)),
                    "{decider:?}"
                );
                let mut events = events.unwrap_or_default();
                assert!(events.len() <= 1);
                events.pop()
            }
        };
        if let Some(event) = event {
            see(&model, &event);
            state.evolve(&event);
            model.ledger.push(event);
        }
        assert_eq!(state.is_without_people(), model.people().is_empty());
    }
    (empty, state, model)
}

proptest! {
    #[test]
    fn the_state_and_the_rules_are_those_of_the_model(steps in steps()) {
        run(&steps, |_, _| {});
    }

    #[test]
    fn the_fold_of_the_ledger_is_the_state_that_was_reached(steps in steps()) {
        let (empty, reached, model) = run(&steps, |_, _| {});
        let mut folded = empty;
        for event in &model.ledger {
            let departments = timeoff_models::Departments::default();
            let read = Event::from_record(event.to_record(), &departments).unwrap();
            folded.evolve(&read);
        }
        prop_assert_eq!(folded, reached);
    }

    #[test]
    fn a_repeated_command_changes_nothing(steps in steps()) {
        let (_, state, model) = run(&steps, |_, _| {});
        for step in &steps {
            let Step::Command { command, .. } = step else { continue };
            let answers = model.answers_to(command.asked.command_id);
            prop_assert!(answers <= 1);
            if answers == 1 {
                for application in [None, application_of(command)] {
                    prop_assert_eq!(state.carry_out(command, application.as_ref()), Answer::Repeated);
                }
                prop_assert_eq!(state.refuse_unknown_application(command), Answer::Repeated);
            }
        }
    }

    #[test]
    fn a_command_that_has_what_it_needs_is_answered(steps in steps()) {
        let (_, state, _) = run(&steps, |_, _| {});
        for step in &steps {
            let Step::Command { command, .. } = step else { continue };
            let mut command = command.clone();
            command.asked.command_id = command_id(5000);
            let application = application_of(&command);
            let answer = state.carry_out(&command, application.as_ref());
            prop_assert!(the_answer(&command, &answer).is_some());
            let answer = state.refuse_unknown_application(&command);
            prop_assert!(the_answer(&command, &answer).is_some());
        }
    }

    /// Said once more, without the rules: whoever decides is an active approver or admin, or stands in for one, and the
    /// leave is neither theirs nor that of the one for whom they stand in.
    #[test]
    fn nobody_decides_without_a_right(steps in steps()) {
        run(&steps, |before, event| {
            let (Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided)) = &event.fact else {
                return;
            };
            let Some(by) = event.cause.by else {
                assert!(decided.policy.is_some() && event.cause.command_id.is_none());
                return;
            };
            assert!(decided.policy.is_none());
            let (address, _) = decided.application.as_str().rsplit_once('-').unwrap();
            let address: Email = address.parse().unwrap();
            let date = Date::of(event.cause.at);
            let right_of = decided.on_behalf_of.unwrap_or(by);
            assert!(before.decides(right_of, date));
            for person in [by, right_of] {
                assert!(!before.ever_had(person, &address));
                assert_ne!(decided.person, Some(person));
            }
            if right_of != by {
                assert!(before.delegators(by, date).contains(&right_of));
            }
            let active = before.people().into_iter().find(|known| known.person.id == by).unwrap();
            assert_eq!(before.active(&active.person.email, date), Some(active.person));
        });
    }
}

/// That the campaign is not about refusals only.
#[test]
fn every_kind_of_event_happens() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut kinds = std::collections::HashMap::new();
    let mut on_behalf = 0;
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (_, _, model) = run(&steps, |_, _| {});
        for event in &model.ledger {
            *kinds
                .entry(std::mem::discriminant(&event.fact))
                .or_insert(0) += 1;
            if let Fact::LeaveBooked(decided) = &event.fact {
                on_behalf += u32::from(decided.on_behalf_of.is_some());
            }
        }
    }
    assert_eq!(kinds.len(), 9);
    assert!(kinds.values().all(|&count| count > 20), "{kinds:?}");
    assert!(on_behalf > 5, "{on_behalf}");
}
