//! Losing touch with the cluster, and finding it again.

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::step::{Ended, Owner};
use crate::kafka::client::CALL_TIMEOUT;
use crate::subscription::Event;

impl Owner {
    pub(crate) fn hear_error(&mut self, error: KafkaError) -> Result<(), Ended> {
        match error {
            KafkaError::PartitionEOF(partition) => {
                self.heard_from_log();
                if let Some(held) = self.held.get_mut(&partition)
                    && !held.paused
                {
                    held.reached_end = true;
                }
                Ok(())
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                self.rejoin_later();
                Ok(())
            }
            KafkaError::MessageConsumptionFatal(_) => {
                let error = self.cluster.unavailable("stay in the group", error);
                let _ = self.channels.events.send(Err(error));
                Err(Ended)
            }
            error => {
                tracing::debug!(kafka.error = %error, "the consumer reports an error");
                self.lose_touch("read the topic", error)
            }
        }
    }

    /// Says once that the log does not answer.
    pub(crate) fn lose_touch(&mut self, step: &str, error: KafkaError) -> Result<(), Ended> {
        if self.unreachable {
            return Ok(());
        }
        self.unreachable = true;
        let reason = self.cluster.reason(step, error);
        self.tell(Event::Unreachable { reason })
    }

    pub(crate) fn heard_from_log(&mut self) {
        self.pulse.heard();
        if self.unreachable {
            self.unreachable = false;
            self.cluster.answers();
            let _ = self.tell(Event::Reachable);
        }
    }

    /// Finds out whether the log answers again, or no longer.
    pub(crate) fn look_around(&mut self) -> Result<(), Ended> {
        if !self.unreachable {
            return self.feel_pulse();
        }
        let (client, topic) = (self.consumer.client(), &self.membership.topic);
        if client.fetch_metadata(Some(topic), CALL_TIMEOUT).is_ok() {
            self.heard_from_log();
        }
        Ok(())
    }

    /// Asks a log that is taken to be there and has been silent for a while.
    pub(crate) fn feel_pulse(&mut self) -> Result<(), Ended> {
        if self.unreachable {
            return Ok(());
        }
        let (client, topic) = (self.consumer.client(), &self.membership.topic);
        match self.pulse.feel(client, topic) {
            Ok(()) => Ok(()),
            Err(error) => self.lose_touch("reach a broker", error),
        }
    }
}
