//! One property of a Kafka client: its name, its secret value, and why it is refused.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::properties::{in_place_of, objection, pinned_names};
use crate::error::LogError;
use crate::property_name::PropertyName;
use crate::secret::Secret;

/// The properties that people usually set, to suggest one for a typo.
const USUAL: &[&str] = &[
    "basic.auth.user.info",
    "broker.address.family",
    "client.id",
    "debug",
    "linger.ms",
    "message.timeout.ms",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "schema.registry.url",
    "security.protocol",
    "session.timeout.ms",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.keystore.location",
    "ssl.keystore.password",
];

/// How alike two names must be (1: the same) for one to be suggested in place of the other.
const ALIKE: f64 = 0.8;

/// A property that the client accepts, and that breaks no promise.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) key: String,
    pub(super) value: Secret,
}

impl Property {
    pub(super) fn new(key: &str, value: &str) -> Result<Property, LogError> {
        if let Some(reason) = objection(key, value) {
            return Err(LogError::RefusedProperty {
                name: PropertyName::of(key),
                reason: reason.to_owned(),
                remedy: in_place_of(key),
            });
        }
        let mut alone = ClientConfig::new();
        alone.set(key, value);
        match alone.create_native_config() {
            Ok(_) => Ok(Property {
                key: key.to_owned(),
                value: value.into(),
            }),
            Err(error) => Err(refused(key, reason(key, value, &error))),
        }
    }
}

pub(super) fn refused(key: &str, reason: String) -> LogError {
    LogError::RefusedProperty {
        name: PropertyName::of(key),
        reason,
        remedy: None,
    }
}

/// Why the client does not accept a property. The library's message quotes the value, so only the parts that do not are
/// repeated.
pub(super) fn reason(key: &str, value: &str, error: &KafkaError) -> String {
    const RANGE: &str = " is outside allowed range ";
    let KafkaError::ClientConfig(kind, text, ..) = error else {
        return "the client does not take it".to_owned();
    };
    if *kind == RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN {
        return match nearest(key) {
            Some(name) => format!("there is no such property; did you mean {name}?"),
            None => "there is no such property (librdkafka's CONFIGURATION.md lists them)".into(),
        };
    }
    // A property that only Java's clients have gets a fixed message.
    if text.starts_with("Java ") {
        return text.trim_end_matches('.').to_owned();
    }
    let range = text.split_once(RANGE).map(|(_, range)| range.trim());
    match range.filter(|_| value.parse::<f64>().is_ok()) {
        Some(range) => format!("its value is not in {range}"),
        None => "its value is not one that it can have (see librdkafka's CONFIGURATION.md)".into(),
    }
}

/// The known name that is most like this one, if any is alike enough.
fn nearest(key: &str) -> Option<&'static str> {
    pinned_names()
        .chain(USUAL.iter().copied())
        .map(|name| (name, strsim::jaro_winkler(name, key)))
        .filter(|&(_, likeness)| likeness >= ALIKE)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(name, _)| name)
}
