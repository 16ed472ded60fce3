//! Settling: outputs and progress become visible together or not at all.
//!
//! A settlement with outputs is one Kafka transaction: the outputs, and the group's offset with the decided ranges
//! beside it, sent under the generation in which the member holds the partition (KIP-447). A broker refuses an offset
//! that comes under another generation than the group's, and with it the whole transaction; so a partition's offset is
//! always sent, also when only the ranges have changed. A settlement without outputs is a plain commit, which is checked in the same way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, Producer};

use super::diagnosis::Diagnosis;
use super::member::{Ended, Owner};
use super::transaction::{TransactionError, is_rebalance, is_retriable, requires_abort};
use super::{CALL_TIMEOUT, future_record};
use crate::error::{LogError, SettleError};
use crate::progress::Progress;
use crate::record::{NewRecord, Position};
use crate::subscription::{Settled, Settlement};

/// How long to serve the consumer before a settlement is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long a plain commit may take before it is said that the log does not answer.
const COMMIT_PATIENCE: Duration = Duration::from_secs(2);

/// How long outputs may take to be acknowledged before their transaction is taken back.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// What came of one try to settle a batch.
enum Attempt {
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
struct Plan {
    /// Indices into the batch.
    settlements: Vec<usize>,
    progress: BTreeMap<i32, Progress>,
    /// Under which all of it is held. Rebalances may happen while the plan is carried out; a generation asked for
    /// later could be one in which some of it is somebody else's.
    generation: Option<Arc<ConsumerGroupMetadata>>,
}

impl Owner {
    /// Settles a batch, however long the log takes to answer.
    pub(super) async fn settle(
        &mut self,
        settlements: Vec<Settlement>,
    ) -> Result<Vec<Settled>, SettleError> {
        loop {
            let plan = self.plan(&settlements);
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
                    return Ok(self.install(&plan, positions, &settlements));
                }
                Attempt::Refused(source) => {
                    return Err(SettleError {
                        settlements,
                        source,
                    });
                }
                Attempt::Unknown { error, positions } => {
                    match self.find_out(&plan, &settlements).await {
                        Some(true) => return Ok(self.install(&plan, positions, &settlements)),
                        None => return Ok(unknown(&plan, settlements.len())),
                        Some(false) => ("commit a decision", error),
                    }
                }
                Attempt::Retry { step, error } => (step, error),
            };
            tracing::debug!(kafka.error = %error, step, "settling again");
            let is_trouble = !is_rebalance(&error);
            let served = match is_trouble.then(|| self.lose_touch(step, error)) {
                Some(Err(Ended)) => Err(Ended),
                _ => self.serve_while_settling(RETRY_PAUSE).await,
            };
            if served.is_err() || self.is_asked_to_close() {
                return Err(SettleError {
                    settlements,
                    source: LogError::Closed,
                });
            }
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

    fn offsets(&self, progress: &BTreeMap<i32, Progress>) -> TopicPartitionList {
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
    async fn commit(&mut self, plan: &Plan) -> Attempt {
        let step = "record what was read";
        let offsets = self.offsets(&plan.progress);
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
                () = tokio::time::sleep(COMMIT_PATIENCE) => {
                    let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::OperationTimedOut);
                    if self.lose_touch(step, error.clone()).is_err() {
                        return Attempt::Retry { step, error };
                    }
                }
            }
        }
    }

    /// Appends the outputs and records progress in one transaction.
    async fn transact(&mut self, plan: &Plan, outputs: &[&[NewRecord]]) -> Attempt {
        let offsets = self.offsets(&plan.progress);
        let Some(generation) = &plan.generation else {
            let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::UnknownMemberId);
            let step = "name the group";
            return Attempt::Retry { step, error };
        };
        let producer = match self.producer.ready().await {
            Ok(producer) => producer,
            Err(TransactionError::Log(error)) => return Attempt::Refused(error),
            Err(TransactionError::Kafka(error)) => {
                let step = "begin a transaction";
                return Attempt::Retry { step, error };
            }
        };
        if let Err(error) = producer.begin_transaction() {
            return self.take_back("begin a transaction", error).await;
        }
        let positions = match self.send(&producer, outputs).await {
            Ok(positions) => positions,
            Err(error) => {
                let is_final = error.rdkafka_error_code().is_some_and(is_refusal);
                let attempt = self.take_back("append a result", error.clone()).await;
                if !is_final {
                    return attempt;
                }
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge) {
                    return Attempt::Refused(LogError::RecordTooLarge {
                        log: self.cluster.address.clone(),
                    });
                }
                return Attempt::Refused(self.cluster.diagnosis.unavailable(
                    &self.cluster.address,
                    "append a result",
                    error,
                ));
            }
        };
        loop {
            match producer.send_offsets_to_transaction(&offsets, generation, CALL_TIMEOUT) {
                Ok(()) => break,
                Err(error) if is_retriable(&error) && !self.is_asked_to_close() => {
                    if self
                        .hear_of_trouble("record a decision", &error)
                        .await
                        .is_err()
                    {
                        return self.take_back("record a decision", error).await;
                    }
                }
                Err(error) => return self.take_back("record a decision", error).await,
            }
        }
        // Nothing is in flight now, so committing does not wait in the steps of a flush.
        loop {
            match producer.commit_transaction(CALL_TIMEOUT) {
                Ok(()) => return Attempt::Recorded(positions),
                Err(error) if is_retriable(&error) && !self.is_asked_to_close() => {
                    // The same commit goes on when it is called again.
                    if self
                        .hear_of_trouble("commit a decision", &error)
                        .await
                        .is_err()
                    {
                        return Attempt::Unknown { error, positions };
                    }
                }
                Err(error) if requires_abort(&error) && self.producer.abort() => {
                    let step = "commit a decision";
                    return Attempt::Retry { step, error };
                }
                // What cannot even be taken back may have gone through.
                Err(error) => {
                    self.producer.discard();
                    return Attempt::Unknown { error, positions };
                }
            }
        }
    }

    /// Sends the outputs, and serves the consumer while they are on their way.
    async fn send(
        &mut self,
        producer: &FutureProducer<Diagnosis>,
        outputs: &[&[NewRecord]],
    ) -> Result<Vec<Vec<Position>>, KafkaError> {
        let timed_out = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        let mut sent = std::pin::pin!(send(producer, outputs));
        loop {
            match tokio::time::timeout(RETRY_PAUSE, &mut sent).await {
                Ok(result) => return result,
                Err(_) if Instant::now() > deadline || self.is_asked_to_close() => {
                    return Err(timed_out);
                }
                Err(_) => {
                    if self.serve_while_settling(Duration::ZERO).await.is_err() {
                        return Err(timed_out);
                    }
                }
            }
        }
    }

    async fn hear_of_trouble(&mut self, step: &str, error: &KafkaError) -> Result<(), Ended> {
        self.lose_touch(step, error.clone())?;
        self.serve_while_settling(RETRY_PAUSE).await
    }

    /// Takes the transaction back; nothing of it is ever visible.
    async fn take_back(&mut self, step: &'static str, error: KafkaError) -> Attempt {
        self.producer.abort();
        Attempt::Retry { step, error }
    }

    /// Reads the group's progress to learn whether a commit whose answer was lost has happened. `None` where that
    /// cannot be told any more, because the partition is somebody else's.
    async fn find_out(&mut self, plan: &Plan, settlements: &[Settlement]) -> Option<bool> {
        loop {
            let still_held = plan.settlements.iter().all(|&index| {
                let delivery = &settlements[index].delivery;
                self.held
                    .get(&delivery.position().partition)
                    .is_some_and(|held| held.tenure == delivery.tenure)
            });
            if !still_held || self.is_asked_to_close() {
                return None;
            }
            // A new producer of the same id ends what the old one left open, one way or the other.
            let partitions: Vec<i32> = plan.progress.keys().copied().collect();
            if let Ok(producer) = self.producer.ready().await
                && let Ok(committed) = self.read_committed(&partitions)
            {
                let committed: BTreeMap<i32, Progress> = committed
                    .into_iter()
                    .filter_map(|(partition, progress)| Some((partition, progress?)))
                    .collect();
                let is_decided = plan.settlements.iter().all(|&index| {
                    let position = settlements[index].delivery.position();
                    committed
                        .get(&position.partition)
                        .is_some_and(|progress| progress.is_decided(position.offset))
                });
                if !is_decided {
                    return Some(false);
                }
                // It may have been decided by somebody who has taken over while this process stood still, and of whom
                // it has not heard: then the broker refuses to hear the same again under the old generation.
                match self.repeat(&producer, &committed, plan) {
                    Ok(()) => return Some(true),
                    Err(error) if is_rebalance(&error) => return None,
                    Err(error) => tracing::debug!(kafka.error = %error, "asking again"),
                }
            }
            self.serve_while_settling(RETRY_PAUSE).await.ok()?;
        }
    }
}

impl Owner {
    /// Records what is recorded already, to learn whether the plan's generation is still the group's.
    fn repeat(
        &mut self,
        producer: &FutureProducer<Diagnosis>,
        committed: &BTreeMap<i32, Progress>,
        plan: &Plan,
    ) -> Result<(), KafkaError> {
        let Some(generation) = &plan.generation else {
            return Err(KafkaError::ConsumerCommit(
                RDKafkaErrorCode::UnknownMemberId,
            ));
        };
        let offsets = self.offsets(committed);
        let outcome = producer
            .begin_transaction()
            .and_then(|()| producer.send_offsets_to_transaction(&offsets, generation, CALL_TIMEOUT))
            .and_then(|()| producer.commit_transaction(CALL_TIMEOUT));
        if outcome.is_err() {
            self.producer.abort();
        }
        outcome
    }
}

fn unknown(plan: &Plan, batch: usize) -> Vec<Settled> {
    let mut settled = vec![Settled::Stale; batch];
    for &index in &plan.settlements {
        settled[index] = Settled::Unknown;
    }
    settled
}

/// Whether the cluster will say the same of these records until somebody changes something.
fn is_refusal(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::TopicAuthorizationFailed
    )
}

/// Sends the outputs and waits until all are acknowledged.
async fn send(
    producer: &FutureProducer<Diagnosis>,
    outputs: &[&[NewRecord]],
) -> Result<Vec<Vec<Position>>, KafkaError> {
    let mut acknowledgements = VecDeque::new();
    for record in outputs.iter().flat_map(|outputs| outputs.iter()) {
        let acknowledgement = loop {
            match producer.send_result(future_record(record)) {
                Ok(acknowledgement) => break acknowledgement,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err((error, _)) => return Err(error),
            }
        };
        acknowledgements.push_back(acknowledgement);
    }
    let mut positions = Vec::with_capacity(outputs.len());
    for outputs in outputs {
        let mut own = Vec::with_capacity(outputs.len());
        for record in *outputs {
            let acknowledgement = acknowledgements
                .pop_front()
                .expect("one was sent for each output");
            let acknowledged = acknowledgement
                .await
                .map_err(|_| KafkaError::Canceled)?
                .map_err(|(error, _)| error)?;
            own.push(Position {
                topic: record.topic.clone(),
                partition: acknowledged.partition,
                offset: acknowledged.offset,
            });
        }
        positions.push(own);
    }
    Ok(positions)
}
