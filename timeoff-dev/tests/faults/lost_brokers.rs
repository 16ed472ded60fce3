//! Answers about the cluster that name no brokers. The Kafka library then forgets those that it knows, and never looks for
//! others: <https://github.com/confluentinc/librdkafka/issues/5301>. Its clients have to be replaced.

use std::time::{Duration, Instant};

use timeoff_dev::kafka::Flavour;
use timeoff_log::{
    Event, KafkaSettings, Log, Membership, NewRecord, Position, ReadEvent, ReadFrom, Reader,
    Settled, Subscription, TopicSpec,
};

use crate::one_broker::on_a_broker;
use crate::relay::Relays;
use crate::turn;

const TOPICS: [&str; 3] = ["applications", "commands", "results"];

/// In this time each client asks at least once which brokers there are.
const HIDDEN: Duration = Duration::from_secs(15);

/// How long anything may take. Only a failure takes this long.
const DEADLINE: Duration = Duration::from_secs(120);

#[test]
fn clients_that_have_lost_their_brokers_are_replaced() {
    let _turn = turn();
    on_a_broker(
        Flavour::ZooKeeper,
        &KafkaSettings::new(),
        whatever_is_open_goes_on,
    );
}

async fn whatever_is_open_goes_on(relays: &Relays, log: &Log) {
    log.ensure_topics(&TOPICS.map(topic)).await.unwrap();
    let mut reader = log.read("results", ReadFrom::Beginning).await.unwrap();
    let mut member = log.subscribe(membership()).await.unwrap();
    for topic in ["applications", "commands"] {
        append(log, topic).await;
        decide_next(&mut member).await;
        assert_eq!(next_result(&mut reader).await.topic, "results".into());
    }

    relays.hide_brokers(true);
    let hidden = Instant::now();
    while hidden.elapsed() < HIDDEN {
        // Asked, the producer also hears that there are no brokers.
        let _ = tokio::time::timeout(Duration::from_secs(1), log.ends(&"results".into())).await;
        let _ = tokio::time::timeout(Duration::from_millis(100), member.next()).await;
        let _ = tokio::time::timeout(Duration::from_millis(100), reader.next()).await;
    }
    relays.hide_brokers(false);

    for topic in ["applications", "commands"] {
        append(log, topic).await;
        decide_next(&mut member).await;
        next_result(&mut reader).await;
    }
    member.close().await;
}

fn topic(name: &str) -> TopicSpec {
    TopicSpec {
        name: name.into(),
        partitions: 1,
        at_least: 1,
        keep_forever: false,
    }
}

fn membership() -> Membership {
    Membership {
        group: "managers".to_owned(),
        topic: "applications".into(),
        alongside: vec!["commands".into()],
        max_in_hand: 10,
        max_bytes_in_hand: 1 << 20,
        announce_caught_up: false,
    }
}

fn record(topic: &str) -> NewRecord {
    NewRecord {
        topic: topic.into(),
        partition: 0,
        key: None,
        value: None,
        headers: Vec::new(),
    }
}

/// Appends a record, however often that fails.
async fn append(log: &Log, topic: &str) {
    let began = Instant::now();
    while let Err(error) = log.append(vec![record(topic)]).await {
        assert!(began.elapsed() < DEADLINE, "{topic}: {error}");
    }
}

/// Decides what is handed out next, in a transaction.
async fn decide_next(member: &mut Subscription) {
    let decided = async {
        loop {
            if let Event::Delivery(delivery) = member.next().await.unwrap() {
                let settlement = delivery.settle_with(vec![record("results")]);
                let settled = member.settler().settle(vec![settlement]).await.unwrap();
                if let [Settled::Recorded(_)] = settled[..] {
                    return;
                }
            }
        }
    };
    tokio::time::timeout(DEADLINE, decided)
        .await
        .expect("the member is handed something and decides it");
}

async fn next_result(reader: &mut Reader) -> Position {
    let result = async {
        loop {
            if let ReadEvent::Record(record) = reader.next().await.unwrap() {
                return record.position;
            }
        }
    };
    tokio::time::timeout(DEADLINE, result)
        .await
        .expect("the reader reads on")
}
