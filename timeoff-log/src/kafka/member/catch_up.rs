//! When everything that was there at the start has been handed out or settled by others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use rdkafka::Offset;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;

use super::step::{Ended, HEARTBEAT, Owner};
use crate::kafka::client::CALL_TIMEOUT;
use crate::kafka::reader;
use crate::kafka::topic::{Horizon, Sight};
use crate::subscription::Event;

impl Owner {
    pub(crate) fn announce_caught_up(&mut self) {
        self.look_again();
        let own_done = self
            .held
            .values()
            .all(|held| held.reached_end && !held.paused && !held.must_look_again);
        if !own_done
            || self
                .looked_at_horizon
                .is_some_and(|at| at.elapsed() < HEARTBEAT)
        {
            return;
        }
        let Some(mut horizon) = self.horizon.take() else {
            return;
        };
        let reached = self.is_reached(&mut horizon);
        self.looked_at_horizon = Some(Instant::now());
        match reached {
            Ok(true) => {
                let _ = self.tell(Event::CaughtUp);
            }
            Ok(false) => self.horizon = Some(horizon),
            Err(error) => {
                tracing::debug!(kafka.error = %error, "could not see whether all has come; looking again");
                self.horizon = Some(horizon);
            }
        }
    }

    fn is_reached(&mut self, horizon: &mut Horizon) -> Result<bool, KafkaError> {
        match horizon.clear_up(self.consumer.client(), &self.membership.topic, CALL_TIMEOUT)? {
            Sight::Clear => {}
            Sight::Hidden => return Ok(false),
            Sight::Cleared => {
                for held in self.held.values_mut() {
                    held.must_look_again = true;
                }
                return Ok(false);
            }
        }
        let unowned: Vec<i32> = horizon
            .ends()
            .keys()
            .copied()
            .filter(|partition| !self.held.contains_key(partition))
            .collect();
        Ok(self.settled_by_others(&unowned, horizon.ends()))
    }

    /// Tells what an open transaction has been hiding for long, where nothing else is left to do.
    pub(crate) fn tell_hidden(&mut self) -> Result<(), Ended> {
        if self.unreachable {
            return Ok(());
        }
        let at_an_end = self.held.iter().filter(|(_, held)| held.reached_end);
        let mut partitions: BTreeSet<i32> = at_an_end.map(|(&partition, _)| partition).collect();
        if let Some(horizon) = &self.horizon {
            partitions.extend(horizon.hidden());
        }
        let topic = self.membership.topic.clone();
        let client = self.consumer.client();
        for (partition, offset) in self.hidden.look(&self.cluster, client, &topic, partitions) {
            let topic = topic.clone();
            self.tell(Event::Hidden {
                topic,
                partition,
                offset,
            })?;
        }
        Ok(())
    }

    /// The ends that were reached need not be the ends any more: has the library tell them once again.
    fn look_again(&mut self) {
        for (&partition, held) in &mut self.held {
            if !held.must_look_again {
                continue;
            }
            let next = Offset::Offset(held.progress.next());
            let topic = &self.membership.topic;
            if let Err(error) = self.consumer.seek(topic, partition, next, CALL_TIMEOUT) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                return;
            }
            held.must_look_again = false;
            held.reached_end = false;
        }
    }

    /// Whether other members have settled all that was there when this one began.
    fn settled_by_others(&self, partitions: &[i32], ends: &BTreeMap<i32, i64>) -> bool {
        let Ok(committed) = self.read_committed(partitions) else {
            return false;
        };
        let topic_id = self.topic_id();
        committed.into_iter().all(|(partition, committed)| {
            let of_this = committed.filter(|found| !found.is_of_another(topic_id.as_ref()));
            let prefix = of_this.map_or(0, |found| found.progress.prefix());
            let end = ends[&partition];
            // The ends of transactions take offsets too, which nobody settles: short of the end, see what is there.
            prefix >= end
                || reader::first_record(&self.cluster, &self.membership.topic, partition, prefix)
                    .is_ok_and(|first| first.is_none_or(|first| first >= end))
        })
    }
}
