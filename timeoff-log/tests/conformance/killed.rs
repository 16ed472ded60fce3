//! Killing a member at any instruction loses nothing and duplicates nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::{ReadEvent, ReadFrom, Reader, Settled};

use crate::bench::{Bench, DEADLINE, Kind, record, text, texts};
use crate::process::{MemberProcess, Task};

const PARTITIONS: i32 = 3;
const COUNT: usize = 250;
const KILLS: u8 = 5;

/// Waits for `count` more results, which must come after a kill. Fails if there are fewer.
async fn results_come(reader: &mut Reader, count: usize) {
    let mut seen = 0;
    while seen < count {
        let event = tokio::time::timeout(DEADLINE, reader.next())
            .await
            .unwrap_or_else(|_| panic!("no result comes after {seen} of {count}"))
            .unwrap();
        match event {
            ReadEvent::Record(_) => seen += 1,
            ReadEvent::CaughtUp => {}
            other => panic!("the reader says {other:?}"),
        }
    }
}

/// Settles what is left. Fails unless each record then has exactly one result.
async fn finish_and_count(bench: &Bench, topic: &Arc<str>, results: &Arc<str>) {
    let mut member = bench.join_to_catch_up(topic).await;
    let settlements: Vec<_> = member
        .until_caught_up()
        .await
        .into_iter()
        .map(|delivery| {
            let partition = delivery.position().partition;
            let output = record(results, partition, &text(delivery.record()));
            delivery.settle_with(vec![output])
        })
        .collect();
    let left = settlements.len();
    assert!(
        left > 0,
        "all was done before the last kill: nothing was shown"
    );
    for settled in member.settle_all(settlements).await {
        assert!(matches!(settled, Settled::Recorded(_)), "{settled:?}");
    }
    member.leave().await;

    let mut counts: BTreeMap<String, usize> = (0..PARTITIONS)
        .flat_map(|partition| texts(partition, 0..COUNT))
        .map(|text| (text, 0))
        .collect();
    for text in bench.read_texts(results).await {
        *counts.get_mut(&text).unwrap() += 1;
    }
    counts.retain(|_, count| *count != 1);
    assert!(counts.is_empty(), "not one result each: {counts:?}");
}

pub(crate) async fn a_member_that_is_killed_again_and_again_loses_and_doubles_nothing(
    bench: Bench,
) {
    let topic = bench.topic("a", PARTITIONS).await;
    let results = bench.topic("r", PARTITIONS).await;
    bench.fill(&topic, 0..PARTITIONS, COUNT).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut reader = bench.log.read(&results, ReadFrom::Beginning).await.unwrap();
    for seed in 0..KILLS {
        let task = Task::Decide { seed };
        let member = MemberProcess::start(&bench, &bench.membership(&topic), &results, task);
        results_come(&mut reader, rng.random_range(1..=60)).await;
        member.kill();
    }
    finish_and_count(&bench, &topic, &results).await;
}

pub(crate) async fn one_of_two_members_is_killed_again_and_again_and_nothing_is_lost_or_doubled(
    bench: Bench,
) {
    let topic = bench.topic("a", PARTITIONS).await;
    let results = bench.topic("r", PARTITIONS).await;
    bench.fill(&topic, 0..PARTITIONS, COUNT).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut reader = bench.log.read(&results, ReadFrom::Beginning).await.unwrap();
    let membership = bench.membership(&topic);
    let start = |seed| MemberProcess::start(&bench, &membership, &results, Task::Decide { seed });
    let mut members = vec![start(100), start(101)];
    for seed in 0..KILLS {
        results_come(&mut reader, rng.random_range(1..=40)).await;
        members.remove(rng.random_range(0..2)).kill();
        members.push(start(seed));
    }
    for member in members {
        member.kill();
    }
    finish_and_count(&bench, &topic, &results).await;
}

pub(crate) async fn the_partitions_of_a_killed_member_are_taken_over(bench: Bench) {
    /// SQLite's promise, and what a machine that is busy with other tests may add. On Kafka, a takeover takes the
    /// session timeout and a rebalance.
    const PROMISE: Duration = Duration::from_secs(2);
    const SLACK: Duration = Duration::from_secs(2);
    let topic = bench.topic("a", 3).await;
    let results = bench.topic("r", 3).await;
    let mut member = bench.join(&topic).await;
    member.until_it_holds(3).await;
    let task = Task::Decide { seed: 1 };
    let other = MemberProcess::start(&bench, &bench.membership(&topic), &results, task);
    member.until_it_holds(2).await;
    // Shows that the other member has taken up its partition, too.
    bench.fill(&topic, 0..3, 3).await;
    let mut reader = bench.log.read(&results, ReadFrom::Beginning).await.unwrap();
    results_come(&mut reader, 3).await;

    other.kill();
    let killed = Instant::now();
    let deliveries = member.until_it_holds(3).await;
    let taken_over = killed.elapsed();
    if bench.kind == Kind::Sqlite {
        assert!(taken_over < PROMISE + SLACK, "it took {taken_over:?}");
    }
    assert_eq!(deliveries.len(), 6);
}
