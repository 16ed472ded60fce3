//! Finding out whether a commit whose answer was lost has happened.

use std::collections::BTreeMap;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::transactional_producer::is_rebalance;
use super::{Plan, RETRY_PAUSE};
use crate::kafka::client::{CALL_TIMEOUT, RecordProducer};
use crate::kafka::member::Owner;
use crate::progress::Progress;
use crate::subscription::{Settled, Settlement};

impl Owner {
    /// Reads the group's progress to learn whether a commit whose answer was lost has happened. `None` where that
    /// cannot be told any more, because the partition is somebody else's.
    pub(crate) async fn find_out(
        &mut self,
        plan: &Plan,
        settlements: &[Settlement],
    ) -> Option<bool> {
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
            if self.producer.ready().await.is_ok()
                && let Ok(committed) = self.read_committed(&partitions)
            {
                let committed: BTreeMap<i32, Progress> = committed
                    .into_iter()
                    .filter_map(|(partition, committed)| {
                        let topic_id = self.held.get(&partition)?.topic_id.as_ref();
                        let of_this = committed.filter(|found| !found.is_of_another(topic_id))?;
                        Some((partition, of_this.progress))
                    })
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
                match self.repeat(&committed, plan).await {
                    Ok(()) => return Some(true),
                    Err(error) if is_rebalance(&error) => return None,
                    Err(error) => tracing::debug!(kafka.error = %error, "asking again"),
                }
            }
            self.serve_while_settling(RETRY_PAUSE).await.ok()?;
        }
    }

    /// Records what is recorded already, to learn whether the plan's generation is still the group's.
    async fn repeat(
        &mut self,
        committed: &BTreeMap<i32, Progress>,
        plan: &Plan,
    ) -> Result<(), KafkaError> {
        let Some(generation) = &plan.generation else {
            return Err(KafkaError::ConsumerCommit(
                RDKafkaErrorCode::UnknownMemberId,
            ));
        };
        let offsets = self.offsets(committed);
        let generation = generation.clone();
        let repeat = move |producer: &RecordProducer| {
            producer.begin_transaction()?;
            producer.send_offsets_to_transaction(&offsets, &generation, CALL_TIMEOUT)?;
            producer.commit_transaction(CALL_TIMEOUT)
        };
        let outcome = self.producer.call(repeat).await;
        if outcome.is_err() {
            self.producer.abort().await;
        }
        outcome
    }
}

/// What is said of a batch when that cannot be told any more.
pub(crate) fn unknown(plan: &Plan, batch: usize) -> Vec<Settled> {
    let mut settled = vec![Settled::Stale; batch];
    for &index in &plan.settlements {
        settled[index] = Settled::Unknown;
    }
    settled
}
