//! `timeoff-dev kafka`: a cluster that runs until Ctrl-C.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};

use super::{Builder, Flavour, KafkaDev, Scram};

const CHECK_EVERY: Duration = Duration::from_millis(250);

/// Start a real Kafka and a schema registry on this machine, without Docker, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct KafkaArgs {
    /// Kafka 4.1 in KRaft mode instead of Kafka 3.9 with ZooKeeper.
    #[arg(long)]
    kraft: bool,
    /// How many brokers; three or more replicate what they are given.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    brokers: u8,
    /// Port of the (first) broker [default: a free one].
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Port of the schema registry [default: a free one].
    #[arg(long, value_name = "N", conflicts_with = "no_registry")]
    registry_port: Option<u16>,
    /// Port of ZooKeeper [default: a free one].
    #[arg(long, value_name = "N", conflicts_with = "kraft")]
    zookeeper_port: Option<u16>,
    /// Keep data and logs in this folder, and serve what is there [default: a temporary folder].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// No schema registry.
    #[arg(long)]
    no_registry: bool,
    /// Clients authenticate with a password (SASL, SCRAM-SHA-512); a file with it is written for them.
    #[arg(long)]
    scram: bool,
}

/// Runs a cluster until `shutdown`: progress on standard error, then the addresses on standard output.
///
/// # Errors
///
/// When the cluster does not start, or when one of its servers ends unasked.
pub async fn run(args: KafkaArgs, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    tokio::pin!(shutdown);
    let builder = builder(args);
    let kafka = tokio::select! {
        started = tokio::task::spawn_blocking(move || builder.start()) => started.context("start Kafka")??,
        () = &mut shutdown => {
            say("stopped before Kafka was up");
            return Ok(());
        }
    };
    write!(std::io::stdout(), "{}", addresses(&kafka)).context("write the addresses")?;
    let failure = tokio::select! {
        failure = failure(&kafka) => Some(failure),
        () = &mut shutdown => None,
    };
    say("stopping");
    tokio::task::spawn_blocking(move || kafka.stop())
        .await
        .context("stop Kafka")?;
    match failure {
        Some(error) => bail!(error),
        None => Ok(()),
    }
}

fn builder(args: KafkaArgs) -> Builder {
    let flavour = if args.kraft {
        Flavour::KRaft
    } else {
        Flavour::ZooKeeper
    };
    let mut builder = KafkaDev::builder()
        .flavour(flavour)
        .brokers(args.brokers.into())
        .registry(!args.no_registry)
        .scram(args.scram)
        .progress(say);
    if let Some(port) = args.port {
        builder = builder.port(port);
    }
    if let Some(port) = args.registry_port {
        builder = builder.registry_port(port);
    }
    if let Some(port) = args.zookeeper_port {
        builder = builder.coordinator_port(port);
    }
    if let Some(folder) = args.dir {
        builder = builder.folder(folder);
    }
    builder
}

async fn failure(kafka: &KafkaDev) -> super::Error {
    loop {
        if let Some(error) = kafka.failure() {
            return error;
        }
        tokio::time::sleep(CHECK_EVERY).await;
    }
}

/// What a person needs to go on in other terminals.
fn addresses(kafka: &KafkaDev) -> String {
    let scram = kafka.scram();
    let log = scram.map_or_else(|| kafka.log_url(), Scram::log_url);
    let registry = kafka.has_registry().then(|| kafka.registry_url());
    let mut text = format!(
        "\nKafka {} is up.\n\n  {:<17}{}\n",
        kafka.flavour().kafka_version(),
        if kafka.brokers().len() == 1 {
            "broker"
        } else {
            "brokers"
        },
        log.trim_start_matches("kafka://")
    );
    if let Some(registry) = &registry {
        text += &format!("  schema registry  {registry}\n");
    }
    text += &format!(
        "  data and logs    {}\n\nIn other terminals:\n\n",
        kafka.folder().display()
    );
    for service in ["employee-service", "manager-service", "result-reader"] {
        text += &format!("  cargo run --release -p {service} -- --log {log}");
        if let Some(registry) = &registry {
            text += &format!(" --schema-registry {registry}");
        }
        if let Some(scram) = scram {
            text += &format!(" --kafka-config {}", scram.properties_file().display());
        }
        text.push('\n');
    }
    text += &format!("\nor once for a terminal:\n\n  export TIMEOFF_LOG={log}\n");
    if let Some(registry) = &registry {
        text += &format!("  export TIMEOFF_SCHEMA_REGISTRY={registry}\n");
    }
    if let Some(scram) = scram {
        let file = scram.properties_file().display();
        text += &format!("  export TIMEOFF_KAFKA_CONFIG={file}\n");
    }
    text += "\nCtrl-C stops it.\n";
    text
}

/// Reports progress on standard error. If that is closed, nothing is lost.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
