//! Whether a cluster that says nothing still answers.
//!
//! The library reports a broker that is shut down or refuses connections. It reports a silent one (its machine is gone, its
//! process stands still) only when a request times out, after a minute; and a topic on which nothing happens is silent anyway.
//! So a client that has heard nothing for a while asks.

use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;

use super::client::CALL_TIMEOUT;

/// After how much silence the cluster is asked, and how long after a question it is asked again.
const SILENCE: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(500);

/// The cluster is reported gone after this many unanswered questions in a row. A single one may hit a broker that is
/// restarting or very busy.
const MISSED: u32 = 2;

/// When the cluster was last heard.
pub(super) struct Pulse {
    ask_at: Instant,
    missed: u32,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        Pulse {
            ask_at: Instant::now() + SILENCE,
            missed: 0,
        }
    }

    /// The cluster has said something.
    pub(super) fn heard(&mut self) {
        *self = Pulse::new();
    }

    /// Asks, if it is time to. An error if the cluster is to be taken for gone.
    pub(super) fn feel<C: ClientContext>(
        &mut self,
        client: &Client<C>,
        topic: &str,
    ) -> Result<(), KafkaError> {
        if Instant::now() < self.ask_at {
            return Ok(());
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
            Err(error) if self.missed >= MISSED => Err(error),
            _ => Ok(()),
        }
    }
}
