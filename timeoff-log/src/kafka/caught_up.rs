//! When everything that was there at the start has been handed out or settled by others.

use std::collections::BTreeMap;
use std::time::Instant;

use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;

use super::member::{HEARTBEAT, Owner};
use super::rebalance::GroupContext;
use super::{CONNECT_TIMEOUT, partition_count, reader};
use crate::subscription::Event;

impl Owner {
    pub(super) fn announce_caught_up(&mut self) {
        let Some(ends) = &self.ends else {
            return;
        };
        if self
            .looked_at_others
            .is_some_and(|at| at.elapsed() < HEARTBEAT)
        {
            return;
        }
        let unowned: Vec<i32> = ends
            .keys()
            .copied()
            .filter(|partition| !self.held.contains_key(partition))
            .collect();
        let own_done = self
            .held
            .values()
            .all(|held| held.reached_end && !held.paused);
        if !own_done {
            return;
        }
        if self.settled_by_others(&unowned, ends) {
            self.ends = None;
            let _ = self.tell(Event::CaughtUp);
        } else {
            self.looked_at_others = Some(Instant::now());
        }
    }

    /// Whether other members have settled all that was there when this one began.
    pub(super) fn settled_by_others(&self, partitions: &[i32], ends: &BTreeMap<i32, i64>) -> bool {
        let Ok(committed) = self.read_committed(partitions) else {
            return false;
        };
        committed.into_iter().all(|(partition, progress)| {
            let prefix = progress.map_or(0, |progress| progress.prefix());
            let end = ends[&partition];
            // The ends of transactions take offsets too, which nobody settles: short of the end, see what is there.
            prefix >= end
                || reader::first_record(&self.cluster, &self.membership.topic, partition, prefix)
                    .is_ok_and(|first| first.is_none_or(|first| first >= end))
        })
    }
}

/// The end of each partition: what was committed to it before now.
pub(super) fn ends(
    consumer: &StreamConsumer<GroupContext>,
    topic: &str,
) -> Result<BTreeMap<i32, i64>, KafkaError> {
    (0..partition_count(consumer, topic)?)
        .map(|partition| {
            let (_, high) = consumer.fetch_watermarks(topic, partition, CONNECT_TIMEOUT)?;
            Ok((partition, high))
        })
        .collect()
}
