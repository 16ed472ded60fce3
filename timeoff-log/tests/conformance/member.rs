//! A group member whose every event is checked against the rules of its stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use timeoff_log::{Delivery, Event, Log, Membership, NewRecord, Settled, Settlement, Subscription};

use crate::bench::{DEADLINE, text};

/// A subscription, and what it has reported so far.
///
/// Whatever a test is about, every event is checked: a gained partition was not held, and a lost one was; deliveries
/// come from a held partition, in ascending order for as long as it is held; catching up is reported once, and the log
/// is never reported as unreachable.
pub(crate) struct Member {
    subscription: Subscription,
    /// `None` before the first assignment.
    held: Option<BTreeSet<i32>>,
    last_offsets: BTreeMap<(Arc<str>, i32), i64>,
    caught_up: bool,
}

impl Member {
    pub(crate) async fn join(log: &Log, membership: Membership) -> Member {
        Member {
            subscription: log.subscribe(membership).await.unwrap(),
            held: None,
            last_offsets: BTreeMap::new(),
            caught_up: false,
        }
    }

    /// The partitions held, as far as was reported.
    pub(crate) fn held(&self) -> Vec<i32> {
        self.held.iter().flatten().copied().collect()
    }

    /// Whether any assignment has been reported.
    pub(crate) fn is_assigned(&self) -> bool {
        self.held.is_some()
    }

    /// Whether [`Event::CaughtUp`] has been reported.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(DEADLINE, self.subscription.next())
            .await
            .unwrap_or_else(|_| panic!("no event comes; held: {:?}", self.held))
            .unwrap();
        self.check(&event);
        event
    }

    /// The next event if there is one.
    pub(crate) fn event_if_any(&mut self) -> Option<Event> {
        let event = self.subscription.try_next().unwrap()?;
        self.check(&event);
        Some(event)
    }

    fn check(&mut self, event: &Event) {
        match event {
            Event::Assignment(assignment) => {
                let is_first = self.held.is_none();
                let held = self.held.get_or_insert_default();
                for lost in &assignment.lost {
                    assert!(held.remove(lost), "lost but not held: {assignment:?}");
                    self.last_offsets
                        .retain(|(_, partition), _| partition != lost);
                }
                for &gained in &assignment.gained {
                    assert!(held.insert(gained), "gained but held: {assignment:?}");
                }
                assert!(held.iter().eq(&assignment.held), "{held:?}: {assignment:?}");
                assert!(
                    is_first || !(assignment.gained.is_empty() && assignment.lost.is_empty()),
                    "nothing has changed: {assignment:?}"
                );
            }
            Event::Delivery(delivery) => {
                let position = delivery.position();
                assert!(
                    self.held().contains(&position.partition),
                    "{position} is not held"
                );
                let last = self.last_offsets.insert(
                    (position.topic.clone(), position.partition),
                    position.offset,
                );
                assert!(
                    last.is_none_or(|last| last < position.offset),
                    "{position} comes after offset {last:?}"
                );
            }
            Event::CaughtUp => {
                assert!(!self.caught_up, "caught up twice");
                self.caught_up = true;
            }
            Event::WindowFull { .. } => {}
            Event::Expired { .. }
            | Event::Hidden { .. }
            | Event::MadeAgain { .. }
            | Event::Unreachable { .. }
            | Event::Reachable => {
                panic!("nothing was wrong, but {event:?}")
            }
        }
    }

    /// The next delivery.
    pub(crate) async fn delivery(&mut self) -> Delivery {
        loop {
            if let Event::Delivery(delivery) = self.event().await {
                return delivery;
            }
        }
    }

    /// The next `count` deliveries.
    pub(crate) async fn deliveries(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::with_capacity(count);
        while deliveries.len() < count {
            deliveries.push(self.delivery().await);
        }
        deliveries
    }

    /// The texts of the next `count` deliveries, which are dropped.
    pub(crate) async fn texts(&mut self, count: usize) -> Vec<String> {
        texts_of(&self.deliveries(count).await)
    }

    /// All deliveries until the member is caught up.
    pub(crate) async fn until_caught_up(&mut self) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while !self.caught_up {
            if let Event::Delivery(delivery) = self.event().await {
                deliveries.push(delivery);
            }
        }
        deliveries
    }

    /// Waits until the member holds `count` partitions. Returns the deliveries that came meanwhile.
    pub(crate) async fn until_it_holds(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while self.held.as_ref().is_none_or(|held| held.len() != count) {
            if let Event::Delivery(delivery) = self.event().await {
                deliveries.push(delivery);
            }
        }
        deliveries
    }

    /// Settles one delivery.
    pub(crate) async fn settle(&self, delivery: Delivery, outputs: Vec<NewRecord>) -> Settled {
        self.settle_all(vec![delivery.settle_with(outputs)])
            .await
            .remove(0)
    }

    /// Settles a batch.
    pub(crate) async fn settle_all(&self, settlements: Vec<Settlement>) -> Vec<Settled> {
        let count = settlements.len();
        let settling = self.subscription.settler();
        let settled = tokio::time::timeout(DEADLINE, settling.settle(settlements))
            .await
            .expect("settling comes to an end")
            .unwrap();
        assert_eq!(settled.len(), count);
        settled
    }

    /// Settles a batch without outputs, which must work.
    pub(crate) async fn finish(&self, deliveries: Vec<Delivery>) {
        let settlements = deliveries
            .into_iter()
            .map(|delivery| delivery.settle_with(Vec::new()))
            .collect();
        for settled in self.settle_all(settlements).await {
            assert_eq!(settled, Settled::Recorded(Vec::new()));
        }
    }

    pub(crate) fn settler(&self) -> timeoff_log::Settler {
        self.subscription.settler()
    }

    /// Leaves the group.
    pub(crate) async fn leave(self) {
        tokio::time::timeout(DEADLINE, self.subscription.close())
            .await
            .expect("leaving comes to an end");
    }
}

/// Waits until the members share all partitions, as evenly as they can. Returns the deliveries that each got meanwhile.
pub(crate) async fn until_shared(members: &mut [Member], partitions: usize) -> Vec<Vec<Delivery>> {
    let mut deliveries: Vec<Vec<Delivery>> = members.iter().map(|_| Vec::new()).collect();
    let shared = async {
        loop {
            for (member, deliveries) in members.iter_mut().zip(&mut deliveries) {
                while let Some(event) = member.event_if_any() {
                    if let Event::Delivery(delivery) = event {
                        deliveries.push(delivery);
                    }
                }
            }
            if is_shared(members, partitions) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(DEADLINE, shared).await.is_err() {
        let held: Vec<Vec<i32>> = members.iter().map(Member::held).collect();
        panic!("{partitions} partitions are not shared evenly: {held:?}");
    }
    deliveries
}

fn is_shared(members: &[Member], partitions: usize) -> bool {
    let held: Vec<Vec<i32>> = members.iter().map(Member::held).collect();
    let fewest = held.iter().map(Vec::len).min().unwrap();
    let most = held.iter().map(Vec::len).max().unwrap();
    let all: BTreeSet<&i32> = held.iter().flatten().collect();
    members.iter().all(Member::is_assigned)
        && all.len() == partitions
        && held.iter().map(Vec::len).sum::<usize>() == partitions
        && most - fewest <= 1
}

/// The texts of deliveries, in their order.
pub(crate) fn texts_of(deliveries: &[Delivery]) -> Vec<String> {
    deliveries
        .iter()
        .map(|delivery| text(delivery.record()))
        .collect()
}

/// The deliveries of one partition.
pub(crate) fn of_partition(
    deliveries: Vec<Delivery>,
    partition: i32,
) -> (Vec<Delivery>, Vec<Delivery>) {
    deliveries
        .into_iter()
        .partition(|delivery| delivery.position().partition == partition)
}
