//! What must hold for any bytes in place of a log file, and for any bytes in place of a record's headers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::LogFile;
use crate::error::LogError;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};
use crate::record::NewRecord;
use crate::sqlite::fault::Fault;
use crate::sqlite::group::Group;
use crate::sqlite::records::{self, Appending, Reading, Stretch};
use crate::sqlite::roster::Roster;
use crate::sqlite::store::{Store, THREAD};
use crate::sqlite::{SqliteLog, headers, schema};

/// The topics and groups to look for. The files kept as seeds have them.
const TOPICS: [&str; 2] = ["leave-applications", "leave-applications-results"];
const GROUPS: [&str; 2] = ["leave-managers", "application-results"];

/// How many records of a partition are read in one go.
const CHUNK: usize = 16;

/// What fuzzers call. It does without the log's threads.
impl SqliteLog {
    /// Any bytes as the log's file, made in `folder`: every call on it must end with an answer or an error.
    pub(crate) fn survives(folder: &Path, bytes: &[u8]) {
        let path = folder.join("timeoff.db");
        for suffix in ["-wal", "-shm", "-journal"] {
            // Left over from the previous input.
            let _ = fs::remove_file(folder.join(format!("timeoff.db{suffix}")));
        }
        fs::write(&path, bytes).expect("the folder can be written");
        match open(&path) {
            Ok((file, store)) => {
                for part in [read_all, look_at_groups, append] {
                    if let Err(fault) = part(&file, &store) {
                        words(&fault.tell(file.location(), "look at it"));
                    }
                }
            }
            Err(error) => words(&error),
        }
    }

    /// Any bytes as the headers of a record: they are refused, or what they decode to survives being encoded again.
    pub(crate) fn headers_survive(bytes: &[u8]) {
        if let Some(headers) = headers::decode(bytes) {
            let mut again = Vec::new();
            headers::encode(&headers, &mut again);
            assert_eq!(headers::decode(&again).as_ref(), Some(&headers));
            assert!(again.len() <= bytes.len(), "the headers have grown");
            // The input may encode a length in more bytes than necessary.
            assert!(again.len() < bytes.len() || again == bytes, "other bytes");
        }
    }
}

fn open(path: &Path) -> Result<(LogFile, Store), LogError> {
    let file = LogFile::open(path)?;
    let store = file
        .connect(THREAD)
        .map_err(|fault| fault.tell(file.location(), "open the file"))?;
    Ok((file, store))
}

/// Reads everything, as a reader without a group does.
fn read_all(_: &LogFile, store: &Store) -> Result<(), Fault> {
    for id in 0..4 {
        schema::text(store, id)?;
    }
    for topic in TOPICS {
        let topic: Arc<str> = topic.into();
        let (topic_id, ends) = store.read(|connection| {
            let id = records::topic_id(connection, &topic)?;
            Ok((id, records::ends(connection, id)?))
        })?;
        for (partition, end) in ends {
            assert!(end >= 0, "a partition that ends at {end}");
            read_partition(store, &topic, topic_id, partition)?;
        }
    }
    Ok(())
}

fn read_partition(
    store: &Store,
    topic: &Arc<str>,
    topic_id: i64,
    partition: i32,
) -> Result<(), Fault> {
    let mut from = 0;
    loop {
        let stretch = Stretch {
            topic: topic_id,
            partition,
            from,
            limit: CHUNK,
        };
        let count = store.read(|connection| {
            records::read(connection, topic, stretch, |record| {
                assert!(record.position.offset >= from, "a record comes again");
                from = record.position.offset + 1;
                Reading::Goes
            })
        })?;
        if count < CHUNK {
            return Ok(());
        }
    }
}

/// Joins each group, takes a share and leaves, as a member does.
fn look_at_groups(_: &LogFile, store: &Store) -> Result<(), Fault> {
    for name in GROUPS {
        let topic = store.read(|connection| records::topic_id(connection, &TOPICS[0].into()))?;
        let group = Group {
            name: name.to_owned(),
            topic,
        };
        let (me, roster) = store.write(|connection| {
            group.take_up_partitions(connection)?;
            let me = group.add_member(connection)?;
            group.beat(connection, me)?;
            Ok((me, group.roster(connection)?))
        })?;
        for row in &roster.partitions {
            let saved = store.read(|connection| group.progress(connection, row.partition))?;
            let progress = Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES);
            if let Ok(progress) = progress {
                assert!(progress.prefix() >= saved.committed);
                assert!(progress.has_room() || progress.prefix() < progress.next() + 1);
            }
        }
        store.write(|connection| claim(connection, &group, me, &roster))?;
    }
    Ok(())
}

fn claim(connection: &Connection, group: &Group, me: i64, roster: &Roster) -> Result<(), Fault> {
    for partition in roster.moves_of(me).claim {
        group.hand_to(connection, partition, Some(me))?;
    }
    group.remove_member(connection, me)
}

fn append(_: &LogFile, store: &Store) -> Result<(), Fault> {
    let record = NewRecord {
        topic: TOPICS[0].into(),
        partition: 0,
        key: Some(b"key".to_vec()),
        value: Some(b"value".to_vec()),
        headers: vec![("name".to_owned(), b"value".to_vec())],
    };
    let position = store.write(|connection| {
        let mut appending = Appending::begin(connection)?;
        appending.check(&record)?;
        let position = appending.append(&record)?;
        appending.finish()?;
        Ok(position)
    })?;
    assert!(position.offset >= 0);
    Ok(())
}

fn words(error: &LogError) {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        assert!(!error.to_string().is_empty());
        cause = error.source();
    }
}

#[cfg(test)]
mod tests {
    use super::{open, read_all};

    /// A file that the first version wrote. People still have such files.
    const KEPT_LOG: &[u8] = include_bytes!("../../../../fuzz/seeds/sqlite/a-log");

    #[test]
    fn a_file_of_the_first_version_is_opened_and_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("timeoff.db");
        std::fs::write(&path, KEPT_LOG).expect("is written");
        let (file, store) = open(&path).expect("it is a log");
        read_all(&file, &store).expect("it can be read");
    }
}
