//! The jars, fetched once by Maven into `target/kafka-dev/`.
//!
//! A kit is fetched into a `.partial` folder, which is renamed when it is complete; a file lock keeps processes
//! that want the same kit from fetching it twice. The pom inside shows what the kit was made from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::java::Missing;
use super::process::Process;
use super::{Error, Flavour, java};

const REGISTRY_VERSION: &str = "2.6.13.Final";

/// A set of files that Maven fetches.
#[derive(Debug)]
pub(super) struct Kit {
    name: String,
    pom: String,
    goal: &'static str,
}

impl Kit {
    pub(super) fn kafka(flavour: Flavour) -> Self {
        let version = flavour.kafka_version();
        // Kafka 3.9 calls log4j 1 directly; 4.x is content with any logger.
        let logger = match flavour {
            Flavour::ZooKeeper => "slf4j-reload4j",
            Flavour::KRaft => "slf4j-simple",
        };
        Self {
            name: format!("kafka-{version}"),
            pom: include_str!("../../maven/kafka.pom.xml")
                .replace("@KAFKA_VERSION@", version)
                .replace("@LOGGER@", logger),
            goal: "dependency:copy-dependencies",
        }
    }

    pub(super) fn registry() -> Self {
        Self {
            name: format!("registry-{REGISTRY_VERSION}"),
            pom: include_str!("../../maven/registry.pom.xml")
                .replace("@REGISTRY_VERSION@", REGISTRY_VERSION),
            goal: "dependency:unpack",
        }
    }

    /// A Kafka client and the Avro serialisers that the registry's makers wrote for it.
    pub(super) fn registry_client() -> Self {
        Self {
            name: format!("registry-client-{REGISTRY_VERSION}"),
            pom: include_str!("../../maven/registry-client.pom.xml")
                .replace("@REGISTRY_VERSION@", REGISTRY_VERSION)
                .replace("@KAFKA_VERSION@", Flavour::ZooKeeper.kafka_version()),
            goal: "dependency:copy-dependencies",
        }
    }

    /// Everything that a cluster of any flavour, or a test on one, may need.
    pub(super) fn all() -> [Self; 4] {
        [
            Self::kafka(Flavour::ZooKeeper),
            Self::kafka(Flavour::KRaft),
            Self::registry(),
            Self::registry_client(),
        ]
    }

    pub(super) fn is_complete(&self) -> bool {
        fs::read_to_string(self.folder().join("pom.xml")).is_ok_and(|pom| pom == self.pom)
    }

    /// For `java -cp`: the jars of a kit that has a `jars` folder.
    pub(super) fn classpath(&self) -> String {
        format!("{}/jars/*", self.folder().display())
    }

    /// The jar in the registry's kit that starts the registry.
    pub(super) fn registry_jar(&self) -> PathBuf {
        self.folder().join(format!(
            "registry/apicurio-registry-app-{REGISTRY_VERSION}-runner.jar"
        ))
    }

    /// Fetches the kit, unless it is complete already.
    pub(super) fn fetch(&self, progress: &dyn Fn(&str)) -> Result<(), Error> {
        if self.is_complete() {
            return Ok(());
        }
        let home = home();
        fs::create_dir_all(&home).map_err(Error::io("create the folder", &home))?;
        let _lock = self.lock(&home, progress)?;
        if self.is_complete() {
            return Ok(());
        }
        progress(&format!("fetching {} with Maven, once", self.name));
        let partial = home.join(format!("{}.partial", self.name));
        remove(&partial)?;
        fs::create_dir_all(&partial).map_err(Error::io("create the folder", &partial))?;
        let pom = partial.join("pom.xml");
        fs::write(&pom, &self.pom).map_err(Error::io("write", &pom))?;
        self.run_maven(&pom, &home.join(format!("{}.maven.log", self.name)))?;
        let folder = self.folder();
        remove(&folder)?;
        fs::rename(&partial, &folder).map_err(Error::io("rename into place", &folder))
    }

    fn run_maven(&self, pom: &Path, log: &Path) -> Result<(), Error> {
        let args = [
            "-B".as_ref(),
            "-q".as_ref(),
            "-f".as_ref(),
            pom.as_os_str(),
            self.goal.as_ref(),
        ];
        let maven = Process::spawn("Maven", &java::maven()?, args, &[], log)?;
        let (status, tail) = maven.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Fetch {
            what: self.name.clone(),
            status,
            log: log.to_path_buf(),
            tail,
        })
    }

    fn lock(&self, home: &Path, progress: &dyn Fn(&str)) -> Result<File, Error> {
        let path = home.join(format!("{}.lock", self.name));
        let lock = File::create(&path).map_err(Error::io("create", &path))?;
        if lock.try_lock().is_err() {
            progress(&format!(
                "waiting for another process to fetch {}",
                self.name
            ));
            lock.lock().map_err(Error::io("lock", &path))?;
        }
        Ok(lock)
    }

    fn folder(&self) -> PathBuf {
        home().join(&self.name)
    }
}

/// Whether a cluster can be started here: Java is installed, and Maven too unless it is no longer needed because
/// the jars have all been fetched.
///
/// # Errors
///
/// What is missing and how to install it.
pub fn available() -> Result<(), Missing> {
    java::java()?;
    if Kit::all().iter().all(Kit::is_complete) {
        return Ok(());
    }
    java::maven().map(drop)
}

/// `kafka-dev` in cargo's target folder.
fn home() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate is in a workspace's folder");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace.join(target).join("kafka-dev")
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
