//! Settling: outputs and progress become visible together or not at all.
//!
//! A settlement with outputs is one Kafka transaction: the outputs, and the group's offset with the decided ranges
//! beside it, sent under the generation in which the member holds the partition (KIP-447). A broker refuses an offset
//! that comes under another generation than the group's, and with it the whole transaction; so a partition's offset is
//! always sent, also when only the ranges have changed. A settlement without outputs is a plain commit, which is checked in the same way.

mod batches;
mod find_out;
mod transaction;
mod transactional_producer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use self::find_out::unknown;
use self::transactional_producer::is_rebalance;
use super::client::with_topic_id;
use super::member::{Ended, Owner};
use crate::error::LogError;
use crate::progress::Progress;
use crate::record::{NewRecord, Position};
use crate::subscription::{Batch, Settled, Settlement};

pub(crate) use self::batches::Together;
pub(crate) use self::transactional_producer::TransactionalProducer;

/// How long to serve the consumer before a settlement is tried again.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long a settlement may take before it is said that the log does not answer: a transaction that another process left
/// open may have to be ended first.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of one try to settle a batch.
pub(crate) enum Attempt {
    /// Recorded, with the positions of each settlement's outputs.
    Recorded(Vec<Vec<Position>>),
    /// Nothing is recorded; worth another try.
    Retry {
        step: &'static str,
        error: KafkaError,
    },
    /// Nothing is recorded, and another try would end the same.
    Refused(LogError),
    /// The producer failed while it committed: the group's progress must be read to know.
    Unknown {
        error: KafkaError,
        positions: Vec<Vec<Position>>,
    },
}

/// The settlements of a batch whose deliveries are still this member's, and what to record for them.
pub(crate) struct Plan {
    /// Indices into the batch.
    pub(crate) settlements: Vec<usize>,
    pub(crate) progress: BTreeMap<i32, Progress>,
    /// Under which all of it is held. Rebalances may happen while the plan is carried out; a generation asked for
    /// later could be one in which some of it is somebody else's.
    pub(crate) generation: Option<Arc<ConsumerGroupMetadata>>,
}

impl Owner {
    /// Settles and answers what a call asks for, and with it what other calls wait for.
    pub(crate) async fn settle(&mut self, first: Batch) {
        let mut together = Together::new(first);
        match self.one_by_one.checked_sub(1) {
            Some(left) => self.one_by_one = left,
            None => self.take_in_waiting(&mut together),
        }
        let outcome = self.settle_together(together.settlements()).await;
        self.fence_off_late_commit();
        match outcome {
            Ok(settled) => together.answer(settled),
            Err(LogError::Closed) => {
                for batch in together.into_batches() {
                    batch.refuse(LogError::Closed);
                }
            }
            Err(source) => self.refuse(together, source),
        }
    }

    /// Hands back a call's settlements, which the log refuses. Those of several calls are tried each by itself: so it shows
    /// whose fault it is.
    fn refuse(&mut self, together: Together, source: LogError) {
        let mut batches = together.into_batches();
        if batches.len() > 1 {
            self.one_by_one = batches.len();
            batches.append(&mut self.waiting);
            self.waiting = batches;
        } else if let Some(batch) = batches.pop_front() {
            batch.refuse(source);
        }
    }

    /// Settles a batch, however long the log takes to answer.
    ///
    /// An error says that nothing is recorded: the log refuses it, or the member leaves ([`LogError::Closed`]).
    async fn settle_together(
        &mut self,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, LogError> {
        let began = Instant::now();
        loop {
            let plan = self.plan(settlements);
            if plan.settlements.is_empty() {
                return Ok(vec![Settled::Stale; settlements.len()]);
            }
            let outputs: Vec<&[NewRecord]> = plan
                .settlements
                .iter()
                .map(|&index| settlements[index].outputs.as_slice())
                .collect();
            let attempt = if outputs.iter().all(|outputs| outputs.is_empty()) {
                self.commit(&plan).await
            } else {
                self.transact(&plan, &outputs).await
            };
            let (step, error) = match attempt {
                Attempt::Recorded(positions) => {
                    return Ok(self.install(&plan, positions, settlements));
                }
                Attempt::Refused(source) => return Err(source),
                Attempt::Unknown { error, positions } => {
                    match self.find_out(&plan, settlements).await {
                        Some(true) => return Ok(self.install(&plan, positions, settlements)),
                        None => {
                            // Whether it was carried out cannot be told.
                            self.give_up(plan.progress.keys().copied());
                            return Ok(unknown(&plan, settlements.len()));
                        }
                        Some(false) => ("commit a decision", error),
                    }
                }
                Attempt::Retry { step, error } => (step, error),
            };
            tracing::debug!(kafka.error = %error, step, "settling again");
            let is_trouble = !is_rebalance(&error) && began.elapsed() > PATIENCE;
            let served = match is_trouble.then(|| self.lose_touch(step, error)) {
                Some(Err(Ended)) => Err(Ended),
                _ => self.serve_while_settling(RETRY_PAUSE).await,
            };
            if served.is_err() || self.is_asked_to_close() {
                return Err(LogError::Closed);
            }
        }
    }

    /// Makes sure that a commit that may still be on its way to the broker does not take the group back behind later ones:
    /// nothing more is settled before the member has joined anew, and a broker refuses what comes under an earlier membership.
    fn fence_off_late_commit(&mut self) {
        if std::mem::take(&mut self.commit_may_come_late) {
            let held: Vec<i32> = self.held.keys().copied().collect();
            self.give_up(held);
        }
    }

    /// Which of the settlements are still this member's, and the progress that would follow from them.
    fn plan(&self, settlements: &[Settlement]) -> Plan {
        let mut progress: BTreeMap<i32, Progress> = BTreeMap::new();
        let mut fresh = Vec::with_capacity(settlements.len());
        for (index, settlement) in settlements.iter().enumerate() {
            let position = settlement.delivery.position();
            let Some(held) = self.held.get(&position.partition) else {
                continue;
            };
            if held.tenure != settlement.delivery.tenure {
                continue;
            }
            let progress = progress
                .entry(position.partition)
                .or_insert_with(|| held.progress.clone());
            if !progress.is_decided(position.offset) {
                progress.decide(position.offset);
                fresh.push(index);
            }
        }
        Plan {
            settlements: fresh,
            progress,
            generation: self.generation.clone(),
        }
    }

    /// Takes over what was recorded. More may have been handed out since it was planned, so the decisions are
    /// repeated on what is held now.
    fn install(
        &mut self,
        plan: &Plan,
        positions: Vec<Vec<Position>>,
        settlements: &[Settlement],
    ) -> Vec<Settled> {
        self.heard_from_log();
        let mut settled = vec![Settled::Stale; settlements.len()];
        for (&index, positions) in plan.settlements.iter().zip(positions) {
            let delivery = &settlements[index].delivery;
            let position = delivery.position();
            if let Some(held) = self.held.get_mut(&position.partition)
                && held.tenure == delivery.tenure
            {
                held.progress.decide(position.offset);
            }
            settled[index] = Settled::Recorded(positions);
        }
        settled
    }

    pub(crate) fn offsets(&self, progress: &BTreeMap<i32, Progress>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (&partition, progress) in progress {
            let (offset, ranges) = progress.record();
            let topic_id = self
                .held
                .get(&partition)
                .and_then(|held| held.topic_id.as_ref());
            self.add_offset(&mut list, partition, offset);
            list.find_partition(&self.membership.topic, partition)
                .expect("it was just added")
                .set_metadata(with_topic_id(topic_id, &ranges));
        }
        list
    }

    /// Records progress alone. The library's commit waits for its answer as long as it takes, so another thread calls
    /// it. The consumer is not served meanwhile: without a callback of ours, nobody else gets the partitions.
    async fn commit(&mut self, plan: &Plan) -> Attempt {
        let step = "record what was read";
        let offsets = self.offsets(&plan.progress);
        let consumer = self.consumer.clone();
        let began = Instant::now();
        let mut answer =
            tokio::task::spawn_blocking(move || consumer.commit(&offsets, CommitMode::Sync));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    // The library may have sent it twice, and says nothing of that. The first one may be under way yet.
                    self.commit_may_come_late |= began.elapsed() >= self.sent_again_after;
                    return match answer {
                        Ok(Ok(())) => Attempt::Recorded(vec![Vec::new(); plan.settlements.len()]),
                        Ok(Err(error)) => Attempt::Retry { step, error },
                        Err(_) => Attempt::Retry { step, error: KafkaError::Canceled },
                    };
                }
                heard = self.hear_command() => if heard.is_err() || self.is_asked_to_close() {
                    return Attempt::Retry { step, error: KafkaError::Canceled };
                },
                () = tokio::time::sleep(PATIENCE) => {
                    let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::OperationTimedOut);
                    if self.lose_touch(step, error.clone()).is_err() {
                        return Attempt::Retry { step, error };
                    }
                }
            }
        }
    }
}
