//! A running cluster.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::folder::Folder;
use super::process::Process;
use super::servers::{REGISTRY_PATH, Servers};
use super::{Builder, Error, Flavour};

/// How long a server may take to end after SIGTERM. A ZooKeeper-based broker takes up to six seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker, its ZooKeeper (not in a KRaft cluster) and a schema registry, as processes of this machine.
///
/// Dropping it kills all of them and removes a temporary folder; [`stop`](Self::stop) lets them end in an orderly
/// way. They also end when this process is killed, whatever it is killed with. Calls may come from any thread;
/// those that stop and start take turns.
#[derive(Debug)]
pub struct KafkaDev {
    servers: Servers,
    // Dropped in this order: each before what it depends on, and the folder when nobody writes to it any more.
    registry: Mutex<Option<Process>>,
    broker: Mutex<Option<Process>>,
    zookeeper: Mutex<Option<Process>>,
    folder: Folder,
    has_registry: bool,
}

impl KafkaDev {
    /// ZooKeeper-based Kafka and a registry, free ports, a temporary folder: unless chosen otherwise.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn new(
        servers: Servers,
        registry: Option<Process>,
        broker: Process,
        zookeeper: Option<Process>,
        folder: Folder,
    ) -> Self {
        let has_registry = registry.is_some();
        let [registry, broker, zookeeper] = [registry, Some(broker), zookeeper].map(Mutex::new);
        Self {
            servers,
            registry,
            broker,
            zookeeper,
            folder,
            has_registry,
        }
    }

    /// Which Kafka it is.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.servers.flavour
    }

    /// The broker's address, `127.0.0.1:PORT`: for `bootstrap.servers`.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.servers.ports.broker)
    }

    /// The broker's address as TimeOff writes it, `kafka://127.0.0.1:PORT`.
    #[must_use]
    pub fn log_url(&self) -> String {
        format!("kafka://{}", self.bootstrap())
    }

    /// Where the registry speaks the Confluent API, `http://127.0.0.1:PORT/apis/ccompat/v7`.
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

    /// Where the data and the logs of the servers are (`kafka.log`, `zookeeper.log`, `registry.log`).
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The broker's process id; `None` while it is stopped.
    #[must_use]
    pub fn broker_pid(&self) -> Option<u32> {
        lock(&self.broker).as_ref().map(Process::pid)
    }

    /// The process ids of all the servers that run.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.slots()
            .into_iter()
            .filter_map(|slot| lock(slot).as_ref().map(Process::pid))
            .collect()
    }

    /// Ends the broker in an orderly way and waits for it: 1 to 6 seconds. Nothing happens when it does not run.
    pub fn stop_broker(&self) {
        stop(&self.broker);
    }

    /// Kills the broker (SIGKILL) and waits until it is gone. Nothing happens when it does not run.
    pub fn kill_broker(&self) {
        drop(lock(&self.broker).take());
    }

    /// Starts the broker again on the same port with the same data, and returns when it answers. Nothing happens
    /// when it runs. After [`kill_broker`](Self::kill_broker) it takes about three seconds longer than at first:
    /// the cluster has to notice that the old one is dead.
    ///
    /// # Errors
    ///
    /// When it does not start, with the end of its log.
    pub fn start_broker(&self) -> Result<(), Error> {
        let mut broker = lock(&self.broker);
        if broker.is_none() {
            *broker = Some(self.servers.start_broker()?);
        }
        Ok(())
    }

    /// Kills the registry (SIGKILL) and waits until it is gone. Nothing happens when it does not run.
    pub fn stop_registry(&self) {
        drop(lock(&self.registry).take());
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
        let mut registry = lock(&self.registry);
        if registry.is_none() {
            let mut process = self.servers.spawn_registry()?;
            self.servers.wait_for_registry(&mut process)?;
            *registry = Some(process);
        }
        Ok(())
    }

    /// The first server, if any, that has ended although nobody had asked it to.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        self.slots().into_iter().find_map(|slot| {
            let mut slot = lock(slot);
            let process = slot.as_mut()?;
            process.ended().map(|status| process.died(status))
        })
    }

    /// Ends the registry, Kafka and ZooKeeper, in this order: in an orderly way when the data is kept, at once
    /// when it is in a temporary folder, which is removed.
    pub fn stop(self) {
        if self.folder.is_kept() {
            self.slots().into_iter().for_each(stop);
        }
    }

    fn slots(&self) -> [&Mutex<Option<Process>>; 3] {
        [&self.registry, &self.broker, &self.zookeeper]
    }
}

fn stop(slot: &Mutex<Option<Process>>) {
    if let Some(process) = lock(slot).take() {
        process.stop(PATIENCE);
    }
}

/// A panic elsewhere does not make the process in the slot any less ours.
fn lock(slot: &Mutex<Option<Process>>) -> MutexGuard<'_, Option<Process>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
