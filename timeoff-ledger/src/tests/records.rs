//! Commands and events survive the log, and what cannot be one is refused without being repeated.

use proptest::prelude::*;
use timeoff_models::Departments;
use timeoff_models::generated::{self, CommandRecord, LedgerRecord};

use super::{any, office};
use crate::{Asked, Command, Event, InvalidField, Request, Role, State};

proptest! {
    #[test]
    fn a_command_survives_the_log(command in any::command()) {
        let record = command.to_record();
        prop_assert_eq!(Asked::from_record(&record), Ok(command.asked.clone()));
        prop_assert_eq!(Command::from_record(record, &Departments::default()), Ok(command));
    }

    #[test]
    fn an_event_survives_the_log(event in any::event()) {
        let departments = Departments::default();
        prop_assert_eq!(Event::from_record(event.to_record(), &departments), Ok(event.clone()));
    }

    #[test]
    fn any_events_in_any_order_can_be_taken_in(events in prop::collection::vec(any::event(), 0..20)) {
        let mut state = State::of(office::department("IT"));
        for event in &events {
            state.evolve(event);
        }
        for event in &events {
            if let Some(command_id) = event.cause.command_id {
                prop_assert!(state.answered.contains(&command_id));
            }
        }
    }

    #[test]
    fn a_key_is_what_a_command_is_about(command in any::command()) {
        let request = &command.request;
        let person = request.person().map(|person| person.to_string());
        let key = request.application().map_or(person.as_deref(), |id| Some(id.as_str()));
        let key = key.or(matches!(request, Request::SetPolicy { .. }).then_some("policy"));
        let record = command.to_record();
        prop_assert_eq!(Some(record.key()), key);
    }
}

fn enter_person() -> generated::EnterPerson<'static> {
    let mut person = office::person(4, "ken", Role::Employee);
    person.schedule = Some("480 480 480 480 480 0 0".parse().unwrap());
    let record = Command {
        asked: Asked {
            command_id: office::command_id(1),
            by: office::email("ada"),
            at: office::noon(1),
        },
        request: office::enter(person),
    };
    match record.to_record().into_owned() {
        CommandRecord::EnterPerson(record) => record,
        other => panic!("another record: {other:?}"),
    }
}

fn refused(change: impl FnOnce(&mut generated::EnterPerson<'static>)) -> InvalidField {
    let mut record = enter_person();
    change(&mut record);
    Command::from_record(record.into(), &Departments::default()).unwrap_err()
}

#[test]
fn an_impossible_value_is_refused_by_the_name_of_its_field_without_repeating_it() {
    let secret = "secret_ada\u{7}";
    let errors = [
        ("CommandId", refused(|r| r.command_id = secret.into())),
        ("AskedBy", refused(|r| r.asked_by = secret.into())),
        ("AskedAtTicks", refused(|r| r.asked_at_ticks = -1)),
        ("PersonId", refused(|r| r.person_id = secret.into())),
        ("Email", refused(|r| r.email = secret.into())),
        ("Name", refused(|r| r.name = secret.into())),
        ("Department", refused(|r| r.department = secret.into())),
        ("Role", refused(|r| r.role = secret.into())),
        ("Region", refused(|r| r.region = Some(secret.into()))),
        ("Schedule", refused(|r| r.schedule = Some(secret.into()))),
        ("FromDateTicks", refused(|r| r.from_date_ticks = Some(1))),
        ("UntilDateTicks", refused(|r| r.until_date_ticks = Some(-1))),
        ("Tags", refused(|r| r.tags = secret.into())),
    ];
    for (field, error) in errors {
        assert_eq!(error.field, field);
        let text = error.to_string();
        assert!(text.starts_with(&format!("{field}: ")), "{text}");
        assert!(!text.contains("ada"), "{text}");
        assert!(!format!("{error:?}").contains("ada"), "{text}");
    }
}

#[test]
fn a_decision_is_to_approve_or_to_decline_at_a_version() {
    let record = |outcome: &'static str, expected_version| {
        let record = generated::DecideApplication {
            command_id: office::command_id(1).to_string().into(),
            asked_by: "Ada@Example.com".into(),
            asked_at_ticks: 0,
            application_id: "x".into(),
            outcome: outcome.into(),
            comment: None,
            expected_version,
            accept_warnings: None,
        };
        Command::from_record(record.into(), &Departments::default())
    };
    assert!(record("Approve", Some(0)).is_ok());
    let refused = |outcome, version| record(outcome, version).unwrap_err().to_string();
    assert_eq!(
        refused("approved", None),
        "Outcome: it must be approve or decline"
    );
    assert_eq!(
        refused("decline", Some(-1)),
        "ExpectedVersion: it must be from 0 to 4294967295"
    );
}

#[test]
fn a_department_must_be_configured_now_in_a_command_and_once_in_an_event() {
    let error = refused(|record| record.department = "SALES".into());
    assert_eq!(error.to_string(), "Department: it must be one of HR,IT,OPS");
    let event = generated::PersonMoved {
        command_id: None,
        by: None,
        at_ticks: 0,
        person_id: office::id(4).to_string().into(),
        to_department: "sales".into(),
    };
    let read = |record: generated::PersonMoved<'static>| {
        Event::from_record(LedgerRecord::from(record), &Departments::default())
    };
    assert!(read(event.clone()).is_ok());
    let nameless = generated::PersonMoved {
        to_department: "a b".into(),
        ..event
    };
    assert_eq!(read(nameless).unwrap_err().field, "ToDepartment");
}

#[test]
fn debug_prints_no_personal_data() {
    let mut person = office::person(4, "ken", Role::Employee);
    person.tags = "ken".parse().unwrap();
    person.region = Some("ken".parse().unwrap());
    let mut office = office::Office::staffed();
    let commands = [
        office.command("ken", 1, office::enter(person.clone())),
        office.command("ken", 1, office::first_admin(4, "ken")),
        office.command("ken", 1, office::withdraw("ken")),
    ];
    for command in commands {
        let answer = office.answer(&command);
        let text = format!("{command:?} {answer:?} {:?}", office::application("ken"));
        assert!(!text.to_lowercase().contains("ken"), "{text}");
    }
}
