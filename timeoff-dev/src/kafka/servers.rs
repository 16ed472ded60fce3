//! The three kinds of servers: how to start each, and how to see that it is ready.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::kit::Kit;
use super::ports::Ports;
use super::process::Process;
use super::scram::Scram;
use super::settings::{Brokers, broker_id};
use super::{Error, Flavour, java, ports, probe, settings};

/// Three seconds are usual; this is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

/// A lean JVM that starts quickly, and leaves nothing in the system's temporary folder.
const LEAN: [&str; 3] = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
];

/// Any 16 bytes in URL-safe base64.
const KRAFT_CLUSTER_ID: &str = "timeoff-dev-kraft-000A";

/// The path below which the registry speaks the Confluent API.
pub(super) const REGISTRY_PATH: &str = "/apis/ccompat/v7";

/// Everything that is needed to start any of the servers, at first and again.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) flavour: Flavour,
    pub(super) ports: Ports,
    broker_environment: Vec<(String, String)>,
    java: PathBuf,
    kafka: Kit,
    registry: Kit,
    folder: PathBuf,
}

impl Servers {
    /// Writes the configuration into `folder`; starts nothing.
    pub(super) fn prepare(
        flavour: Flavour,
        ports: Ports,
        folder: &Path,
        scram: bool,
        properties: &[(String, String)],
        broker_environment: &[(String, String)],
    ) -> Result<Self, Error> {
        let servers = Self {
            flavour,
            ports,
            broker_environment: broker_environment.to_vec(),
            java: java::java()?,
            kafka: Kit::kafka(flavour),
            registry: Kit::registry(),
            folder: folder.to_path_buf(),
        };
        let temporary = folder.join("tmp");
        fs::create_dir_all(&temporary).map_err(Error::io("create the folder", &temporary))?;
        servers.write(
            "zoo.cfg",
            &settings::zookeeper(servers.ports.zookeeper, &folder.join("zookeeper-data")),
        )?;
        servers.write("log4j.properties", settings::LOG4J)?;
        let brokers = Brokers {
            flavour,
            ports: &servers.ports,
            scram,
            properties,
        };
        for index in 0..servers.ports.brokers.len() {
            let text = brokers.properties_of(index, &servers.broker_data(index));
            servers.write(&properties_file(index), &text)?;
        }
        Ok(servers)
    }

    pub(super) fn classpath(&self) -> String {
        self.kafka.classpath()
    }

    pub(super) fn start_zookeeper(&self) -> Result<Process, Error> {
        let port = self.ports.zookeeper;
        let config = self.path("zoo.cfg").into_os_string();
        let main = [
            "org.apache.zookeeper.server.quorum.QuorumPeerMain".into(),
            config,
        ];
        let mut zookeeper =
            self.start_kafka_java("ZooKeeper", "zookeeper.log", "128m", &[], main)?;
        zookeeper
            .wait_until(PATIENCE, |_| {
                probe::zookeeper(port, "ruok").is_some_and(|answer| answer == "imok")
            })
            .map_err(|error| port_taken(error, "ZooKeeper", &[port], &zookeeper))?;
        Ok(zookeeper)
    }

    /// Starts a broker, or starts it again.
    pub(super) fn start_broker(&self, index: usize) -> Result<Process, Error> {
        let ports = self.ports.brokers[index];
        let id = broker_id(index);
        let started = match self.flavour {
            Flavour::ZooKeeper => {
                self.wait_for_the_end_of_the_last_session(id);
                "started (kafka.server.KafkaServer)"
            }
            Flavour::KRaft => {
                self.format_storage(index)?;
                "Kafka Server started"
            }
        };
        let main = [
            "kafka.Kafka".into(),
            self.path(&properties_file(index)).into_os_string(),
        ];
        let log = format!("kafka-{id}.log");
        let environment = &self.broker_environment;
        let mut broker = self.start_kafka_java("Kafka", &log, "768m", environment, main)?;
        broker
            .wait_until(PATIENCE, |output| {
                output.contains(started) && probe::kafka(ports.clients, id)
            })
            .map_err(|error| {
                let wanted = [ports.clients, ports.internal, ports.controller];
                port_taken(error, "Kafka", &wanted, &broker)
            })?;
        Ok(broker)
    }

    /// Starts the registry, which keeps its schemas in a file so that they survive a restart. Does not wait.
    pub(super) fn spawn_registry(&self) -> Result<Process, Error> {
        let mut args = self.jvm("384m");
        args.push("-Dquarkus.http.host=127.0.0.1".into());
        args.push(format!("-Dquarkus.http.port={}", self.ports.registry).into());
        args.push("-Dquarkus.datasource.jdbc.initial-size=2".into());
        args.push("-Dquarkus.datasource.jdbc.min-size=2".into());
        args.extend(["-jar".into(), self.registry.registry_jar().into_os_string()]);
        let file = self.path("registry-data/schemas");
        // Without WRITE_DELAY=0 a kill would lose the writes of the last half second.
        let database = (
            "REGISTRY_DATASOURCE_URL".to_owned(),
            format!("jdbc:h2:file:{};WRITE_DELAY=0", file.display()),
        );
        Process::spawn(
            "the schema registry",
            &self.java,
            args,
            &[database],
            &self.path("registry.log"),
        )
    }

    pub(super) fn wait_for_registry(&self, registry: &mut Process) -> Result<(), Error> {
        let port = self.ports.registry;
        registry
            .wait_until(PATIENCE, |_| {
                probe::http_ok(probe::local(port), &format!("{REGISTRY_PATH}/subjects"))
            })
            .map_err(|error| port_taken(error, "the schema registry", &[port], registry))
    }

    /// ZooKeeper considers a killed broker alive until its session expires. A new one would fail with `NodeExists`.
    fn wait_for_the_end_of_the_last_session(&self, id: i32) {
        let start = Instant::now();
        let node = format!("/brokers/ids/{id}");
        let registered = || {
            probe::zookeeper(self.ports.zookeeper, "dump")
                .is_some_and(|sessions| sessions.split_whitespace().any(|word| word == node))
        };
        while registered() && start.elapsed() < PATIENCE {
            std::thread::sleep(POLL);
        }
    }

    /// Formats a broker's storage, unless that was done before.
    fn format_storage(&self, index: usize) -> Result<(), Error> {
        if self.broker_data(index).join("meta.properties").is_file() {
            return Ok(());
        }
        let config = self.path(&properties_file(index)).into_os_string();
        let args = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            KRAFT_CLUSTER_ID,
            "-c",
        ]
        .map(OsString::from);
        let args = args.into_iter().chain([config]);
        let log = format!("format-{}.log", broker_id(index));
        let format = self.start_kafka_java("Kafka's storage tool", &log, "128m", &[], args)?;
        let log = format.log().to_path_buf();
        let (status, tail) = format.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::Died {
                what: "Kafka's storage tool",
                status,
                log,
                tail,
            })
        }
    }

    fn start_kafka_java(
        &self,
        what: &'static str,
        log: &str,
        heap: &str,
        environment: &[(String, String)],
        main: impl IntoIterator<Item = OsString>,
    ) -> Result<Process, Error> {
        let mut args = self.jvm(heap);
        args.push(
            format!(
                "-Dlog4j.configuration=file:{}",
                self.path("log4j.properties").display()
            )
            .into(),
        );
        args.extend(["-cp".into(), self.kafka.classpath().into()]);
        args.extend(main);
        Process::spawn(what, &self.java, args, environment, &self.path(log))
    }

    fn jvm(&self, heap: &str) -> Vec<OsString> {
        let mut args: Vec<OsString> = LEAN.map(OsString::from).into();
        args.push(format!("-Xmx{heap}").into());
        args.push(format!("-Djava.io.tmpdir={}", self.path("tmp").display()).into());
        args
    }

    /// Adds the user with the password to the cluster, and writes the properties that such a client needs into the
    /// folder.
    pub(super) fn admit_scram_user(&self) -> Result<Scram, Error> {
        const WHAT: &str = "Kafka's configuration tool";
        let broker = format!("127.0.0.1:{}", self.ports.brokers[0].internal);
        let args = Scram::admit(&broker).map(OsString::from);
        let tool = self.start_kafka_java(WHAT, "scram.log", "128m", &[], args)?;
        let log = tool.log().to_path_buf();
        let (status, tail) = tool.wait()?;
        if !status.success() {
            let what = WHAT;
            return Err(Error::Died {
                what,
                status,
                log,
                tail,
            });
        }
        let ports = self.ports.brokers.iter().map(|ports| ports.scram);
        let scram = Scram::new(ports, self.path("client.properties"));
        self.write("client.properties", &scram.properties_text())?;
        Ok(scram)
    }

    /// The two flavours do not understand each other's data.
    fn broker_data(&self, index: usize) -> PathBuf {
        let kind = match self.flavour {
            Flavour::ZooKeeper => "kafka-data",
            Flavour::KRaft => "kafka-kraft-data",
        };
        self.path(&format!("{kind}-{}", broker_id(index)))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        fs::write(&path, text).map_err(Error::io("write", path))
    }
}

fn properties_file(index: usize) -> String {
    format!("server-{}.properties", broker_id(index))
}

/// A server that ended because its port was taken has not crashed: the error names the port and says what to do.
fn port_taken(error: Error, what: &'static str, wanted: &[u16], process: &Process) -> Error {
    const SIGNS: [&str; 4] = [
        "Address already in use",
        "BindException",
        "already bound",
        "seems to be in use",
    ];
    if !matches!(error, Error::Died { .. }) {
        return error;
    }
    let output = process.output();
    if SIGNS.iter().any(|sign| output.contains(sign)) {
        let taken = wanted.iter().copied().find(|port| !ports::is_free(*port));
        let port = taken.unwrap_or(wanted[0]);
        Error::PortTaken { what, port }
    } else {
        error
    }
}
