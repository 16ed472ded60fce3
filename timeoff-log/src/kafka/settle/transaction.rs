//! One transaction: the outputs, and the progress under the generation in which it was planned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::transactional_producer::{TransactionError, is_retriable, requires_abort};
use super::{Attempt, Plan, RETRY_PAUSE};
use crate::kafka::append::{Flight, SendError, Sent};
use crate::kafka::client::{CALL_TIMEOUT, RecordProducer};
use crate::kafka::member::{Ended, Owner};
use crate::record::{NewRecord, Position};
use crate::sabotage::{self, Promise, breaks};

/// How long outputs may take to be acknowledged before their transaction is taken back.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

impl Owner {
    /// Appends the outputs and records progress in one transaction.
    pub(crate) async fn transact(&mut self, plan: &Plan, outputs: &[&[NewRecord]]) -> Attempt {
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
                let too_large = error.too_large(self.cluster.address());
                let error = error.into_kafka();
                let is_final = error.rdkafka_error_code().is_some_and(is_refusal);
                let attempt = self.take_back("append a result", error.clone()).await;
                if !is_final {
                    return attempt;
                }
                if let Some(refusal) = too_large {
                    return Attempt::Refused(refusal);
                }
                return Attempt::Refused(self.cluster.unavailable("append a result", error));
            }
        };
        if breaks(Promise::Atomicity)
            && let Err(error) = producer
                .commit_transaction(CALL_TIMEOUT)
                .and_then(|()| producer.begin_transaction())
        {
            return self.take_back("commit the outputs alone", error).await;
        }
        sabotage::dawdle(Promise::Atomicity);
        sabotage::dawdle(Promise::Generation);
        loop {
            let (offsets, generation) = (offsets.clone(), generation.clone());
            let record = move |producer: &RecordProducer| {
                producer.send_offsets_to_transaction(&offsets, &generation, CALL_TIMEOUT)
            };
            match self.producer.call(record).await {
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
            let commit = |producer: &RecordProducer| producer.commit_transaction(CALL_TIMEOUT);
            match self.producer.call(commit).await {
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
                Err(error) if requires_abort(&error) && self.producer.abort().await => {
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
        producer: &Arc<RecordProducer>,
        outputs: &[&[NewRecord]],
    ) -> Result<Vec<Vec<Position>>, SendError> {
        let timed_out = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        let mut sent = std::pin::pin!(send(producer.clone(), outputs));
        loop {
            let served = tokio::select! {
                biased;
                result = &mut sent => return result,
                served = self.serve_while_settling(RETRY_PAUSE) => served,
            };
            if served.is_err() || Instant::now() > deadline || self.is_asked_to_close() {
                return Err(SendError::Kafka(timed_out));
            }
        }
    }

    async fn hear_of_trouble(&mut self, step: &str, error: &KafkaError) -> Result<(), Ended> {
        self.lose_touch(step, error.clone())?;
        self.serve_while_settling(RETRY_PAUSE).await
    }

    /// Takes the transaction back; nothing of it is ever visible.
    async fn take_back(&mut self, step: &'static str, error: KafkaError) -> Attempt {
        self.producer.abort().await;
        Attempt::Retry { step, error }
    }
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
    producer: Arc<RecordProducer>,
    outputs: &[&[NewRecord]],
) -> Result<Vec<Vec<Position>>, SendError> {
    let mut flight = Flight::new(producer, true);
    let each = || outputs.iter().flat_map(|outputs| outputs.iter());
    for record in each() {
        while flight.send(record)? == Sent::QueueFull {
            flight.make_room().await?;
        }
    }
    flight.at_most(0).await?;
    let mut positions = flight.positions(each());
    let those_of = |outputs: &&[NewRecord]| positions.by_ref().take(outputs.len()).collect();
    Ok(outputs.iter().map(those_of).collect())
}
