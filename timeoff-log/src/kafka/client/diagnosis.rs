//! Turns librdkafka's reports of trouble into what a person can do about it.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::error::LogError;
use crate::remedy::Remedy;
use crate::secret::Secret;

/// Shorter values are not looked for in the library's reports: they would match everywhere.
const SHORTEST_HIDDEN_CHARS: usize = 4;

/// Receives what a client reports in the background, and keeps the latest report.
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
    /// A diagnosis for clients that have these values as properties.
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

    /// The library's message without the values of properties.
    fn without_values(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &*self.hidden {
            if text.contains(value.reveal()) {
                text = text.replace(value.reveal(), "…");
            }
        }
        text
    }

    /// An error for `step` at `address`. If the call only says something like "timed out", the latest background report
    /// takes its place: it says more.
    pub(crate) fn unavailable(&self, address: &str, step: &str, error: KafkaError) -> LogError {
        let own = match &error {
            // `rdkafka_error_code` leaves out a broker's answer about topics.
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
            log: address.into(),
            step: step.into(),
            remedy: Some(remedy(code, &text)),
            source: self.without_values(&text).into(),
        }
    }

    /// Forgets what was reported: the log answers.
    pub(crate) fn clear(&self) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The same for a step that is still waiting.
    pub(crate) fn obstacle(&self, address: &str, step: &str) -> LogError {
        let heard = self
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (code, text) = heard.map_or((None, "no answer yet".to_owned()), |symptom| {
            (symptom.code, symptom.text)
        });
        LogError::Unavailable {
            log: address.into(),
            step: format!("{step} yet").into(),
            remedy: Some(remedy(code, &text)),
            source: self.without_values(&text).into(),
        }
    }

    pub(crate) fn hear(&self, code: Option<RDKafkaErrorCode>, text: &str) {
        // The library reports the end of a partition like an error.
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

fn remedy(code: Option<RDKafkaErrorCode>, text: &str) -> Remedy {
    use RDKafkaErrorCode as Code;
    match code {
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => Remedy::CheckCredentials,
        Some(Code::SSL) => Remedy::CheckTls,
        Some(Code::Resolve) => Remedy::CheckHost,
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed,
        ) => Remedy::AskForRight,
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            Remedy::TopicOnCluster
        }
        Some(Code::PolicyViolation | Code::InvalidReplicationFactor) => Remedy::MakeTopicByHand,
        // The code that brokers call INVALID_TOPIC_EXCEPTION.
        Some(Code::InvalidTopic) => Remedy::ValidTopicName,
        _ if text.contains("Connection refused") => Remedy::CheckPort,
        _ if text.contains("SSL") || text.contains("ssl") => Remedy::CheckTls,
        _ => Remedy::CheckBroker,
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
    use std::error::Error;

    use rdkafka::ClientContext;
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::Diagnosis;
    use crate::error::LogError;
    use crate::remedy::Remedy;
    use crate::secret::Secret;

    #[test]
    fn the_value_of_a_property_is_not_repeated() {
        let values = ["canary", "canary-and-more", "1"].map(Secret::from);
        let diagnosis = Diagnosis::hiding(values.iter());
        diagnosis.error(
            KafkaError::Global(RDKafkaErrorCode::Authentication),
            "1/1 refuse canary and canary-and-more",
        );
        let timed_out = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        let line = told(&diagnosis.unavailable("kafka://a:1", "reach a broker", timed_out));
        assert!(line.contains("(1/1 refuse … and …)"), "{line}");
        let unset = KafkaError::ClientCreation("cannot read canary".to_owned());
        let diagnosis = Diagnosis::hiding(values.iter());
        let error = diagnosis.unavailable("kafka://a:1", "set up a client", unset);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{shown}");
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
        let timed_out = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        let error = diagnosis.unavailable("kafka://a:1", "reach a broker", timed_out);
        assert_eq!(error.remedy(), Some(Remedy::CheckCredentials));
        let line = told(&error);
        assert!(line.contains("kafka://a:1"), "{line}");
        assert!(line.contains("reach a broker"), "{line}");
        assert!(line.contains("wrong password"), "{line}");
    }

    fn told(error: &LogError) -> String {
        let cause = error.source().expect("it has a cause");
        format!("{error} ({cause})")
    }
}
