//! Topics alongside: whoever holds a partition of a topic holds the partition of that number of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::{Delivery, LogError, Membership, ReadEvent, ReadFrom, Settled};

use crate::bench::{Bench, DEADLINE, record, text, texts};
use crate::member::{Member, of_partition, texts_of, until_shared};
use crate::process::{MemberProcess, Task};

/// A topic of applications, and one of commands alongside.
async fn topics(bench: &Bench, partitions: i32) -> [Arc<str>; 2] {
    [
        bench.topic("applications", partitions).await,
        bench.topic("commands", partitions).await,
    ]
}

fn membership(bench: &Bench, [topic, alongside]: &[Arc<str>; 2]) -> Membership {
    Membership {
        alongside: vec![alongside.clone()],
        ..bench.membership(topic)
    }
}

async fn join(bench: &Bench, topics: &[Arc<str>; 2]) -> Member {
    Member::join(&bench.log, membership(bench, topics)).await
}

/// Appends `count` records to each partition of both topics.
async fn fill(bench: &Bench, topics: &[Arc<str>; 2], partitions: i32, count: usize) {
    for topic in topics {
        bench.fill(topic, 0..partitions, count).await;
    }
}

/// The topic, the partition and the text of each delivery, sorted.
fn sorted(deliveries: &[Delivery]) -> Vec<(Arc<str>, String)> {
    let of = |delivery: &Delivery| (delivery.position().topic.clone(), text(delivery.record()));
    let mut all: Vec<_> = deliveries.iter().map(of).collect();
    all.sort();
    all
}

fn all_of(topics: &[Arc<str>; 2], texts: &[String]) -> Vec<(Arc<str>, String)> {
    let mut all: Vec<_> = topics
        .iter()
        .flat_map(|topic| texts.iter().map(|text| (topic.clone(), text.clone())))
        .collect();
    all.sort();
    all
}

/// The deliveries of one topic, and the others.
fn of_topic(deliveries: Vec<Delivery>, topic: &Arc<str>) -> (Vec<Delivery>, Vec<Delivery>) {
    deliveries
        .into_iter()
        .partition(|delivery| delivery.position().topic == *topic)
}

pub(crate) async fn whoever_holds_a_partition_is_handed_it_of_every_topic(bench: Bench) {
    let topics = topics(&bench, 3).await;
    let mut members = [join(&bench, &topics).await, join(&bench, &topics).await];
    until_shared(&mut members, 3).await;
    fill(&bench, &topics, 3, 2).await;
    for member in &mut members {
        let held = member.held();
        let texts: Vec<String> = held.iter().flat_map(|&p| texts(p, 0..2)).collect();
        let deliveries = member.deliveries(2 * texts.len()).await;
        assert_eq!(sorted(&deliveries), all_of(&topics, &texts));
        member.finish(deliveries).await;
    }
    // A partition that moves takes the other topic's with it, from where its owner has come to.
    let [mut first, second] = members;
    second.leave().await;
    assert!(first.until_it_holds(3).await.is_empty(), "all was settled");
    fill(&bench, &topics, 3, 1).await;
    let texts: Vec<String> = (0..3).flat_map(|p| texts(p, 0..1)).collect();
    let deliveries = first.deliveries(6).await;
    assert_eq!(sorted(&deliveries), all_of(&topics, &texts));
}

pub(crate) async fn deliveries_of_two_topics_are_settled_as_one(bench: Bench) {
    let topics = topics(&bench, 2).await;
    let results = bench.topic("results", 2).await;
    fill(&bench, &topics, 2, 3).await;
    let mut member = join(&bench, &topics).await;
    let (asked, commands) = of_topic(member.deliveries(12).await, &topics[0]);
    let (mut asked, left) = of_partition(asked, 1);
    let (mut commands, more_left) = of_partition(commands, 1);
    // The second of one with the third of the other.
    let results_of_both = vec![record(&results, 1, "a"), record(&results, 1, "b")];
    let both = asked.remove(1).settle_with(results_of_both);
    let settled = member.settle_all(vec![both.and(commands.remove(2))]).await;
    assert!(
        matches!(&settled[..], [Settled::Recorded(at)] if at.len() == 2),
        "{settled:?}"
    );
    assert_eq!(bench.read_texts(&results).await, ["a", "b"]);
    drop((asked, commands, left, more_left));
    member.leave().await;

    let mut next = join(&bench, &topics).await;
    let (asked, commands) = of_topic(next.deliveries(10).await, &topics[0]);
    let texts_of_1 = |deliveries| texts_of(&of_partition(deliveries, 1).0);
    assert_eq!(texts_of_1(asked), texts(1, [0, 2]));
    assert_eq!(texts_of_1(commands), texts(1, [0, 1]));
}

pub(crate) async fn each_topic_has_its_own_room(bench: Bench) {
    const ROOM: usize = 3;
    let topics = topics(&bench, 1).await;
    let membership = Membership {
        max_in_hand: ROOM,
        ..membership(&bench, &topics)
    };
    for full in [0, 1] {
        let (of_full, of_other) = (&topics[full], &topics[1 - full]);
        let mut member = Member::join(&bench.log, membership.clone()).await;
        bench.fill(of_full, [0], 2 * ROOM).await;
        let mut in_hand = member.deliveries(ROOM).await;
        // Hands that are full of the one leave room for the other, whatever comes.
        for index in 0..4 * ROOM {
            let said = format!("while full {index}");
            let records = vec![record(of_other, 0, &said)];
            bench.log.append(records).await.unwrap();
            let delivery = member.delivery().await;
            assert_eq!(delivery.position().topic, *of_other);
            assert_eq!(text(delivery.record()), said);
            member.finish(vec![delivery]).await;
        }
        member.finish(std::mem::take(&mut in_hand)).await;
        let rest = member.deliveries(ROOM).await;
        assert_eq!(texts_of(&rest), texts(0, ROOM..2 * ROOM));
        member.finish(rest).await;
        member.leave().await;
    }
}

pub(crate) async fn what_is_undecided_in_either_comes_first_after_a_restart(bench: Bench) {
    let topics = topics(&bench, 1).await;
    fill(&bench, &topics, 1, 100).await;
    let mut member = join(&bench, &topics).await;
    let (asked, commands) = of_topic(member.deliveries(200).await, &topics[0]);
    let decide = |deliveries: Vec<Delivery>, third: usize| {
        let each = deliveries.into_iter().enumerate();
        each.filter(move |(index, _)| index % 3 != third)
            .map(|(_, delivery)| delivery)
            .collect::<Vec<_>>()
    };
    member.finish(decide(asked, 0)).await;
    member.finish(decide(commands, 1)).await;
    member.leave().await;

    let mut next = join(&bench, &topics).await;
    let (asked, commands) = of_topic(next.deliveries(34 + 33).await, &topics[0]);
    assert_eq!(texts_of(&asked), texts(0, (0..100).step_by(3)));
    assert_eq!(texts_of(&commands), texts(0, (1..100).step_by(3)));
}

pub(crate) async fn an_old_delivery_of_either_topic_is_stale_when_the_partition_went_to_another(
    bench: Bench,
) {
    let topics = topics(&bench, 2).await;
    let results = bench.topic("results", 1).await;
    fill(&bench, &topics, 2, 1).await;
    let mut old = join(&bench, &topics).await;
    let deliveries = old.deliveries(4).await;
    let mut members = [old, join(&bench, &topics).await];
    let mut offered = until_shared(&mut members, 2).await.remove(1);
    let [old, mut new] = members;
    offered.extend(new.deliveries(2 - offered.len()).await);
    let [moved] = new.held()[..] else {
        panic!("the new member holds {:?}", new.held());
    };
    let (taken, kept) = of_partition(deliveries, moved);
    assert_eq!(sorted(&taken), sorted(&offered));

    let said = |said: &str| vec![record(&results, 0, said)];
    let [first, second] = <[Delivery; 2]>::try_from(kept).unwrap();
    let [stale, also_stale] = <[Delivery; 2]>::try_from(taken).unwrap();
    // What is one with something stale is not recorded; what only comes with it is.
    let settled = old
        .settle_all(vec![
            first.settle_with(said("one with a stale one")).and(stale),
            second.settle_with(said("kept")),
            also_stale.settle_with(said("late")),
        ])
        .await;
    assert!(
        matches!(
            settled[..],
            [Settled::Stale, Settled::Recorded(_), Settled::Stale]
        ),
        "{settled:?}"
    );
    for delivery in offered {
        let settled = new.settle(delivery, said("new")).await;
        assert!(matches!(settled, Settled::Recorded(_)), "{settled:?}");
    }
    let mut told = bench.read_texts(&results).await;
    told.sort();
    assert_eq!(told, ["kept", "new", "new"]);
    // What was kept and not recorded is offered to whoever comes next.
    old.leave().await;
    let again = new.delivery().await;
    assert_ne!(again.position().partition, moved);
}

pub(crate) async fn being_caught_up_is_about_the_topic_itself(bench: Bench) {
    let topics = topics(&bench, 2).await;
    bench.fill(&topics[0], 0..2, 20).await;
    let membership = Membership {
        announce_caught_up: true,
        max_in_hand: 100,
        ..membership(&bench, &topics)
    };
    // Too many commands for its hands, so it never comes to their end.
    bench.fill(&topics[1], 0..2, 200).await;
    let mut member = Member::join(&bench.log, membership).await;
    let (asked, commands) = of_topic(member.until_caught_up().await, &topics[0]);
    assert_eq!(asked.len(), 40);
    assert!(commands.len() <= 100, "{}", commands.len());
}

pub(crate) async fn a_topic_alongside_needs_as_many_partitions(bench: Bench) {
    let topics = [
        bench.topic("applications", 3).await,
        bench.topic("commands", 2).await,
    ];
    let refused = bench.log.subscribe(membership(&bench, &topics)).await;
    match refused.err() {
        Some(LogError::TooFewPartitions {
            topic, has, needs, ..
        }) => assert_eq!((&*topic, has, needs), (&*topics[1], 2, 3)),
        other => panic!("{other:?}"),
    }
    bench.log.add_partitions(&topics[1], 3).await.unwrap();
    let mut member = join(&bench, &topics).await;
    fill(&bench, &topics, 3, 1).await;
    let texts: Vec<String> = (0..3).flat_map(|p| texts(p, 0..1)).collect();
    assert_eq!(sorted(&member.deliveries(6).await), all_of(&topics, &texts));
}

pub(crate) async fn a_member_of_two_topics_that_is_killed_again_and_again_loses_and_doubles_nothing(
    bench: Bench,
) {
    const PARTITIONS: i32 = 3;
    const COUNT: usize = 120;
    const KILLS: u8 = 4;
    let topics = topics(&bench, PARTITIONS).await;
    let results = bench.topic("results", PARTITIONS).await;
    // Each record has a text of its own, whichever topic it is on.
    for (lane, topic) in topics.iter().enumerate() {
        let records = (0..PARTITIONS).flat_map(|partition| {
            let text = move |index| format!("{lane}/{partition}/{index}");
            (0..COUNT).map(move |index| record(topic, partition, &text(index)))
        });
        bench.log.append(records.collect()).await.unwrap();
    }
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut reader = bench.log.read(&results, ReadFrom::Beginning).await.unwrap();
    let membership = membership(&bench, &topics);
    for seed in 0..KILLS {
        let task = Task::Decide { seed };
        let member = MemberProcess::start(&bench, &membership, &results, task);
        let mut left = rng.random_range(1..=60);
        while left > 0 {
            let event = tokio::time::timeout(DEADLINE, reader.next()).await;
            if let ReadEvent::Record(_) = event.expect("a result comes").unwrap() {
                left -= 1;
            }
        }
        member.kill();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for told in bench.read_texts(&results).await {
        *counts.entry(told).or_default() += 1;
    }
    let decided: usize = counts.values().sum();
    let all = 2 * COUNT * PARTITIONS as usize;
    assert!(decided < all, "all was done before the last kill");
    assert!(counts.values().all(|&count| count == 1), "{counts:?}");

    let mut member = join(&bench, &topics).await;
    let left = member.deliveries(all - decided).await;
    for delivery in &left {
        *counts.entry(text(delivery.record())).or_default() += 1;
    }
    member.finish(left).await;
    assert_eq!(counts.len(), all);
    counts.retain(|_, count| *count != 1);
    assert!(counts.is_empty(), "not one result each: {counts:?}");
    // Nothing more is offered: what comes next is what is appended next.
    fill(&bench, &topics, 1, 1).await;
    let more = member.deliveries(2).await;
    assert_eq!(sorted(&more), all_of(&topics, &texts(0, 0..1)));
}
