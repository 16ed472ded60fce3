//! Whether the cluster answers. That it stops, and that it answers again, is reported once each.
//!
//! The library reports a broker that is shut down or refuses connections. It reports a silent one (a dead machine, a
//! stopped process) only when a request times out, after a minute; and an idle topic is silent anyway. So a client that
//! has heard nothing for a while asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;

use super::client::{CALL_TIMEOUT, Cluster, LOST};
use crate::error::LogError;

/// How long the cluster may be silent before it is asked, and how long to wait after an unanswered question.
const SILENCE: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(500);

/// The cluster is reported gone after this many unanswered questions in a row. A single one may hit a broker that is
/// restarting or very busy.
const MISSED: u32 = 2;

/// How often another client asks while this one gets no answer.
const ASK_ANOTHER: Duration = Duration::from_secs(3);

/// What is to be reported.
#[derive(Debug)]
pub(super) enum Touch {
    /// The cluster does not answer, and why.
    Lost { reason: LogError },
    /// It answers again.
    Found,
}

/// What one client knows about whether the cluster answers.
pub(super) struct Trouble {
    cluster: Arc<Cluster>,
    is_unreachable: bool,
    ask_at: Instant,
    missed: u32,
    /// When another client is to ask.
    ask_another_at: Instant,
    /// Since when another client has been getting answers, and this one has not.
    another_answers_since: Option<Instant>,
}

impl Trouble {
    pub(super) fn new(cluster: Arc<Cluster>) -> Trouble {
        Trouble {
            cluster,
            is_unreachable: false,
            ask_at: Instant::now() + SILENCE,
            missed: 0,
            ask_another_at: Instant::now(),
            another_answers_since: None,
        }
    }

    /// Whether the cluster was reported as not answering, and has not answered since.
    pub(super) fn is_unreachable(&self) -> bool {
        self.is_unreachable
    }

    /// Notes that the cluster does not answer. Returns what is to be reported, the first time.
    #[must_use]
    pub(super) fn note(&mut self, step: &str, error: KafkaError) -> Option<Touch> {
        if std::mem::replace(&mut self.is_unreachable, true) {
            return None;
        }
        self.ask_another_at = Instant::now() + ASK_ANOTHER;
        let reason = self.cluster.unavailable(step, error);
        Some(Touch::Lost { reason })
    }

    /// Notes that the cluster answers. Returns what is to be reported, if it had been reported as not answering.
    #[must_use]
    pub(super) fn clear(&mut self) -> Option<Touch> {
        self.ask_at = Instant::now() + SILENCE;
        self.missed = 0;
        self.another_answers_since = None;
        if !std::mem::take(&mut self.is_unreachable) {
            return None;
        }
        self.cluster.answers();
        Some(Touch::Found)
    }

    /// Whether the client has lost its brokers for ever, and has to be replaced; see [`LOST`]. To be asked again and again
    /// while the cluster does not answer it.
    pub(super) fn has_lost_brokers(&mut self, topic: &str) -> bool {
        if !self.is_unreachable || Instant::now() < self.ask_another_at {
            return false;
        }
        self.ask_another_at = Instant::now() + ASK_ANOTHER;
        if !self.cluster.answers_another_client(topic) {
            self.another_answers_since = None;
            return false;
        }
        let since = self.another_answers_since.get_or_insert_with(Instant::now);
        since.elapsed() >= LOST
    }

    /// Checks whether the cluster has stopped answering, or answers again.
    #[must_use]
    pub(super) fn look_around<C: ClientContext>(
        &mut self,
        client: &Client<C>,
        topic: &str,
    ) -> Option<Touch> {
        if !self.is_unreachable {
            return self.feel_pulse(client, topic);
        }
        match client.fetch_metadata(Some(topic), CALL_TIMEOUT) {
            Ok(_) => self.clear(),
            Err(_) => None,
        }
    }

    /// Asks the cluster, if it counts as reachable and has been silent for a while.
    #[must_use]
    pub(super) fn feel_pulse<C: ClientContext>(
        &mut self,
        client: &Client<C>,
        topic: &str,
    ) -> Option<Touch> {
        if self.is_unreachable || Instant::now() < self.ask_at {
            return None;
        }
        let answer = client.fetch_metadata(Some(topic), CALL_TIMEOUT);
        self.missed = match &answer {
            Ok(_) => 0,
            Err(_) => self.missed + 1,
        };
        self.ask_at = Instant::now()
            + match self.missed {
                0 => SILENCE,
                _ => AGAIN,
            };
        match answer {
            Err(error) if self.missed >= MISSED => self.note("reach a broker", error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::{Touch, Trouble};
    use crate::kafka::client::Cluster;

    #[test]
    fn trouble_is_reported_once_and_so_is_its_end() {
        let mut trouble = Trouble::new(Cluster::unreached());
        assert!(trouble.clear().is_none());
        let timed_out = || KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        let Some(Touch::Lost { reason }) = trouble.note("read the topic", timed_out()) else {
            panic!("it is reported");
        };
        let reason = reason.to_string();
        assert!(reason.contains("could not read the topic"), "{reason}");
        assert!(trouble.note("read the topic", timed_out()).is_none());
        assert!(trouble.is_unreachable());
        assert!(matches!(trouble.clear(), Some(Touch::Found)));
        assert!(trouble.clear().is_none());
        assert!(trouble.note("read the topic", timed_out()).is_some());
    }
}
