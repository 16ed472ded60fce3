//! A running cluster.

use std::path::Path;
use std::sync::Arc;

use super::broker::{self, Broker};
use super::folder::Folder;
use super::process::Process;
use super::scram::Scram;
use super::servers::{REGISTRY_PATH, Servers};
use super::slot::Slot;
use super::{Builder, Error, Flavour};

/// Brokers, their ZooKeeper (not in a KRaft cluster) and a schema registry, as processes of this machine.
///
/// Dropping it kills all of them and removes a temporary folder; [`stop`](Self::stop) lets them end in an orderly
/// way. They also end when this process is killed, by whatever signal. Calls may come from any thread; calls that stop
/// and start the same server take turns.
#[derive(Debug)]
pub struct KafkaDev {
    servers: Arc<Servers>,
    // Dropped in this order: each before what it depends on, and the folder when nobody writes to it any more.
    registry: Slot,
    brokers: Vec<Broker>,
    zookeeper: Slot,
    folder: Folder,
    scram: Option<Scram>,
    has_registry: bool,
}

impl KafkaDev {
    /// A builder for ZooKeeper-based Kafka and a registry, on free ports, in a temporary folder, unless chosen
    /// otherwise.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn new(
        servers: Arc<Servers>,
        registry: Option<Process>,
        brokers: Vec<Broker>,
        zookeeper: Option<Process>,
        scram: Option<Scram>,
        folder: Folder,
    ) -> Self {
        Self {
            servers,
            has_registry: registry.is_some(),
            registry: Slot::new(registry),
            brokers,
            zookeeper: Slot::new(zookeeper),
            folder,
            scram,
        }
    }

    /// Which Kafka it is.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.servers.flavour
    }

    /// The addresses that all the brokers advertise, `127.0.0.1:PORT,127.0.0.1:PORT`: for `bootstrap.servers`.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        let brokers = self.servers.ports.brokers.iter();
        let addresses = brokers.map(|ports| format!("127.0.0.1:{}", ports.advertised));
        addresses.collect::<Vec<_>>().join(",")
    }

    /// [`bootstrap`](Self::bootstrap) as TimeOff writes it, `kafka://127.0.0.1:PORT,127.0.0.1:PORT`.
    #[must_use]
    pub fn log_url(&self) -> String {
        format!("kafka://{}", self.bootstrap())
    }

    /// How a client authenticates with a password, if the cluster was started for that.
    #[must_use]
    pub fn scram(&self) -> Option<&Scram> {
        self.scram.as_ref()
    }

    /// The URL where the registry speaks the Confluent API, `http://127.0.0.1:PORT/apis/ccompat/v7`.
    ///
    /// # Panics
    ///
    /// When the cluster was started without a registry.
    #[must_use]
    pub fn registry_url(&self) -> String {
        assert!(
            self.has_registry,
            "this cluster was started without a schema registry"
        );
        format!(
            "http://127.0.0.1:{}{REGISTRY_PATH}",
            self.servers.ports.registry
        )
    }

    /// Whether it was started with a registry.
    #[must_use]
    pub fn has_registry(&self) -> bool {
        self.has_registry
    }

    /// For `java -cp`: the jars of Kafka's server and of its Java client (not of the `kafka-*.sh` tools).
    #[must_use]
    pub fn classpath(&self) -> String {
        self.servers.classpath()
    }

    /// Where the data and the logs of the servers are (`kafka-1.log`, …, `zookeeper.log`, `registry.log`).
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process ids of all the servers that run.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let brokers = self.brokers.iter().map(Broker::pid);
        [self.registry.pid()]
            .into_iter()
            .chain(brokers)
            .chain([self.zookeeper.pid()])
            .flatten()
            .collect()
    }

    /// The brokers, to be ended, frozen and started again. A method that names a broker, such as
    /// [`leader`](Self::leader), returns its position here.
    #[must_use]
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// Starts all the brokers that do not run, at the same time, and returns when they answer. A KRaft cluster needs
    /// this after all its brokers were killed: none answers before a majority runs.
    ///
    /// # Errors
    ///
    /// When one does not start, with the end of its log; the others are started nevertheless.
    pub fn start_brokers(&self) -> Result<(), Error> {
        broker::start_all(&self.brokers)
    }

    /// Kills the registry (SIGKILL) and waits until it is gone. Nothing happens when it does not run.
    pub fn stop_registry(&self) {
        self.registry.kill();
    }

    /// Starts the registry again on the same port with the same schemas and ids, and returns when it answers.
    /// Nothing happens when it runs.
    ///
    /// # Errors
    ///
    /// When it does not start, with the end of its log.
    ///
    /// # Panics
    ///
    /// When the cluster was started without a registry.
    pub fn start_registry(&self) -> Result<(), Error> {
        assert!(
            self.has_registry,
            "this cluster was started without a schema registry"
        );
        self.registry.start(|| {
            let mut registry = self.servers.spawn_registry()?;
            self.servers.wait_for_registry(&mut registry)?;
            Ok(registry)
        })
    }

    /// The error of the first server, if any, that has ended unasked.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        let failure = self.registry.failure();
        let failure = failure.or_else(|| self.brokers.iter().find_map(Broker::failure));
        failure.or_else(|| self.zookeeper.failure())
    }

    /// Ends the registry, Kafka and ZooKeeper, in this order: in an orderly way when the data is kept, at once
    /// when it is in a temporary folder, which is removed.
    pub fn stop(self) {
        if self.folder.is_kept() {
            self.registry.stop();
            broker::stop_all(&self.brokers);
            self.zookeeper.stop();
        }
    }
}
