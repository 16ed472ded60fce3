//! Turns settings and a role into a client's properties.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

use super::properties::{self, Client};
use super::refusal::{Property, reason, refused};
use super::role::Role;
use super::settings::KafkaSettings;
use super::topic_ids::TopicIds;
use crate::error::LogError;

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
                // The library's message may quote a value.
                _ => refused("", "the client does not take the properties".to_owned()),
            }),
        }
    }
}

/// The shortest time after which a client sends an unanswered request again. The library shortens its backoff by up to
/// a fifth, at random.
pub(crate) fn sent_again_after(config: &ClientConfig) -> Result<Duration, KafkaError> {
    let native = config.create_native_config()?;
    let millis = |key: &str| native.get(key).map(|value| value.parse().unwrap_or(0));
    let usual: u64 = millis("retry.backoff.ms")?;
    let longest = millis("retry.backoff.max.ms")?;
    Ok(Duration::from_millis(longest.min(usual * 4 / 5)))
}
