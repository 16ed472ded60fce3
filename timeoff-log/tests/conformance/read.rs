//! Reading without a group.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use timeoff_log::{ReadEvent, ReadFrom, Reader};

use crate::bench::{Bench, DEADLINE, Kind, record, text, texts};

async fn next(reader: &mut Reader) -> ReadEvent {
    tokio::time::timeout(DEADLINE, reader.next())
        .await
        .expect("an event comes")
        .unwrap()
}

/// The texts of all records until the reader is caught up, by partition and in order.
async fn until_caught_up(reader: &mut Reader) -> Vec<String> {
    let mut records = Vec::new();
    loop {
        match next(reader).await {
            ReadEvent::Record(record) => records.push(record),
            ReadEvent::CaughtUp => break,
            other => panic!("the reader says {other:?}"),
        }
    }
    // Stable: the order within a partition stays as it was.
    records.sort_by_key(|record| record.position.partition);
    assert!(records.is_sorted_by_key(|record| record.position.clone()));
    records.iter().map(text).collect()
}

/// The next record, which must come before anything else.
async fn next_text(reader: &mut Reader) -> String {
    match next(reader).await {
        ReadEvent::Record(record) => text(&record),
        other => panic!("the reader says {other:?}"),
    }
}

pub(crate) async fn reading_from_the_beginning_hands_out_all_in_order_and_is_caught_up_once(
    bench: Bench,
) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, [0, 2], 3_000).await;
    let mut reader = bench.log.read(&topic, ReadFrom::Beginning).await.unwrap();
    let expected: Vec<_> = [0, 2]
        .into_iter()
        .flat_map(|p| texts(p, 0..3_000))
        .collect();
    assert_eq!(until_caught_up(&mut reader).await, expected);
    for index in 0..50 {
        let later = format!("later {index}");
        bench
            .log
            .append(vec![record(&topic, 1, &later)])
            .await
            .unwrap();
        assert_eq!(next_text(&mut reader).await, later);
    }
}

pub(crate) async fn reading_from_the_end_hands_out_only_what_comes_later(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 10).await;
    let mut reader = bench.log.read(&topic, ReadFrom::End).await.unwrap();
    bench
        .log
        .append(vec![record(&topic, 1, "later")])
        .await
        .unwrap();
    let mut came = Vec::new();
    let mut is_caught_up = false;
    while came.is_empty() || !is_caught_up {
        match next(&mut reader).await {
            ReadEvent::Record(record) => came.push(text(&record)),
            ReadEvent::CaughtUp => is_caught_up = true,
            other => panic!("the reader says {other:?}"),
        }
    }
    assert_eq!(came, ["later"]);
}

pub(crate) async fn reading_from_offsets_begins_there_and_elsewhere_at_the_first_record(
    bench: Bench,
) {
    let topic = bench.topic("a", 4).await;
    bench.fill(&topic, 0..4, 5).await;
    // Partition 0: in the middle. 1: the last record. 2: after it. 3: not named.
    let from = ReadFrom::Offsets(BTreeMap::from([(0, 2), (1, 4), (2, 5)]));
    let mut reader = bench.log.read(&topic, from).await.unwrap();
    let mut expected = texts(0, 2..5);
    expected.extend(texts(1, 4..5));
    expected.extend(texts(3, 0..5));
    assert_eq!(until_caught_up(&mut reader).await, expected);
    bench
        .log
        .append(vec![record(&topic, 2, "later")])
        .await
        .unwrap();
    assert_eq!(next_text(&mut reader).await, "later");
}

pub(crate) async fn an_offset_before_the_first_record_means_the_first(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 3).await;
    let from = ReadFrom::Offsets(BTreeMap::from([(0, -7)]));
    let mut reader = bench.log.read(&topic, from).await.unwrap();
    assert_eq!(until_caught_up(&mut reader).await, texts(0, 0..3));
}

pub(crate) async fn a_reader_of_an_empty_topic_is_caught_up(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    for from in [
        ReadFrom::Beginning,
        ReadFrom::End,
        ReadFrom::Offsets(BTreeMap::from([(1, 0)])),
    ] {
        let mut reader = bench.log.read(&topic, from).await.unwrap();
        assert!(until_caught_up(&mut reader).await.is_empty());
    }
}

pub(crate) async fn readers_do_not_take_records_from_each_other(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 50).await;
    let expected: Vec<_> = (0..2).flat_map(|p| texts(p, 0..50)).collect();
    let mut readers = Vec::new();
    for _ in 0..3 {
        let log = bench.opened_again().await;
        readers.push(log.read(&topic, ReadFrom::Beginning).await.unwrap());
    }
    for reader in &mut readers {
        assert_eq!(until_caught_up(reader).await, expected);
    }
}

pub(crate) async fn a_topic_that_does_not_exist_cannot_be_read(bench: Bench) {
    let topic = bench.named("missing");
    let Err(error) = bench.log.read(&topic, ReadFrom::Beginning).await else {
        panic!("it can be read");
    };
    assert!(error.to_string().contains(bench.log.address()), "{error}");
    let Err(error) = bench.log.subscribe(bench.membership(&topic)).await else {
        panic!("it can be subscribed to");
    };
    assert!(error.to_string().contains(bench.log.address()), "{error}");
}

pub(crate) async fn a_reader_is_woken_by_an_append(bench: Bench) {
    /// SQLite's promise, and what a machine that is busy with other tests may add.
    const PROMISE: Duration = Duration::from_millis(50);
    const SLACK: Duration = Duration::from_millis(100);
    let topic = bench.topic("a", 1).await;
    let writer = bench.opened_again().await;
    let mut reader = bench.log.read(&topic, ReadFrom::Beginning).await.unwrap();
    until_caught_up(&mut reader).await;
    let mut delays = Vec::new();
    for index in 0..31 {
        let told = format!("0/{index}");
        writer.append(vec![record(&topic, 0, &told)]).await.unwrap();
        let appended = Instant::now();
        assert_eq!(next_text(&mut reader).await, told);
        delays.push(appended.elapsed());
        // Otherwise the reader may never have gone to sleep.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    delays.sort();
    let median = delays[delays.len() / 2];
    if bench.kind == Kind::Sqlite {
        assert!(median < PROMISE + SLACK, "{delays:?}");
    }
}

pub(crate) async fn partitions_that_are_not_named_are_not_read(bench: Bench) {
    let topic = bench.topic("a", 4).await;
    bench.fill(&topic, 0..4, 10).await;
    let only = ReadFrom::Only(BTreeMap::from([(1, 4), (3, 0)]));
    let mut reader = bench.log.read(&topic, only).await.unwrap();
    let expected = [texts(1, 4..10), texts(3, 0..10)].concat();
    assert_eq!(until_caught_up(&mut reader).await, expected);
    let later = |partition, said| record(&topic, partition, said);
    let records = vec![later(0, "not read"), later(2, "nor this"), later(3, "read")];
    bench.log.append(records).await.unwrap();
    assert_eq!(next_text(&mut reader).await, "read");
}
