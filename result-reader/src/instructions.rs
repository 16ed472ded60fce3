//! Counts the instructions of showing a result, without the log's: its bytes become a line of JSON.

use std::hint::black_box;

use timeoff_cli::Notices;
use timeoff_contract::{Contract, ReceivedApplication, TopicNames};
use timeoff_dev::instructions::{check, times};
use timeoff_log::{KafkaSettings, Log, LogUrl, NewRecord, Position, Record};
use timeoff_models::generated::LeaveApplicationReceived;
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, LeaveHours, ManagerName, Outcome, Ticks,
};

use crate::format::{Format, Printer};
use crate::text::Columns;

#[test]
fn a_result_becomes_a_line_in_as_many_instructions_as_expected() {
    check("instructions::results_become_lines", 11_200);
}

#[tokio::test]
#[ignore = "not a test: the work that is counted"]
async fn results_become_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    let log = Log::open(&url, &KafkaSettings::default()).await;
    let log = log.expect("a log");
    let contract = Contract::open(&log, TopicNames::default(), Departments::default());
    let contract = contract.await.expect("topics");
    let written = result(&contract).await;
    let record = Record {
        position: Position {
            topic: written.topic,
            partition: written.partition,
            offset: 0,
        },
        timestamp_ms: 0,
        key: written.key,
        value: written.value,
        headers: written.headers,
    };
    let (notices, _screen) = Notices::to_screen();
    let columns = Columns::new(None, false, contract.departments());
    let mut printer = Printer::new(Format::Json, std::io::sink(), columns);
    for _ in 0..times() {
        let read = timeoff_cli::understand(|| contract.read_result(&record), &notices);
        let (id, result) = read.await.expect("sound schemas").expect("a result");
        printer
            .print(black_box(&id), &result, &record.position)
            .expect("a sink takes it");
    }
}

/// A result that somebody decided.
pub(crate) async fn result(contract: &Contract) -> NewRecord {
    let application = LeaveApplication {
        email: "employee-0000001@example.com".parse().expect("an address"),
        department: contract.departments().parse("OPS").expect("known"),
        hours: LeaveHours::try_from(16).expect("in range"),
        start: "2027-07-01".parse().expect("a date"),
        details: None,
    };
    let received = ReceivedApplication {
        id: ApplicationId::new(&application.email, Ticks::MAX),
        wire: Box::new(LeaveApplicationReceived::from(&application)),
        application: application.clone(),
        partition: 2,
    };
    let decision = Decision {
        outcome: Outcome::Approved,
        by: ManagerName::of_partition(2),
        at: Ticks::MIN,
        comment: None,
    };
    let results = contract.result_writer().await.expect("registered");
    results.record(received, &decision)
}
