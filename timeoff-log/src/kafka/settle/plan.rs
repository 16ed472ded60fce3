//! Which settlements are still the member's, and what to record for them.

use std::collections::{BTreeMap, BTreeSet};

use rdkafka::TopicPartitionList;

use super::Positions;
use crate::kafka::member::{Generation, Member, Place};
use crate::progress::Progress;
use crate::record::{NewRecord, Position};
use crate::sabotage::{Promise, breaks};
use crate::subscription::{Delivery, Settled, Settlement};

/// One attempt to settle, made from what the member holds now.
pub(super) struct Plan<'batch> {
    settlements: &'batch [Settlement],
    /// Indices of the settlements to record.
    fresh: Vec<usize>,
    /// What to commit.
    offsets: TopicPartitionList,
    /// The partitions in `offsets`.
    partitions: BTreeSet<i32>,
    /// The generation under which all of them are held. The group may rebalance while the plan is carried out: a
    /// generation read later could be one in which another member holds some of them.
    generation: Option<Generation>,
}

impl Plan<'_> {
    pub(super) fn of<'batch>(settlements: &'batch [Settlement], member: &Member) -> Plan<'batch> {
        let mut progress: BTreeMap<Place, Progress> = BTreeMap::new();
        let mut partitions = BTreeSet::new();
        let mut fresh = Vec::with_capacity(settlements.len());
        let mut is_alongside_alone = true;
        for (index, settlement) in settlements.iter().enumerate() {
            let mut is_undecided = |delivery: &Delivery| {
                let Position {
                    partition, offset, ..
                } = *delivery.position();
                let Some(holding) = member.share().holdings().of(delivery) else {
                    return breaks(Promise::CoHolding) && delivery.lane > 0;
                };
                if partitions.insert(partition) {
                    // All lanes' offsets go together: a broker forgets those of a topic that the group does not
                    // subscribe to when they have not been committed for long (KIP-211).
                    let all = holding.all_progress();
                    progress.extend(all.map(|(lane, now)| ((partition, lane), now.clone())));
                }
                let progress = &progress[&(partition, delivery.lane)];
                // Several may have been taken up out of turn when there was room for one.
                !progress.is_decided(offset) && progress.has_room_out_of_turn(offset)
            };
            if !settlement.deliveries().all(&mut is_undecided) {
                continue;
            }
            is_alongside_alone &= settlement.deliveries().all(|delivery| delivery.lane > 0);
            for delivery in settlement.deliveries() {
                let Position {
                    partition, offset, ..
                } = *delivery.position();
                if let Some(progress) = progress.get_mut(&(partition, delivery.lane)) {
                    progress.decide(offset);
                }
            }
            fresh.push(index);
        }
        Plan {
            settlements,
            fresh,
            offsets: member.share().offsets(&progress),
            partitions,
            generation: match breaks(Promise::CommandGeneration) && is_alongside_alone {
                true => member.share().generation_of_no_member(),
                false => member.share().generation(),
            },
        }
    }

    /// Whether there is nothing to record.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty()
    }

    fn fresh(&self) -> impl Iterator<Item = &Settlement> {
        self.fresh.iter().map(|&index| &self.settlements[index])
    }

    /// The outputs to append for each settlement to record.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &[NewRecord]> {
        self.fresh().map(|settlement| settlement.outputs.as_slice())
    }

    /// The deliveries to record as settled.
    pub(super) fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.fresh().flat_map(Settlement::deliveries)
    }

    pub(super) fn offsets(&self) -> &TopicPartitionList {
        &self.offsets
    }

    pub(super) fn generation(&self) -> Option<&Generation> {
        self.generation.as_ref()
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = i32> {
        self.partitions.iter().copied()
    }

    /// Whether the tenure of every delivery in the plan still lasts.
    pub(super) fn is_held(&self, member: &Member) -> bool {
        self.deliveries()
            .all(|delivery| member.share().holdings().of(delivery).is_some())
    }

    /// The answer when there is nothing to record: every settlement is stale.
    pub(super) fn stale(&self) -> Vec<Settled> {
        vec![Settled::Stale; self.settlements.len()]
    }

    /// The answer when it is not known whether the plan was carried out.
    pub(super) fn unknown(&self) -> Vec<Settled> {
        let mut settled = self.stale();
        for &index in &self.fresh {
            settled[index] = Settled::Unknown;
        }
        settled
    }

    /// Notes in the member what was recorded, and returns the answer. More may have been handed out since this was
    /// planned, so each decision is applied again to what is held now.
    pub(super) fn recorded(&self, positions: Positions, member: &mut Member) -> Vec<Settled> {
        member.note_answer();
        let mut settled = self.stale();
        for (&index, positions) in self.fresh.iter().zip(positions) {
            for delivery in self.settlements[index].deliveries() {
                member.decide(delivery);
            }
            settled[index] = Settled::Recorded(positions);
        }
        settled
    }
}
