//! What can be chosen about a cluster, and the order in which it starts.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::broker::{self, Broker};
use super::folder::Folder;
use super::instance::KafkaDev;
use super::kit::Kit;
use super::ports::{self, BrokerPorts, FreePorts, Ports};
use super::servers::Servers;
use super::{Error, require_or_skip};

/// How often to try, each time on new ports, when another process takes one of them first.
const ATTEMPTS: u32 = 5;

/// Which Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// Kafka 3.9.1 with ZooKeeper, as in the compose stack.
    #[default]
    ZooKeeper,
    /// Kafka 4.1.1 without ZooKeeper: the brokers are their own controllers.
    KRaft,
}

impl Flavour {
    /// The version of Apache Kafka, for instance `3.9.1`.
    #[must_use]
    pub fn kafka_version(self) -> &'static str {
        match self {
            Self::ZooKeeper => "3.9.1",
            Self::KRaft => "4.1.1",
        }
    }
}

/// A cluster to start: [`KafkaDev::builder`], a few choices, [`start`](Self::start).
#[must_use = "nothing is started before `start`"]
pub struct Builder {
    flavour: Flavour,
    brokers: usize,
    registry: bool,
    scram: bool,
    folder: Option<PathBuf>,
    port: Option<u16>,
    coordinator_port: Option<u16>,
    registry_port: Option<u16>,
    advertised_ports: Vec<u16>,
    properties: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    progress: Box<dyn Fn(&str) + Send>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            flavour: Flavour::default(),
            brokers: 1,
            registry: true,
            scram: false,
            folder: None,
            port: None,
            coordinator_port: None,
            registry_port: None,
            advertised_ports: Vec::new(),
            properties: Vec::new(),
            environment: Vec::new(),
            progress: Box::new(|_| ()),
        }
    }

    /// Which Kafka. Default: [`Flavour::ZooKeeper`].
    pub fn flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }

    /// How many brokers, at least one. Default: 1. With three or more, every topic has three replicas unless it is
    /// created otherwise, and `acks=all` needs at least two of them in sync. In a KRaft cluster every broker is also a
    /// controller.
    pub fn brokers(mut self, brokers: usize) -> Self {
        self.brokers = brokers;
        self
    }

    /// Whether to start a schema registry, too. Default: yes.
    pub fn registry(mut self, registry: bool) -> Self {
        self.registry = registry;
        self
    }

    /// Whether every broker also listens for clients that authenticate with a password: see [`KafkaDev::scram`].
    /// Default: no.
    pub fn scram(mut self, scram: bool) -> Self {
        self.scram = scram;
        self
    }

    /// A folder to keep the data and the logs in, created if need be. Data that an earlier cluster left there is served
    /// again, if that cluster had the same flavour and number of brokers. Default: a temporary folder, removed at the
    /// end.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The port of the first broker; the others have free ones. Default: a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The port of ZooKeeper or, in a KRaft cluster, of the first controller. Default: a free one.
    pub fn coordinator_port(mut self, port: u16) -> Self {
        self.coordinator_port = Some(port);
        self
    }

    /// The port of the schema registry. Default: a free one.
    pub fn registry_port(mut self, port: u16) -> Self {
        self.registry_port = Some(port);
        self
    }

    /// For each broker in order, the port of 127.0.0.1 that it advertises to clients instead of its own, because a
    /// relay listens there. The brokers do not use these ports among themselves. Default: their own ports.
    pub fn advertised_ports(mut self, ports: Vec<u16>) -> Self {
        self.advertised_ports = ports;
        self
    }

    /// One more line for the `server.properties` of every broker; it overrides ours.
    pub fn broker_property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// An environment variable for the Java of every broker, and of no other server.
    pub fn broker_environment(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    /// A function that is called with a few words on what is being done.
    pub fn progress(mut self, progress: impl Fn(&str) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Fetches missing jars, starts the servers and returns when all of them answer. Once the jars are there, that
    /// takes about three seconds for one broker and about ten for three. Blocks; asynchronous code uses
    /// `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`Error`] says what failed, with the end of the log of a server or of Maven.
    ///
    /// # Panics
    ///
    /// When the number of brokers is 0, or when there are advertised ports but not one for each broker.
    pub fn start(self) -> Result<KafkaDev, Error> {
        assert!(self.brokers > 0, "a cluster has at least one broker");
        let advertised = self.advertised_ports.len();
        assert!(
            advertised == 0 || advertised == self.brokers,
            "{advertised} advertised ports for {} brokers",
            self.brokers
        );
        super::java::java()?;
        Kit::kafka(self.flavour).fetch(&self.progress)?;
        if self.registry {
            Kit::registry().fetch(&self.progress)?;
        }
        let mut attempt = 1;
        loop {
            match self.start_once() {
                Err(Error::PortTaken { port, .. })
                    if attempt < ATTEMPTS && !self.is_given(port) =>
                {
                    attempt += 1
                }
                outcome => return outcome,
            }
        }
    }

    /// As [`start`](Self::start), for a test that needs its own cluster.
    /// `None`, after a loud message, where Java or Maven is missing: see [`require_or_skip`].
    ///
    /// # Panics
    ///
    /// When Java and Maven are there but the cluster cannot be started.
    #[must_use]
    pub fn start_or_skip(self) -> Option<KafkaDev> {
        require_or_skip()?;
        match self.start() {
            Ok(kafka) => Some(kafka),
            Err(error) => panic!(
                "no Kafka for this test: {error}{}",
                super::shared::causes(&error)
            ),
        }
    }

    fn start_once(&self) -> Result<KafkaDev, Error> {
        let folder = match &self.folder {
            Some(folder) => Folder::kept(folder)?,
            None => Folder::temporary()?,
        };
        let servers = Arc::new(Servers::prepare(
            self.flavour,
            self.ports()?,
            folder.path(),
            self.scram,
            &self.properties,
            &self.environment,
        )?);
        // The registry starts in parallel: it takes as long as ZooKeeper and Kafka together.
        let mut registry = self
            .registry
            .then(|| servers.spawn_registry())
            .transpose()?;
        let zookeeper = match self.flavour {
            Flavour::ZooKeeper => {
                (self.progress)("starting ZooKeeper");
                Some(servers.start_zookeeper()?)
            }
            Flavour::KRaft => None,
        };
        (self.progress)(&format!("starting Kafka {}", self.flavour.kafka_version()));
        let brokers: Vec<Broker> = (0..self.brokers)
            .map(|index| Broker::new(Arc::clone(&servers), index))
            .collect();
        broker::start_all(&brokers)?;
        let scram = self.scram.then(|| servers.admit_scram_user()).transpose()?;
        if let Some(registry) = &mut registry {
            (self.progress)("starting the schema registry");
            servers.wait_for_registry(registry)?;
        }
        Ok(KafkaDev::new(
            servers, registry, brokers, zookeeper, scram, folder,
        ))
    }

    fn ports(&self) -> Result<Ports, Error> {
        let coordinator = match self.flavour {
            Flavour::ZooKeeper => "ZooKeeper",
            Flavour::KRaft => "Kafka's controller",
        };
        let given = [
            ("Kafka", self.port),
            (coordinator, self.coordinator_port),
            ("the schema registry", self.registry_port),
        ];
        for (what, port) in given {
            if let Some(port) = port.filter(|port| !ports::is_free(*port)) {
                return Err(Error::PortTaken { what, port });
            }
        }
        let given = given.into_iter().filter_map(|(_, port)| port);
        let mut free = FreePorts::except(given.chain(self.advertised_ports.iter().copied()));
        let mut brokers: Vec<BrokerPorts> = Vec::new();
        for index in 0..self.brokers {
            let first = |given: Option<u16>| given.filter(|_| index == 0);
            let clients = first(self.port).unwrap_or_else(|| free.next());
            brokers.push(BrokerPorts {
                clients,
                advertised: self.advertised_ports.get(index).copied().unwrap_or(clients),
                internal: free.next(),
                controller: first(self.coordinator_port).unwrap_or_else(|| free.next()),
                scram: free.next(),
            });
        }
        Ok(Ports {
            brokers,
            zookeeper: self.coordinator_port.unwrap_or_else(|| free.next()),
            registry: self.registry_port.unwrap_or_else(|| free.next()),
        })
    }

    fn is_given(&self, port: u16) -> bool {
        [self.port, self.coordinator_port, self.registry_port].contains(&Some(port))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavour", &self.flavour)
            .field("brokers", &self.brokers)
            .field("registry", &self.registry)
            .field("folder", &self.folder)
            .field("properties", &self.properties)
            .finish_non_exhaustive()
    }
}
