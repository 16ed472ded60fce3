//! librdkafka clients: their properties, what they report, and when they are gone.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | what a user sets |
//! | `role` | what a client is for |
//! | `properties` | which properties are set, for which role, and which a user may change: one table |
//! | `config` | settings and a role → a client's properties |
//! | `refusal` | why a property is refused |
//! | `create` | makes a client |
//! | `cluster` | what all clients of a log share |
//! | `producer`, `consumer` | one client each, and how it is polled |
//! | `rebalance` | a group's news for its member: partitions assigned and revoked |
//! | `topic_ids` | the ids of topics, as a client learns them |
//! | `diagnosis` | the library's reports → what a person can do |
//! | `instance` | a transactional id that belongs to this process alone |
//! | `thread` | threads for calls that block |
//! | `census` | counts clients and threads, until none is left |

mod census;
mod cluster;
mod config;
mod consumer;
mod create;
mod diagnosis;
mod instance;
mod producer;
mod properties;
mod rebalance;
mod refusal;
mod role;
mod settings;
mod thread;
mod topic_ids;

use std::time::Duration;

pub(crate) use cluster::Cluster;
pub(crate) use config::sent_again_after;
pub(crate) use consumer::{AT_ONCE, RecordConsumer, record_from};
pub(crate) use diagnosis::Diagnosis;
pub(crate) use instance::Instance;
pub(crate) use producer::RecordProducer;
pub(crate) use rebalance::{GroupContext, GroupNews};
pub(crate) use role::Role;
pub use settings::KafkaSettings;
pub(crate) use thread::{blocking, spawn_owner};
pub(crate) use topic_ids::{TopicId, split_topic_id, with_topic_id};

/// How long one call to the cluster may take while a person or a thread waits for it.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a client may get no answer while others do. After that it is taken to have lost its brokers, and is replaced.
///
/// A broker that has just started may answer that there are no brokers at all. The library then forgets those that it
/// knows and looks for no others, for ever: <https://github.com/confluentinc/librdkafka/issues/5301>. A client that can
/// reach the cluster does so within a second or two (`reconnect.backoff.max.ms`).
pub(crate) const LOST: Duration = Duration::from_secs(10);

/// How long the cluster may take to answer for the first time.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
