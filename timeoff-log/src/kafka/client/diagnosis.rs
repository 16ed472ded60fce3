//! What librdkafka reports of trouble, turned into what a person can do about it.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::error::LogError;
use crate::secret::Secret;

/// Shorter values are not looked for in the library's reports: they would match everywhere.
const SHORTEST_HIDDEN_CHARS: usize = 4;

/// Hears what a client reports in the background, and keeps the latest.
#[derive(Clone, Default)]
pub(crate) struct Diagnosis {
    latest: Arc<Mutex<Option<Symptom>>>,
    /// Values that the library may quote and that must not be shown, longest first.
    hidden: Arc<[Secret]>,
}

#[derive(Clone)]
struct Symptom {
    code: Option<RDKafkaErrorCode>,
    text: String,
}

impl Diagnosis {
    /// For clients that were given these values as properties.
    pub(crate) fn hiding<'a>(values: impl Iterator<Item = &'a Secret>) -> Diagnosis {
        let mut hidden: Vec<Secret> = values
            .filter(|value| value.reveal().chars().count() >= SHORTEST_HIDDEN_CHARS)
            .cloned()
            .collect();
        hidden.sort_by_key(|value| std::cmp::Reverse(value.reveal().len()));
        Diagnosis {
            hidden: hidden.into(),
            ..Diagnosis::default()
        }
    }

    /// The library's words without the values of properties.
    fn without_values(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &*self.hidden {
            if text.contains(value.reveal()) {
                text = text.replace(value.reveal(), "…");
            }
        }
        text
    }

    /// An error for `step` at `address`: the background's latest report tells more than the call's own "timed out".
    pub(crate) fn unavailable(&self, address: &str, step: &str, error: KafkaError) -> LogError {
        let own = match &error {
            // The library's Rust side leaves the broker's word on topics out.
            KafkaError::AdminOp(code) => Some(*code),
            error => error.rdkafka_error_code(),
        };
        let heard = self
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let vague = matches!(
            own,
            None | Some(
                RDKafkaErrorCode::OperationTimedOut
                    | RDKafkaErrorCode::BrokerTransportFailure
                    | RDKafkaErrorCode::AllBrokersDown
                    | RDKafkaErrorCode::MessageTimedOut
            )
        );
        let (code, text) = match heard {
            Some(symptom) if vague => (symptom.code, symptom.text),
            _ => (own, error.to_string()),
        };
        LogError::Unavailable {
            log: address.to_owned(),
            step: step.to_owned(),
            remedy: remedy(code, &text).to_owned(),
            source: self.without_values(&text).into(),
        }
    }

    /// Forgets what was heard: the log answers.
    pub(crate) fn clear(&self) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The same as a line for a person.
    pub(crate) fn reason(&self, address: &str, step: &str, error: KafkaError) -> String {
        match self.unavailable(address, step, error) {
            LogError::Unavailable {
                log,
                step,
                remedy,
                source,
            } => format!("{log}: could not {step} ({source}); {remedy}"),
            other => other.to_string(),
        }
    }

    /// The same of something that is still being waited for.
    pub(crate) fn obstacle(&self, address: &str, step: &str) -> String {
        let heard = self
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (code, text) = heard.map_or((None, "no answer yet".to_owned()), |symptom| {
            (symptom.code, symptom.text)
        });
        let remedy = remedy(code, &text);
        let text = self.without_values(&text);
        format!("{address}: could not {step} yet ({text}); {remedy}")
    }

    pub(crate) fn hear(&self, code: Option<RDKafkaErrorCode>, text: &str) {
        // Having read everything is reported like an error.
        if code == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // "All brokers down" follows the report that says why.
        if code == Some(RDKafkaErrorCode::AllBrokersDown) && latest.is_some() {
            return;
        }
        *latest = Some(Symptom {
            code,
            text: text.to_owned(),
        });
    }
}

fn remedy(code: Option<RDKafkaErrorCode>, text: &str) -> &'static str {
    use RDKafkaErrorCode as Code;
    match code {
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
            "check the user and password (-X sasl.username=… -X sasl.password=…, or --kafka-config)"
        }
        Some(Code::SSL) => {
            "check TLS: -X security.protocol, -X ssl.ca.location, and the broker's certificate"
        }
        Some(Code::Resolve) => "check the host name in --log",
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed,
        ) => "ask the cluster's administrator for the missing right",
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            "check that the topic exists and has that partition; a service makes its topics when it starts"
        }
        Some(Code::PolicyViolation | Code::InvalidReplicationFactor) => {
            "make the topic by hand as the cluster's rules ask for it (kafka-topics --create)"
        }
        // The code that brokers call INVALID_TOPIC_EXCEPTION.
        Some(Code::InvalidTopic) => {
            "choose another name: up to 249 letters, digits, '.', '_' and '-'; of two names that differ only in '.' and '_', a cluster takes one"
        }
        _ if text.contains("Connection refused") => {
            "check that a broker listens at the address in --log"
        }
        _ if text.contains("SSL") || text.contains("ssl") => {
            "check TLS: -X security.protocol, -X ssl.ca.location, and the broker's certificate"
        }
        _ => "check that a broker answers at the address in --log, and -X security.protocol",
    }
}

impl ClientContext for Diagnosis {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                if facility == "FAIL" {
                    self.hear(None, message);
                }
                tracing::debug!(
                    target: "librdkafka",
                    { kafka.facility = facility },
                    "{}",
                    self.without_values(message)
                );
            }
            _ => tracing::trace!(
                target: "librdkafka",
                { kafka.facility = facility },
                "{}",
                self.without_values(message)
            ),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(
            target: "librdkafka",
            { kafka.error = %error },
            "{}",
            self.without_values(reason)
        );
        self.hear(error.rdkafka_error_code(), reason);
    }
}

impl std::fmt::Debug for Diagnosis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Diagnosis")
    }
}

#[cfg(test)]
mod tests {
    use super::Diagnosis;
    use rdkafka::ClientContext;
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use crate::secret::Secret;

    #[test]
    fn the_value_of_a_property_is_not_repeated() {
        let values = ["canary", "canary-and-more", "1"].map(Secret::from);
        let diagnosis = Diagnosis::hiding(values.iter());
        diagnosis.error(
            KafkaError::Global(RDKafkaErrorCode::Authentication),
            "1/1 refuse canary and canary-and-more",
        );
        let error = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        let line = diagnosis.reason("kafka://a:1", "reach a broker", error);
        assert!(line.contains("(1/1 refuse … and …)"), "{line}");
        let error = KafkaError::ClientCreation("cannot read canary".to_owned());
        let told = Diagnosis::hiding(values.iter()).reason("kafka://a:1", "set up a client", error);
        assert!(!told.contains("canary"), "{told}");
    }

    #[test]
    fn a_timeout_is_explained_by_what_was_heard_before() {
        let diagnosis = Diagnosis::default();
        diagnosis.error(
            KafkaError::Global(RDKafkaErrorCode::Authentication),
            "SASL authentication error: wrong password",
        );
        diagnosis.error(
            KafkaError::Global(RDKafkaErrorCode::AllBrokersDown),
            "1/1 brokers are down",
        );
        let line = diagnosis.reason(
            "kafka://a:1",
            "reach a broker",
            KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut),
        );
        assert!(line.contains("kafka://a:1"), "{line}");
        assert!(line.contains("reach a broker"), "{line}");
        assert!(line.contains("sasl.password"), "{line}");
    }
}
