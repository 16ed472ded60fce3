//! A person may take hours.

use std::sync::Arc;
use std::time::Duration;

use timeoff_log::{Log, Membership, Settled};

use crate::bench::{Bench, record, text};
use crate::member::Member;

/// Client properties that shorten every deadline of a group member to a time that a test can outlast.
const SHORT_DEADLINES: [&str; 3] = [
    "session.timeout.ms=2000",
    "heartbeat.interval.ms=500",
    "max.poll.interval.ms=2000",
];

/// Longer than any of them, and than SQLite's 2 s.
const THOUGHT: Duration = Duration::from_millis(5_500);

/// A member that thinks for long before it decides.
async fn decide_late(log: &Log, membership: Membership, results: &Arc<str>) {
    let mut member = Member::join(log, membership).await;
    let delivery = member.delivery().await;
    tokio::time::sleep(THOUGHT).await;
    let output = record(results, 0, &text(delivery.record()));
    let settled = member.settle(delivery, vec![output]).await;
    assert!(matches!(settled, Settled::Recorded(_)), "{settled:?}");
    // It is still the member that it was.
    drop(member.delivery().await);
    assert_eq!(member.held(), [0, 1]);
    member.leave().await;
}

pub(crate) async fn a_delivery_may_be_held_for_longer_than_any_of_the_logs_deadlines(bench: Bench) {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 1).await);
    bench.fill(&topic, 0..2, 2).await;
    let log = bench.opened_with(&SHORT_DEADLINES).await;
    let with_room_for = |max_in_hand: usize| Membership {
        group: bench.named(&format!("group-{max_in_hand}")).to_string(),
        max_in_hand,
        ..bench.membership(&topic)
    };
    // One member's hands are full while it thinks, so that it asks the log for nothing meanwhile; the other has room.
    tokio::join!(
        decide_late(&log, with_room_for(1), &results),
        decide_late(&log, with_room_for(100), &results),
    );
    assert_eq!(bench.read_all(&results).await.len(), 2);
}
