//! Deciding in any order: an undecided record stays first in line, and holds up nobody.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::Settled;

use crate::bench::{Bench, record, text, texts};
use crate::member::texts_of;

pub(crate) async fn those_left_undecided_come_first_and_in_order_after_a_restart(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], 5).await;
    let mut member = bench.join(&topic).await;
    let mut deliveries = member.deliveries(5).await;
    let middle = deliveries.drain(1..4).rev();
    for delivery in middle {
        let output = record(&results, 0, &text(delivery.record()));
        let settled = member.settle(delivery, vec![output]).await;
        assert!(matches!(settled, Settled::Recorded(_)));
    }
    bench
        .log
        .append(vec![record(&topic, 0, "new")])
        .await
        .unwrap();
    member.leave().await;

    for _ in 0..2 {
        let mut member = bench.join_to_catch_up(&topic).await;
        let offered = texts_of(&member.until_caught_up().await);
        assert_eq!(offered, ["0/0", "0/4", "new"]);
        member.leave().await;
    }
    let decided = bench.read_texts(&results).await;
    assert_eq!(decided, ["0/3", "0/2", "0/1"]);
}

pub(crate) async fn an_undecided_delivery_does_not_hold_up_those_behind_it(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 1_000).await;
    let mut member = bench.join(&topic).await;
    let first = member.delivery().await;
    for expected in texts(0, 1..1_000).chunks(50) {
        let deliveries = member.deliveries(expected.len()).await;
        assert_eq!(texts_of(&deliveries), expected);
        member.finish(deliveries).await;
    }
    member.finish(vec![first]).await;
}

pub(crate) async fn a_dropped_delivery_is_offered_to_the_next_member_and_not_to_the_same_again(
    bench: Bench,
) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 3).await;
    let mut member = bench.join(&topic).await;
    drop(member.delivery().await);
    let second = member.delivery().await;
    member.finish(vec![second]).await;
    assert_eq!(member.texts(1).await, ["0/2"]);
    // If one of the dropped deliveries were offered again, it would come before the new record.
    bench
        .log
        .append(vec![record(&topic, 0, "new")])
        .await
        .unwrap();
    assert_eq!(member.texts(1).await, ["new"]);
    member.leave().await;
    let mut next = bench.join(&topic).await;
    assert_eq!(next.texts(3).await, ["0/0", "0/2", "new"]);
}

pub(crate) async fn thousands_decided_above_one_undecided_survive_a_restart(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 4_000).await;
    let mut member = bench.join(&topic).await;
    let mut deliveries = member.deliveries(3_000).await;
    let rest = deliveries.split_off(1);
    member.finish(rest).await;
    member.leave().await;

    let mut member = bench.join_to_catch_up(&topic).await;
    let deliveries = member.until_caught_up().await;
    let mut expected = texts(0, [0]);
    expected.extend(texts(0, 3_000..4_000));
    assert_eq!(texts_of(&deliveries), expected);
    member.finish(deliveries).await;
    member.leave().await;

    let mut member = bench.join_to_catch_up(&topic).await;
    assert!(member.until_caught_up().await.is_empty());
}

pub(crate) async fn whatever_the_order_and_the_restarts_each_is_decided_once(bench: Bench) {
    const COUNT: usize = 150;
    let (topic, results) = (bench.topic("a", 3).await, bench.topic("r", 3).await);
    bench.fill(&topic, 0..3, COUNT).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let all: BTreeSet<_> = (0..3).flat_map(|p| texts(p, 0..COUNT)).collect();
    let mut decided = BTreeSet::new();
    for restart in 0.. {
        let mut member = bench.join_to_catch_up(&topic).await;
        let mut deliveries = member.until_caught_up().await;
        let offered: BTreeSet<_> = texts_of(&deliveries).into_iter().collect();
        let expected: BTreeSet<_> = all.difference(&decided).cloned().collect();
        assert_eq!(offered, expected, "after {restart} restarts");
        if offered.is_empty() {
            break;
        }
        // The fourth member decides all that is left.
        let share = if restart < 3 { 0.4 } else { 1.0 };
        let mut batch = Vec::new();
        while !deliveries.is_empty() {
            let delivery = deliveries.swap_remove(rng.random_range(0..deliveries.len()));
            if !rng.random_bool(share) {
                continue;
            }
            let told = text(delivery.record());
            assert!(decided.insert(told.clone()));
            let output = record(&results, delivery.position().partition, &told);
            batch.push(delivery.settle_with(vec![output]));
            if rng.random_bool(0.2) || deliveries.is_empty() {
                for settled in member.settle_all(std::mem::take(&mut batch)).await {
                    assert!(matches!(settled, Settled::Recorded(_)));
                }
            }
        }
        for settled in member.settle_all(batch).await {
            assert!(matches!(settled, Settled::Recorded(_)));
        }
        member.leave().await;
    }
    let mut told = bench.read_texts(&results).await;
    told.sort();
    assert!(told.iter().eq(&all), "{} results", told.len());
}
