//! What a member holds: its partitions, each with what is decided and handed out of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::Fault;
use super::group::Group;
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};

/// Numbers the times of holding a partition, in this process: no two are the same.
static TENURES: AtomicU64 = AtomicU64::new(1);

/// What a member holds, by partition.
pub(super) type Holdings = BTreeMap<i32, Holding>;

/// A partition that the member holds.
#[derive(Debug)]
pub(super) struct Holding {
    /// The partition's generation in the group since the member holds it.
    pub(super) generation: i64,
    pub(super) tenure: u64,
    pub(super) progress: Progress,
    /// Whether there may be records that were not handed out.
    pub(super) has_more: bool,
    /// How many were undecided when it was last told that no more can be handed out; `None` once more can.
    pub(super) told_window_full: Option<i64>,
}

impl Holding {
    /// Takes a partition up where the group has come to.
    pub(super) fn take_up(
        store: &Store,
        group: &Group,
        partition: i32,
        generation: i64,
    ) -> Result<Holding, Fault> {
        let saved = store.read(|connection| group.progress(connection, partition))?;
        let progress = Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES)
            .map_err(|source| Fault::UnknownProgress { partition, source })?;
        Ok(Holding {
            generation,
            tenure: TENURES.fetch_add(1, Ordering::Relaxed),
            progress,
            has_more: true,
            told_window_full: None,
        })
    }
}
