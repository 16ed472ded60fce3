//! Measures how fast applications and their results are folded, beside plain inserts of the same rows:
//! `cargo run --release --package timeoff-views --example fold_a_million [count]`
//!
//! Also says how much processor time all threads took together, which means something on a busy machine too (Linux only).
//!
//! The log is made first, with a result for nine of ten applications, in the order of the applications.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use timeoff_contract::{Contract, ReceivedApplication, TopicNames};
use timeoff_log::{KafkaSettings, Log, LogUrl, ReadEvent, ReadFrom};
use timeoff_models::generated::LeaveApplicationReceived;
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, ManagerName, Outcome, Ticks,
};
use timeoff_views::{Queries, Views};

const BATCH: usize = 10_000;
const START: i64 = 639_000_000_000_000_000;

#[tokio::main]
async fn main() {
    let count = std::env::args()
        .nth(1)
        .map_or(1_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    let log = Log::open(&url, &KafkaSettings::new()).await.unwrap();
    let contract = Contract::open(&log, TopicNames::default(), Departments::default())
        .await
        .unwrap();
    fill(&contract, count).await;
    println!("{count} applications, {} results", results_of(count));

    let took = read_alone(&contract).await;
    tell("reading and decoding alone", count, took);
    tell(
        "plain inserts of the same rows, no index",
        count,
        plain(folder.path(), count),
    );

    let path = folder.path().join("view");
    let (began, before) = (Instant::now(), worked());
    let mut views = Views::open(&path, &contract).unwrap();
    views
        .catch_up(&contract, |news| {
            println!("{:8.2?} {news:?}", began.elapsed())
        })
        .await
        .unwrap();
    let took = (began.elapsed(), worked() - before);
    tell("folded, with all indexes", count, took);
    drop(views);
    let folded: i64 = Queries::open(&path)
        .unwrap()
        .position()
        .unwrap()
        .iter()
        .map(|position| position.next)
        .sum();
    assert_eq!(folded as usize, count + results_of(count));
}

fn results_of(count: usize) -> usize {
    (0..count).filter(|index| is_decided(*index)).count()
}

fn is_decided(index: usize) -> bool {
    index % 10 != 9
}

fn tell(what: &str, count: usize, (took, worked): Took) {
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:42} {took:8.2?}, {worked:6.2?} of processors, {rate:8.0} applications/s");
}

/// Time that has passed, and processor time.
type Took = (Duration, Duration);

/// The processor time of this process up to now.
fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let of_process = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = of_process
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn application(
    index: usize,
    departments: &Departments,
) -> (ApplicationId<'static>, LeaveApplication) {
    let department = departments.iter().nth(index % departments.len()).unwrap();
    // Ten thousand employees, in no order.
    let employee = index.wrapping_mul(7919) % 10_000;
    let application = LeaveApplication {
        email: format!("employee.{employee}@example.com").parse().unwrap(),
        department: department.clone(),
        hours: (8 + index as i32 % 80).try_into().unwrap(),
        start: Ticks::try_from(START + (index as i64 % 300) * 864_000_000_000)
            .unwrap()
            .into(),
        details: None,
    };
    let submitted = Ticks::try_from(START + index as i64).unwrap();
    (
        ApplicationId::new(&application.email, submitted),
        application,
    )
}

fn decision(index: usize) -> Decision {
    Decision {
        outcome: match index % 4 {
            0 => Outcome::Declined,
            _ => Outcome::Approved,
        },
        by: ManagerName::of_partition(0),
        at: Ticks::try_from(START + index as i64).unwrap(),
        comment: None,
    }
}

async fn fill(contract: &Contract, count: usize) {
    let applications = contract.application_writer().await.unwrap();
    let results = contract.result_writer().await.unwrap();
    let departments = contract.departments();
    for of_results in [false, true] {
        for first in (0..count).step_by(BATCH) {
            let mut records = Vec::with_capacity(BATCH);
            for index in first..count.min(first + BATCH) {
                let (id, application) = application(index, departments);
                if !of_results {
                    records.push(applications.record(&id, &application));
                } else if is_decided(index) {
                    let received = ReceivedApplication {
                        partition: departments.partition_of(&application.department).unwrap(),
                        wire: Box::new(LeaveApplicationReceived::from(&application).into_owned()),
                        id,
                        application,
                    };
                    records.push(results.record(received, &decision(index)));
                }
            }
            contract.log().append(records).await.unwrap();
        }
    }
}

/// What it takes to read both topics one after the other and do nothing else.
async fn read_alone(contract: &Contract) -> Took {
    let (began, before) = (Instant::now(), worked());
    for topic in [&contract.topics().applications, &contract.topics().results] {
        let mut reader = contract
            .log()
            .read(topic, ReadFrom::Beginning)
            .await
            .unwrap();
        loop {
            match reader.next().await.unwrap() {
                ReadEvent::Record(record) if *topic == contract.topics().results => {
                    contract.read_result(&record).await.unwrap();
                }
                ReadEvent::Record(record) => {
                    contract.read_application(&record).await.unwrap();
                }
                ReadEvent::CaughtUp => break,
                _ => {}
            }
        }
    }
    (began.elapsed(), worked() - before)
}

/// Inserts rows with the values of decided applications, each once, and nothing else.
fn plain(folder: &Path, count: usize) -> Took {
    let departments = Departments::default();
    let mut connection = Connection::open(folder.join("plain.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16384; \
             CREATE TABLE applications (place INTEGER PRIMARY KEY, id TEXT, appended_ms INTEGER, email TEXT, \
             department TEXT, hours INTEGER, start INTEGER, submitted_at INTEGER, status INTEGER, \
             result_place INTEGER, result_ms INTEGER, decided_by TEXT, decided_at INTEGER) STRICT",
        )
        .unwrap();
    let (mut took, mut work) = (Duration::ZERO, Duration::ZERO);
    for first in (0..count).step_by(BATCH) {
        let rows: Vec<_> = (first..count.min(first + BATCH))
            .map(|index| application(index, &departments))
            .collect();
        let (began, before) = (Instant::now(), worked());
        let transaction = connection.transaction().unwrap();
        {
            let mut insert = transaction
                .prepare_cached(
                    "INSERT INTO applications VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
                )
                .unwrap();
            for (index, (id, application)) in (first as i64..).zip(&rows) {
                insert
                    .execute(params![
                        index,
                        id.as_str(),
                        1_800_000_000_000_i64,
                        application.email.as_str(),
                        application.department.as_str(),
                        application.hours.get(),
                        application.start.ticks().get(),
                        START + index,
                        1,
                        index,
                        1_800_000_000_000_i64,
                        "Manager #0",
                        START + index
                    ])
                    .unwrap();
            }
        }
        transaction.commit().unwrap();
        took += began.elapsed();
        work += worked() - before;
    }
    (took, work)
}
