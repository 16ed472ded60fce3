//! What a member holds: taking partitions up where the group has come to, and past what retention took.

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;

use super::CALL_TIMEOUT;
use super::member::{Ended, Held, Owner};
use crate::error::LogError;
use crate::progress::{KAFKA_CAPACITY_BYTES, Progress};
use crate::subscription::{Assignment, Event};

impl Owner {
    /// Takes up what was assigned, at what the group has committed. Tried again at the next step if that cannot be
    /// read now.
    pub(super) fn take_up_assigned(&mut self) -> Result<(), Ended> {
        let Some(partitions) = self.assigned.take() else {
            return Ok(());
        };
        match self.committed_progress(&partitions) {
            Ok(found) => {
                let mut list = TopicPartitionList::new();
                for (partition, progress, _) in &found {
                    self.add_offset(&mut list, *partition, progress.next());
                }
                if let Err(error) = self.consumer.incremental_assign(&list) {
                    self.hear_error(error)?;
                    self.assigned = Some(partitions);
                    return Ok(());
                }
                let mut expired = Vec::new();
                for (partition, progress, lost) in found {
                    self.tenures += 1;
                    if lost > 0 {
                        expired.push(Event::Expired {
                            partition,
                            lost,
                            resumed_at: progress.next(),
                        });
                    }
                    let held = Held {
                        progress,
                        tenure: self.tenures,
                        paused: false,
                        reached_end: false,
                        told_window_full: false,
                    };
                    self.held.insert(partition, held);
                }
                self.generation = if self.consumer.assignment_lost() {
                    None
                } else {
                    self.consumer.group_metadata().map(Arc::new)
                };
                self.heard_from_log();
                if !partitions.is_empty() || !self.told_assignment {
                    self.tell_assignment(partitions, Vec::new());
                }
                for event in expired {
                    self.tell(event)?;
                }
                Ok(())
            }
            Err(TakeUpError::Kafka(error)) => {
                self.assigned = Some(partitions);
                self.hear_error(error)
            }
            Err(TakeUpError::Unreadable(error)) => {
                let _ = self.channels.events.send(Err(error));
                Err(Ended)
            }
        }
    }

    /// What the group has committed of each partition, moved past what retention took; and how much that was.
    pub(super) fn committed_progress(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(i32, Progress, i64)>, TakeUpError> {
        let topic = &self.membership.topic;
        let mut found = Vec::with_capacity(partitions.len());
        for (partition, committed) in self.read_committed(partitions)? {
            let (low, _) = self
                .consumer
                .fetch_watermarks(topic, partition, CALL_TIMEOUT)?;
            let Some(mut progress) = committed else {
                let progress = Progress::starting_at(low, KAFKA_CAPACITY_BYTES);
                found.push((partition, progress, 0));
                continue;
            };
            let lost = progress.expire_to(low);
            found.push((partition, progress, lost));
        }
        Ok(found)
    }

    /// What the group has committed of each partition, in stable state: a transaction that is being committed is
    /// waited for.
    pub(super) fn read_committed(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(i32, Option<Progress>)>, TakeUpError> {
        let mut list = TopicPartitionList::new();
        for &partition in partitions {
            list.add_partition(&self.membership.topic, partition);
        }
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.consumer.committed_offsets(list, CALL_TIMEOUT)?;
        let mut found = Vec::with_capacity(partitions.len());
        for element in committed.elements() {
            element.error()?;
            let progress = match element.offset() {
                Offset::Offset(offset) => Some(
                    Progress::restore(offset, element.metadata(), KAFKA_CAPACITY_BYTES).map_err(
                        |error| {
                            TakeUpError::Unreadable(LogError::UnknownProgress {
                                group: self.membership.group.clone(),
                                topic: self.membership.topic.to_string(),
                                partition: element.partition(),
                                source: error.into(),
                            })
                        },
                    )?,
                ),
                _ => None,
            };
            found.push((element.partition(), progress));
        }
        Ok(found)
    }

    /// Records that were still to be read are gone: goes on from the first that exists.
    pub(super) fn move_past_retention(&mut self) -> Result<(), Ended> {
        let topic = self.membership.topic.clone();
        let partitions: Vec<i32> = self.held.keys().copied().collect();
        for partition in partitions {
            let low = match self
                .consumer
                .fetch_watermarks(&topic, partition, CALL_TIMEOUT)
            {
                Ok((low, _)) => low,
                Err(error) => {
                    self.lose_touch("find the first record", error)?;
                    continue;
                }
            };
            let Some(held) = self.held.get_mut(&partition) else {
                continue;
            };
            if low <= held.progress.next() {
                continue;
            }
            let lost = held.progress.expire_to(low);
            held.paused = true;
            self.tell(Event::Expired {
                partition,
                lost,
                resumed_at: low,
            })?;
        }
        Ok(())
    }

    pub(super) fn tell_assignment(&mut self, mut gained: Vec<i32>, lost: Vec<i32>) {
        self.told_assignment = true;
        gained.sort_unstable();
        let held = self.held.keys().copied().collect();
        let assignment = Assignment { held, gained, lost };
        let _ = self.tell(Event::Assignment(assignment));
    }

    pub(super) fn add_offset(&self, list: &mut TopicPartitionList, partition: i32, offset: i64) {
        list.add_partition_offset(&self.membership.topic, partition, Offset::Offset(offset))
            .expect("an offset that is a number can be set");
    }
}

/// What the group has committed could not be read now, or not at all.
pub(super) enum TakeUpError {
    Kafka(KafkaError),
    Unreadable(LogError),
}

impl From<KafkaError> for TakeUpError {
    fn from(error: KafkaError) -> TakeUpError {
        TakeUpError::Kafka(error)
    }
}
