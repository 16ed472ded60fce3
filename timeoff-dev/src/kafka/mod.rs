//! A real Apache Kafka with a schema registry on this machine, without Docker.
//!
//! Maven fetches the jars once into a folder under `target/`; after that a cluster of one broker is up in about
//! three seconds, on ports of 127.0.0.1 that nobody else uses, with its data in a temporary folder.
//!
//! ```no_run
//! use timeoff_dev::kafka::KafkaDev;
//!
//! let kafka = KafkaDev::builder().start()?;
//! let (log, registry) = (kafka.log_url(), kafka.registry_url());
//! kafka.kill_broker(); // kill -9
//! kafka.start_broker()?; // the same port, the same data
//! # Ok::<(), timeoff_dev::kafka::Error>(())
//! ```
//!
//! A test asks for [`shared()`] (one cluster for a test binary) or, when it stops servers, for one of its own with
//! [`Builder::start_or_skip`]; both return `None` after a loud message where Java or Maven is missing.
//!
//! | file | what lives there |
//! |---|---|
//! | `builder.rs` | what can be chosen, and the order in which servers start |
//! | `instance.rs` | a running cluster: addresses, stop and start |
//! | `servers.rs` | the command line and the readiness of each of the three servers |
//! | `settings.rs` | the text of their configuration files |
//! | `process.rs`, `folder.rs` | a child and a temporary folder that cannot outlive us |
//! | `kit.rs`, `java.rs` | fetched jars; Java and Maven |
//! | `shared.rs` | the cluster that tests share, and skipping |
//! | `command.rs` | `timeoff-dev kafka` |

mod builder;
mod command;
mod error;
mod folder;
mod instance;
mod java;
mod kit;
mod ports;
mod probe;
mod process;
mod servers;
mod settings;
mod shared;

pub use builder::{Builder, Flavour};
pub use command::{KafkaArgs, run};
pub use error::Error;
pub use instance::KafkaDev;
pub use java::{Missing, available};
pub use shared::{java_client_or_skip, require_or_skip, shared};
