//! A log that can be read but not written: its folder is mounted a second time, read-only. The tests write in the
//! folder itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Fixture, PATIENCE, TOPIC, record, refusal, words};
use crate::error::LogError;
use crate::reader::{ReadEvent, ReadFrom, Reader};
use crate::sqlite::SqliteLog;
use crate::subscription::Membership;

/// If this is set, a test that cannot mount such a folder fails instead of being skipped.
const REQUIRE: &str = "TIMEOFF_REQUIRE_DISK";

/// A read-only mount of a folder. Dropping this unmounts it.
struct View {
    folder: TempDir,
}

impl View {
    /// `None`, after a loud message, where this user may not mount.
    fn of(folder: &Path) -> Option<View> {
        let view = tempfile::tempdir().expect("a folder");
        if run("mount", &["-o", "bind,ro"], &[folder, view.path()]) {
            return Some(View { folder: view });
        }
        let message = "a read-only folder needs the right to mount";
        assert!(std::env::var_os(REQUIRE).is_none(), "{message}");
        tracing::error!("SKIPPED a test of a read-only log: {message}");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        run("umount", &["-l"], &[self.folder.path()]);
    }
}

fn run(program: &str, options: &[&str], paths: &[&Path]) -> bool {
    let mut command = Command::new(program);
    command
        .args(options)
        .args(paths)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn next(reader: &mut Reader) -> ReadEvent {
    let event = tokio::time::timeout(PATIENCE, reader.next()).await;
    event.expect("in time").expect("no end")
}

/// The offsets of the next `count` records, in the order in which they come. The log must answer.
async fn offsets(reader: &mut Reader, count: usize) -> Vec<i64> {
    let mut offsets = Vec::new();
    while offsets.len() < count {
        match next(reader).await {
            ReadEvent::Record(record) => offsets.push(record.position.offset),
            ReadEvent::CaughtUp => {}
            other => panic!("{other:?}"),
        }
    }
    offsets
}

async fn read(log: &SqliteLog) -> Reader {
    let reader = log.read(TOPIC, ReadFrom::Beginning).await;
    reader.expect("reads")
}

fn refused(what: Option<LogError>) {
    let message = words(&what.expect("is refused"));
    assert!(
        message.contains("this user cannot write the file")
            && message.contains("copy the log to where this user may write"),
        "{message}"
    );
}

#[tokio::test]
async fn a_log_on_a_read_only_medium_is_read_and_not_written() {
    let fixture = Fixture::new().await;
    fixture.append(0, 3).await;
    let schema = fixture.log.register_schema("a-value", "text").await;
    let schema = schema.expect("registers");
    fixture.log.clone().close().await;
    let Some(view) = View::of(fixture.path.parent().expect("a folder")) else {
        return;
    };
    let path = view.path("timeoff.db");

    let log = SqliteLog::open_to_read(&path).await.expect("opens");
    let mut reader = read(&log).await;
    assert_eq!(offsets(&mut reader, 3).await, [0, 1, 2]);
    assert!(matches!(next(&mut reader).await, ReadEvent::CaughtUp));
    let text = log.schema_by_id(schema).await.expect("reads");
    assert_eq!(text.as_deref(), Some("text"));

    let appended = log.append(vec![record(0)]).await;
    refused(appended.err().map(|error| error.source));
    refused(log.register_schema("a-value", "other").await.err());
    let membership = Membership {
        group: "g".to_owned(),
        topic: TOPIC.into(),
        alongside: Vec::new(),
        max_in_hand: 1,
        max_bytes_in_hand: 1 << 20,
        announce_caught_up: true,
    };
    refused(log.subscribe(membership).await.err());
    let message = refusal(&path).await;
    assert!(
        message.contains("this user cannot write the file"),
        "{message}"
    );

    let copy = fixture.path.with_extension("copy");
    SqliteLog::back_up(&path, &copy).await.expect("is copied");
    log.close().await;
    assert_eq!(names_in(view.folder.path()), ["timeoff.copy", "timeoff.db"]);
}

#[tokio::test]
async fn what_a_kill_has_left_on_a_read_only_medium_is_read_or_it_is_told_how_it_can_be() {
    let fixture = Fixture::new().await;
    fixture.append(0, 3).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (suffix, name) in [
        ("", "whole"),
        ("-wal", "whole"),
        ("-shm", "whole"),
        ("", "copy"),
        ("-wal", "copy"),
    ] {
        let from = format!("{}{suffix}", fixture.path.display());
        fs::copy(from, folder.path().join(format!("{name}{suffix}"))).expect("is copied");
    }
    let Some(view) = View::of(folder.path()) else {
        return;
    };

    let log = SqliteLog::open_to_read(&view.path("whole")).await;
    let log = log.expect("opens");
    assert_eq!(offsets(&mut read(&log).await, 3).await, [0, 1, 2]);
    log.close().await;

    let refused = SqliteLog::open_to_read(&view.path("copy")).await.err();
    let message = words(&refused.expect("is refused"));
    let (file, wal) = (view.path("copy"), view.path("copy-wal"));
    let remedy = format!(
        "copy {} and {} together to a folder where this user may write",
        file.display(),
        wal.display()
    );
    assert!(message.contains(&remedy), "{message}");
    assert_eq!(names_in(folder.path()).len(), 5);
}

#[tokio::test]
async fn a_reader_that_cannot_write_follows_what_others_write() {
    let fixture = Fixture::new().await;
    fixture.append(0, 3).await;
    fixture.log.clone().close().await;
    let Some(view) = View::of(fixture.path.parent().expect("a folder")) else {
        return;
    };
    // At first no process has the file open for writing.
    let log = SqliteLog::open_to_read(&view.path("timeoff.db")).await;
    let log = log.expect("opens");
    let mut early = read(&log).await;
    assert_eq!(offsets(&mut early, 3).await, [0, 1, 2]);
    for round in 0..10 {
        let writer = SqliteLog::open(&fixture.path).await.expect("opens");
        let first = writer.append(vec![record(0); 2]).await.expect("appends")[0].offset;
        assert_eq!(first, 3 + 2 * round);
        if round % 2 == 0 {
            assert_eq!(offsets(&mut early, 2).await, [first, first + 1]);
            writer.close().await;
        } else {
            // The writer may be gone before the reader checks the file.
            writer.close().await;
            assert_eq!(offsets(&mut early, 2).await, [first, first + 1]);
        }
    }
    // The file is open for writing already.
    let writer = SqliteLog::open(&fixture.path).await.expect("opens");
    writer.append(vec![record(0)]).await.expect("appends");
    let late = SqliteLog::open_to_read(&view.path("timeoff.db")).await;
    let late = late.expect("opens");
    let mut reader = read(&late).await;
    let everything: Vec<i64> = (0..24).collect();
    assert_eq!(offsets(&mut reader, 24).await, everything);
    assert_eq!(offsets(&mut early, 1).await, [23]);
    writer.append(vec![record(0)]).await.expect("appends");
    assert_eq!(offsets(&mut reader, 1).await, [24]);
    assert_eq!(offsets(&mut early, 1).await, [24]);
}
