//! The number of deliveries in a service's hands never exceeds what the service asked for.

use std::collections::VecDeque;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::Membership;

use crate::bench::{Bench, text, texts};
use crate::member::{Member, texts_of};

async fn join_with_room_for(bench: &Bench, topic: &Arc<str>, max_in_hand: usize) -> Member {
    let membership = Membership {
        max_in_hand,
        announce_caught_up: true,
        ..bench.membership(topic)
    };
    Member::join(&bench.log, membership).await
}

pub(crate) async fn no_more_are_handed_out_than_may_be_in_hand(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 20).await;
    let mut member = join_with_room_for(&bench, &topic, 3).await;
    let mut in_hand: VecDeque<_> = member.deliveries(3).await.into();
    for expected in 3..20 {
        assert!(member.event_if_any().is_none(), "a fourth is handed out");
        let oldest = in_hand.pop_front().unwrap();
        if expected % 2 == 0 {
            member.finish(vec![oldest]).await;
        } else {
            drop(oldest);
        }
        let next = member.delivery().await;
        assert_eq!(text(next.record()), format!("0/{expected}"));
        in_hand.push_back(next);
    }
}

pub(crate) async fn whatever_is_dropped_or_settled_nothing_is_lost_or_doubled(bench: Bench) {
    const COUNT: usize = 500;
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], COUNT).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut member = join_with_room_for(&bench, &topic, 3).await;
    let mut in_hand = Vec::new();
    let (mut offered, mut dropped) = (Vec::new(), Vec::new());
    while offered.len() < COUNT {
        if in_hand.len() == 3 {
            assert!(member.event_if_any().is_none(), "a fourth is handed out");
            for _ in 0..rng.random_range(1..=3) {
                let delivery = in_hand.swap_remove(rng.random_range(0..in_hand.len()));
                if rng.random_bool(0.5) {
                    member.finish(vec![delivery]).await;
                } else {
                    dropped.push(text(delivery.record()));
                }
            }
        }
        let delivery = member.delivery().await;
        offered.push(text(delivery.record()));
        in_hand.push(delivery);
    }
    assert_eq!(offered, texts(0, 0..COUNT));
    dropped.extend(texts_of(&in_hand));
    drop(in_hand);
    assert!(member.until_caught_up().await.is_empty());
    member.leave().await;

    // Exactly those that were dropped are offered to the next one, in order.
    dropped.sort_by_key(|text| text[2..].parse::<usize>().unwrap());
    let mut next = bench.join_to_catch_up(&topic).await;
    assert_eq!(texts_of(&next.until_caught_up().await), dropped);
}

pub(crate) async fn room_made_by_one_partition_is_used_by_all(bench: Bench) {
    const COUNT: usize = 60;
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, COUNT).await;
    let mut member = join_with_room_for(&bench, &topic, 5).await;
    let mut seen = Vec::new();
    while seen.len() < 3 * COUNT {
        let deliveries = member.deliveries(5).await;
        seen.extend(texts_of(&deliveries));
        member.finish(deliveries).await;
    }
    for partition in 0..3 {
        let prefix = format!("{partition}/");
        let own = seen.iter().filter(|t| t.starts_with(&prefix)).cloned();
        assert_eq!(own.collect::<Vec<_>>(), texts(partition, 0..COUNT));
    }
    assert!(member.until_caught_up().await.is_empty());
}
