//! The least code that does the work on a Kafka cluster: librdkafka's own producer and consumer, one call a record.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Message, Offset, TopicPartitionList};
use timeoff_dev::kafka::KafkaDev;

use crate::batch_calls;
use crate::ground::{Bytes, FRAME, Ground, Names, PARTITIONS, Topic, count, in_turn};

/// How many results one transaction has: as many as a policy decides in one, and many more than may be undecided at
/// once.
const TOGETHER: usize = 5_000;
const MANY_TOGETHER: usize = 100_000;

/// How long a transaction waits for the next record before it is committed without it.
const WAIT: Duration = Duration::from_millis(20);

const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster.
pub(crate) struct KafkaGround {
    servers: String,
    registry: String,
    log: String,
}

/// Counts the acknowledged records.
#[derive(Clone, Default)]
struct Acknowledged(Arc<AtomicUsize>);

impl ClientContext for Acknowledged {}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            panic!("a record was not taken: {error}");
        }
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl KafkaGround {
    pub(crate) fn new(kafka: &KafkaDev) -> KafkaGround {
        KafkaGround {
            servers: kafka.bootstrap(),
            registry: kafka.registry_url(),
            log: kafka.log_url(),
        }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.servers)
            .set("broker.address.family", "v4");
        config
    }

    /// The best settings found: the largest batches, and short waits.
    fn producer(
        &self,
        transactional_id: Option<&str>,
        linger_ms: &str,
    ) -> (BaseProducer<Acknowledged>, Acknowledged) {
        let mut config = self.config();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", linger_ms)
            .set("batch.size", "1000000")
            .set("batch.num.messages", "100000")
            .set("queue.buffering.max.messages", "10000000")
            .set("queue.buffering.max.kbytes", "1048576");
        if let Some(id) = transactional_id {
            config.set("transactional.id", id);
        }
        let acknowledged = Acknowledged::default();
        let producer = config.create_with_context(acknowledged.clone()).unwrap();
        (producer, acknowledged)
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("queued.min.messages", "1000000")
            .set("queued.max.messages.kbytes", "262144")
            .set("fetch.message.max.bytes", "10485760")
            .set("fetch.queue.backoff.ms", "1")
            .set("check.crcs", "false");
        config.create().unwrap()
    }

    /// A consumer at the beginning of a topic.
    fn at_the_beginning(&self, topic: &str) -> BaseConsumer {
        let consumer = self.consumer("floor-reader");
        let mut all = TopicPartitionList::new();
        for partition in 0..PARTITIONS as i32 {
            // With a numeric offset the first record comes sooner.
            let (first, _) = consumer
                .fetch_watermarks(topic, partition, PATIENCE)
                .unwrap();
            all.add_partition_offset(topic, partition, Offset::Offset(first))
                .unwrap();
        }
        consumer.assign(&all).unwrap();
        consumer
    }

    /// Reads a topic from its beginning to its end.
    fn each(&self, topic: &str, rows: usize, mut take: impl FnMut(usize, &[u8], &[u8])) {
        let consumer = self.at_the_beginning(topic);
        for _ in 0..rows {
            let message = consumer.poll(PATIENCE).unwrap().unwrap();
            let partition = usize::try_from(message.partition()).unwrap();
            take(
                partition,
                message.key().unwrap(),
                message.payload().unwrap(),
            );
        }
        assert!(
            consumer.poll(Duration::from_millis(200)).is_none(),
            "more than {rows} on {topic}"
        );
    }

    fn submit_by(
        &self,
        records: &Topic,
        submit: impl FnOnce(&BaseProducer<Acknowledged>, &[(usize, &Bytes)]),
    ) -> Duration {
        let all: Vec<(usize, &Bytes)> = in_turn(records).collect();
        let began = Instant::now();
        let (producer, acknowledged) = self.producer(None, "5");
        for _ in 0..2 {
            // Otherwise the producer gets its id half a second late.
            producer.client().fetch_metadata(None, PATIENCE).unwrap();
        }
        submit(&producer, &all);
        drain(&producer, &acknowledged, all.len());
        began.elapsed()
    }

    fn decide_by(
        &self,
        names: &Names,
        results: &Topic,
        ledger: Option<&Topic>,
        together: usize,
    ) -> Duration {
        let began = Instant::now();
        let (producer, acknowledged) = self.producer(Some(&names.group), "5");
        producer.init_transactions(PATIENCE).unwrap();
        let consumer = self.consumer(&names.group);
        consumer.subscribe(&[&names.applications]).unwrap();
        let mut next = [0_usize; PARTITIONS];
        let (rows, mut decided) = (count(results), 0);
        let outputs = 1 + usize::from(ledger.is_some());
        while decided < rows {
            let mut message = Some(wait_for(&consumer));
            producer.begin_transaction().unwrap();
            let until = rows.min(decided + together);
            while let Some(found) = message {
                let partition = usize::try_from(found.partition()).unwrap();
                let result = &results[partition][next[partition]];
                assert_eq!(found.key().unwrap()[FRAME..], result.key[FRAME..]);
                send(&producer, &names.results, partition, result);
                if let Some(ledger) = ledger {
                    let event = &ledger[partition][next[partition]];
                    send(&producer, &names.ledger, partition, event);
                }
                next[partition] += 1;
                decided += 1;
                message = match decided < until {
                    true => consumer.poll(WAIT).map(Result::unwrap),
                    false => None,
                };
            }
            drain(&producer, &acknowledged, decided * outputs);
            let progress = (0..).zip(next.map(|next| next as i64));
            commit(&producer, &consumer, names, progress);
        }
        let took = began.elapsed();
        drop(consumer);
        took
    }

    fn decide_one_at_a_time(&self, names: &Names, result: &Bytes, count: usize) {
        let (producer, acknowledged) = self.producer(Some(&names.group), "0");
        producer.init_transactions(PATIENCE).unwrap();
        let consumer = self.consumer(&names.group);
        consumer.subscribe(&[&names.applications]).unwrap();
        for number in 0..=count {
            let offset = wait_for(&consumer).offset();
            producer.begin_transaction().unwrap();
            send(&producer, &names.results, 1, result);
            drain(&producer, &acknowledged, number + 1);
            commit(&producer, &consumer, names, [(1, offset + 1)]);
        }
    }

    fn topics(names: &Names) -> [&str; 5] {
        [
            &names.applications,
            &names.results,
            &names.dead_letters,
            &names.commands,
            &names.ledger,
        ]
    }

    fn admin<T>(&self, ask: impl AsyncFnOnce(&AdminClient<DefaultClientContext>) -> T) -> T {
        let admin = self.config().create().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(ask(&admin))
    }
}

impl Ground for KafkaGround {
    fn name(&self) -> &'static str {
        "Kafka"
    }

    fn log_url(&self, _: &Names) -> String {
        self.log.clone()
    }

    fn registry_url(&self) -> Option<&str> {
        Some(&self.registry)
    }

    fn make(&self, names: &Names) {
        self.admin(async |admin| {
            let topics = KafkaGround::topics(names)
                .map(|name| NewTopic::new(name, PARTITIONS as i32, TopicReplication::Fixed(1)));
            let made = admin.create_topics(&topics, &AdminOptions::new()).await;
            assert!(made.unwrap().iter().all(Result::is_ok));
        });
    }

    fn take(&self, names: &Names, topic: &str) -> Topic {
        let consumer = self.consumer(&names.group);
        let mut found = Topic::default();
        let rows: i64 = (0..PARTITIONS as i32)
            .map(|partition| {
                consumer
                    .fetch_watermarks(topic, partition, PATIENCE)
                    .unwrap()
            })
            .map(|(first, end)| end - first)
            .sum();
        // Transactions leave markers, which take offsets too: the topic ends where no more records come.
        let mut all = TopicPartitionList::new();
        for partition in 0..PARTITIONS as i32 {
            all.add_partition_offset(topic, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&all).unwrap();
        for _ in 0..rows {
            let Some(message) = consumer.poll(Duration::from_secs(3)) else {
                break;
            };
            let message = message.unwrap();
            found[usize::try_from(message.partition()).unwrap()].push(Bytes {
                key: message.key().unwrap().to_vec(),
                value: message.payload().unwrap().to_vec(),
            });
        }
        found
    }

    fn submit(&self, names: &Names, records: &Topic) -> Duration {
        self.submit_by(records, |producer, all| {
            for (partition, record) in all {
                send(producer, &names.applications, *partition, record);
            }
        })
    }

    fn has_lower_floors(&self) -> bool {
        true
    }

    fn submit_in_batch_calls(&self, names: &Names, records: &Topic) -> Option<Duration> {
        Some(self.submit_by(records, |producer, all| {
            batch_calls::produce(producer, &names.applications, all);
        }))
    }

    fn read_in_batch_calls(&self, names: &Names, rows: usize) -> Option<Duration> {
        let began = Instant::now();
        let consumer = self.at_the_beginning(&names.results);
        assert!(batch_calls::consume(&consumer, rows) > 0);
        Some(began.elapsed())
    }

    fn decide(&self, names: &Names, results: &Topic, ledger: Option<&Topic>) -> Duration {
        self.decide_by(names, results, ledger, TOGETHER)
    }

    fn decide_many_at_once(&self, names: &Names, results: &Topic) -> Option<Duration> {
        Some(self.decide_by(names, results, None, MANY_TOGETHER))
    }

    fn read(&self, names: &Names, rows: usize) -> Duration {
        let began = Instant::now();
        let mut took = Duration::ZERO;
        let (mut seen, mut bytes) = (0, 0);
        self.each(&names.results, rows, |_, key, value| {
            bytes += key.len() + value.len();
            seen += 1;
            if seen == rows {
                took = began.elapsed();
            }
        });
        assert!(bytes > 0);
        took
    }

    fn one_at_a_time(&self, names: &Names, count: usize) -> Vec<Duration> {
        let record = Bytes::usual();
        let (seen, is_seen) = std::sync::mpsc::channel();
        let (producer, acknowledged) = self.producer(None, "0");
        std::thread::scope(|scope| {
            scope.spawn(|| self.decide_one_at_a_time(names, &record, count));
            scope.spawn(move || {
                let consumer = self.consumer("floor-reader");
                let mut all = TopicPartitionList::new();
                all.add_partition_offset(&names.results, 1, Offset::Beginning)
                    .unwrap();
                consumer.assign(&all).unwrap();
                for _ in 0..=count {
                    wait_for(&consumer);
                    seen.send(()).unwrap();
                }
            });
            let mut times = Vec::with_capacity(count);
            for number in 0..=count {
                let began = Instant::now();
                send(&producer, &names.applications, 1, &record);
                drain(&producer, &acknowledged, number + 1);
                is_seen.recv_timeout(PATIENCE).unwrap();
                // The first one also waits until the manager and the reader are ready.
                if number > 0 {
                    times.push(began.elapsed());
                }
            }
            times
        })
    }

    fn remove(&self, names: &Names) {
        self.admin(async |admin| {
            let removed = admin
                .delete_topics(&KafkaGround::topics(names), &AdminOptions::new())
                .await;
            assert!(removed.unwrap().iter().all(Result::is_ok));
        });
    }
}

fn send(producer: &BaseProducer<Acknowledged>, topic: &str, partition: usize, record: &Bytes) {
    let mut message = BaseRecord::to(topic)
        .partition(partition as i32)
        .key(&record.key)
        .payload(&record.value);
    while let Err((error, back)) = producer.send(message) {
        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        assert_eq!(error, full);
        producer.poll(Duration::from_millis(1));
        message = back;
    }
}

/// Waits until `sent` records have been acknowledged. A flush would sleep in steps of 100 ms.
fn drain(producer: &BaseProducer<Acknowledged>, acknowledged: &Acknowledged, sent: usize) {
    while acknowledged.0.load(Ordering::Relaxed) < sent {
        producer.poll(Duration::from_millis(10));
    }
}

/// Commits a transaction together with the group's progress: the next offset of each partition.
fn commit(
    producer: &BaseProducer<Acknowledged>,
    consumer: &BaseConsumer,
    names: &Names,
    progress: impl IntoIterator<Item = (i32, i64)>,
) {
    let mut offsets = TopicPartitionList::new();
    for (partition, next) in progress {
        offsets
            .add_partition_offset(&names.applications, partition, Offset::Offset(next))
            .unwrap();
    }
    let group = consumer.group_metadata().unwrap();
    producer
        .send_offsets_to_transaction(&offsets, &group, PATIENCE)
        .unwrap();
    producer.commit_transaction(PATIENCE).unwrap();
}

/// The next record. A poll also returns without one when it did some work for the group.
fn wait_for(consumer: &BaseConsumer) -> BorrowedMessage<'_> {
    let waiting = Instant::now();
    loop {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            return message.unwrap();
        }
        assert!(waiting.elapsed() < PATIENCE, "nothing more comes");
    }
}
