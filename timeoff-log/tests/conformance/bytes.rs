//! A record comes off the log exactly as it went onto it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use timeoff_log::{NewRecord, Record};

use crate::bench::{Bench, record};

/// A record of arbitrary bytes; any part may be empty or absent.
fn any_record(topic: Arc<str>) -> impl Strategy<Value = NewRecord> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..80);
    let headers = prop::collection::vec(("[a-zA-Zß. -]{1,12}", bytes()), 0..5);
    (
        0..3,
        prop::option::of(bytes()),
        prop::option::of(bytes()),
        headers,
    )
        .prop_map(move |(partition, key, value, headers)| NewRecord {
            topic: topic.clone(),
            partition,
            key,
            value,
            headers,
        })
}

fn without_place(record: &Record) -> NewRecord {
    NewRecord {
        topic: record.position.topic.clone(),
        partition: record.position.partition,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    }
}

pub(crate) async fn any_bytes_come_back_identical_to_a_reader_and_to_a_member(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    let mut runner = TestRunner::default();
    let mut records = prop::collection::vec(any_record(topic.clone()), 300)
        .new_tree(&mut runner)
        .unwrap()
        .current();
    for (key, value) in [
        (None, None),
        (Some(vec![]), Some(vec![])),
        (Some(vec![0]), None),
    ] {
        records.push(NewRecord {
            key,
            value,
            headers: vec![("same".into(), vec![]), ("same".into(), vec![0, 255])],
            ..records[0].clone()
        });
    }
    let positions = bench.log.append(records.clone()).await.unwrap();
    let mut sent: Vec<_> = positions.into_iter().zip(records).collect();
    sent.sort_by_key(|(position, _)| position.clone());

    let mut read: Vec<_> = bench
        .read_all(&topic)
        .await
        .iter()
        .map(|record| (record.position.clone(), without_place(record)))
        .collect();
    read.sort_by_key(|(position, _)| position.clone());
    assert_same(&read, &sent);

    let mut member = bench.join_to_catch_up(&topic).await;
    let mut delivered: Vec<_> = member
        .until_caught_up()
        .await
        .iter()
        .map(|delivery| {
            (
                delivery.position().clone(),
                without_place(delivery.record()),
            )
        })
        .collect();
    delivered.sort_by_key(|(position, _)| position.clone());
    assert_same(&delivered, &sent);
}

fn assert_same<P: std::fmt::Debug + PartialEq>(seen: &[(P, NewRecord)], sent: &[(P, NewRecord)]) {
    assert_eq!(seen.len(), sent.len());
    for ((seen_at, seen), (sent_at, sent)) in seen.iter().zip(sent) {
        assert_eq!(seen_at, sent_at);
        assert_eq!(seen.key, sent.key, "key at {sent_at:?}");
        assert_eq!(seen.value, sent.value, "value at {sent_at:?}");
        assert_eq!(seen.headers, sent.headers, "headers at {sent_at:?}");
    }
}

pub(crate) async fn a_large_value_comes_back_identical(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    let value: Vec<u8> = (0..500_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect();
    let large = NewRecord {
        value: Some(value.clone()),
        ..record(&topic, 0, "large")
    };
    let small = record(&topic, 0, "small");
    let records = vec![small.clone(), large.clone(), large, small];
    bench.log.append(records).await.unwrap();
    let sizes: Vec<_> = bench.read_all(&topic).await;
    assert_eq!(sizes.len(), 4);
    assert!(sizes[1].value == Some(value.clone()) && sizes[2].value == Some(value.clone()));

    let mut member = bench.join(&topic).await;
    let deliveries = member.deliveries(4).await;
    assert!(deliveries[1].record().value == Some(value.clone()));
    assert!(deliveries[2].record().value == Some(value));
}

pub(crate) async fn a_record_says_when_it_was_appended(bench: Bench) {
    let now_ms = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64
    };
    let topic = bench.topic("a", 1).await;
    let before = now_ms();
    bench.fill(&topic, [0], 3).await;
    let after = now_ms();
    for record in bench.read_all(&topic).await {
        assert!((before..=after).contains(&record.timestamp_ms));
    }
}
