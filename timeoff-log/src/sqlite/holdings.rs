//! The partitions that a member holds, each with what has been handed out and decided.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::Fault;
use super::group::Group;
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};

/// Numbers each tenure, that is, each time that a member takes up a partition. Unique in this process.
static TENURES: AtomicU64 = AtomicU64::new(1);

/// The partitions that a member holds, by number.
pub(super) type Holdings = BTreeMap<i32, Holding>;

/// A partition that the member holds.
#[derive(Debug)]
pub(super) struct Holding {
    /// The partition's generation in the group since the member took it up.
    pub(super) generation: i64,
    pub(super) tenure: u64,
    pub(super) progress: Progress,
    /// Whether there may be records that have not been handed out.
    pub(super) has_more: bool,
    /// How many deliveries were undecided when the full window was last reported. `None` once there is room.
    pub(super) told_window_full: Option<i64>,
}

impl Holding {
    /// Takes a partition up from the group's recorded progress.
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
