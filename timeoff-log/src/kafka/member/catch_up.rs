//! Checks whether everything that was on the topic at the start has been handed out here or settled by other members,
//! and what an open transaction hides of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use rdkafka::error::KafkaError;

use super::HEARTBEAT;
use super::seat::{Seat, Source};
use super::share::Share;
use crate::error::LogError;
use crate::kafka::client::{CALL_TIMEOUT, Cluster};
use crate::kafka::reader;
use crate::kafka::topic::{HiddenWatch, Horizon, Sight};
use crate::subscription::{Event, Membership};

/// The member's progress towards the end that the topic had at the start.
pub(super) struct CatchUp {
    cluster: Arc<Cluster>,
    /// Where the topic ended when the subscription began; `None` once that is reached, or if the membership does not
    /// ask for it.
    horizon: Option<Horizon>,
    /// When this was last checked, or the member started; `None` if the member has gained partitions since.
    checked_at: Option<Instant>,
    /// Held partitions whose end has been reached.
    at_end: BTreeSet<i32>,
    /// Partitions that may have records beyond the end that was reached.
    behind: BTreeSet<i32>,
    /// Held partitions whose end has been reached in a topic alongside.
    at_end_alongside: BTreeSet<i32>,
    /// The offset of a record that other members had not settled when it was last looked for, for each partition. It
    /// takes a client to find one.
    unsettled: BTreeMap<i32, i64>,
    /// One for each lane.
    hidden: Vec<HiddenWatch>,
}

impl CatchUp {
    /// Remembers where the topic ends now, if the membership asks for it.
    pub(super) fn begin(
        cluster: Arc<Cluster>,
        membership: &Membership,
        seat: &Seat,
    ) -> Result<CatchUp, LogError> {
        let partitions = seat
            .partition_count()
            .map_err(|error| cluster.unavailable("find the topic", error))?;
        let horizon = membership
            .announce_caught_up
            .then(|| Horizon::look(&cluster, seat.client(0), seat.topic(0), 0..partitions))
            .transpose()
            .map_err(|error| cluster.unavailable("find the end of the topic", error))?;
        Ok(CatchUp {
            cluster,
            horizon,
            checked_at: Some(Instant::now()),
            at_end: BTreeSet::new(),
            behind: BTreeSet::new(),
            at_end_alongside: BTreeSet::new(),
            unsettled: BTreeMap::new(),
            hidden: seat.lanes().map(|_| HiddenWatch::default()).collect(),
        })
    }

    /// Notes that the end of a held partition was reached.
    pub(super) fn note_end(&mut self, source: Source, partition: i32) {
        match source {
            Source::Topic => self.at_end.insert(partition),
            Source::Alongside => self.at_end_alongside.insert(partition),
        };
    }

    /// Notes that the member has taken up partitions.
    pub(super) fn note_gained(&mut self) {
        self.checked_at = None;
    }

    /// Forgets a partition that is not held any more.
    pub(super) fn forget(&mut self, partition: i32) {
        self.at_end.remove(&partition);
        self.behind.remove(&partition);
        self.at_end_alongside.remove(&partition);
    }

    /// Checks whether the member has caught up, unless that is impossible yet. Returns true once. `is_any_paused`:
    /// whether a held partition is not being read.
    pub(super) fn is_reached(&mut self, share: &Share, is_any_paused: bool) -> bool {
        self.look_again(share);
        let are_read = !is_any_paused
            && share
                .holdings()
                .partitions()
                .all(|held| self.at_end.contains(&held) && !self.behind.contains(&held));
        let is_soon = self.checked_at.is_some_and(|at| at.elapsed() < HEARTBEAT);
        if !are_read || is_soon {
            return false;
        }
        let Some(mut horizon) = self.horizon.take() else {
            return false;
        };
        let reached = self.check(&mut horizon, share);
        self.checked_at = Some(Instant::now());
        match reached {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(kafka.error = %error, "could not check whether it has caught up; checking again");
            }
        }
        self.horizon = Some(horizon);
        false
    }

    fn check(&mut self, horizon: &mut Horizon, share: &Share) -> Result<bool, KafkaError> {
        let (seat, holdings) = (share.seat(), share.holdings());
        match horizon.clear_up(seat.client(0), seat.topic(0), CALL_TIMEOUT)? {
            Sight::Clear => {}
            Sight::Hidden => return Ok(false),
            Sight::Cleared => {
                self.behind.extend(holdings.partitions());
                return Ok(false);
            }
        }
        let ends = horizon.ends();
        let unowned = ends.keys().copied();
        let unowned: Vec<i32> = unowned
            .filter(|&partition| holdings.get(partition).is_none())
            .collect();
        Ok(self.is_settled_by_others(&unowned, ends, seat))
    }

    /// The ends that were reached may no longer be the ends: has the library report them again.
    fn look_again(&mut self, share: &Share) {
        while let Some(&partition) = self.behind.first() {
            let next = share
                .holdings()
                .get(partition)
                .map(|holding| holding.progress(0).next());
            if let Some(Err(error)) = next.map(|next| share.seat().seek((partition, 0), next)) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                return;
            }
            self.at_end.remove(&partition);
            self.behind.remove(&partition);
        }
    }

    /// Whether other members have settled everything in these partitions that was there when this one started.
    fn is_settled_by_others(
        &mut self,
        partitions: &[i32],
        ends: &BTreeMap<i32, i64>,
        seat: &Seat,
    ) -> bool {
        let Ok(committed) = seat.committed(partitions) else {
            return false;
        };
        let topic_id = seat.topic_id(0);
        let committed = committed.into_iter().filter(|((_, lane), _)| *lane == 0);
        committed.into_iter().all(|((partition, _), committed)| {
            let of_this = committed.filter(|found| !found.is_of_another(topic_id.as_ref()));
            let prefix = of_this.map_or(0, |found| found.progress.prefix());
            let end = ends[&partition];
            if prefix >= end {
                return true;
            }
            if self
                .unsettled
                .get(&partition)
                .is_some_and(|&offset| offset >= prefix)
            {
                return false;
            }
            // Transaction markers take offsets too, and nobody settles them. The prefix falls short of the end: check
            // whether a record lies in between.
            match reader::first_record(&self.cluster, seat.topic(0), partition, prefix) {
                Ok(Some(first)) if first < end => {
                    self.unsettled.insert(partition, first);
                    false
                }
                Ok(_) => true,
                Err(_) => false,
            }
        })
    }

    /// The events to report where an open transaction has been hiding records for long and nothing else is left to
    /// read.
    pub(super) fn hidden_for_long(&mut self, seat: &Seat) -> Vec<Event> {
        let mut partitions = self.at_end.clone();
        if let Some(horizon) = &self.horizon {
            partitions.extend(horizon.hidden());
        }
        let mut events = Vec::new();
        for (lane, watch) in self.hidden.iter_mut().enumerate() {
            let (client, topic) = (seat.client(lane), seat.topic(lane));
            let partitions = match lane {
                0 => &partitions,
                _ => &self.at_end_alongside,
            };
            let found = watch.look(&self.cluster, client, topic, partitions.iter().copied());
            events.extend(found.into_iter().map(|(partition, offset)| Event::Hidden {
                topic: topic.clone(),
                partition,
                offset,
            }));
        }
        events
    }
}
