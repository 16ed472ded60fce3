//! Settings and a role become a client's properties.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

use super::properties::{self, Client};
use super::refusal::{Property, reason, refused};
use super::settings::KafkaSettings;
use super::topic_ids::TopicIds;
use crate::error::LogError;

/// What a client is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role<'a> {
    /// Appending, and asking about the cluster.
    Producer,
    /// Settling with outputs.
    Transactional { id: &'a str },
    /// Being handed records as a member of a group.
    Member {
        group: &'a str,
        /// How many deliveries it can have in its hands.
        in_hand: usize,
    },
    /// Reading without a group.
    Reader,
}

/// A role without what is particular to one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Producer,
    Transactional,
    Member,
    Reader,
}

impl Role<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Role::Producer => Kind::Producer,
            Role::Transactional { .. } => Kind::Transactional,
            Role::Member { .. } => Kind::Member,
            Role::Reader => Kind::Reader,
        }
    }
}

impl KafkaSettings {
    /// The properties of a client: our defaults, then the user's, then those that must hold.
    ///
    /// # Errors
    ///
    /// [`LogError::RefusedProperty`] if librdkafka does not know one or its value.
    pub(crate) fn client_config(
        &self,
        servers: &str,
        role: Role<'_>,
    ) -> Result<ClientConfig, LogError> {
        let client = Client {
            servers,
            role,
            many_records: self.many_records(),
            ends: self.ends(),
        };
        let mut config = ClientConfig::new();
        for (key, value) in properties::defaults(&client) {
            config.set(key, value);
        }
        for Property { key, value } in self.properties() {
            config.set(key, value.reveal());
        }
        for (key, value) in properties::pins(&client) {
            config.set(key, value);
        }
        if let Role::Member { .. } = role {
            TopicIds::ask_for(&mut config);
        }
        match config.create_native_config() {
            Ok(_) => Ok(config),
            Err(error) => Err(match &error {
                KafkaError::ClientConfig(_, _, key, value) => {
                    refused(key, reason(key, value, &error))
                }
                // Its words may quote a value.
                _ => refused("", "the client does not take the properties".to_owned()),
            }),
        }
    }
}

/// The least time after which a client sends an unanswered request again. The library shortens its backoff by up to a
/// fifth, at random.
pub(crate) fn sent_again_after(config: &ClientConfig) -> Result<Duration, KafkaError> {
    let native = config.create_native_config()?;
    let millis = |key: &str| native.get(key).map(|value| value.parse().unwrap_or(0));
    let usual: u64 = millis("retry.backoff.ms")?;
    let longest = millis("retry.backoff.max.ms")?;
    Ok(Duration::from_millis(longest.min(usual * 4 / 5)))
}
