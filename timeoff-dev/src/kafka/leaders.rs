//! Which broker leads or coordinates what in a running cluster, as the brokers report it.
//!
//! A question goes to the brokers' own ports, one broker after the other until one of them knows.

use super::KafkaDev;
use super::answers::Partition;
use super::probe::{self, Coordinator};
use super::settings::broker_index;

impl KafkaDev {
    /// The position in [`brokers`](Self::brokers) of the one that leads the partition. `None` when there is no leader,
    /// when there is no such partition, or when no broker answers.
    ///
    /// A broker that was just killed or frozen is still named until the others notice, about three seconds later. A
    /// broker that was just thawed may know less than the others.
    #[must_use]
    pub fn leader(&self, topic: &str, partition: i32) -> Option<usize> {
        self.ask(|port| {
            let partitions = probe::metadata(port, &[topic])?.partitions;
            let partition = partitions.iter().find(|found| found.index == partition)?;
            broker_index(partition.leader)
        })
    }

    /// The position of the group's coordinator, the broker that keeps its offsets; otherwise as
    /// [`leader`](Self::leader). The first request creates Kafka's topic of offsets and finds no coordinator yet.
    #[must_use]
    pub fn group_coordinator(&self, group: &str) -> Option<usize> {
        self.ask(|port| broker_index(probe::coordinator(port, Coordinator::Group, group)?))
    }

    /// The position of the broker that coordinates the transactions of the transactional id: as
    /// [`group_coordinator`](Self::group_coordinator).
    #[must_use]
    pub fn transaction_coordinator(&self, transactional_id: &str) -> Option<usize> {
        let kind = Coordinator::Transaction;
        self.ask(|port| broker_index(probe::coordinator(port, kind, transactional_id)?))
    }

    /// Whether every broker answers and reports that every partition of every topic, Kafka's own included, has a leader
    /// and all its replicas in sync. A cluster comes back to this some seconds after the last fault.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.brokers().iter().all(|broker| {
            !broker.is_frozen()
                && probe::metadata_of_all_topics(broker.port())
                    .is_some_and(|answer| answer.partitions.iter().all(Partition::is_in_sync))
        })
    }

    /// The first answer from any broker. Frozen brokers are not asked.
    fn ask<T>(&self, question: impl Fn(u16) -> Option<T>) -> Option<T> {
        let mut brokers = self.brokers().iter().filter(|broker| !broker.is_frozen());
        brokers.find_map(|broker| question(broker.port()))
    }
}
