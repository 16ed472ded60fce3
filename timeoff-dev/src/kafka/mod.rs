//! A real Apache Kafka with a schema registry on this machine, without Docker.
//!
//! Maven fetches the jars once into a folder under `target/`; after that a cluster of one broker is up in about
//! three seconds, one of three in about ten, on ports of 127.0.0.1 that nobody else uses, with its data in a temporary
//! folder.
//!
//! ```no_run
//! use timeoff_dev::kafka::KafkaDev;
//!
//! let kafka = KafkaDev::builder().start()?;
//! let (log, registry) = (kafka.log_url(), kafka.registry_url());
//! kafka.brokers()[0].kill(); // kill -9
//! kafka.brokers()[0].start()?; // the same port, the same data
//! # Ok::<(), timeoff_dev::kafka::Error>(())
//! ```
//!
//! A test asks for [`shared()`] (one cluster for a test binary) or, when it stops servers, for its own cluster with
//! [`Builder::start_or_skip`]. Both return `None` after a loud message where Java or Maven is missing.
//!
//! | file | what lives there |
//! |---|---|
//! | `builder.rs` | what can be chosen, and the order in which servers start |
//! | `instance.rs` | a running cluster: addresses, stop and start |
//! | `broker.rs` | one of its brokers: kill, freeze, start |
//! | `leaders.rs` | which broker leads or coordinates what |
//! | `servers.rs` | the command line and the readiness of each kind of server |
//! | `settings.rs` | the text of their configuration files |
//! | `process.rs`, `slot.rs`, `folder.rs` | a child, its place, and a temporary folder; none can outlive us |
//! | `probe.rs`, `answers.rs` | small questions to servers, and what brokers answer |
//! | `scram.rs` | clients that authenticate with a password |
//! | `ports.rs` | ports of a cluster, free ports |
//! | `kit.rs`, `java.rs` | fetched jars; Java and Maven |
//! | `shared.rs` | the cluster that tests share, and skipping |
//! | `command.rs` | `timeoff-dev kafka` |

mod answers;
mod broker;
mod builder;
mod command;
mod error;
mod folder;
mod instance;
mod java;
mod kit;
mod leaders;
mod ports;
pub(crate) mod probe;
pub(crate) mod process;
mod scram;
mod servers;
mod settings;
mod shared;
mod slot;

pub use broker::Broker;
pub use builder::{Builder, Flavour};
pub use command::{KafkaArgs, run};
pub use error::Error;
pub use instance::KafkaDev;
pub use java::Missing;
pub use kit::available;
pub use scram::Scram;
pub use shared::{java_client_or_skip, require_or_skip, shared};
