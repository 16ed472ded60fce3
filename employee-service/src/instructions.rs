//! Counts the instructions of queuing a row, without the log's: a row of a file becomes the bytes of a record.

use std::hint::black_box;
use std::io::Cursor;

use timeoff_contract::{Contract, TopicNames};
use timeoff_dev::instructions::{check, times};
use timeoff_log::{KafkaSettings, Log, LogUrl};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, TickClock, Ticks};

use crate::rows::Rows;

#[test]
fn a_row_becomes_a_record_in_as_many_instructions_as_expected() {
    check("instructions::rows_become_records", 5_100);
}

#[tokio::test]
#[ignore = "not a test: the work that is counted"]
async fn rows_become_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let departments = Departments::default();
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    let log = Log::open(&url, &KafkaSettings::default()).await;
    let log = log.expect("a log");
    let contract = Contract::open(&log, TopicNames::default(), departments.clone());
    let contract = contract.await.expect("topics");
    let writer = contract.application_writer().await.expect("registered");
    let mut clock = TickClock::new();
    let row = "employee-0000001@example.com,ops,16,2027-07-01\n";
    let file = "email,department,hours,start\n".to_owned() + &row.repeat(times());
    let mut rows = Rows::new(Cursor::new(file), &departments).expect("a header");
    while let Some(row) = rows.next().expect("a file") {
        let application = LeaveApplication::from(row.expect("an application"));
        let id = ApplicationId::new(&application.email, clock.stamp(Ticks::MIN));
        black_box(writer.record(&id, &application));
    }
}
