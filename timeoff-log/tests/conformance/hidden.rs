//! What another producer's open transaction hides is on the log all the same. Only Kafka has such transactions.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use timeoff_log::{Event, LogUrl, Membership, ReadEvent, ReadFrom};

use crate::bench::{Bench, DEADLINE, on_kafka, text};

/// How long a call to the cluster may take.
const CALL: Duration = Duration::from_secs(30);

/// Long enough that whoever takes the first end for the last one has said so.
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

/// A transaction that is open in partition 0, and a committed record behind it.
struct Hidden {
    producer: BaseProducer,
}

impl Hidden {
    async fn behind(bench: &Bench, topic: &Arc<str>) -> Hidden {
        let LogUrl::Kafka(servers) = &bench.url else {
            panic!("the log is a cluster");
        };
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("broker.address.family", "v4")
            .set("transactional.id", &*bench.named("open"))
            .create()
            .unwrap();
        producer.init_transactions(CALL).unwrap();
        producer.begin_transaction().unwrap();
        let open = BaseRecord::<str, str>::to(topic)
            .partition(0)
            .payload("open");
        producer.send(open).unwrap();
        producer.flush(CALL).unwrap();
        bench.fill(topic, [0], 1).await;
        Hidden { producer }
    }

    /// Whoever is told by `next` is caught up only when the transaction is over and the record behind it has come.
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

/// What a reader or a member is told, as far as it matters here.
#[derive(PartialEq)]
enum Told {
    Record(String),
    CaughtUp,
    Else,
}
