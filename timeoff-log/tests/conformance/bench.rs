//! A log to test, with names that no other test uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use timeoff_log::{
    BYTES_IN_HAND, KafkaSettings, Log, LogUrl, Membership, NewRecord, Position, ReadEvent,
    ReadFrom, Record, TopicSpec,
};

use crate::cluster;
use crate::member::Member;

/// How long a condition may take to come true. Only a failure takes this long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// How long a test may take as a whole.
const TEST_LIMIT: Duration = Duration::from_secs(150);

/// Which of the two logs is tested. The promises are the same on both; a few concern a bound that only one of them
/// gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Kafka,
}

/// One log, and fresh names on it.
pub(crate) struct Bench {
    pub(crate) kind: Kind,
    pub(crate) log: Log,
    pub(crate) url: LogUrl,
    settings: KafkaSettings,
    name: String,
    /// Removed with the bench.
    folder: Option<TempDir>,
}

/// Shows that a promise holds on a fresh file.
pub(crate) fn on_sqlite<F: Future<Output = ()>>(promise: impl FnOnce(Bench) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = LogUrl::Sqlite(folder.path().join("log.db"));
    show(
        promise,
        Kind::Sqlite,
        url,
        KafkaSettings::new(),
        Some(folder),
    );
}

/// Shows that a promise holds on the shared cluster, if there can be one here.
pub(crate) fn on_kafka<F: Future<Output = ()>>(promise: impl FnOnce(Bench) -> F) {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let mut settings = quick_settings();
    settings.set_schema_registry(cluster.registry_url().parse().unwrap());
    let url = cluster.log_url().parse().unwrap();
    show(promise, Kind::Kafka, url, settings, None);
}

/// The group soon misses a killed member. Nothing else is set, so that the defaults are tested.
pub(crate) fn quick_settings() -> KafkaSettings {
    let mut settings = KafkaSettings::new();
    for property in ["session.timeout.ms=3000", "heartbeat.interval.ms=500"] {
        settings.set_property(property).unwrap();
    }
    settings
}

fn show<F: Future<Output = ()>>(
    promise: impl FnOnce(Bench) -> F,
    kind: Kind,
    url: LogUrl,
    settings: KafkaSettings,
    folder: Option<TempDir>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(&url, &settings).await.unwrap();
        let bench = Bench {
            kind,
            log,
            url,
            settings,
            name: fresh_name(),
            folder,
        };
        tokio::time::timeout(TEST_LIMIT, promise(bench))
            .await
            .expect("the test ends");
    });
}

/// A name that no other test has, in this process, in processes beside it or in those before it.
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{:x}-{:x}-{count}", now.as_millis(), std::process::id())
}

impl Bench {
    /// The name of a topic or group of this test.
    pub(crate) fn named(&self, what: &str) -> Arc<str> {
        format!("{what}-{}", self.name).into()
    }

    /// A fresh topic.
    pub(crate) async fn topic(&self, what: &str, partitions: i32) -> Arc<str> {
        let name = self.named(what);
        let spec = TopicSpec {
            name: name.clone(),
            partitions,
            at_least: partitions,
            keep_forever: false,
        };
        self.log.ensure_topics(&[spec]).await.unwrap();
        name
    }

    /// The same log opened once more, as another process would open it.
    pub(crate) async fn opened_again(&self) -> Log {
        self.opened_with(&[]).await
    }

    /// The same log opened with other client properties.
    pub(crate) async fn opened_with(&self, properties: &[&str]) -> Log {
        let mut settings = self.settings.clone();
        for property in properties {
            settings.set_property(property).unwrap();
        }
        Log::open(&self.url, &settings).await.unwrap()
    }

    /// The same log with its schemas at another address, which matters only on Kafka.
    pub(crate) async fn opened_with_registry(&self, url: &str) -> Log {
        let mut settings = self.settings.clone();
        settings.set_schema_registry(url.parse().unwrap());
        Log::open(&self.url, &settings).await.unwrap()
    }

    /// A membership of the test's group, with more room than any test needs.
    pub(crate) fn membership(&self, topic: &Arc<str>) -> Membership {
        Membership {
            group: self.named("group").to_string(),
            topic: topic.clone(),
            alongside: Vec::new(),
            max_in_hand: 50_000,
            max_bytes_in_hand: BYTES_IN_HAND,
            announce_caught_up: false,
        }
    }

    /// Joins the test's group.
    pub(crate) async fn join(&self, topic: &Arc<str>) -> Member {
        Member::join(&self.log, self.membership(topic)).await
    }

    /// Joins the test's group, and asks for a report when everything that is there now is done.
    pub(crate) async fn join_to_catch_up(&self, topic: &Arc<str>) -> Member {
        let membership = Membership {
            announce_caught_up: true,
            ..self.membership(topic)
        };
        Member::join(&self.log, membership).await
    }

    /// Appends `count` records to each partition given. Their values are `partition/index`, index from 0.
    pub(crate) async fn fill(
        &self,
        topic: &Arc<str>,
        partitions: impl IntoIterator<Item = i32>,
        count: usize,
    ) -> Vec<Position> {
        let records = partitions
            .into_iter()
            .flat_map(|partition| {
                (0..count)
                    .map(move |index| record(topic, partition, &format!("{partition}/{index}")))
            })
            .collect();
        self.log.append(records).await.unwrap()
    }

    /// All records on a topic, in order within each partition.
    pub(crate) async fn read_all(&self, topic: &str) -> Vec<Record> {
        let mut reader = self.log.read(topic, ReadFrom::Beginning).await.unwrap();
        let mut records = Vec::new();
        loop {
            let event = tokio::time::timeout(DEADLINE, reader.next())
                .await
                .expect("the reader comes to the end");
            match event.unwrap() {
                ReadEvent::Record(record) => records.push(record),
                ReadEvent::CaughtUp => return records,
                other => panic!("the reader says {other:?}"),
            }
        }
    }

    /// The values on a topic as texts, in the order of partitions and offsets.
    pub(crate) async fn read_texts(&self, topic: &str) -> Vec<String> {
        let mut records = self.read_all(topic).await;
        records.sort_by_key(|record| (record.position.partition, record.position.offset));
        records.iter().map(text).collect()
    }

    /// The folder of a log that is a file.
    pub(crate) fn folder(&self) -> Option<&TempDir> {
        self.folder.as_ref()
    }
}

/// A record whose key and value are the same text.
pub(crate) fn record(topic: &Arc<str>, partition: i32, text: &str) -> NewRecord {
    NewRecord {
        topic: topic.clone(),
        partition,
        key: Some(text.into()),
        value: Some(text.into()),
        headers: Vec::new(),
    }
}

/// The value of a record that [`record`] made.
pub(crate) fn text(record: &Record) -> String {
    String::from_utf8(record.value.clone().unwrap()).unwrap()
}

/// The texts that [`Bench::fill`] gives to a stretch of a partition.
pub(crate) fn texts(partition: i32, indices: impl IntoIterator<Item = usize>) -> Vec<String> {
    indices
        .into_iter()
        .map(|index| format!("{partition}/{index}"))
        .collect()
}
