//! The log on a Kafka cluster.
//!
//! | file | what it does |
//! |---|---|
//! | `settings`, `property` | settings → client properties; one property, and why it is refused |
//! | `diagnosis` | librdkafka's reports → what a person can do |
//! | `topics` | makes and checks topics |
//! | `append` | appends, with back-pressure |
//! | `flight` | records on their way, and what becomes of them |
//! | `producer` | the thread that hears what becomes of them |
//! | `consumer` | a consumer that leaves at once |
//! | `census` | the clients and threads that are to be gone when the log is closed |
//! | `member` | the thread that owns a group member |
//! | `assignment`, `flow`, `caught_up`, `touch` | what it holds, how much it hands out, when all came, when nothing answers |
//! | `pulse` | whether a cluster that says nothing still answers |
//! | `horizon` | what was there at the start, also what an open transaction hides |
//! | `hidden` | what an open transaction hides for long |
//! | `together`, `settle` | what is recorded together; what of it is still the member's, and what to record for it |
//! | `transact`, `transaction`, `outcome` | outputs and progress as one; the producer; what became of it |
//! | `rebalance` | what the group tells a member, as values |
//! | `reader` | reads without a group |
//! | `progress` | what a group has committed, for who is not in it |
//! | `topic_ids` | which topic has a name now, for what a group has committed of an earlier one |
//! | `instance` | a transactional id that is this process's alone |

mod append;
mod assignment;
mod caught_up;
mod census;
mod consumer;
mod diagnosis;
mod flight;
mod flow;
mod hidden;
mod horizon;
mod instance;
mod member;
mod outcome;
mod producer;
mod progress;
mod property;
mod pulse;
mod reader;
mod rebalance;
mod settings;
mod settle;
mod together;
mod topic_ids;
mod topics;
mod touch;
mod transact;
mod transaction;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::client::Client;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::producer::Producer;
use rdkafka::{ClientContext, Message};

use tokio::sync::watch;

use crate::append::Appender;
use crate::avro::SchemaRegistry;
use crate::error::{AppendError, LogError};
use crate::reader::{ReadFrom, Reader};
use crate::record::{Header, NewRecord, Position, Record};
use crate::subscription::{Membership, Subscription};

pub(crate) use append::KafkaAppender;
use census::Census;
use diagnosis::Diagnosis;
use producer::RecordProducer;
pub use property::PropertyName;
pub use settings::KafkaSettings;
use settings::Role;

/// How many records that are there already are taken in one go before anything else is looked at.
const AT_ONCE: usize = 256;

/// How long one call to the cluster may take while a person or a thread waits for it.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait before a partition's leader is looked for again.
const LEADER_PAUSE: Duration = Duration::from_millis(50);

/// How long a new topic may take to be known to all brokers.
const NEWS_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the cluster may take to answer for the first time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a log's clients may take to end.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// A Kafka cluster. Clones are one.
#[derive(Clone)]
pub(crate) struct KafkaLog {
    cluster: Arc<Cluster>,
}

struct Cluster {
    address: String,
    servers: String,
    settings: KafkaSettings,
    producer: Arc<RecordProducer>,
    diagnosis: Diagnosis,
    registry: SchemaRegistry,
    census: Census,
    /// Whether everything is to end.
    is_closing: watch::Sender<bool>,
}

impl KafkaLog {
    /// See [`crate::Log::close`].
    pub(crate) async fn close(self) {
        let census = self.cluster.census.clone();
        self.cluster.is_closing.send_replace(true);
        // The last to drop it waits for the producer's threads.
        tokio::task::spawn_blocking(move || drop(self));
        let _ = tokio::time::timeout(CLOSING_TIMEOUT, census.none_left()).await;
    }

    pub(crate) async fn open(
        servers: &str,
        settings: &KafkaSettings,
    ) -> Result<KafkaLog, LogError> {
        let address = format!("kafka://{servers}");
        let diagnosis = Diagnosis::hiding(settings.values());
        let config = settings.client_config(servers, Role::Producer)?;
        let census = Census::new();
        let producer = RecordProducer::new(&config, diagnosis.clone(), &census)
            .map_err(|error| diagnosis.unavailable(&address, "set up a client", error))?;
        let (url, user) = settings.registry();
        let registry = SchemaRegistry::new(&url, user, &settings.authorities())?;
        let cluster = Arc::new(Cluster {
            address,
            servers: servers.to_owned(),
            settings: settings.clone(),
            producer: Arc::new(producer),
            diagnosis,
            registry,
            census,
            is_closing: watch::Sender::new(false),
        });
        let asked = cluster.clone();
        blocking(move || {
            // Asked twice: a new idempotent producer gets its id 500 ms late unless the connection is used twice.
            for _ in 0..2 {
                asked
                    .producer
                    .client()
                    .fetch_metadata(None, CONNECT_TIMEOUT)
                    .map_err(|error| {
                        asked
                            .diagnosis
                            .unavailable(&asked.address, "reach a broker", error)
                    })?;
            }
            Ok(())
        })
        .await?;
        Ok(KafkaLog { cluster })
    }

    pub(crate) fn address(&self) -> &str {
        &self.cluster.address
    }

    /// What an append that has not come to its end waits for.
    pub(crate) fn obstacle(&self) -> String {
        let address = &self.cluster.address;
        self.cluster.diagnosis.obstacle(address, "append a record")
    }

    pub(crate) fn registry(&self) -> SchemaRegistry {
        self.cluster.registry.clone()
    }

    pub(crate) async fn append(
        &self,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Position>, AppendError> {
        append::append(&self.cluster, records).await
    }

    pub(crate) fn appender(&self) -> Appender {
        Appender::kafka(KafkaAppender::new(self.cluster.clone()))
    }

    pub(crate) async fn subscribe(&self, membership: Membership) -> Result<Subscription, LogError> {
        member::join(self.cluster.clone(), membership).await
    }

    pub(crate) async fn read(&self, topic: &str, from: ReadFrom) -> Result<Reader, LogError> {
        reader::read(self.cluster.clone(), topic.into(), from).await
    }
}

impl Cluster {
    /// One of which nothing is asked.
    #[cfg(test)]
    fn unreached() -> Arc<Cluster> {
        let settings = KafkaSettings::new();
        let servers = "127.0.0.1:1";
        let (diagnosis, census) = (Diagnosis::default(), Census::new());
        let config = settings.client_config(servers, Role::Producer);
        let producer = RecordProducer::new(&config.expect("valid"), diagnosis.clone(), &census);
        Arc::new(Cluster {
            address: format!("kafka://{servers}"),
            servers: servers.to_owned(),
            producer: Arc::new(producer.expect("it needs no broker")),
            diagnosis,
            registry: SchemaRegistry::new(&settings.registry().0, None, &settings.authorities())
                .expect("an address"),
            settings,
            census,
            is_closing: watch::Sender::new(false),
        })
    }

    /// Waits until everything is to end. Safe to cancel.
    async fn closing(&self) {
        // An error would say that nobody is left to ask for it; we are.
        let _ = self.is_closing.subscribe().wait_for(|&is| is).await;
    }
}

/// Runs a call that blocks where it may.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    tokio::task::spawn_blocking(call)
        .await
        .unwrap_or(Err(LogError::Closed))
}

/// How many partitions a topic has; an error if there is no such topic. One that was just made is waited for: not every
/// broker has heard of it yet.
fn partition_count<C: ClientContext>(client: &Client<C>, topic: &str) -> Result<i32, KafkaError> {
    let began = Instant::now();
    loop {
        let metadata = client.fetch_metadata(Some(topic), CONNECT_TIMEOUT)?;
        let found = metadata
            .topics()
            .iter()
            .find(|found| found.name() == topic && !found.partitions().is_empty());
        match found {
            Some(found) => return Ok(found.partitions().len() as i32),
            None if began.elapsed() < NEWS_TIMEOUT => std::thread::sleep(LEADER_PAUSE),
            None => {
                let code = RDKafkaErrorCode::UnknownTopicOrPartition;
                return Err(KafkaError::MetadataFetch(code));
            }
        }
    }
}

/// The first offset of a partition, and the one after its last record that the client may see. Asked again while it is
/// not settled who leads the partition: the topic may just have been made, or its leader have died.
fn watermarks<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
    within: Duration,
) -> Result<(i64, i64), KafkaError> {
    let began = Instant::now();
    loop {
        let left = within.saturating_sub(began.elapsed());
        match client.fetch_watermarks(topic, partition, left.max(LEADER_PAUSE)) {
            Err(error) if is_without_leader(&error) && left > LEADER_PAUSE => {
                std::thread::sleep(LEADER_PAUSE);
                // The library does not look for another leader by itself here.
                let _ = client.fetch_metadata(Some(topic), CALL_TIMEOUT);
            }
            answer => return answer,
        }
    }
}

fn is_without_leader(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            // What the library itself says of a partition that has no leader.
            RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::ReplicaNotAvailable
                | RDKafkaErrorCode::KafkaStorageError
                | RDKafkaErrorCode::OffsetNotAvailable
                | RDKafkaErrorCode::FencedLeaderEpoch
                | RDKafkaErrorCode::UnknownLeaderEpoch
        )
    )
}

/// Starts a thread with a runtime of its own, for a client that must be polled by one owner.
fn spawn_owner<F: Future<Output = ()>>(
    name: &str,
    cluster: &Cluster,
    owner: impl FnOnce() -> F + Send + 'static,
) -> Result<(), LogError> {
    let unavailable = |error: std::io::Error| LogError::Unavailable {
        log: cluster.address.clone(),
        step: "start a thread".to_owned(),
        remedy: "check the limits on processes and memory".to_owned(),
        source: error.into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(unavailable)?;
    let counted = cluster.census.count_one();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _counted = counted;
            runtime.block_on(owner());
            // A call that the library does not come back from is not waited for.
            runtime.shutdown_background();
        })
        .map_err(unavailable)?;
    Ok(())
}

fn headers_of(message: &BorrowedMessage<'_>) -> Vec<Header> {
    message.headers().map_or_else(Vec::new, |headers| {
        headers
            .iter()
            .map(|header| {
                (
                    header.key.to_owned(),
                    header.value.unwrap_or_default().to_vec(),
                )
            })
            .collect()
    })
}

fn record_from(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    // rdkafka panics at a name that is no UTF-8. Headers say nothing that a decision needs.
    let headers = std::panic::catch_unwind(AssertUnwindSafe(|| headers_of(message)));
    let headers = headers.unwrap_or_else(|_| {
        tracing::warn!(
            log.topic = %topic,
            log.partition = message.partition(),
            log.offset = message.offset(),
            "the record's headers cannot be read and are left out"
        );
        Vec::new()
    });
    Record {
        position: Position {
            topic: topic.clone(),
            partition: message.partition(),
            offset: message.offset(),
        },
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}
