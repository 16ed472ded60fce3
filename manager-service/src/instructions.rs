//! Counts the instructions of a decision, without the log's: the bytes of an application become those of its result.

use std::hint::black_box;

use timeoff_cli::Notices;
use timeoff_contract::{Contract, ReceivedApplication, TopicNames};
use timeoff_dev::instructions::{check, times};
use timeoff_ledger::{Cause, Event, Fact, Person, Role};
use timeoff_log::{Assignment, KafkaSettings, Log, LogUrl, Position, Record};
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, LeaveHours, ManagerName, Outcome, Ticks,
};

use crate::books::Books;
use crate::desk::{By, Desk, Verdict};
use crate::policy::{Otherwise, Policy};
use crate::recent::Recent;
use crate::waits::Waits;

#[test]
fn an_application_becomes_a_result_in_as_many_instructions_as_expected() {
    check("instructions::applications_become_results", 7_100);
}

#[tokio::test]
#[ignore = "not a test: the work that is counted"]
async fn applications_become_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    let log = Log::open(&url, &KafkaSettings::default()).await;
    let log = log.expect("a log");
    let contract = Contract::open(&log, TopicNames::default(), Departments::default());
    let contract = contract.await.expect("topics");
    let results = contract.result_writer().await.expect("registered");
    let record = application(&contract).await;
    let policy = Policy {
        approve_up_to: LeaveHours::try_from(16).expect("in range"),
        otherwise: Otherwise::Decline,
    };
    let (notices, _screen) = Notices::to_screen();
    let mut recent = Recent::default();
    // One record stands for all of them, under ids that differ in their last digits.
    let mut text = *b"employee-0000001@example.com-638000000000000000";
    let mut position = record.position.clone();
    for number in 0..times() {
        position.offset = number as i64;
        for (place, digit) in text.iter_mut().rev().zip(0..4) {
            *place = b'0' + (number / 10_usize.pow(digit) % 10) as u8;
        }
        let id = ApplicationId::from_key(str::from_utf8(&text).expect("text"));
        let read = timeoff_cli::understand(|| contract.read_application(&record), &notices);
        let received = read.await.expect("sound schemas").expect("an application");
        recent.note(&id, &position).expect("the first of its id");
        let decision = Decision {
            outcome: policy.decide(&received.application).expect("decided"),
            by: ManagerName::of_partition(received.partition),
            at: Ticks::MIN,
            comment: None,
        };
        black_box(results.record(received, &decision));
    }
}

#[test]
fn a_decision_goes_onto_the_ledger_too_in_as_many_instructions_as_expected() {
    check(
        "instructions::applications_become_results_and_events",
        15_700,
    );
}

#[tokio::test]
#[ignore = "not a test: the work that is counted"]
async fn applications_become_results_and_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    let log = Log::open(&url, &KafkaSettings::default()).await;
    let log = log.expect("a log");
    let contract = Contract::open_with_ledger(&log, TopicNames::default(), Departments::default());
    let contract = contract.await.expect("topics");
    let record = application(&contract).await;
    let partition = record.position.partition;
    let ledger = contract.ledger_writer().await.expect("registered");
    let entered = entered(EMPLOYEE);
    let entered = ledger.record(partition, EMPLOYEE, &entered.to_record());
    log.append(vec![entered]).await.expect("appended");
    let desk = Desk::open(contract, None, None).await.expect("registered");
    let (notices, _screen) = Notices::to_screen();
    desk.prepare_for_the_ledger(&notices).await.expect("ready");
    let mut books = Books::new("managers");
    let assignment = Assignment {
        gained: vec![partition],
        ..Assignment::default()
    };
    let heard = books.hear(&assignment, desk.contract(), &notices).await;
    heard.expect("the ledger is sound");
    assert!(books.have_people());
    // As above.
    let mut text = *b"employee-0000001@example.com-638000000000000000";
    for number in 0..times() {
        for (place, digit) in text.iter_mut().rev().zip(0..4) {
            *place = b'0' + (number / 10_usize.pow(digit) % 10) as u8;
        }
        let read = desk.contract().read_application(&record).await;
        let received = ReceivedApplication {
            id: ApplicationId::from_key(str::from_utf8(&text).expect("text")),
            ..read.expect("an application")
        };
        let verdict = Verdict {
            outcome: Outcome::Approved,
            comment: None,
            accepts_warnings: false,
        };
        let by = By::Policy("up to 16 hours are approved, longer ones are declined");
        let records = desk.decide(&mut books, &Waits::default(), (received, 0), verdict, by);
        black_box(records.expect("undecided").records);
    }
}

const EMPLOYEE: &str = "employee-0000001@example.com";

/// An employee is entered.
fn entered(email: &str) -> Event<'static> {
    Event {
        cause: Cause {
            command_id: None,
            by: None,
            at: Ticks::MIN,
        },
        fact: Fact::PersonEntered {
            person: Box::new(Person {
                id: "0190163d-8694-739b-aea5-966c26f8ad90"
                    .parse()
                    .expect("an id"),
                email: email.parse().expect("an address"),
                name: "Ada Lovelace".parse().expect("a name"),
                role: Role::Employee,
                region: None,
                schedule: None,
                from: None,
                until: None,
                tags: "".parse().expect("tags"),
                earlier: None,
            }),
            department: "OPS".parse().expect("a department"),
            moved_from: None,
            left: None,
        },
    }
}

/// A record of an application, as if it had been read.
async fn application(contract: &Contract) -> Record {
    let applications = contract.application_writer().await.expect("registered");
    let email = EMPLOYEE.parse().expect("an address");
    let id = ApplicationId::new(&email, Ticks::MAX);
    let written = applications.record(
        &id,
        &LeaveApplication {
            email,
            department: contract.departments().parse("OPS").expect("known"),
            hours: LeaveHours::try_from(16).expect("in range"),
            start: "2027-07-01".parse().expect("a date"),
            details: None,
        },
    );
    Record {
        position: Position {
            topic: written.topic,
            partition: written.partition,
            offset: 0,
        },
        timestamp_ms: 0,
        key: written.key,
        value: written.value,
        headers: written.headers,
    }
}
