//! The partitions that a member holds, each with what has been decided and handed out in it.

use std::collections::BTreeMap;

use crate::kafka::client::TopicId;
use crate::progress::Progress;
use crate::subscription::Delivery;

/// The partitions that a member holds.
#[derive(Default)]
pub(crate) struct Holdings {
    held: BTreeMap<i32, Holding>,
    /// How many times the member has taken up a partition.
    tenures: u64,
}

/// A partition that the member holds.
pub(crate) struct Holding {
    /// The partition in each of the membership's topics: the topic itself, then those alongside.
    lanes: Vec<Lane>,
    /// The number of this tenure: each time the member takes up a partition, a new one begins.
    tenure: u64,
}

/// A held partition of one topic.
pub(crate) struct Lane {
    pub(super) progress: Progress,
    /// The id of the topic, if the cluster gives topics ids.
    pub(super) topic_id: Option<TopicId>,
}

/// A partition, and the place of one of its topics among the membership's.
pub(crate) type Place = (i32, usize);

impl Holdings {
    /// Begins to hold a partition, and with it a new tenure.
    pub(super) fn add(&mut self, partition: i32, lanes: Vec<Lane>) {
        self.tenures += 1;
        let holding = Holding {
            lanes,
            tenure: self.tenures,
        };
        self.held.insert(partition, holding);
    }

    /// Stops holding a partition. Returns whether it was held.
    pub(super) fn remove(&mut self, partition: i32) -> bool {
        self.held.remove(&partition).is_some()
    }

    /// In ascending order.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = i32> {
        self.held.keys().copied()
    }

    pub(crate) fn get(&self, partition: i32) -> Option<&Holding> {
        self.held.get(&partition)
    }

    pub(super) fn get_mut(&mut self, partition: i32) -> Option<&mut Holding> {
        self.held.get_mut(&partition)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, &Holding)> {
        self.held
            .iter()
            .map(|(&partition, holding)| (partition, holding))
    }

    /// The holding under which a delivery was handed out, if its tenure still lasts.
    pub(crate) fn of(&self, delivery: &Delivery) -> Option<&Holding> {
        self.get(delivery.position().partition)
            .filter(|holding| holding.tenure == delivery.tenure)
    }

    /// Notes that a delivery is decided, if its tenure still lasts.
    pub(super) fn decide(&mut self, delivery: &Delivery) {
        let position = delivery.position();
        if let Some(holding) = self.held.get_mut(&position.partition)
            && holding.tenure == delivery.tenure
        {
            holding.lanes[delivery.lane]
                .progress
                .decide(position.offset);
        }
    }

    /// The partitions that belong, in this lane, to another topic than the one with this id. A partition whose topic was
    /// not known yet is taken to belong to this one.
    pub(super) fn of_another_topic(&mut self, lane: usize, topic_id: &TopicId) -> Vec<i32> {
        self.held
            .iter_mut()
            .filter_map(|(&partition, holding)| {
                let known = &mut holding.lanes[lane].topic_id;
                let known = known.get_or_insert_with(|| topic_id.clone());
                (known != topic_id).then_some(partition)
            })
            .collect()
    }
}

impl Holding {
    pub(crate) fn progress(&self, lane: usize) -> &Progress {
        &self.lanes[lane].progress
    }

    /// What is decided of the partition in each lane.
    pub(crate) fn all_progress(&self) -> impl Iterator<Item = (usize, &Progress)> {
        self.lanes.iter().map(|lane| &lane.progress).enumerate()
    }

    pub(crate) fn topic_id(&self, lane: usize) -> Option<&TopicId> {
        self.lanes[lane].topic_id.as_ref()
    }

    pub(super) fn tenure(&self) -> u64 {
        self.tenure
    }

    /// Notes that a record is handed out. Returns the tenure.
    pub(super) fn hand_out(&mut self, lane: usize, offset: i64) -> u64 {
        self.lanes[lane].progress.hand_out(offset);
        self.tenure
    }
}
