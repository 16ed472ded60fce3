//! What a group has recorded of a topic, asked for from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::params;

use super::fault::Fault;
use super::group::SavedProgress;
use super::records;
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};

/// What `group` has recorded of each partition of `topic` that it has taken up.
pub(super) fn of_group(
    store: &Store,
    group: &str,
    topic: &Arc<str>,
) -> Result<BTreeMap<i32, Progress>, Fault> {
    let saved: Vec<SavedProgress> = store.read(|connection| {
        let topic = records::topic_id(connection, topic)?;
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
    })?;
    saved
        .into_iter()
        .map(|saved| {
            let partition = saved.partition;
            Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES)
                .map(|progress| (partition, progress))
                .map_err(|source| Fault::UnknownProgress { partition, source })
        })
        .collect()
}
