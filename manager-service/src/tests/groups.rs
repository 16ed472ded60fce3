//! Whose a ledger is.

use timeoff_cli::{Notices, OutputFormat, Shutdown};
use timeoff_contract::{LEDGER_GROUP_HEADER, group_of_ledger};
use timeoff_ledger::{Cause, Event, Fact};
use timeoff_models::Ticks;

use crate::auto::{self, Settings};

use super::{ADMIN, IT, Manager, Office, command_id, enter, name_admin};

#[tokio::test]
async fn the_managers_of_another_group_are_told_whose_the_ledger_is_and_answer_nothing() {
    let office = Office::open().await;
    office.ask([name_admin(1)]).await;
    let desk = office.desk().await;
    let mut first = Manager::join(&desk, "managers").await;
    first.work_until(&office, 1).await.expect("works");
    first.counter.close().await;

    let mut other = Manager::join(&desk, "other").await;
    let told = other.work_until_it_fails().await;
    for part in [
        "the ledger of IT",
        "'managers'",
        "'other'",
        "start with --group 'managers'",
    ] {
        assert!(told.contains(part), "{part:?} is not in {told:?}");
    }
    other.counter.close().await;

    // So is whoever serves without a person.
    let settings = Settings {
        group: "other".to_owned(),
        policy: None,
        until_caught_up: false,
        output: OutputFormat::Text,
    };
    let (notices, _) = Notices::to_screen();
    let (shutdown, _trigger) = Shutdown::manual();
    let served = auto::run(&desk, &settings, &mut Vec::new(), &notices, &shutdown).await;
    assert_eq!(format!("{:#}", served.expect_err("is refused")), told);
    assert_eq!(office.answers().await.len(), 1);

    // Whoever is of the group goes on, and says it on no further event.
    office
        .ask([enter(2, ADMIN, "grace@example.com", "approver")])
        .await;
    let mut again = Manager::join(&desk, "managers").await;
    again.work_until(&office, 2).await.expect("works");
    let ledger = office.ledger().await;
    let groups: Vec<_> = ledger.iter().map(group_of_ledger).collect();
    assert_eq!(groups, [Some("managers".into()), None]);
}

#[tokio::test]
async fn a_ledger_that_names_no_group_is_open_to_any() {
    let office = Office::open().await;
    let writer = office.contract.ledger_writer().await.expect("registers");
    let refused = Event {
        cause: Cause {
            command_id: Some(command_id(1)),
            by: None,
            at: Ticks::MIN,
        },
        fact: Fact::CommandRefused {
            application: None,
            person: None,
            reason: timeoff_ledger::Reason("An earlier version said so.".into()),
            known_offset: None,
            policy_version: None,
            calendar: None,
        },
    };
    let record = writer.record(IT, "a key", &refused.to_record());
    office.append(vec![record]).await;
    office.ask([name_admin(2)]).await;
    let desk = office.desk().await;
    let mut other = Manager::join(&desk, "other").await;
    other.work_until(&office, 2).await.expect("works");
    let ledger = office.ledger().await;
    let names_one = |header: &(String, _)| header.0 == LEDGER_GROUP_HEADER;
    let headers = ledger.iter().flat_map(|record| &record.headers);
    assert_eq!(headers.filter(|&header| names_one(header)).count(), 0);
}

#[tokio::test]
async fn of_two_groups_that_found_the_ledger_empty_the_second_to_write_stops() {
    let office = Office::open().await;
    let desk = office.desk().await;
    let mut first = Manager::join(&desk, "managers").await;
    let mut second = Manager::join(&desk, "other").await;
    for manager in [&mut first, &mut second] {
        while manager.counter.clerk.books.state(IT).is_none() {
            manager.step().await.expect("works");
        }
    }
    office.ask([name_admin(1)]).await;
    first.work_until(&office, 1).await.expect("works");
    let told = second.work_until_it_fails().await;
    assert!(told.contains("start with --group 'managers'"), "{told}");
    assert_eq!(office.ledger().await.len(), 2);
    office
        .ask([enter(2, ADMIN, "grace@example.com", "approver")])
        .await;
    first.work_until(&office, 3).await.expect("works");
}
