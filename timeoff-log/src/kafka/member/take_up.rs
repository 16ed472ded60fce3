//! What a member holds: taking partitions up where the group has come to, and past what retention took.

use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::step::{Ended, Held, Owner};
use crate::kafka::client::{CALL_TIMEOUT, TopicId};
use crate::kafka::committed::{Committed, TakeUpError, UNSTABLE_LIMIT, check_end, restore};
use crate::kafka::topic::watermarks;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};
use crate::sabotage::{Promise, breaks};
use crate::subscription::{Assignment, Event};

/// How long to wait before joining anew: a partition that is lost twice in a row would have it done in a circle.
const REJOIN_PAUSE: Duration = Duration::from_millis(500);

/// A partition as a member finds it.
pub(crate) struct TakenUp {
    pub(crate) partition: i32,
    /// What the group has committed, moved past what retention took.
    pub(crate) progress: Progress,
    /// The topic that it is a partition of, if that is known.
    pub(crate) topic_id: Option<TopicId>,
    /// Whether what the group has committed is of an earlier topic of that name.
    pub(crate) made_again: bool,
    /// How many records retention took undecided, at the most.
    pub(crate) lost: i64,
    /// Whether the group is known to have been there. Without an offset of its own it may as well be new.
    pub(crate) group_was_there: bool,
    /// Whether it has an offset there, or had one in the topic of that name before.
    pub(crate) has_offset: bool,
}

impl Owner {
    /// Takes up what was assigned, at what the group has committed. Tried again at the next step if that cannot be
    /// read now.
    pub(crate) fn take_up_assigned(&mut self) -> Result<(), Ended> {
        let Some(partitions) = self.assigned.take() else {
            return Ok(());
        };
        match self.committed_progress(&partitions) {
            Ok(found) => {
                let mut list = TopicPartitionList::new();
                for taken_up in &found {
                    self.add_offset(&mut list, taken_up.partition, taken_up.progress.next());
                }
                if let Err(error) = self.consumer.incremental_assign(&list) {
                    self.hear_error(error)?;
                    self.assigned = Some(partitions);
                    return Ok(());
                }
                let (mut news, mut unsettled) = (Vec::new(), Vec::new());
                for taken_up in found {
                    let TakenUp {
                        partition,
                        progress,
                        topic_id,
                        made_again,
                        lost,
                        group_was_there,
                        has_offset,
                    } = taken_up;
                    if !has_offset {
                        unsettled.push(partition);
                    }
                    self.tenures += 1;
                    self.made_again.remove(&partition);
                    if made_again {
                        news.push(Event::MadeAgain {
                            topic: self.membership.topic.clone(),
                            partition,
                            starts_at: progress.next(),
                        });
                    }
                    if lost > 0 {
                        news.push(Event::Expired {
                            partition,
                            lost,
                            resumed_at: progress.next(),
                            group_was_there,
                        });
                    }
                    let held = Held {
                        progress,
                        topic_id,
                        tenure: self.tenures,
                        paused: false,
                        reached_end: false,
                        must_look_again: false,
                        told_window_full: None,
                    };
                    self.held.insert(partition, held);
                }
                self.assigned_since = None;
                self.looked_at_horizon = None;
                if !breaks(Promise::Generation) {
                    self.generation = self.consumer.group_metadata().map(Arc::new);
                }
                self.heard_from_log();
                if !partitions.is_empty() || !self.told_assignment {
                    self.tell_assignment(partitions, Vec::new(), unsettled);
                }
                for event in news {
                    self.tell(event)?;
                }
                Ok(())
            }
            Err(TakeUpError::Kafka(error)) => {
                self.assigned = Some(partitions);
                let since = *self.assigned_since.get_or_insert_with(Instant::now);
                let is_timeout =
                    error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut);
                if is_timeout && since.elapsed() < UNSTABLE_LIMIT {
                    return Ok(());
                }
                self.hear_error(error)
            }
            Err(TakeUpError::Unreadable(error)) => {
                let _ = self.channels.events.send(Err(error));
                Err(Ended)
            }
        }
    }

    /// What the group has committed of each partition, moved past what retention took; and how much that was.
    pub(crate) fn committed_progress(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<TakenUp>, TakeUpError> {
        let topic = &self.membership.topic;
        let mut found = Vec::with_capacity(partitions.len());
        let committed = self.read_committed(partitions)?;
        let topic_id = self.topic_id_beside(&committed);
        for (partition, committed) in committed {
            // A partition without a leader must not hold the others back: taken up where it is, it waits by itself.
            let ends = watermarks(self.consumer.client(), topic, partition, CALL_TIMEOUT).ok();
            let (low, high) = ends.unwrap_or((0, i64::MAX));
            // With a topic, Kafka deletes what groups have committed of it. What comes later by one that has not heard of it yet
            // stays.
            let made_again = match &committed {
                Some(found) => found.is_of_another(topic_id.as_ref()),
                None => self.made_again.contains(&partition),
            };
            let Some(committed) = committed.filter(|_| !made_again) else {
                let progress = Progress::starting_at(low, KAFKA_CAPACITY_BYTES);
                // Nothing was decided yet; this member may have read a part all the same.
                let read_to = self.read_to.get(&partition).copied().unwrap_or(0);
                found.push(TakenUp {
                    partition,
                    progress,
                    topic_id: topic_id.clone(),
                    made_again,
                    lost: (low - read_to).max(0),
                    group_was_there: read_to > 0,
                    has_offset: made_again,
                });
                continue;
            };
            let mut progress = committed.progress;
            let (group, topic) = self.names();
            check_end(group, topic, partition, &progress, high).map_err(TakeUpError::Unreadable)?;
            let lost = progress.expire_to(low);
            found.push(TakenUp {
                partition,
                progress,
                // What the commit says stays, should the cluster not say it now.
                topic_id: topic_id.clone().or(committed.topic_id),
                made_again,
                lost,
                group_was_there: true,
                has_offset: true,
            });
        }
        Ok(found)
    }

    /// What the group has committed of each partition, in stable state: a transaction that is being committed is
    /// waited for.
    pub(crate) fn read_committed(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(i32, Option<Committed>)>, TakeUpError> {
        let mut list = TopicPartitionList::new();
        for &partition in partitions {
            list.add_partition(&self.membership.topic, partition);
        }
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.consumer.committed_offsets(list, CALL_TIMEOUT)?;
        let (group, topic) = self.names();
        committed
            .elements()
            .iter()
            .map(|element| Ok((element.partition(), restore(group, topic, element)?)))
            .collect()
    }

    /// The id of the topic, as far as it is known.
    pub(crate) fn topic_id(&self) -> Option<TopicId> {
        let context = self.consumer.context();
        context.topic_ids().of(&self.membership.topic)
    }

    /// The id of the topic, to be held against commits. Should one speak of another topic, the cluster is asked once more: what
    /// this client knows may be older than the commit.
    fn topic_id_beside(&self, committed: &[(i32, Option<Committed>)]) -> Option<TopicId> {
        let topic_id = self.topic_id();
        let is_of_another = |found: &Committed| found.is_of_another(topic_id.as_ref());
        if !committed
            .iter()
            .filter_map(|(_, found)| found.as_ref())
            .any(is_of_another)
        {
            return topic_id;
        }
        let client = self.consumer.client();
        if let Err(error) = client.fetch_metadata(Some(&self.membership.topic), CALL_TIMEOUT) {
            tracing::debug!(kafka.error = %error, "could not ask for the topic's id again");
        }
        self.topic_id()
    }

    /// Lets go of the partitions of a topic that has been deleted and made again meanwhile, and joins anew.
    pub(crate) fn let_go_if_made_again(&mut self) {
        let heard = self.consumer.context().topic_ids().changes();
        if heard == self.topic_ids_heard {
            return;
        }
        self.topic_ids_heard = heard;
        let Some(topic_id) = self.topic_id() else {
            return;
        };
        let mut of_another = Vec::new();
        for (&partition, held) in &mut self.held {
            if *held.topic_id.get_or_insert_with(|| topic_id.clone()) != topic_id {
                of_another.push(partition);
            }
        }
        self.made_again.extend(&of_another);
        self.give_up(of_another);
    }

    fn names(&self) -> (&str, &str) {
        (&self.membership.group, &self.membership.topic)
    }

    /// Joins anew after what was to be read next turned out not to be on the topic: the library does not read a
    /// partition on from there by itself. Taking it up again moves past what retention took, and says so.
    pub(crate) fn rejoin_if_lost(&mut self) -> Result<(), Ended> {
        if self.rejoin_at.is_none_or(|at| Instant::now() < at) {
            return Ok(());
        }
        self.rejoin_at = None;
        self.read_to = self
            .held
            .iter()
            .map(|(&partition, held)| (partition, held.progress.next()))
            .collect();
        self.consumer.unsubscribe();
        match self.consumer.subscribe(&[&self.membership.topic]) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.rejoin_later();
                self.lose_touch("join the group again", error)
            }
        }
    }

    /// Lets go of these partitions and joins anew, if it holds any of them: they are taken up where the group has come to,
    /// whoever gets them.
    pub(crate) fn give_up(&mut self, partitions: impl IntoIterator<Item = i32>) {
        if self.let_go(partitions) {
            self.rejoin_later();
        }
    }

    pub(crate) fn rejoin_later(&mut self) {
        self.rejoin_at
            .get_or_insert_with(|| Instant::now() + REJOIN_PAUSE);
    }

    pub(crate) fn tell_assignment(
        &mut self,
        mut gained: Vec<i32>,
        lost: Vec<i32>,
        mut unsettled: Vec<i32>,
    ) {
        self.told_assignment = true;
        gained.sort_unstable();
        unsettled.sort_unstable();
        let held = self.held.keys().copied().collect();
        let assignment = Assignment {
            held,
            gained,
            lost,
            unsettled,
        };
        let _ = self.tell(Event::Assignment(assignment));
    }

    pub(crate) fn add_offset(&self, list: &mut TopicPartitionList, partition: i32, offset: i64) {
        list.add_partition_offset(&self.membership.topic, partition, Offset::Offset(offset))
            .expect("an offset that is a number can be set");
    }
}
