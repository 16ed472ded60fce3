//! Counts the instructions of a decision, without the log's: the bytes of an application become those of its result.

use std::hint::black_box;

use timeoff_cli::Notices;
use timeoff_contract::{Contract, TopicNames};
use timeoff_dev::instructions::{check, times};
use timeoff_log::{KafkaSettings, Log, LogUrl, Position, Record};
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, LeaveHours, ManagerName, Ticks,
};

use crate::policy::{Otherwise, Policy};
use crate::recent::Recent;

#[test]
fn an_application_becomes_a_result_in_as_many_instructions_as_expected() {
    check("instructions::applications_become_results", 7_650);
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

/// A record of an application, as if it had been read.
async fn application(contract: &Contract) -> Record {
    let applications = contract.application_writer().await.expect("registered");
    let email = "employee-0000001@example.com".parse().expect("an address");
    let id = ApplicationId::new(&email, Ticks::MAX);
    let written = applications.record(
        &id,
        &LeaveApplication {
            email,
            department: contract.departments().parse("OPS").expect("known"),
            hours: LeaveHours::try_from(16).expect("in range"),
            start: "2027-07-01".parse().expect("a date"),
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
