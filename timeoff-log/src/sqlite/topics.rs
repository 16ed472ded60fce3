//! Making topics, checking those that are there, and adding partitions to them.

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

/// Makes the topics that are missing, and checks the others.
pub(super) fn ensure(
    store: &Store,
    file: &LogFile,
    specs: &[TopicSpec],
) -> Result<EnsuredTopics, LogError> {
    let sizes = |connection: &Connection| sizes(connection, specs.iter().map(|spec| &spec.name));
    let tell = |fault: Fault| fault.tell(file, "find or make the topics");
    // Nearly always all are there, and nobody needs the write lock.
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

/// How many partitions the topics have that exist.
pub(super) fn partitions(
    store: &Store,
    file: &LogFile,
    names: &[Arc<str>],
) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
    let mut partitions = store
        .read(|connection| sizes(connection, names))
        .map_err(|fault: Fault| fault.tell(file, "find the topics"))?;
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
        .map_err(|fault: Fault| fault.tell(file, "look for records"))?;
    let is_empty = |partition| {
        !ends
            .iter()
            .any(|&(found, end)| found == partition && end > 0)
    };
    partitions.retain(|&partition| !is_empty(partition));
    Ok(partitions)
}

/// Adds what a topic lacks of `partitions`. Returns whether it lacked any.
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
        .map_err(|fault: Fault| fault.tell(file, &format!("add partitions to topic {name}")))
}

/// How many partitions each topic has: 0 if there is none.
fn sizes<'a>(
    connection: &Connection,
    names: impl IntoIterator<Item = &'a Arc<str>>,
) -> Result<BTreeMap<Arc<str>, i32>, Fault> {
    let of = |name: &Arc<str>| Ok((name.clone(), size(connection, name)?.1));
    names.into_iter().map(of).collect()
}

/// A topic's id and how many partitions it has; both are 0 if there is none.
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
