//! A large department, and a long ledger.

use timeoff_models::generated::{self, LedgerRecord};
use timeoff_models::{ApplicationId, Departments};
use uuid::Uuid;

use super::office::{department, noon, person};
use crate::{Cause, CommandId, Event, Fact, Fate, Role, State};

const MIB: usize = 1 << 20;

#[test]
fn ten_thousand_people_take_less_than_twenty_mebibytes() {
    let mut state = State::of(department("IT"));
    for number in 1..=10_000 {
        let mut someone = person(
            number,
            &format!("someone.with.a.long.name.{number}"),
            Role::Employee,
        );
        someone.name = format!("Someone With A Rather Long Name The {number}th")
            .parse()
            .unwrap();
        someone.tags = "first-aid nights fire-warden".parse().unwrap();
        state.evolve(&Event {
            cause: Cause {
                command_id: None,
                by: None,
                at: noon(1),
            },
            fact: Fact::PersonEntered {
                person: Box::new(someone),
                department: department("IT"),
                moved_from: None,
                left: None,
            },
        });
    }
    let size = state.people.size();
    assert!((MIB..20 * MIB).contains(&size), "{size} bytes");
}

/// As it is on the ledger: the record is borrowed, and nothing of it is kept but a hash.
#[test]
fn a_million_decisions_are_taken_in() {
    let departments = Departments::default();
    let mut state = State::of(department("IT"));
    let ids = |number: u128| {
        let command_id = Uuid::from_u128(number + 1).to_string();
        let application_id = format!("someone{number}@example.com-638396640000000000");
        (command_id, application_id)
    };
    for number in 0..1_000_000 {
        let (command_id, application_id) = ids(number);
        let record = LedgerRecord::LeaveBooked(generated::LeaveBooked {
            command_id: Some((&command_id).into()),
            by: None,
            at_ticks: noon(1).get(),
            application_id: (&application_id).into(),
            person_id: None,
            on_behalf_of: None,
            policy: None,
            known_offset: Some(number as i64),
            leave_type: None,
            first_date_ticks: None,
            last_date_ticks: None,
            minutes: None,
            days: None,
            available_minutes: None,
            policy_version: None,
            calendar: None,
            warnings: None,
            replaces: None,
        });
        let event = Event::from_record(record, &departments).unwrap();
        state.evolve(&event);
    }
    for number in [0, 999_999] {
        let (command_id, application_id) = ids(number);
        let id = ApplicationId::from_key(application_id);
        assert_eq!(state.fate_of(&id), Some(Fate::Approved));
        let command_id: CommandId = command_id.parse().unwrap();
        assert!(state.answered.contains(&command_id));
    }
    assert_eq!(state.applications.len(), 1_000_000);
    assert_eq!(state.answered.len(), 1_000_000);
}
