//! A group's committed progress in a topic, read from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::params;

use super::fault::Fault;
use super::group::SavedProgress;
use super::records;
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES, Standing};

/// The recorded progress of `group` in each partition of `topic`, and where the partition ends.
pub(super) fn of_group(
    store: &Store,
    group: &str,
    topic: &Arc<str>,
) -> Result<BTreeMap<i32, Standing>, Fault> {
    let (ends, saved): (_, Vec<SavedProgress>) = store.read(|connection| {
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
        Ok((records::ends(connection, topic)?, saved))
    })?;
    let mut standings: BTreeMap<i32, Standing> = ends
        .into_iter()
        .map(|(partition, end)| {
            let standing = Standing {
                progress: None,
                first: 0,
                end,
            };
            (partition, standing)
        })
        .collect();
    for saved in saved {
        let partition = saved.partition;
        let progress = Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES)
            .map_err(|source| Fault::UnknownProgress { partition, source })?;
        if let Some(standing) = standings.get_mut(&partition) {
            standing.progress = Some(progress);
        }
    }
    Ok(standings)
}
