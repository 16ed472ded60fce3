//! A group's committed progress in a topic, read from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::fault::Fault;
use super::group::SavedProgress;
use super::records;
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};

/// The recorded progress of `group` in each partition of `topic` that it has taken up.
pub(super) fn of_group(
    store: &Store,
    group: &str,
    topic: &Arc<str>,
) -> Result<BTreeMap<i32, Progress>, Fault> {
    let saved = store.read(|connection| {
        let topic = records::topic_id(connection, topic)?;
        saved(connection, group, topic)
    })?;
    saved.into_iter().map(restored).collect()
}

/// How many records of these partitions of `topic` are unsettled, counted from the first offset that there has been.
pub(super) fn unsettled(
    store: &Store,
    group: &str,
    topic: &Arc<str>,
    partitions: &[i32],
) -> Result<u64, Fault> {
    let (ends, saved) = store.read(|connection| {
        let topic = records::topic_id(connection, topic)?;
        Ok((
            records::ends(connection, topic)?,
            saved(connection, group, topic)?,
        ))
    })?;
    let progress: BTreeMap<i32, Progress> =
        saved.into_iter().map(restored).collect::<Result<_, _>>()?;
    let nothing = Progress::starting_at(0, SQLITE_CAPACITY_BYTES);
    let counts = ends
        .into_iter()
        .filter(|(partition, _)| partitions.contains(partition))
        .map(|(partition, end)| {
            let progress = progress.get(&partition).unwrap_or(&nothing);
            progress.undecided_between(0, end)
        });
    Ok(counts.sum())
}

fn saved(connection: &Connection, group: &str, topic: i64) -> Result<Vec<SavedProgress>, Fault> {
    let saved = connection
        .prepare_cached(
            "SELECT partition, committed, ranges FROM group_partitions \
             WHERE group_name = ?1 AND topic = ?2",
        )?
        .query_map(params![group, topic], |row| {
            Ok(SavedProgress {
                partition: row.get(0)?,
                committed: row.get(1)?,
                ranges: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(saved)
}

fn restored(saved: SavedProgress) -> Result<(i32, Progress), Fault> {
    let partition = saved.partition;
    Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES)
        .map(|progress| (partition, progress))
        .map_err(|source| Fault::UnknownProgress { partition, source })
}
