//! A file whose table of schemas cannot be read, while its records are sound.

use std::fs;
use std::path::Path;
use std::time::Duration;

use timeoff_contract::{Contract, TopicNames, read_patiently};
use timeoff_log::{KafkaSettings, Log, LogUrl, ReadEvent, ReadFrom, Remedy};
use timeoff_models::{ApplicationId, Departments, LeaveApplication};

/// How long an expected outcome may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the table of schemas unreadable, in a file that nobody has open.
type Damage = fn(&Path);

fn with_a_broken_page(path: &Path) {
    const PAGE: usize = 4096;
    let raw = rusqlite::Connection::open(path).expect("opens");
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'schemas'";
    let root: u32 = raw.query_row(sql, [], |row| row.get(0)).expect("is known");
    let root = root as usize;
    raw.close().expect("closes");
    let mut bytes = fs::read(path).expect("is read");
    bytes[(root - 1) * PAGE..root * PAGE].fill(0xff);
    fs::write(path, bytes).expect("is written");
}

fn with_a_text_that_is_none(path: &Path) {
    let raw = rusqlite::Connection::open(path).expect("opens");
    let sql = "UPDATE schemas SET schema = CAST(x'ff' || schema AS TEXT)";
    raw.execute(sql, []).expect("is damaged");
    raw.close().map_err(|(_, error)| error).expect("closes");
}

#[tokio::test]
async fn a_damaged_table_of_schemas_is_not_waited_for() {
    let damages: [Damage; 2] = [with_a_broken_page, with_a_text_that_is_none];
    for damage in damages {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("timeoff.db");
        let url = LogUrl::Sqlite(path.clone());
        let open = async || {
            let log = Log::open(&url, &KafkaSettings::new()).await.expect("opens");
            let (topics, departments) = (TopicNames::default(), Departments::default());
            let contract = Contract::open(&log, topics, departments).await;
            (log, contract.expect("topics"))
        };
        let (log, contract) = open().await;
        let application = LeaveApplication {
            email: "ada@example.com".parse().expect("an address"),
            department: contract.departments().at(0).expect("one").clone(),
            hours: "8".parse().expect("hours"),
            start: "2027-07-01".parse().expect("a day"),
            details: None,
        };
        let writer = contract.application_writer().await.expect("registers");
        let id = ApplicationId::from_key("ada");
        let written = writer.record(&id, &application);
        log.append(vec![written]).await.expect("appends");
        log.close().await;
        damage(&path);

        let (log, contract) = open().await;
        let topic = contract.topics().applications.clone();
        let mut reader = log.read(&topic, ReadFrom::Beginning).await.expect("reads");
        let Ok(ReadEvent::Record(record)) = reader.next().await else {
            panic!("the records are sound");
        };
        let reading = read_patiently(
            || contract.read_application(&record),
            |error| panic!("it is waited for: {error}"),
        );
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Err(error)) => {
                assert_eq!(error.remedy(), Some(Remedy::RestoreFile), "{error}");
            }
            Ok(Ok(read)) => panic!("{:?}", read.map(|_| ())),
            Err(_) => panic!("it is waited for"),
        }
    }
}
