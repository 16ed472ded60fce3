//! What all clients of one log share: the cluster's address, the settings, the producer, and what clients have reported
//! of trouble.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::admin::AdminClient;
use rdkafka::client::Client;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;
use rdkafka::{ClientConfig, ClientContext};
use tokio::sync::{mpsc, watch};

use super::census::{Census, Counted};
use super::consumer::RecordConsumer;
use super::create::create;
use super::diagnosis::Diagnosis;
use super::producer::RecordProducer;
use super::rebalance::{GroupContext, GroupNews};
use super::role::Role;
use super::settings::KafkaSettings;
use super::{CALL_TIMEOUT, CONNECT_TIMEOUT, LOST};
use crate::error::LogError;
use crate::schemas::RegistrySettings;

/// How long a log's clients may take to end.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// A Kafka cluster, as one log uses it.
pub(crate) struct Cluster {
    address: String,
    servers: String,
    settings: KafkaSettings,
    standing: Arc<Standing>,
    diagnosis: Diagnosis,
    census: Census,
    /// Whether all clients are to end.
    is_closing: watch::Sender<bool>,
}

/// The producer that serves as long as the log is open.
struct Standing {
    producer: Mutex<Arc<RecordProducer>>,
    config: ClientConfig,
    diagnosis: Diagnosis,
    census: Census,
    doubt: Mutex<Doubt>,
}

/// Whether the producer may have lost its brokers.
#[derive(Default)]
struct Doubt {
    /// Since when steps have been failing.
    failing_since: Option<Instant>,
    is_being_cleared_up: bool,
}

impl Cluster {
    /// Makes the producer. Contacts no broker yet: see [`Cluster::reach`].
    pub(crate) fn new(servers: &str, settings: &KafkaSettings) -> Result<Cluster, LogError> {
        let address = format!("kafka://{servers}");
        let diagnosis = Diagnosis::hiding(settings.values());
        let config = settings.client_config(servers, Role::Producer)?;
        let census = Census::new();
        let producer = RecordProducer::new(&config, diagnosis.clone(), &census)
            .map_err(|error| diagnosis.unavailable(&address, "set up a client", error))?;
        let standing = Standing {
            producer: Mutex::new(Arc::new(producer)),
            config,
            diagnosis: diagnosis.clone(),
            census: census.clone(),
            doubt: Mutex::default(),
        };
        Ok(Cluster {
            address,
            servers: servers.to_owned(),
            settings: settings.clone(),
            standing: Arc::new(standing),
            diagnosis,
            census,
            is_closing: watch::Sender::new(false),
        })
    }

    /// A cluster that is never contacted.
    #[cfg(test)]
    pub(crate) fn unreached() -> Arc<Cluster> {
        let cluster = Cluster::new("127.0.0.1:1", &KafkaSettings::new());
        Arc::new(cluster.expect("it needs no broker"))
    }

    /// Waits until a broker answers.
    pub(crate) fn reach(&self) -> Result<(), LogError> {
        // Asked twice: a new idempotent producer gets its id 500 ms late unless the connection is used twice.
        for _ in 0..2 {
            self.producer()
                .client()
                .fetch_metadata(None, CONNECT_TIMEOUT)
                .map_err(|error| self.unavailable("reach a broker", error))?;
        }
        Ok(())
    }

    /// The cluster as a URL, to be shown.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The producer for everything that is appended outside a transaction. Open transactions hide nothing from it.
    pub(crate) fn producer(&self) -> Arc<RecordProducer> {
        self.standing.producer()
    }

    /// Whether the cluster answers a client that is made for this question.
    pub(crate) fn answers_another_client(&self, topic: &str) -> bool {
        let another = self.lone_consumer(Role::Reader);
        another.is_ok_and(|another| names_brokers(another.client(), Some(topic)))
    }

    /// How to reach the cluster's schema registry.
    pub(crate) fn registry(&self) -> RegistrySettings {
        self.settings.registry()
    }

    /// The properties of a client in this role.
    pub(crate) fn config(&self, role: Role<'_>) -> Result<ClientConfig, LogError> {
        self.settings.client_config(&self.servers, role)
    }

    /// A consumer with these properties; `news` receives what its group tells it.
    pub(crate) fn consumer(
        &self,
        config: &ClientConfig,
        news: mpsc::UnboundedSender<GroupNews>,
    ) -> Result<RecordConsumer, LogError> {
        let context = GroupContext::new(self.diagnosis.clone(), news);
        RecordConsumer::new(config, context, &self.census)
            .map_err(|error| self.unavailable("set up a client", error))
    }

    /// A consumer that is in no group, or only reads what a group has committed.
    pub(crate) fn lone_consumer(&self, role: Role<'_>) -> Result<RecordConsumer, LogError> {
        let (news, _) = mpsc::unbounded_channel();
        self.consumer(&self.config(role)?, news)
    }

    /// A producer of transactions. The inner error is the library's.
    pub(crate) fn transactional_producer(
        &self,
        transactional_id: &str,
    ) -> Result<Result<RecordProducer, KafkaError>, LogError> {
        let config = self.config(Role::Transactional {
            id: transactional_id,
        })?;
        Ok(RecordProducer::new(
            &config,
            self.diagnosis.clone(),
            &self.census,
        ))
    }

    /// A client that changes topics, and its place in the census, which must be dropped after it. The inner error is
    /// the client's: the caller reports it with the step that needs the client.
    pub(crate) fn admin(
        &self,
    ) -> Result<(Counted, Result<AdminClient<Diagnosis>, KafkaError>), LogError> {
        let config = self.config(Role::Producer)?;
        let counted = self.census.count_one();
        Ok((counted, create(&config, self.diagnosis.clone())))
    }

    /// Counts a thread that uses a client, until what is returned is dropped.
    pub(crate) fn count_thread(&self) -> Counted {
        self.census.count_one()
    }

    /// The error of a step that failed, with what the library reported in the background, and a remedy.
    pub(crate) fn unavailable(&self, step: &str, error: KafkaError) -> LogError {
        self.standing.doubt();
        self.diagnosis.unavailable(&self.address, step, error)
    }

    /// Replaces the producer if it has lost its brokers: it has been trying for long, in vain.
    pub(crate) async fn look_after_producer(&self) {
        let standing = self.standing.clone();
        // An error means that the process ends.
        let _ = tokio::task::spawn_blocking(move || standing.replace_if_lost()).await;
    }

    /// The same for a step that is still waiting.
    pub(crate) fn obstacle(&self, step: &str) -> LogError {
        self.diagnosis.obstacle(&self.address, step)
    }

    /// Forgets reported trouble: the cluster answers.
    pub(crate) fn answers(&self) {
        self.standing.trust();
        self.diagnosis.clear();
    }

    /// Ends all clients, and waits for that.
    pub(crate) async fn close(self: Arc<Self>) {
        let census = self.census.clone();
        self.is_closing.send_replace(true);
        // Dropping the last reference waits for the producer's threads.
        tokio::task::spawn_blocking(move || drop(self));
        let _ = tokio::time::timeout(CLOSING_TIMEOUT, census.none_left()).await;
    }

    /// Waits until all clients are to end. Safe to cancel.
    pub(crate) async fn closing(&self) {
        // This cannot fail: `self` holds the sender.
        let _ = self.is_closing.subscribe().wait_for(|&is| is).await;
    }
}

impl Standing {
    fn producer(&self) -> Arc<RecordProducer> {
        self.producer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes that a step has worked.
    fn trust(&self) {
        self.doubt_state().failing_since = None;
    }

    /// Notes that a step has failed. If steps have been failing for long, has the producer replaced if it has lost its
    /// brokers, on another thread.
    fn doubt(self: &Arc<Self>) {
        let mut doubt = self.doubt_state();
        let since = *doubt.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() < LOST || std::mem::replace(&mut doubt.is_being_cleared_up, true) {
            return;
        }
        drop(doubt);
        let standing = self.clone();
        let counted = self.census.count_one();
        let began = std::thread::Builder::new().spawn(move || {
            let _counted = counted;
            standing.replace_if_lost();
            standing.doubt_state().is_being_cleared_up = false;
        });
        if began.is_err() {
            self.doubt_state().is_being_cleared_up = false;
        }
    }

    fn replace_if_lost(&self) {
        let reaches = |producer: &RecordProducer| names_brokers(producer.client(), None);
        if reaches(&self.producer()) {
            return;
        }
        let another = RecordProducer::new(&self.config, self.diagnosis.clone(), &self.census);
        // It has reached the cluster before, so it would by now if it ever did.
        if let Ok(another) = another
            && reaches(&another)
            && !reaches(&self.producer())
        {
            tracing::warn!("a Kafka client has lost its brokers and is replaced");
            // What is in flight with the old one is reported as failed by it.
            *self.producer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(another);
        }
        self.trust();
    }

    fn doubt_state(&self) -> std::sync::MutexGuard<'_, Doubt> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a client gets an answer about the cluster that names any broker.
fn names_brokers<C: ClientContext>(client: &Client<C>, topic: Option<&str>) -> bool {
    client
        .fetch_metadata(topic, CALL_TIMEOUT)
        .is_ok_and(|metadata| !metadata.brokers().is_empty())
}
