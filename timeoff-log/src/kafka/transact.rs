//! One transaction: the outputs, and the progress under the generation in which it was planned.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::CALL_TIMEOUT;
use super::asked::Asked;
use super::flight::{Flight, Sent};
use super::member::{Ended, Owner, Served};
use super::producer::RecordProducer;
use super::settle::{Attempt, Plan, RETRY_PAUSE, taken_over};
use super::transaction::{TransactionError, is_retriable, requires_abort};
use crate::error::LogError;
use crate::record::{NewRecord, Position};
use crate::sabotage::{self, Promise, breaks};

/// How long outputs may take to be acknowledged before their transaction is taken back.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

impl Owner {
    /// Appends the outputs and records progress in one transaction. What is asked for meanwhile is planned and joins.
    pub(super) async fn transact(&mut self, plan: &mut Plan, asked: &mut Asked) -> Attempt {
        let Some(generation) = plan.generation.clone() else {
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
        let positions = match self.send(&producer, plan, asked).await {
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
        let Some(progress) = self.progress_after(plan, asked.settlements()) else {
            self.producer.abort().await;
            return taken_over("record a decision");
        };
        let offsets = self.offsets(&progress);
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

    /// Sends the outputs until all have arrived and nothing more joins. Serves the consumer while they are on their way.
    async fn send(
        &mut self,
        producer: &Arc<RecordProducer>,
        plan: &mut Plan,
        asked: &mut Asked,
    ) -> Result<Vec<Vec<Position>>, KafkaError> {
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        let mut flight = Flight::new(producer.clone(), true);
        let mut sent = 0;
        loop {
            for record in outputs(&plan.settlements[sent..], asked).flatten() {
                while flight.send(record)? == Sent::QueueFull {
                    let mut room = pin!(flight.make_room());
                    while self.serve_until(room.as_mut(), deadline).await? == Served::Asked {}
                }
            }
            sent = plan.settlements.len();
            let arrival = flight.at_most(0);
            let served = self.serve_until(pin!(arrival), deadline).await?;
            if !self.plan_on(plan, asked) && served == Served::Enough {
                break;
            }
        }
        let mut positions = flight.positions(outputs(&plan.settlements, asked).flatten());
        let those_of = |outputs: &[NewRecord]| positions.by_ref().take(outputs.len()).collect();
        Ok(outputs(&plan.settlements, asked).map(those_of).collect())
    }

    /// Serves the consumer until `work` is done, or something is asked for that may join.
    async fn serve_until(
        &mut self,
        mut work: Pin<&mut impl Future<Output = Result<(), KafkaError>>>,
        deadline: Instant,
    ) -> Result<Served, KafkaError> {
        loop {
            let pause = tokio::time::Instant::now() + RETRY_PAUSE;
            let served = tokio::select! {
                biased;
                done = &mut work => return done.map(|()| Served::Enough),
                served = self.serve_until_asked(pause) => served,
            };
            if served.is_err() || Instant::now() > deadline || self.is_asked_to_close() {
                return Err(KafkaError::MessageProduction(
                    RDKafkaErrorCode::MessageTimedOut,
                ));
            }
            if served.is_ok_and(|served| served == Served::Asked) {
                return Ok(Served::Asked);
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

/// The outputs of these settlements.
fn outputs<'a>(
    settlements: &'a [usize],
    asked: &'a Asked,
) -> impl Iterator<Item = &'a [NewRecord]> {
    let outputs = |&index: &usize| asked.settlements()[index].outputs.as_slice();
    settlements.iter().map(outputs)
}
