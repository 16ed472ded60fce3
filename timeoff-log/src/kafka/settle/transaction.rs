//! One transaction, in phases: each is a type, made by the phase before it.
//!
//! [`Begun`] → outputs acknowledged: [`Sent`] → progress recorded: [`Complete`] → committed. A transaction that does
//! not reach the next phase is aborted, and none of it ever becomes visible. Only a commit can end with an unknown
//! outcome.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::plan::Plan;
use super::transactional_producer::{
    TransactionError, TransactionalProducer, is_retriable, requires_abort,
};
use super::{Positions, RETRY_PAUSE, Setback};
use crate::error::LogError;
use crate::kafka::append::{self, Flight, SendError};
use crate::kafka::client::{CALL_TIMEOUT, Cluster, LOST, RecordProducer};
use crate::kafka::member::{Ended, Generation, Member};
use crate::record::NewRecord;
use crate::sabotage::{self, Promise, breaks};

/// How long outputs may take to be acknowledged before their transaction is aborted.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Appends the outputs and records progress in one transaction.
pub(super) async fn transact(
    producer: &mut TransactionalProducer,
    member: &mut Member,
    plan: &Plan<'_>,
    outputs: &[&[NewRecord]],
) -> Result<Positions, Setback> {
    let begun = Begun::begin(Parties { producer, member }, plan).await?;
    let sent = begun.send(outputs).await?;
    let complete = sent.record_progress().await?;
    complete.commit().await
}

/// The two parties: the producer, and the member that is served meanwhile.
struct Parties<'settle> {
    producer: &'settle mut TransactionalProducer,
    member: &'settle mut Member,
}

impl Parties<'_> {
    /// Aborts the transaction.
    async fn take_back(self, step: &'static str, error: KafkaError) -> Setback {
        self.producer.abort().await;
        Setback::Retry { step, error }
    }

    /// Reports the failure of a call that is worth repeating, and serves the consumer before the next attempt.
    async fn hear_of_trouble(&mut self, step: &str, error: &KafkaError) -> Result<(), Ended> {
        self.member.lose_touch(step, error.clone())?;
        self.member.serve(RETRY_PAUSE).await
    }

    /// Whether a failed call is to be repeated in the same phase, which began then. Not for ever: the producer may have lost
    /// its brokers.
    fn is_worth_repeating(&self, error: &KafkaError, began: Instant) -> bool {
        is_retriable(error) && began.elapsed() < LOST && !self.member.is_asked_to_close()
    }
}

/// A transaction that is still empty.
struct Begun<'settle> {
    parties: Parties<'settle>,
    transacting: Arc<RecordProducer>,
    offsets: TopicPartitionList,
    generation: Generation,
}

/// The outputs are acknowledged.
struct Sent<'settle> {
    parties: Parties<'settle>,
    positions: Positions,
    offsets: TopicPartitionList,
    generation: Generation,
}

/// The progress is in the transaction, too: only the commit is left.
struct Complete<'settle> {
    parties: Parties<'settle>,
    positions: Positions,
}

impl<'settle> Begun<'settle> {
    async fn begin(parties: Parties<'settle>, plan: &Plan<'_>) -> Result<Begun<'settle>, Setback> {
        const STEP: &str = "begin a transaction";
        let Some(generation) = plan.generation().cloned() else {
            let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::UnknownMemberId);
            let step = "name the group";
            return Err(Setback::Retry { step, error });
        };
        let transacting = match parties.producer.ready().await {
            Ok(producer) => producer,
            Err(TransactionError::Log(error)) => return Err(Setback::Refused(error)),
            Err(TransactionError::Kafka(error)) => {
                return Err(Setback::Retry { step: STEP, error });
            }
        };
        if let Err(error) = transacting.begin_transaction() {
            return Err(parties.take_back(STEP, error).await);
        }
        Ok(Begun {
            parties,
            transacting,
            offsets: plan.offsets().clone(),
            generation,
        })
    }

    async fn send(mut self, outputs: &[&[NewRecord]]) -> Result<Sent<'settle>, Setback> {
        const STEP: &str = "append a result";
        let positions = match self.send_and_serve(outputs).await {
            Ok(positions) => positions,
            Err(error) => {
                let refusal = refusal(self.parties.producer.cluster(), STEP, &error);
                if error.is_timeout() {
                    // It may have lost its brokers. Its successor aborts what it has sent.
                    self.parties.producer.discard();
                }
                let setback = self.parties.take_back(STEP, error.into_kafka()).await;
                return Err(refusal.map_or(setback, Setback::Refused));
            }
        };
        if let Err(error) = self.break_atomicity() {
            let step = "commit the outputs alone";
            return Err(self.parties.take_back(step, error).await);
        }
        Ok(Sent {
            parties: self.parties,
            positions,
            offsets: self.offsets,
            generation: self.generation,
        })
    }

    /// Sends the outputs, and serves the consumer while they are in flight.
    async fn send_and_serve(&mut self, outputs: &[&[NewRecord]]) -> Result<Positions, SendError> {
        let timed_out = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        let mut sent = std::pin::pin!(send(self.transacting.clone(), outputs));
        let member = &mut *self.parties.member;
        loop {
            let served = tokio::select! {
                biased;
                result = &mut sent => return result,
                served = member.serve(RETRY_PAUSE) => served,
            };
            if served.is_err() || member.is_asked_to_close() {
                return Err(SendError::Kafka(KafkaError::Canceled));
            }
            if Instant::now() > deadline {
                return Err(SendError::Kafka(timed_out));
            }
        }
    }

    /// In a build that may break this promise: commits the outputs apart from the progress.
    fn break_atomicity(&self) -> Result<(), KafkaError> {
        if breaks(Promise::Atomicity) {
            self.transacting.commit_transaction(CALL_TIMEOUT)?;
            self.transacting.begin_transaction()?;
        }
        sabotage::dawdle(Promise::Atomicity);
        sabotage::dawdle(Promise::Generation);
        sabotage::dawdle(Promise::CoHolding);
        sabotage::dawdle(Promise::CommandGeneration);
        Ok(())
    }
}

impl<'settle> Sent<'settle> {
    async fn record_progress(mut self) -> Result<Complete<'settle>, Setback> {
        const STEP: &str = "record a decision";
        let began = Instant::now();
        loop {
            let (offsets, generation) = (self.offsets.clone(), self.generation.clone());
            let record = move |producer: &RecordProducer| {
                producer.send_offsets_to_transaction(&offsets, &generation, CALL_TIMEOUT)
            };
            let Err(error) = self.parties.producer.call(record).await else {
                return Ok(Complete {
                    parties: self.parties,
                    positions: self.positions,
                });
            };
            let goes_on = self.parties.is_worth_repeating(&error, began)
                && self.parties.hear_of_trouble(STEP, &error).await.is_ok();
            if !goes_on {
                return Err(self.parties.take_back(STEP, error).await);
            }
        }
    }
}

impl Complete<'_> {
    /// Nothing is in flight now, so the commit does not wait in a flush, which would check only in steps.
    async fn commit(mut self) -> Result<Positions, Setback> {
        const STEP: &str = "commit a decision";
        let began = Instant::now();
        loop {
            let commit = |producer: &RecordProducer| producer.commit_transaction(CALL_TIMEOUT);
            let Err(error) = self.parties.producer.call(commit).await else {
                return Ok(self.positions);
            };
            if self.parties.is_worth_repeating(&error, began) {
                // Calling it again resumes the same commit.
                if self.parties.hear_of_trouble(STEP, &error).await.is_ok() {
                    continue;
                }
            } else if requires_abort(&error) && self.parties.producer.abort().await {
                return Err(Setback::Retry { step: STEP, error });
            } else {
                // A transaction that cannot even be aborted may have been committed.
                self.parties.producer.discard();
            }
            return Err(Setback::Unknown {
                error,
                positions: self.positions,
            });
        }
    }
}

/// Sends the outputs and waits until all are acknowledged.
async fn send(
    producer: Arc<RecordProducer>,
    outputs: &[&[NewRecord]],
) -> Result<Positions, SendError> {
    let mut flight = Flight::new(producer, true);
    let each = || outputs.iter().flat_map(|outputs| outputs.iter());
    for record in each() {
        while flight.send(record)? == append::Sent::QueueFull {
            flight.make_room().await?;
        }
    }
    flight.at_most(0).await?;
    let mut positions = flight.positions(each());
    let those_of = |outputs: &&[NewRecord]| positions.by_ref().take(outputs.len()).collect();
    Ok(outputs.iter().map(those_of).collect())
}

/// The error with which to hand the outputs back, if the cluster will refuse them until somebody changes something.
fn refusal(cluster: &Cluster, step: &str, error: &SendError) -> Option<LogError> {
    if let Some(too_large) = error.too_large(cluster.address()) {
        return Some(too_large);
    }
    let error = error.clone().into_kafka();
    let is_final = matches!(
        error.rdkafka_error_code()?,
        RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::OffsetMetadataTooLarge
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::TopicAuthorizationFailed
    );
    is_final.then(|| cluster.unavailable(step, error))
}
