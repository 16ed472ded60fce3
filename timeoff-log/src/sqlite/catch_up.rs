//! Being caught up: everything that was on the topic when a subscription began has been handed out to this member, or
//! settled by another.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::group::Group;
use super::holdings::{Holding, Holdings};
use super::store::Store;
use crate::progress::{Progress, SQLITE_CAPACITY_BYTES};

/// What has to be handed out or settled before the member is caught up.
pub(super) struct CatchUp {
    /// Where each partition ended when the subscription began.
    ends: Vec<(i32, i64)>,
    /// How far partitions that this member has lost were handed out to it.
    handed_out_to: BTreeMap<i32, i64>,
}

impl CatchUp {
    pub(super) fn new(ends: Vec<(i32, i64)>) -> CatchUp {
        CatchUp {
            ends,
            handed_out_to: BTreeMap::new(),
        }
    }

    /// Remembers how far a lost partition was handed out: that still counts when another member holds it.
    pub(super) fn note_lost(&mut self, partition: i32, holding: &Holding) {
        let furthest = self.handed_out_to.entry(partition).or_insert(0);
        *furthest = holding.main().progress.next().max(*furthest);
    }

    pub(super) fn is_reached(
        &self,
        store: &Store,
        group: &Group,
        held: &Holdings,
    ) -> Result<bool, Fault> {
        let handed_out_to = |partition| self.handed_out_to.get(&partition).copied().unwrap_or(0);
        let mut elsewhere = Vec::new();
        for &(partition, end) in &self.ends {
            match held.get(&partition) {
                Some(holding) if holding.main().progress.next() >= end => {}
                _ if handed_out_to(partition) >= end => {}
                Some(_) => return Ok(false),
                None => elsewhere.push((partition, end)),
            }
        }
        for (partition, end) in elsewhere {
            let saved = store.read(|connection| group.progress(connection, partition))?;
            let progress = Progress::restore(saved.committed, &saved.ranges, SQLITE_CAPACITY_BYTES);
            // The member that holds the partition reports progress that cannot be read.
            let Ok(mut progress) = progress else {
                return Ok(false);
            };
            progress.pass_over_to(handed_out_to(partition));
            if progress.next() < end {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
