//! Appending: positions, order, and being on the log before that is reported.

use std::collections::BTreeMap;

use crate::bench::{Bench, record, text, texts};

pub(crate) async fn what_is_told_to_be_on_the_log_can_be_read_by_another_at_once(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    for count in 1..=5 {
        let told = bench
            .log
            .append(vec![record(&topic, 0, &format!("0/{}", count - 1))])
            .await
            .unwrap();
        let seen = bench.read_all(&topic).await;
        assert_eq!(seen.len(), count);
        assert_eq!(seen.last().unwrap().position, told[0]);
    }
    assert_eq!(bench.read_texts(&topic).await, texts(0, 0..5));
}

pub(crate) async fn positions_come_back_in_the_order_of_the_records_without_gaps(bench: Bench) {
    let (a, b) = (bench.topic("a", 3).await, bench.topic("b", 2).await);
    let mut next = BTreeMap::new();
    for _ in 0..3 {
        let records: Vec<_> = (0..500)
            .map(|index| {
                let topic = if index % 7 < 4 { &a } else { &b };
                let partition = if index % 7 < 4 { index % 3 } else { index % 2 };
                record(topic, partition, &index.to_string())
            })
            .collect();
        let positions = bench.log.append(records.clone()).await.unwrap();
        assert_eq!(positions.len(), records.len());
        for (record, position) in records.iter().zip(positions) {
            let place = (record.topic.clone(), record.partition);
            assert_eq!((position.topic, position.partition), place);
            let expected: &mut i64 = next.entry(place).or_default();
            assert_eq!(position.offset, *expected);
            *expected += 1;
        }
    }
}

pub(crate) async fn a_stream_of_records_is_appended_in_order(bench: Bench) {
    const COUNT: usize = 30_000;
    let topic = bench.topic("a", 3).await;
    let mut appender = bench.log.appender();
    let mut acknowledged = 0;
    for index in 0..COUNT {
        let partition = (index % 3) as i32;
        appender
            .push(record(
                &topic,
                partition,
                &format!("{partition}/{}", index / 3),
            ))
            .await
            .unwrap();
        assert!(appender.acknowledged() >= acknowledged);
        acknowledged = appender.acknowledged();
        assert!(acknowledged <= index as u64 + 1);
    }
    assert!(acknowledged > 0, "all {COUNT} are kept in memory");
    assert_eq!(appender.finish().await.unwrap(), COUNT as u64);
    let expected: Vec<_> = (0..3).flat_map(|p| texts(p, 0..COUNT / 3)).collect();
    assert_eq!(bench.read_texts(&topic).await, expected);
}

pub(crate) async fn appends_that_arrive_together_keep_the_order_of_each_caller(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    let mut callers = Vec::new();
    for caller in 0..8 {
        // Half of the callers share a log, the others have their own.
        let log = if caller % 2 == 0 {
            bench.log.clone()
        } else {
            bench.opened_again().await
        };
        let topic = topic.clone();
        callers.push(tokio::spawn(async move {
            for index in 0..25 {
                let pair =
                    ["a", "b"].map(|half| record(&topic, 0, &format!("{caller} {index:02}{half}")));
                log.append(pair.into()).await.unwrap();
            }
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let records = bench.read_all(&topic).await;
    assert_eq!(records.len(), 8 * 25 * 2);
    let mut by_caller: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in &records {
        let (caller, index) = text(record).split_once(' ').map(own).unwrap();
        by_caller.entry(caller).or_default().push(index);
    }
    for (caller, indices) in by_caller {
        assert_eq!(indices.len(), 50);
        assert!(indices.is_sorted(), "caller {caller}: {indices:?}");
    }
}

fn own((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

pub(crate) async fn a_record_for_a_partition_that_does_not_exist_is_refused(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    let error = bench
        .log
        .append(vec![record(&topic, 2, "nowhere")])
        .await
        .unwrap_err();
    assert_eq!(error.acknowledged, 0);
    assert!(error.source.to_string().contains(bench.log.address()));

    let mut appender = bench.log.appender();
    let pushed = appender.push(record(&topic, 2, "nowhere")).await;
    assert!(pushed.is_err() || appender.finish().await.is_err());

    // The log still works as before.
    bench.fill(&topic, 0..2, 1).await;
    assert_eq!(bench.read_texts(&topic).await, ["0/0", "1/0"]);
}

pub(crate) async fn appending_nothing_is_done_at_once(bench: Bench) {
    assert!(bench.log.append(Vec::new()).await.unwrap().is_empty());
    assert_eq!(bench.log.appender().finish().await.unwrap(), 0);
}
