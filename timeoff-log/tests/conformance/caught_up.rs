//! Caught up: everything that was there has been handed out or settled by others. Not "nothing came for a while".

use std::sync::Arc;

use timeoff_log::{Delivery, Membership, Settled};

use crate::bench::{Bench, record, text, texts};
use crate::member::{Member, of_partition, texts_of, until_shared};

pub(crate) async fn on_an_empty_topic_a_member_is_caught_up(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    let mut member = bench.join_to_catch_up(&topic).await;
    assert!(member.until_caught_up().await.is_empty());
    bench.fill(&topic, [1], 1).await;
    assert_eq!(member.texts(1).await, ["1/0"]);
}

pub(crate) async fn a_member_is_caught_up_after_all_that_was_there_and_once(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, [0, 2], 500).await;
    let mut member = bench.join_to_catch_up(&topic).await;
    let mut deliveries = member.until_caught_up().await;
    for partition in [0, 2] {
        let (own, others) = of_partition(deliveries, partition);
        assert_eq!(texts_of(&own), texts(partition, 0..500));
        deliveries = others;
    }
    // The member goes on. Every event is checked, so a second report would fail the test.
    for index in 0..20 {
        let later = format!("later {index}");
        let record = record(&topic, index % 3, &later);
        bench.log.append(vec![record]).await.unwrap();
        assert_eq!(member.texts(1).await, [later]);
    }
}

pub(crate) async fn a_member_with_little_room_is_caught_up_after_all_the_same(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 40).await;
    let membership = Membership {
        max_in_hand: 4,
        announce_caught_up: true,
        ..bench.membership(&topic)
    };
    let mut member = Member::join(&bench.log, membership).await;
    for _ in 0..20 {
        assert!(!member.is_caught_up());
        let deliveries = member.deliveries(4).await;
        member.finish(deliveries).await;
    }
    assert!(member.until_caught_up().await.is_empty());
}

/// Two partitions with two records each. The first member holds one partition, with its records undecided; the second
/// member holds the other.
async fn beside_another(bench: &Bench, topic: &Arc<str>) -> (Member, Vec<Delivery>, Member) {
    let mut first = bench.join(topic).await;
    let deliveries = first.deliveries(4).await;
    let mut members = [first, bench.join_to_catch_up(topic).await];
    let mut meanwhile = until_shared(&mut members, 2).await.remove(1).len();
    let [first, mut second] = members;
    while meanwhile < 2 {
        drop(second.delivery().await);
        meanwhile += 1;
    }
    let (kept, _) = of_partition(deliveries, first.held()[0]);
    assert_eq!(kept.len(), 2);
    (first, kept, second)
}

pub(crate) async fn a_member_beside_another_is_caught_up_when_that_has_settled_its_part(
    bench: Bench,
) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 2).await;
    let (first, mut kept, mut second) = beside_another(&bench, &topic).await;
    let partition = second.held()[0];
    for round in 0..2 {
        // A new record, which the second member reaches only after everything that came before.
        for index in 0..3 {
            let later = format!("{round} later {index}");
            let record = record(&topic, partition, &later);
            bench.log.append(vec![record]).await.unwrap();
            assert_eq!(second.texts(1).await, [later]);
            assert!(!second.is_caught_up(), "with {} undecided", kept.len());
        }
        first.finish(vec![kept.remove(0)]).await;
    }
    assert!(second.until_caught_up().await.is_empty());
}

pub(crate) async fn a_member_without_partitions_is_caught_up_when_the_others_have_settled(
    bench: Bench,
) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 2).await;
    let first = bench.join(&topic).await;
    let mut members = [first, bench.join_to_catch_up(&topic).await];
    let mut deliveries: Vec<_> = until_shared(&mut members, 1)
        .await
        .into_iter()
        .flatten()
        .collect();
    let owner = members.iter().position(|m| m.held() == [0]).unwrap();
    let [first, mut second] = members;
    if owner == 1 {
        // The log has given the partition to the member that is to catch up, so there is nobody to wait for.
        drop(first);
        second.until_caught_up().await;
        return;
    }
    let mut first = first;
    while deliveries.len() < 2 {
        deliveries.push(first.delivery().await);
    }
    assert!(!second.is_caught_up());
    first.finish(deliveries).await;
    assert!(second.until_caught_up().await.is_empty());
    assert!(second.held().is_empty());
}

pub(crate) async fn a_group_that_has_settled_everything_is_caught_up_at_once(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, [0], 10).await;
    for _ in 0..3 {
        let mut member = bench.join_to_catch_up(&topic).await;
        let deliveries = member.until_caught_up().await;
        member.finish(deliveries).await;
        member.leave().await;
    }
    let mut member = bench.join_to_catch_up(&topic).await;
    assert!(member.until_caught_up().await.is_empty());
}

/// A topic of results, each from its own settlement: on Kafka, an invisible transaction marker follows each of them.
async fn settled_results(bench: &Bench, count: usize) -> Arc<str> {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 2).await);
    bench.fill(&topic, 0..2, count).await;
    let mut member = bench.join_to_catch_up(&topic).await;
    for delivery in member.until_caught_up().await {
        let partition = delivery.position().partition;
        let output = record(&results, partition, &text(delivery.record()));
        let settled = member.settle(delivery, vec![output]).await;
        assert!(matches!(settled, Settled::Recorded(_)));
    }
    member.leave().await;
    results
}

pub(crate) async fn settled_results_can_be_caught_up_with(bench: Bench) {
    let results = settled_results(&bench, 5).await;
    let mut expected = texts(0, 0..5);
    expected.extend(texts(1, 0..5));
    assert_eq!(bench.read_texts(&results).await, expected);
    for left in [10, 0] {
        let mut member = bench.join_to_catch_up(&results).await;
        let deliveries = member.until_caught_up().await;
        assert_eq!(deliveries.len(), left);
        member.finish(deliveries).await;
        member.leave().await;
    }
}

pub(crate) async fn settled_results_can_be_caught_up_with_beside_another_member(bench: Bench) {
    let results = settled_results(&bench, 2).await;
    let (first, kept, mut second) = beside_another(&bench, &results).await;
    assert!(!second.is_caught_up());
    first.finish(kept).await;
    assert!(second.until_caught_up().await.is_empty());
}
