//! Clients that authenticate with a password: SASL with SCRAM-SHA-512, over plain connections on this machine.

use std::path::{Path, PathBuf};

/// The only user. The password protects nothing: anyone on this machine can read it here.
const USER: &str = "timeoff";
const PASSWORD: &str = "timeoff-on-this-machine";

/// How a client authenticates with a password: see [`KafkaDev::scram`](super::KafkaDev::scram).
#[derive(Debug, Clone)]
pub struct Scram {
    bootstrap: String,
    file: PathBuf,
}

impl Scram {
    pub(super) fn new(ports: impl Iterator<Item = u16>, file: PathBuf) -> Self {
        let addresses: Vec<String> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
        Self {
            bootstrap: addresses.join(","),
            file,
        }
    }

    /// The addresses as TimeOff writes them, `kafka://127.0.0.1:PORT,127.0.0.1:PORT`.
    #[must_use]
    pub fn log_url(&self) -> String {
        format!("kafka://{}", self.bootstrap)
    }

    /// A file of librdkafka properties with the user and the password, for `--kafka-config`.
    #[must_use]
    pub fn properties_file(&self) -> &Path {
        &self.file
    }

    pub(super) fn properties_text(&self) -> String {
        format!(
            "security.protocol=sasl_plaintext\nsasl.mechanisms=SCRAM-SHA-512\n\
             sasl.username={USER}\nsasl.password={PASSWORD}\n"
        )
    }

    /// Main class and arguments of the tool that adds the user to a cluster.
    pub(super) fn admit(broker: &str) -> [String; 10] {
        // The most iterations that Kafka allows: the longer a client computes, the more a test sees of what happens
        // meanwhile.
        let credentials = format!("SCRAM-SHA-512=[iterations=16384,password={PASSWORD}]");
        [
            "kafka.admin.ConfigCommand",
            "--bootstrap-server",
            broker,
            "--alter",
            "--add-config",
            &credentials,
            "--entity-type",
            "users",
            "--entity-name",
            USER,
        ]
        .map(str::to_owned)
    }
}
