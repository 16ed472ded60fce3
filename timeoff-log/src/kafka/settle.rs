//! Settling: outputs and progress become visible together or not at all.
//!
//! A settlement with outputs is one Kafka transaction: the outputs, and the group's offset with the decided ranges
//! beside it, sent under the generation in which the member holds the partition (KIP-447). A broker refuses an offset
//! that comes under another generation than the group's, and with it the whole transaction; so a partition's offset is
//! always sent, also when only the ranges have changed. A settlement without outputs is a plain commit, which is checked in the same way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::asked::Asked;
use super::member::{Ended, Held, Owner};
use super::outcome::unknown;
use super::transaction::is_rebalance;
use crate::error::LogError;
use crate::progress::Progress;
use crate::record::Position;
use crate::subscription::{Batch, Settled, Settlement};

/// How long to serve the consumer before a settlement is tried again.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long a settlement may take before it is said that the log does not answer: a transaction that another process left
/// open may have to be ended first.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of one try to settle a batch.
pub(super) enum Attempt {
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
pub(super) struct Plan {
    /// Indices into what is asked for.
    pub(super) settlements: Vec<usize>,
    /// How much of what is asked for was looked at.
    seen: usize,
    /// Under which all of it is held. Rebalances may happen while the plan is carried out; a generation asked for
    /// later could be one in which some of it is somebody else's.
    pub(super) generation: Option<Arc<ConsumerGroupMetadata>>,
}

impl Owner {
    /// Settles and answers a batch, however long the log takes to answer, and with it what else is asked for meanwhile.
    pub(super) async fn settle(&mut self, first: Batch) {
        let began = Instant::now();
        let mut asked = Asked::new(first, self.one_by_one > 0);
        self.one_by_one = self.one_by_one.saturating_sub(1);
        loop {
            let mut plan = Plan {
                settlements: Vec::new(),
                seen: 0,
                generation: self.generation.clone(),
            };
            self.plan_on(&mut plan, &mut asked);
            let settlements = asked.settlements();
            if plan.settlements.is_empty() {
                let stale = vec![Settled::Stale; settlements.len()];
                return asked.answer(stale);
            }
            let has_outputs = |&index: &usize| !settlements[index].outputs.is_empty();
            let attempt = if plan.settlements.iter().any(has_outputs) {
                self.transact(&mut plan, &mut asked).await
            } else {
                self.commit(&plan, settlements).await
            };
            let settlements = asked.settlements();
            let (step, error) = match attempt {
                Attempt::Recorded(positions) => {
                    let settled = self.install(&plan, positions, settlements);
                    return asked.answer(settled);
                }
                Attempt::Refused(source) => return self.refuse(asked, source),
                Attempt::Unknown { error, positions } => {
                    match self.find_out(&plan, settlements).await {
                        Some(true) => {
                            let settled = self.install(&plan, positions, settlements);
                            return asked.answer(settled);
                        }
                        None => {
                            let settled = unknown(&plan, settlements.len());
                            return asked.answer(settled);
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
                for batch in asked.into_batches() {
                    batch.refuse(LogError::Closed);
                }
                return;
            }
        }
    }

    /// Has those join that wait, and plans what was asked for since the last time: the settlements that are still this
    /// member's. Returns whether there are any.
    ///
    /// Under another generation than the plan's nobody joins.
    pub(super) fn plan_on(&mut self, plan: &mut Plan, asked: &mut Asked) -> bool {
        let is_same = match (&plan.generation, &self.generation) {
            (Some(planned), Some(now)) => Arc::ptr_eq(planned, now),
            _ => false,
        };
        while is_same && let Some(batch) = self.next_to_join(asked) {
            asked.add(batch);
        }
        let planned = plan.settlements.len();
        let settlements = asked.settlements().iter().enumerate();
        for (index, settlement) in settlements.skip(plan.seen) {
            let offset = settlement.delivery.position().offset;
            let held = self.held_of(settlement);
            if held.is_some_and(|held| !held.progress.is_decided(offset)) {
                plan.settlements.push(index);
            }
        }
        plan.seen = asked.settlements().len();
        plan.settlements.len() > planned
    }

    /// The settlement's partition, if it is held as it was when the delivery was handed out.
    fn held_of(&self, settlement: &Settlement) -> Option<&Held> {
        let held = self.held.get(&settlement.delivery.position().partition)?;
        (held.tenure == settlement.delivery.tenure).then_some(held)
    }

    /// What is to be recorded for what is planned. `None` if some of it is not this member's any more.
    pub(super) fn progress_after(
        &self,
        plan: &Plan,
        settlements: &[Settlement],
    ) -> Option<BTreeMap<i32, Progress>> {
        let mut progress: BTreeMap<i32, Progress> = BTreeMap::new();
        for &index in &plan.settlements {
            let held = self.held_of(&settlements[index])?;
            let position = settlements[index].delivery.position();
            progress
                .entry(position.partition)
                .or_insert_with(|| held.progress.clone())
                .decide(position.offset);
        }
        Some(progress)
    }

    /// Hands back a call's settlements, which the log refuses. Those of several calls are tried each by itself: so it shows
    /// whose fault it is.
    fn refuse(&mut self, asked: Asked, source: LogError) {
        let mut batches = asked.into_batches();
        if batches.len() > 1 {
            self.one_by_one = batches.len();
            batches.append(&mut self.waiting);
            self.waiting = batches;
        } else if let Some(batch) = batches.pop_front() {
            batch.refuse(source);
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

    pub(super) fn offsets(&self, progress: &BTreeMap<i32, Progress>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (&partition, progress) in progress {
            let (offset, ranges) = progress.record();
            self.add_offset(&mut list, partition, offset);
            list.find_partition(&self.membership.topic, partition)
                .expect("it was just added")
                .set_metadata(ranges);
        }
        list
    }

    /// Records progress alone. The library's commit waits for its answer as long as it takes, so another thread calls
    /// it. The consumer is not served meanwhile: without a callback of ours, nobody else gets the partitions.
    async fn commit(&mut self, plan: &Plan, settlements: &[Settlement]) -> Attempt {
        let step = "record what was read";
        let Some(progress) = self.progress_after(plan, settlements) else {
            return taken_over(step);
        };
        let offsets = self.offsets(&progress);
        let consumer = self.consumer.clone();
        let mut answer =
            tokio::task::spawn_blocking(move || consumer.commit(&offsets, CommitMode::Sync));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return match answer {
                    Ok(Ok(())) => Attempt::Recorded(vec![Vec::new(); plan.settlements.len()]),
                    Ok(Err(error)) => Attempt::Retry { step, error },
                    Err(_) => Attempt::Retry { step, error: KafkaError::Canceled },
                },
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

/// Some of what was planned is not this member's any more.
pub(super) fn taken_over(step: &'static str) -> Attempt {
    let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::IllegalGeneration);
    Attempt::Retry { step, error }
}
