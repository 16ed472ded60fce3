//! Tests of what only a file does. The conformance suite tests what holds for any log.

mod groups;
mod large;
mod opening;
mod read_only;
mod trouble;
mod whole_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::SqliteLog;
use crate::error::LogError;
use crate::record::{NewRecord, Position};
use crate::subscription::{Assignment, BYTES_IN_HAND, Delivery, Event, Membership, Subscription};
use crate::topics::TopicSpec;

const TOPIC: &str = "applications";
const PARTITIONS: i32 = 3;

/// How long to wait for something that must happen, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fresh file with one topic.
struct Fixture {
    log: SqliteLog,
    path: PathBuf,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("timeoff.db");
        let log = SqliteLog::open(&path).await.expect("opens");
        log.ensure_topics(&[spec(PARTITIONS)])
            .await
            .expect("topics");
        Fixture {
            log,
            path,
            _folder: folder,
        }
    }

    /// A connection to the file that bypasses the log.
    fn raw(&self) -> Connection {
        let connection = Connection::open(&self.path).expect("opens");
        connection.busy_timeout(PATIENCE).expect("is set");
        connection
    }

    async fn append(&self, partition: i32, count: usize) -> Vec<Position> {
        self.log
            .append(vec![record(partition); count])
            .await
            .expect("appends")
    }

    async fn join(&self, group: &str) -> Subscription {
        self.log
            .subscribe(Membership {
                group: group.to_owned(),
                topic: TOPIC.into(),
                alongside: Vec::new(),
                max_in_hand: 64,
                max_bytes_in_hand: BYTES_IN_HAND,
                announce_caught_up: true,
            })
            .await
            .expect("joins")
    }
}

fn spec(at_least: i32) -> TopicSpec {
    TopicSpec {
        name: TOPIC.into(),
        partitions: PARTITIONS,
        at_least,
        keep_forever: false,
    }
}

fn record(partition: i32) -> NewRecord {
    NewRecord {
        topic: TOPIC.into(),
        partition,
        key: Some(b"key".to_vec()),
        value: Some(b"value".to_vec()),
        headers: vec![("kind".to_owned(), vec![1, 2])],
    }
}

async fn next(subscription: &mut Subscription) -> Event {
    tokio::time::timeout(PATIENCE, subscription.next())
        .await
        .expect("an event in time")
        .expect("no end")
}

/// The first event that `wanted` accepts, as `wanted` returns it.
async fn find<T>(subscription: &mut Subscription, wanted: impl Fn(Event) -> Option<T>) -> T {
    loop {
        if let Some(found) = wanted(next(subscription).await) {
            return found;
        }
    }
}

fn assignment(event: Event) -> Option<Assignment> {
    match event {
        Event::Assignment(assignment) => Some(assignment),
        _ => None,
    }
}

fn delivery(event: Event) -> Option<Delivery> {
    match event {
        Event::Delivery(delivery) => Some(delivery),
        _ => None,
    }
}

/// The whole chain of an error, and its remedy, as a person sees them.
fn words(error: &LogError) -> String {
    let mut words = error.to_string();
    if let Some(remedy) = error.remedy() {
        words = format!("{words}; {remedy}");
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

async fn refusal(path: &Path) -> String {
    match SqliteLog::open(path).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => words(&error),
    }
}

fn arc(text: &str) -> Arc<str> {
    text.into()
}
