//! A mark as read (an offset commit) that reaches the broker after those that followed it. In the meantime the client
//! has retried on another connection, unaware that the first request is still on its way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use timeoff_dev::kafka::Flavour;
use timeoff_log::{
    Event, KafkaSettings, Log, Membership, NewRecord, ReadEvent, Settled, Subscription, TopicSpec,
};

use crate::one_broker::on_a_broker;
use crate::relay::{OFFSET_COMMIT, Relays};
use crate::turn;

const GROUP: &str = "readers";
const RECORDS: usize = 4;

/// How long anything may take. Only a failure takes this long.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn a_late_mark_does_not_take_the_group_back() {
    let _turn = turn();
    on_a_broker(Flavour::ZooKeeper, &settings(), a_late_mark);
}

#[test]
fn a_late_mark_does_not_take_the_group_back_on_kafka_4() {
    let _turn = turn();
    on_a_broker(Flavour::KRaft, &settings(), a_late_mark);
}

fn settings() -> KafkaSettings {
    let mut settings = KafkaSettings::new();
    // Much shorter than a session: the member stays in its group while the request is held up.
    settings.set_property("socket.timeout.ms=1000").unwrap();
    settings
}

async fn a_late_mark(relays: &Relays, log: &Log) {
    let topic = topic_with_records(log).await;
    let membership = Membership {
        group: GROUP.to_owned(),
        topic: topic.clone(),
        alongside: Vec::new(),
        max_in_hand: RECORDS,
        max_bytes_in_hand: 1 << 20,
        announce_caught_up: false,
    };
    let mut reader = log.subscribe(membership).await.unwrap();
    relays.hold_next(OFFSET_COMMIT);
    mark_all(&mut reader).await;
    assert!(relays.is_holding(), "no mark was held up");
    assert_eq!(unread(log, &topic).await, 0);

    relays.let_through(DEADLINE);
    assert_eq!(
        unread(log, &topic).await,
        0,
        "the late mark took the group back"
    );
    reader.close().await;
}

async fn topic_with_records(log: &Log) -> Arc<str> {
    let topic: Arc<str> = "results".into();
    let spec = TopicSpec {
        name: topic.clone(),
        partitions: 1,
        at_least: 1,
        keep_forever: false,
    };
    log.ensure_topics(&[spec]).await.unwrap();
    let record = NewRecord {
        topic: topic.clone(),
        partition: 0,
        key: None,
        value: None,
        headers: Vec::new(),
    };
    log.append(vec![record; RECORDS]).await.unwrap();
    topic
}

/// Marks the records one by one, also those that are handed out again.
async fn mark_all(reader: &mut Subscription) {
    let mut marked = BTreeSet::new();
    while marked.len() < RECORDS {
        let event = tokio::time::timeout(DEADLINE, reader.next()).await;
        if let Event::Delivery(delivery) = event.expect("a record comes").unwrap() {
            let offset = delivery.position().offset;
            let settlement = delivery.settle_with(Vec::new());
            let settled = reader.settler().settle(vec![settlement]).await.unwrap();
            if settled != [Settled::Stale] {
                marked.insert(offset);
            }
        }
    }
}

/// How many records the group has yet to read.
async fn unread(log: &Log, topic: &str) -> usize {
    let mut reader = log.read_unsettled(GROUP, topic, None).await.unwrap();
    let mut count = 0;
    loop {
        let event = tokio::time::timeout(DEADLINE, reader.next()).await;
        match event.expect("the end comes").unwrap() {
            ReadEvent::Record(_) => count += 1,
            ReadEvent::CaughtUp => return count,
            ReadEvent::Unreachable { .. } | ReadEvent::Reachable | ReadEvent::Hidden { .. } => {}
        }
    }
}
