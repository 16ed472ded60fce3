//! Many random commands and decisions, in a department so small that they meet: held against the [`Model`] at every
//! step. `PROPTEST_CASES` makes them more.

use proptest::prelude::*;
use timeoff_models::Email;

use super::model::Model;
use super::office::{command_id, department, noon, of_address};
use super::steps::{Step, steps};
use crate::{Answer, Application, Command, Date, Event, Fact, State};

/// The application that a command is about: the employee's address is in its id.
fn application_of(command: &Command) -> Option<Application<'static>> {
    let id = command.request.application()?.clone();
    let (address, _) = id.as_str().rsplit_once('-')?;
    let email = address.parse().ok()?;
    Some(of_address(id, email))
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

/// Has everything happen, and gives the empty state, the last one and the whole ledger. `see` gets every event together
/// with the ledger before it.
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
                let decided = state.decide_here(application, decider, *outcome, noon(*on));
                let events = decided.map(|decided| decided.events);
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
