//! Making and checking topics.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_log::{EnsuredTopics, LogError, TopicSpec};

use crate::bench::{Bench, on_kafka, record};
use crate::member::{Member, texts_of};

fn spec(bench: &Bench, what: &str, partitions: i32, at_least: i32) -> TopicSpec {
    TopicSpec {
        name: bench.named(what),
        partitions,
        at_least,
        keep_forever: false,
    }
}

pub(crate) async fn missing_topics_are_made_with_the_partitions_asked_for(bench: Bench) {
    let specs = [spec(&bench, "a", 3, 3), spec(&bench, "b", 1, 1)];
    let made = bench.log.ensure_topics(&specs).await.unwrap();
    let expected = BTreeMap::from([(bench.named("a"), 3), (bench.named("b"), 1)]);
    let names = expected.keys().cloned().collect();
    assert_eq!(sorted(made), (expected.clone(), names));
    for (name, partitions) in expected {
        let last = record(&name, partitions - 1, "last");
        bench.log.append(vec![last]).await.unwrap();
    }
}

pub(crate) async fn topics_that_exist_are_left_as_they_are(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, 2).await;
    for partitions in [1, 3, 7] {
        let specs = [spec(&bench, "a", partitions, 1), spec(&bench, "b", 2, 2)];
        let found = bench.opened_again().await.ensure_topics(&specs).await;
        let expected = BTreeMap::from([(topic.clone(), 3), (bench.named("b"), 2)]);
        let made = match partitions {
            1 => vec![bench.named("b")],
            _ => vec![],
        };
        assert_eq!(sorted(found.unwrap()), (expected, made));
    }
    assert_eq!(bench.read_all(&topic).await.len(), 6);
}

fn sorted(topics: EnsuredTopics) -> (BTreeMap<Arc<str>, i32>, Vec<Arc<str>>) {
    let EnsuredTopics {
        partitions,
        mut made,
    } = topics;
    made.sort();
    (partitions, made)
}

pub(crate) async fn topics_made_by_many_at_once_exist_once(bench: Bench) {
    let expected: BTreeMap<_, _> = [("a", 3), ("b", 2), ("c", 1)]
        .map(|(what, partitions)| (bench.named(what), partitions))
        .into();
    let mut makers = Vec::new();
    for _ in 0..6 {
        let log = bench.opened_again().await;
        let specs = [
            spec(&bench, "a", 3, 3),
            spec(&bench, "b", 2, 2),
            spec(&bench, "c", 1, 1),
        ];
        makers.push(tokio::spawn(async move { log.ensure_topics(&specs).await }));
    }
    let mut made = Vec::new();
    for maker in makers {
        let topics = maker.await.unwrap().unwrap();
        assert_eq!(topics.partitions, expected);
        made.extend(topics.made);
    }
    made.sort();
    assert_eq!(made, expected.into_keys().collect::<Vec<_>>());
}

pub(crate) async fn a_topic_with_too_few_partitions_is_refused_until_it_has_more(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    let error = bench
        .log
        .ensure_topics(&[spec(&bench, "b", 1, 1), spec(&bench, "a", 5, 5)])
        .await
        .unwrap_err();
    let message = error.to_string();
    let LogError::TooFewPartitions {
        log,
        topic: refused,
        has,
        needs,
    } = error
    else {
        panic!("{message}");
    };
    assert_eq!((refused.as_str(), has, needs), (&*topic, 2, 5));
    assert_eq!(log, bench.log.address());
    for part in [&log, &refused, "2 partitions", "needs 5"] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(bench.log.add_partitions(&topic, 5).await.unwrap());
    let found = bench.log.ensure_topics(&[spec(&bench, "a", 5, 5)]).await;
    assert_eq!(found.unwrap().partitions, BTreeMap::from([(topic, 5)]));
}

pub(crate) async fn partitions_that_are_added_come_after_those_that_are_there(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 2).await;
    let nowhere = bench.named("nowhere");
    let names = [topic.clone(), nowhere.clone()];
    let of = async || bench.log.partitions_of(&names).await.unwrap();
    assert_eq!(of().await, BTreeMap::from([(topic.clone(), 2)]));
    // Asking for as many as there are, or for fewer, adds nothing.
    assert!(!bench.log.add_partitions(&topic, 2).await.unwrap());
    assert!(!bench.log.add_partitions(&topic, 1).await.unwrap());
    assert!(bench.log.add_partitions(&topic, 4).await.unwrap());
    assert_eq!(of().await, BTreeMap::from([(topic.clone(), 4)]));
    // Another process that wanted the same number comes too late.
    let other = bench.opened_again().await;
    assert!(!other.add_partitions(&topic, 4).await.unwrap());
    other.append(vec![record(&topic, 3, "3/0")]).await.unwrap();
    let expected = ["0/0", "0/1", "1/0", "1/1", "3/0"];
    assert_eq!(bench.read_texts(&topic).await, expected);
    let error = bench.log.add_partitions(&nowhere, 4).await.unwrap_err();
    assert!(error.to_string().contains(&*nowhere), "{error}");
}

pub(crate) async fn one_of_many_that_add_the_same_partition_adds_it(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    let mut adding = Vec::new();
    for _ in 0..6 {
        let (log, topic) = (bench.opened_again().await, topic.clone());
        adding.push(tokio::spawn(
            async move { log.add_partitions(&topic, 2).await },
        ));
    }
    let mut added = 0;
    for adding in adding {
        added += i32::from(adding.await.unwrap().unwrap());
    }
    assert_eq!(added, 1);
}

pub(crate) async fn a_member_takes_up_a_partition_that_is_added(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    // Sooner than in a service: the test is only that the member checks at all.
    let quick = ["topic.metadata.refresh.interval.ms=500"];
    let log = bench.opened_with(&quick).await;
    let mut member = Member::join(&log, bench.membership(&topic)).await;
    member.until_it_holds(1).await;
    bench.log.add_partitions(&topic, 2).await.unwrap();
    // A record that is there before the member knows of the partition counts as well.
    let other = bench.opened_again().await;
    other.append(vec![record(&topic, 1, "1/0")]).await.unwrap();
    member.until_it_holds(2).await;
    let deliveries = member.deliveries(1).await;
    assert_eq!(texts_of(&deliveries), ["1/0"]);
    member.finish(deliveries).await;
    drop(member);
    // What the member has settled there is kept.
    let mut next = bench.join_to_catch_up(&topic).await;
    assert!(next.until_caught_up().await.is_empty());
}

pub(crate) async fn the_ends_of_a_topic_are_those_of_its_records(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, [0, 2], 4).await;
    let expected = BTreeMap::from([(0, 0..4), (1, 0..0), (2, 0..4)]);
    assert_eq!(bench.log.ends(&topic).await.unwrap(), expected);
    assert!(bench.log.ends(&bench.named("none")).await.is_err());
}

/// Kafka names its metrics after topics, with `_` for `.`, so it refuses two names that differ only in these.
#[test]
fn a_topic_whose_name_collides_with_anothers_is_refused_and_both_are_named() {
    on_kafka(async |bench: Bench| {
        let there = bench.topic("a.b.c", 1).await;
        let asked = spec(&bench, "a_b.c", 1, 1);
        let error = bench
            .log
            .ensure_topics(std::slice::from_ref(&asked))
            .await
            .unwrap_err();
        let message = error.to_string();
        for part in [&*there, &*asked.name, "collide"] {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
        let LogError::CollidingTopic { topic, other, .. } = error else {
            panic!("{message}");
        };
        assert_eq!((&*topic, &*other), (&*asked.name, &*there));
    });
}

#[test]
fn a_topic_name_that_kafka_does_not_take_is_named_as_that() {
    on_kafka(async |bench: Bench| {
        let asked = spec(&bench, "a b", 1, 1);
        let error = bench
            .log
            .ensure_topics(std::slice::from_ref(&asked))
            .await
            .unwrap_err();
        let remedy = error.remedy().expect("something can be done");
        let message = format!("{error}; {remedy}");
        assert!(message.contains(&*asked.name), "{message}");
        assert!(message.contains("letters, digits"), "{message}");
    });
}
