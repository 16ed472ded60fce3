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
    /// The partition in each of the membership's topics: the topic itself, then those alongside.
    pub(super) lanes: Vec<Lane>,
}

/// A held partition of one topic.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) progress: Progress,
    /// Whether there may be records that have not been handed out.
    pub(super) has_more: bool,
    /// How many deliveries were undecided when the full window was last reported. `None` once there is room.
    pub(super) told_window_full: Option<i64>,
}

impl Holding {
    /// Takes a partition up from the group's recorded progress in each of its topics.
    pub(super) fn take_up(
        store: &Store,
        groups: &[Group],
        partition: i32,
        generation: i64,
    ) -> Result<Holding, Fault> {
        // From one state of the file: what another member settled together is found together.
        let saved = store.read(|connection| {
            groups
                .iter()
                .map(|group| group.progress(connection, partition))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let lanes = saved
            .into_iter()
            .map(|saved| {
                Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES)
                    .map(|progress| Lane {
                        progress,
                        has_more: true,
                        told_window_full: None,
                    })
                    .map_err(|source| Fault::UnknownProgress { partition, source })
            })
            .collect::<Result<_, _>>()?;
        Ok(Holding {
            generation,
            tenure: TENURES.fetch_add(1, Ordering::Relaxed),
            lanes,
        })
    }

    /// The partition in the topic itself.
    pub(super) fn main(&self) -> &Lane {
        &self.lanes[0]
    }

    /// Notes that any of its topics may have more records.
    pub(super) fn look_again(&mut self) {
        for lane in &mut self.lanes {
            lane.has_more = true;
        }
    }
}
