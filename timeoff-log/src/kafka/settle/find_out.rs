//! Finding out what became of a commit whose answer was lost.

use std::collections::BTreeMap;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::RETRY_PAUSE;
use super::plan::Plan;
use super::transactional_producer::{TransactionalProducer, is_rebalance};
use crate::kafka::client::{CALL_TIMEOUT, RecordProducer};
use crate::kafka::member::{Member, Place};
use crate::progress::Progress;

/// What became of a commit whose answer was lost.
pub(super) enum Fate {
    Recorded,
    NotRecorded,
    /// It cannot be known any more: another member has a partition, or this one leaves.
    Unknowable,
}

/// Reads the group's progress to find out, as long as the member holds what was planned.
pub(super) async fn find_out(
    producer: &mut TransactionalProducer,
    member: &mut Member,
    plan: &Plan<'_>,
) -> Fate {
    loop {
        if !plan.is_held(member) || member.is_asked_to_close() {
            return Fate::Unknowable;
        }
        // A new producer with the same id ends the old one's open transaction: it is committed or aborted.
        if producer.ready().await.is_ok()
            && let Some(committed) = read_committed(member, plan)
        {
            let is_decided = plan.deliveries().all(|delivery| {
                let position = delivery.position();
                committed
                    .get(&(position.partition, delivery.lane))
                    .is_some_and(|progress| progress.is_decided(position.offset))
            });
            if !is_decided {
                return Fate::NotRecorded;
            }
            // Another member may have decided it: it may have taken over while this process stood still, and this
            // member has not heard of that yet. Then the broker refuses the same progress under the old generation.
            match repeat(producer, member, &committed, plan).await {
                Ok(()) => return Fate::Recorded,
                Err(error) if is_rebalance(&error) => return Fate::Unknowable,
                Err(error) => tracing::debug!(kafka.error = %error, "asking again"),
            }
        }
        if member.serve(RETRY_PAUSE).await.is_err() {
            return Fate::Unknowable;
        }
    }
}

/// The group's progress in the plan's partitions, as far as it belongs to the topic that the member holds. `None` if it
/// cannot be read now.
fn read_committed(member: &Member, plan: &Plan<'_>) -> Option<BTreeMap<Place, Progress>> {
    let partitions: Vec<i32> = plan.partitions().collect();
    let committed = member.share().committed(&partitions).ok()?;
    let of_this = committed.into_iter().filter_map(|(place, committed)| {
        let (partition, lane) = place;
        let topic_id = member.share().holdings().get(partition)?.topic_id(lane);
        let committed = committed.filter(|found| !found.is_of_another(topic_id))?;
        Some((place, committed.progress))
    });
    Some(of_this.collect())
}

/// Records the same progress once more, to learn whether the plan's generation is still the group's.
async fn repeat(
    producer: &mut TransactionalProducer,
    member: &Member,
    committed: &BTreeMap<Place, Progress>,
    plan: &Plan<'_>,
) -> Result<(), KafkaError> {
    let Some(generation) = plan.generation().cloned() else {
        return Err(KafkaError::ConsumerCommit(
            RDKafkaErrorCode::UnknownMemberId,
        ));
    };
    let offsets = member.share().offsets(committed);
    let repeat = move |producer: &RecordProducer| {
        producer.begin_transaction()?;
        producer.send_offsets_to_transaction(&offsets, &generation, CALL_TIMEOUT)?;
        producer.commit_transaction(CALL_TIMEOUT)
    };
    let outcome = producer.call(repeat).await;
    if outcome.is_err() {
        producer.abort().await;
    }
    outcome
}
