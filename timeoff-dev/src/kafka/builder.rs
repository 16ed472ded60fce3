//! What can be chosen about a cluster, and the order in which it starts.

use std::fmt;
use std::path::PathBuf;

use super::folder::Folder;
use super::instance::KafkaDev;
use super::kit::Kit;
use super::servers::Servers;
use super::{Error, ports, require_or_skip};

/// How often new ports are tried when somebody else was faster.
const ATTEMPTS: u32 = 5;

/// Which Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// Kafka 3.9.1 with ZooKeeper, as in the compose stack.
    #[default]
    ZooKeeper,
    /// Kafka 4.1.1, which is its own controller.
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

/// The ports of 127.0.0.1 in use. The coordinator is ZooKeeper, or the controller of a KRaft cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) broker: u16,
    pub(super) coordinator: u16,
    pub(super) registry: u16,
}

/// What is to be started: [`KafkaDev::builder`], a few choices, [`start`](Self::start).
#[must_use = "nothing is started before `start`"]
pub struct Builder {
    flavour: Flavour,
    registry: bool,
    folder: Option<PathBuf>,
    port: Option<u16>,
    coordinator_port: Option<u16>,
    registry_port: Option<u16>,
    properties: Vec<(String, String)>,
    progress: Box<dyn Fn(&str) + Send>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            flavour: Flavour::default(),
            registry: true,
            folder: None,
            port: None,
            coordinator_port: None,
            registry_port: None,
            properties: Vec::new(),
            progress: Box::new(|_| ()),
        }
    }

    /// Which Kafka. Default: [`Flavour::ZooKeeper`].
    pub fn flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }

    /// Whether there is a schema registry, too. Default: yes.
    pub fn registry(mut self, registry: bool) -> Self {
        self.registry = registry;
        self
    }

    /// A folder to keep the data and the logs in, created if need be. What an earlier cluster of the same flavour
    /// left there is served again. Default: a temporary folder, removed at the end.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The port of the broker. Default: a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The port of ZooKeeper or, in a KRaft cluster, of the controller. Default: a free one.
    pub fn coordinator_port(mut self, port: u16) -> Self {
        self.coordinator_port = Some(port);
        self
    }

    /// The port of the schema registry. Default: a free one.
    pub fn registry_port(mut self, port: u16) -> Self {
        self.registry_port = Some(port);
        self
    }

    /// One more line for the broker's `server.properties`; it wins over ours.
    pub fn broker_property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// Who is told, in a few words, what is being done.
    pub fn progress(mut self, progress: impl Fn(&str) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Fetches what is missing, starts the servers and returns when all of them answer: in about three seconds
    /// once the jars are there. Blocks; asynchronous code uses `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`Error`] says what failed, with the end of the log of a server or of Maven.
    pub fn start(self) -> Result<KafkaDev, Error> {
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

    /// As [`start`](Self::start), for a test that needs a cluster of its own.
    /// `None`, after a loud message, where Java or Maven is missing: see [`require_or_skip`].
    ///
    /// # Panics
    ///
    /// When Java and Maven are there and the cluster cannot be started all the same.
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
        let servers =
            Servers::prepare(self.flavour, self.ports()?, folder.path(), &self.properties)?;
        // The registry starts beside the others: it takes as long as both of them together.
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
        let broker = servers.start_broker()?;
        if let Some(registry) = &mut registry {
            (self.progress)("starting the schema registry");
            servers.wait_for_registry(registry)?;
        }
        Ok(KafkaDev::new(servers, registry, broker, zookeeper, folder))
    }

    fn ports(&self) -> Result<Ports, Error> {
        let coordinator = match self.flavour {
            Flavour::ZooKeeper => "ZooKeeper",
            Flavour::KRaft => "Kafka's controller",
        };
        Ok(Ports {
            broker: given_or_free("Kafka", self.port)?,
            coordinator: given_or_free(coordinator, self.coordinator_port)?,
            registry: given_or_free("the schema registry", self.registry_port)?,
        })
    }

    fn is_given(&self, port: u16) -> bool {
        [self.port, self.coordinator_port, self.registry_port].contains(&Some(port))
    }
}

fn given_or_free(what: &'static str, given: Option<u16>) -> Result<u16, Error> {
    match given {
        Some(port) if !ports::is_free(port) => Err(Error::PortTaken { what, port }),
        Some(port) => Ok(port),
        None => Ok(ports::free_port()),
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavour", &self.flavour)
            .field("registry", &self.registry)
            .field("folder", &self.folder)
            .field("properties", &self.properties)
            .finish_non_exhaustive()
    }
}
