//! Making topics, checking those that exist, and adding partitions to them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::fault::Fault;
use super::file::LogFile;
use super::records;
use super::store::Store;
use crate::error::LogError;
use crate::topics::{EnsuredTopics, TopicSpec};

/// Makes the missing topics, and checks the others.
pub(super) fn ensure(
    store: &Store,
    file: &LogFile,
    specs: &[TopicSpec],
) -> Result<EnsuredTopics, LogError> {
    let sizes = |connection: &Connection| sizes(connection, specs.iter().map(|spec| &spec.name));
    let tell = |fault: Fault| fault.tell(file.location(), "find or make the topics");
    // Nearly always all topics exist, and the write lock is not needed.
    let mut partitions = store.read(sizes).map_err(tell)?;
    let mut made = Vec::new();
    if partitions.values().any(|&partitions| partitions == 0) {
        (partitions, made) = store
            .write(|connection| {
                let mut made = Vec::new();
                for spec in specs {
                    if size(connection, &spec.name)?.1 == 0 {
                        make(connection, spec)?;
                        made.push(spec.name.clone());
                    }
                }
                Ok((sizes(connection)?, made))
            })
            .map_err(tell)?;
    }
    for spec in specs {
        spec.check(file.address(), partitions[&spec.name])?;
    }
    Ok(EnsuredTopics { partitions, made })
}

/// How many partitions each existing topic has. Topics that do not exist are absent.
pub(super) fn partitions(
    store: &Store,
    file: &LogFile,
    names: &[Arc<str>],
) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
    let mut partitions = store
        .read(|connection| sizes(connection, names))
        .map_err(|fault: Fault| fault.tell(file.location(), "find the topics"))?;
    partitions.retain(|_, &mut partitions| partitions > 0);
    Ok(partitions)
}

/// Which of these partitions have records.
pub(super) fn with_records(
    store: &Store,
    file: &LogFile,
    topic: &Arc<str>,
    mut partitions: Vec<i32>,
) -> Result<Vec<i32>, LogError> {
    let ends = store
        .read(|connection| records::ends(connection, records::topic_id(connection, topic)?))
        .map_err(|fault: Fault| fault.tell(file.location(), "look for records"))?;
    let is_empty = |partition| {
        !ends
            .iter()
            .any(|&(found, end)| found == partition && end > 0)
    };
    partitions.retain(|&partition| !is_empty(partition));
    Ok(partitions)
}

/// The first offset and the end of each partition of a topic.
pub(super) fn ends(
    store: &Store,
    file: &LogFile,
    topic: &Arc<str>,
) -> Result<BTreeMap<i32, Range<i64>>, LogError> {
    let ends = store
        .read(|connection| records::ends(connection, records::topic_id(connection, topic)?))
        .map_err(|fault: Fault| fault.tell(file.location(), "find the ends of the topic"))?;
    Ok(ends
        .into_iter()
        .map(|(partition, end)| (partition, 0..end))
        .collect())
}

/// Adds partitions until the topic has `partitions`. Returns whether it had fewer.
pub(super) fn add_partitions(
    store: &Store,
    file: &LogFile,
    name: &Arc<str>,
    partitions: i32,
) -> Result<bool, LogError> {
    store
        .write(|connection| {
            let (topic, has) = size(connection, name)?;
            if has == 0 {
                return Err(Fault::NoTopic {
                    topic: name.clone(),
                });
            }
            insert(connection, topic, has..partitions)?;
            Ok(has < partitions)
        })
        .map_err(|fault: Fault| {
            fault.tell(file.location(), &format!("add partitions to topic {name}"))
        })
}

/// How many partitions each topic has: 0 if the topic does not exist.
fn sizes<'a>(
    connection: &Connection,
    names: impl IntoIterator<Item = &'a Arc<str>>,
) -> Result<BTreeMap<Arc<str>, i32>, Fault> {
    let of = |name: &Arc<str>| Ok((name.clone(), size(connection, name)?.1));
    names.into_iter().map(of).collect()
}

/// A topic's id and its number of partitions. Both are 0 if the topic does not exist.
fn size(connection: &Connection, name: &str) -> Result<(i64, i32), Fault> {
    let size = connection.query_row(
        "SELECT coalesce(max(topics.id), 0), count(partitions.partition) \
         FROM topics LEFT JOIN partitions ON partitions.topic = topics.id WHERE topics.name = ?1",
        [name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(size)
}

fn make(connection: &Connection, spec: &TopicSpec) -> Result<(), Fault> {
    connection.execute(
        "INSERT OR IGNORE INTO topics (name) VALUES (?1)",
        [&spec.name],
    )?;
    let topic = size(connection, &spec.name)?.0;
    insert(connection, topic, 0..spec.partitions)
}

fn insert(connection: &Connection, topic: i64, partitions: Range<i32>) -> Result<(), Fault> {
    for partition in partitions {
        connection.execute(
            "INSERT INTO partitions (topic, partition) VALUES (?1, ?2)",
            params![topic, partition],
        )?;
    }
    Ok(())
}
