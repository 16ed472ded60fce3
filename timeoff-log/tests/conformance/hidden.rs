//! Records that another producer's open transaction hides are on the log all the same. Only Kafka has such
//! transactions.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use timeoff_log::{Event, LogUrl, Membership, ReadEvent, ReadFrom};

use crate::bench::{Bench, DEADLINE, on_kafka, text};

/// How long a call to the cluster may take.
const CALL: Duration = Duration::from_secs(30);

/// Long enough for a member or reader that takes the first end for the last one to have reported it.
const A_WHILE: Duration = Duration::from_secs(2);

#[test]
fn a_reader_is_caught_up_after_what_an_open_transaction_hid() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 2).await;
        let open = Hidden::behind(&bench, &topic).await;
        let mut reader = bench.log.read(&topic, ReadFrom::Beginning).await.unwrap();
        open.must_be_waited_for(async || match reader.next().await.unwrap() {
            ReadEvent::Record(record) => Told::Record(text(&record)),
            ReadEvent::CaughtUp => Told::CaughtUp,
            other => panic!("{other:?}"),
        })
        .await;
    });
}

#[test]
fn a_member_is_caught_up_after_what_an_open_transaction_hid() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 2).await;
        let open = Hidden::behind(&bench, &topic).await;
        let membership = Membership {
            announce_caught_up: true,
            ..bench.membership(&topic)
        };
        let mut member = bench.log.subscribe(membership).await.unwrap();
        open.must_be_waited_for(async || match member.next().await.unwrap() {
            Event::Delivery(delivery) => Told::Record(text(delivery.record())),
            Event::CaughtUp => Told::CaughtUp,
            _ => Told::Else,
        })
        .await;
        member.close().await;
    });
}

/// Our transactions time out after 10 s, and a broker checks for timed-out ones every 10 s.
#[test]
fn what_a_group_has_settled_is_read_when_a_killed_members_transaction_has_timed_out() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 1).await;
        let group = bench.named("group");
        let consumer: BaseConsumer = client(&bench).set("group.id", &*group).create().unwrap();
        let mut settled = TopicPartitionList::new();
        settled
            .add_partition_offset(&topic, 0, Offset::Offset(1))
            .unwrap();
        let member = consumer.group_metadata().unwrap();
        let producer = transaction_of(&bench, "killed", "10000");
        producer
            .send_offsets_to_transaction(&settled, &member, CALL)
            .unwrap();
        // Nobody ends this transaction.
        std::mem::forget(producer);

        let mut reading = pin!(bench.log.read_unsettled(&group, &topic, None));
        let too_early = tokio::time::timeout(A_WHILE, &mut reading).await;
        assert!(too_early.is_err(), "what is open is not waited for");
        let mut reader = reading.await.unwrap();
        match reader.next().await.unwrap() {
            ReadEvent::Record(record) => assert_eq!(text(&record), "0/0"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn what_an_open_transaction_hides_for_long_is_told_to_members_and_to_readers_once() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 2).await;
        let open = Hidden::behind(&bench, &topic).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let mut reader = bench.log.read(&topic, ReadFrom::Beginning).await.unwrap();
        let of_member = async {
            loop {
                if let Event::Hidden {
                    topic,
                    partition,
                    offset,
                } = member.next().await.unwrap()
                {
                    return (topic, partition, offset);
                }
            }
        };
        let of_reader = async {
            loop {
                if let ReadEvent::Hidden { partition, offset } = reader.next().await.unwrap() {
                    return (partition, offset);
                }
            }
        };
        let (of_member, of_reader) =
            tokio::time::timeout(DEADLINE, async { tokio::join!(of_member, of_reader) })
                .await
                .expect("it is told");
        assert_eq!(of_member, (topic.clone(), 0, 0));
        assert_eq!(of_reader, (0, 0));
        open.producer.abort_transaction(CALL).unwrap();
        // Reported once: what was hidden comes next.
        loop {
            match tokio::time::timeout(DEADLINE, member.next()).await.unwrap() {
                Ok(Event::Delivery(delivery)) => {
                    assert_eq!(text(delivery.record()), "0/0");
                    break;
                }
                told => assert!(!matches!(told, Ok(Event::Hidden { .. })), "{told:?}"),
            }
        }
        member.close().await;
    });
}

/// An open transaction in partition 0, and a committed record behind it.
struct Hidden {
    producer: BaseProducer,
}

impl Hidden {
    async fn behind(bench: &Bench, topic: &Arc<str>) -> Hidden {
        let producer = transaction_of(bench, "open", "60000");
        let open = BaseRecord::<str, str>::to(topic)
            .partition(0)
            .payload("open");
        producer.send(open).unwrap();
        producer.flush(CALL).unwrap();
        bench.fill(topic, [0], 1).await;
        Hidden { producer }
    }

    /// Checks that `next` reports having caught up only when the transaction is over and the record behind it has come.
    async fn must_be_waited_for(self, mut next: impl AsyncFnMut() -> Told) {
        let too_early =
            tokio::time::timeout(A_WHILE, async { while next().await != Told::CaughtUp {} });
        assert!(
            too_early.await.is_err(),
            "0/0 is on the log and did not come"
        );
        self.producer.abort_transaction(CALL).unwrap();
        let mut records = Vec::new();
        loop {
            let told = tokio::time::timeout(DEADLINE, next()).await;
            match told.expect("it goes on") {
                Told::Record(text) => records.push(text),
                Told::CaughtUp => break,
                Told::Else => {}
            }
        }
        assert_eq!(records, ["0/0"]);
    }
}

fn client(bench: &Bench) -> ClientConfig {
    let LogUrl::Kafka(servers) = &bench.url else {
        panic!("the log is a cluster");
    };
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", servers)
        .set("broker.address.family", "v4");
    config
}

/// A producer that has begun a transaction, which may stay open for this many milliseconds.
fn transaction_of(bench: &Bench, id: &str, milliseconds: &str) -> BaseProducer {
    let producer: BaseProducer = client(bench)
        .set("transactional.id", &*bench.named(id))
        .set("transaction.timeout.ms", milliseconds)
        .create()
        .unwrap();
    producer.init_transactions(CALL).unwrap();
    producer.begin_transaction().unwrap();
    producer
}

/// An event of a reader or a member, as far as it matters here.
#[derive(PartialEq)]
enum Told {
    Record(String),
    CaughtUp,
    Else,
}
