//! While members come and go, a decision by a member that no longer holds the partition does not count, and nothing
//! else is lost.

use std::collections::BTreeSet;

use timeoff_log::{Event, ReadEvent, ReadFrom, Settled};
use tokio::task::JoinSet;

use crate::bench::{Bench, DEADLINE, record, text};
use crate::process::decide_for_ever;

const PARTITIONS: i32 = 3;

/// How many records are appended to each partition at each visit.
const COUNT: usize = 100;

/// How many times a third member comes and goes.
const VISITS: usize = 4;

pub(crate) async fn members_that_come_and_go_decide_each_record_once(bench: Bench) {
    let topic = bench.topic("a", PARTITIONS).await;
    let results = bench.topic("r", PARTITIONS).await;
    let mut reader = bench.log.read(&results, ReadFrom::Beginning).await.unwrap();
    let mut residents = JoinSet::new();
    for seed in [1, 2] {
        let log = bench.opened_again().await;
        let (membership, results) = (bench.membership(&topic), results.clone());
        residents.spawn(async move { decide_for_ever(&log, membership, &results, seed).await });
    }

    let mut left = BTreeSet::new();
    for visit in 0..VISITS {
        let mut records = Vec::new();
        for partition in 0..PARTITIONS {
            for index in 0..COUNT {
                let told = format!("{partition}/{visit}/{index}");
                records.push(record(&topic, partition, &told));
                left.insert(told);
            }
        }
        bench.log.append(records).await.unwrap();
        let mut visitor = bench.join(&topic).await;
        visitor.until_it_holds(1).await;
        // The visitor decides some of what it is offered, and leaves the rest.
        let mut deliveries = Vec::new();
        while let Some(event) = visitor.event_if_any() {
            if let Event::Delivery(delivery) = event {
                deliveries.push(delivery);
            }
        }
        deliveries.truncate(5);
        let settlements = deliveries
            .into_iter()
            .map(|delivery| {
                let told = text(delivery.record());
                let output = record(&results, delivery.position().partition, &told);
                delivery.settle_with(vec![output])
            })
            .collect();
        let settled = visitor.settle_all(settlements).await;
        assert!(!settled.contains(&Settled::Unknown));
        visitor.leave().await;
    }

    while !left.is_empty() {
        let event = tokio::select! {
            event = reader.next() => event.unwrap(),
            ended = residents.join_next() => panic!("a member has ended: {ended:?}"),
            () = tokio::time::sleep(DEADLINE) => panic!("no result comes for {left:?}"),
        };
        if let ReadEvent::Record(result) = event {
            let told = text(&result);
            assert!(left.remove(&told), "{told} has a second result");
        }
    }
    residents.shutdown().await;

    // No more results are in flight, and nothing is left to decide.
    let mut last = bench.join_to_catch_up(&topic).await;
    assert!(last.until_caught_up().await.is_empty());
    let all = VISITS * COUNT * PARTITIONS as usize;
    assert_eq!(bench.read_all(&results).await.len(), all);
}
