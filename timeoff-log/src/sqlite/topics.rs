//! Making topics, and checking those that are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::fault::Fault;
use super::file::LogFile;
use super::store::Store;
use crate::error::LogError;
use crate::topics::TopicSpec;

/// Makes the topics that are missing, checks the others, and returns how many partitions each has.
pub(super) fn ensure(
    store: &Store,
    file: &LogFile,
    specs: &[TopicSpec],
) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
    let sizes = |connection: &Connection| {
        specs
            .iter()
            .map(|spec| Ok((spec.name.clone(), size(connection, &spec.name)?)))
            .collect::<Result<BTreeMap<_, _>, Fault>>()
    };
    let tell = |fault: Fault| fault.tell(file, "find or make the topics");
    // Nearly always all are there, and nobody needs the write lock.
    let mut found = store.read(sizes).map_err(tell)?;
    if found.values().any(|&(_, partitions)| partitions == 0) {
        found = store
            .write(|connection| {
                for spec in specs {
                    if size(connection, &spec.name)?.1 == 0 {
                        make(connection, spec)?;
                    }
                }
                sizes(connection)
            })
            .map_err(tell)?;
    }
    for spec in specs {
        let (topic, has) = found[&spec.name];
        if has < spec.at_least {
            return Err(LogError::TooFewPartitions {
                log: file.address().to_owned(),
                topic: spec.name.to_string(),
                has,
                needs: spec.at_least,
                how: how_to_add(file, topic, has..spec.at_least),
            });
        }
    }
    Ok(found
        .into_iter()
        .map(|(name, (_, partitions))| (name, partitions))
        .collect())
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
    for partition in 0..spec.partitions {
        connection.execute(
            "INSERT INTO partitions (topic, partition) VALUES (?1, ?2)",
            params![topic, partition],
        )?;
    }
    Ok(())
}

fn how_to_add(file: &LogFile, topic: i64, missing: std::ops::Range<i32>) -> String {
    let rows: Vec<String> = missing
        .map(|partition| format!("({topic}, {partition})"))
        .collect();
    format!(
        "sqlite3 '{}' 'INSERT INTO partitions (topic, partition) VALUES {}'",
        file.path().display(),
        rows.join(", ")
    )
}
