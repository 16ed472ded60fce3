//! Making and checking topics.

use std::collections::BTreeMap;

use timeoff_log::{LogError, TopicSpec};

use crate::bench::{Bench, Kind, record};

fn spec(bench: &Bench, what: &str, partitions: i32, at_least: i32) -> TopicSpec {
    TopicSpec {
        name: bench.named(what),
        partitions,
        at_least,
    }
}

pub(crate) async fn missing_topics_are_made_with_the_partitions_asked_for(bench: Bench) {
    let specs = [spec(&bench, "a", 3, 3), spec(&bench, "b", 1, 1)];
    let made = bench.log.ensure_topics(&specs).await.unwrap();
    let expected = BTreeMap::from([(bench.named("a"), 3), (bench.named("b"), 1)]);
    assert_eq!(made, expected);
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
        assert_eq!(found.unwrap(), expected);
    }
    assert_eq!(bench.read_all(&topic).await.len(), 6);
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
    for maker in makers {
        assert_eq!(maker.await.unwrap().unwrap(), expected);
    }
}

pub(crate) async fn a_topic_with_too_few_partitions_is_refused_with_the_command_that_adds_them(
    bench: Bench,
) {
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
        how,
    } = error
    else {
        panic!("{message}");
    };
    assert_eq!((refused.as_str(), has, needs), (&*topic, 2, 5));
    assert_eq!(log, bench.log.address());
    for part in [&log, &refused, &how, "2 partitions", "need 5"] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    match bench.kind {
        Kind::Sqlite => {
            // The command is a statement for SQLite's shell; what it says must do it.
            let statement = how.rsplit('\'').nth(1).unwrap();
            let file = bench.folder().unwrap().path().join("log.db");
            let file = rusqlite::Connection::open(file).unwrap();
            file.execute_batch(statement).unwrap();
            let found = bench.log.ensure_topics(&[spec(&bench, "a", 5, 5)]).await;
            assert_eq!(found.unwrap(), BTreeMap::from([(topic, 5)]));
        }
        Kind::Kafka => {
            assert!(how.starts_with("kafka-topics"), "{how}");
            assert!(how.contains("--alter"), "{how}");
            assert!(how.ends_with("--partitions 5"), "{how}");
        }
    }
}
