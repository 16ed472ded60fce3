//! Takes up assigned partitions at the group's committed progress, moved past what retention removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::holdings::{Lane, Place};
use super::seat::Seat;
use crate::error::LogError;
use crate::kafka::client::{CALL_TIMEOUT, TopicId};
use crate::kafka::committed::{Committed, TakeUpError, UNSTABLE_LIMIT};
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};
use crate::subscription::Event;

/// The partitions that are assigned but not taken up yet, and what is remembered of those that were held before.
#[derive(Default)]
pub(super) struct TakeUp {
    /// `None` when nothing waits. Empty when the group has no partition for this member.
    assigned: Option<Vec<i32>>,
    /// Since when taking them up has been failing.
    failing_since: Option<Instant>,
    /// How far each partition had been read when the member joined anew.
    read_to: BTreeMap<Place, i64>,
    /// Partitions that were given up because the topic of this lane was made again. Each stays here until it is taken
    /// up.
    made_again: BTreeSet<Place>,
}

/// The outcome of one attempt to take up what is assigned.
pub(super) enum TakenUp {
    /// Nothing is assigned, or the group's progress is not stable yet.
    Nothing,
    /// The consumer reads them.
    All(Vec<Found>),
    /// To be tried again at the next step.
    Failed(KafkaError),
    /// The group's commit cannot be understood: no retry will help.
    Unreadable(LogError),
}

/// A partition as the member finds it, in each lane.
pub(super) struct Found {
    pub(super) partition: i32,
    lanes: Vec<FoundLane>,
}

/// A partition of one topic as the member finds it.
struct FoundLane {
    /// The group's committed progress, moved past what retention removed.
    progress: Progress,
    /// The id of its topic, if that is known.
    topic_id: Option<TopicId>,
    /// Whether the group has a committed offset here, or had one in an earlier topic of that name.
    has_offset: bool,
    /// Whether the group's commit belongs to an earlier topic of that name.
    made_again: bool,
    /// An upper bound on the undecided records that retention removed.
    lost: i64,
    /// Whether the group is known to have been here before. Without an offset, it may just as well be new.
    group_was_there: bool,
}

impl Found {
    /// Whether the group has settled anything in the topic itself.
    pub(super) fn has_offset(&self) -> bool {
        self.lanes[0].has_offset
    }

    /// The events to report for it.
    pub(super) fn events(&self, seat: &Seat) -> impl Iterator<Item = Event> {
        let lanes = self.lanes.iter().enumerate();
        lanes.flat_map(|(lane, found)| found.events(seat.topic(lane), self.partition))
    }

    pub(super) fn into_lanes(self) -> Vec<Lane> {
        let lane = |found: FoundLane| Lane {
            progress: found.progress,
            topic_id: found.topic_id,
        };
        self.lanes.into_iter().map(lane).collect()
    }
}

impl FoundLane {
    fn events(&self, topic: &Arc<str>, partition: i32) -> impl Iterator<Item = Event> + use<> {
        let first = self.progress.next();
        let made_again = self.made_again.then(|| Event::MadeAgain {
            topic: topic.clone(),
            partition,
            starts_at: first,
        });
        let expired = (self.lost > 0).then(|| Event::Expired {
            topic: topic.clone(),
            partition,
            lost: self.lost,
            resumed_at: first,
            group_was_there: self.group_was_there,
        });
        made_again.into_iter().chain(expired)
    }
}

impl TakeUp {
    /// Notes that these were assigned.
    pub(super) fn assign(&mut self, partitions: Vec<i32>) {
        self.assigned
            .get_or_insert_with(Vec::new)
            .extend(partitions);
    }

    /// Notes that these were revoked, whether or not they had been taken up.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        if let Some(assigned) = &mut self.assigned {
            assigned.retain(|partition| !partitions.contains(partition));
        }
    }

    /// Whether the group is waiting for this member to take up what was assigned.
    pub(super) fn is_due(&self) -> bool {
        self.assigned.is_some()
    }

    /// Remembers how far the partitions have been read, because the member joins anew.
    pub(super) fn remember_read_to(&mut self, read_to: BTreeMap<Place, i64>) {
        self.read_to = read_to;
    }

    /// Forgets what was assigned: the member joins by another client. Remembers how far the partitions have been read.
    pub(super) fn begin_anew(&mut self, read_to: BTreeMap<Place, i64>) {
        self.assigned = None;
        self.failing_since = None;
        self.read_to = read_to;
    }

    /// Remembers that these partitions' topic in this lane was made again.
    pub(super) fn remember_made_again(&mut self, lane: usize, partitions: &[i32]) {
        let places = partitions.iter().map(|&partition| (partition, lane));
        self.made_again.extend(places);
    }

    /// Takes up what is assigned, if anything is.
    pub(super) fn take_up(&mut self, seat: &Seat) -> TakenUp {
        let Some(partitions) = self.assigned.take() else {
            return TakenUp::Nothing;
        };
        let found = match self.find(seat, &partitions) {
            Ok(found) => found,
            Err(TakeUpError::Unreadable(error)) => return TakenUp::Unreadable(error),
            Err(TakeUpError::Kafka(error)) => {
                self.assigned = Some(partitions);
                let since = *self.failing_since.get_or_insert_with(Instant::now);
                let is_timeout =
                    error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut);
                return match is_timeout && since.elapsed() < UNSTABLE_LIMIT {
                    true => TakenUp::Nothing,
                    false => TakenUp::Failed(error),
                };
            }
        };
        let offsets = found
            .iter()
            .map(|found| (found.partition, found.lanes[0].progress.next()));
        if let Err(error) = seat.assign(offsets) {
            self.assigned = Some(partitions);
            return TakenUp::Failed(error);
        }
        self.failing_since = None;
        self.made_again
            .retain(|(partition, _)| found.iter().all(|found| found.partition != *partition));
        TakenUp::All(found)
    }

    fn find(&self, seat: &Seat, partitions: &[i32]) -> Result<Vec<Found>, TakeUpError> {
        let committed = seat.committed(partitions)?;
        let topic_ids: Vec<Option<TopicId>> = seat
            .lanes()
            .map(|lane| topic_id_beside(seat, lane, &committed))
            .collect();
        let mut committed: BTreeMap<Place, Option<Committed>> = committed.into_iter().collect();
        let mut found = |partition| {
            let lanes = topic_ids.iter().enumerate().map(|(lane, topic_id)| {
                let committed = committed.remove(&(partition, lane)).flatten();
                self.find_lane(seat, (partition, lane), committed, topic_id.as_ref())
            });
            let lanes = lanes.collect::<Result<_, _>>()?;
            Ok(Found { partition, lanes })
        };
        partitions
            .iter()
            .map(|&partition| found(partition))
            .collect()
    }

    fn find_lane(
        &self,
        seat: &Seat,
        place: Place,
        committed: Option<Committed>,
        topic_id: Option<&TopicId>,
    ) -> Result<FoundLane, TakeUpError> {
        // A partition without a leader must not hold the others back: it is taken up without its ends, and waits alone.
        let (low, high) = seat.ends(place).unwrap_or((0, i64::MAX));
        // When a topic is deleted, Kafka also deletes the groups' commits for it. A member that has not heard of the
        // deletion may still commit afterwards.
        let made_again = match &committed {
            Some(found) => found.is_of_another(topic_id),
            None => self.made_again.contains(&place),
        };
        let Some(committed) = committed.filter(|_| !made_again) else {
            // Nothing is decided yet, but this member may have read some of it all the same.
            let read_to = self.read_to.get(&place).copied().unwrap_or(0);
            return Ok(FoundLane {
                progress: Progress::starting_at(low, KAFKA_CAPACITY_BYTES),
                topic_id: topic_id.cloned(),
                has_offset: made_again,
                made_again,
                lost: (low - read_to).max(0),
                group_was_there: read_to > 0,
            });
        };
        let mut progress = committed.progress;
        seat.check_end(place, &progress, high)
            .map_err(TakeUpError::Unreadable)?;
        let lost = progress.expire_to(low);
        Ok(FoundLane {
            progress,
            // If the cluster gives no topic id now, keep the one in the commit.
            topic_id: topic_id.cloned().or(committed.topic_id),
            has_offset: true,
            made_again,
            lost,
            group_was_there: true,
        })
    }
}

/// The topic's id, to compare with those in commits. If a commit belongs to another topic, asks the cluster once more:
/// the id that this client knows may be older than the commit.
fn topic_id_beside(
    seat: &Seat,
    lane: usize,
    committed: &[(Place, Option<Committed>)],
) -> Option<TopicId> {
    let topic_id = seat.topic_id(lane);
    let is_of_another = |found: &Committed| found.is_of_another(topic_id.as_ref());
    let mut committed = committed
        .iter()
        .filter(|((_, of), _)| *of == lane)
        .filter_map(|(_, found)| found.as_ref());
    if !committed.any(is_of_another) {
        return topic_id;
    }
    let topic = seat.topic(lane);
    if let Err(error) = seat.client(lane).fetch_metadata(Some(topic), CALL_TIMEOUT) {
        tracing::debug!(kafka.error = %error, "could not ask for the topic's id again");
    }
    seat.topic_id(lane)
}
