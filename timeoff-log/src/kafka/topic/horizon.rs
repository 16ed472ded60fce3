//! What was on a topic when a reader started, including what an open transaction hides.
//!
//! A read_committed consumer sees a partition up to its last stable offset, where the first open transaction begins,
//! and the library reports that as the end. Records that others have committed behind it are on the log all the same.
//! They can be read when the transaction ends: for a killed member's, when it times out at the latest.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::watermarks;
use crate::kafka::client::{CONNECT_TIMEOUT, Cluster};

/// The ends of a topic's partitions at one moment.
#[derive(Debug)]
pub(crate) struct Horizon {
    ends: BTreeMap<i32, i64>,
    /// The partitions that may still be hidden in part.
    hidden: Vec<i32>,
}

/// How much of what lies before a horizon can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Some of it is still hidden.
    Hidden,
    /// All of it, as of this check; returned once. A consumer that has reached an end must check again for more
    /// records.
    Cleared,
    /// All of it.
    Clear,
}

impl Horizon {
    /// The ends of these partitions now, whether or not `reader` can see that far.
    pub(crate) fn look<C: ClientContext>(
        cluster: &Cluster,
        reader: &Client<C>,
        topic: &str,
        partitions: impl IntoIterator<Item = i32>,
    ) -> Result<Horizon, KafkaError> {
        // Open transactions hide nothing from the producer.
        let producer = cluster.producer();
        let all_seeing = producer.client();
        let mut ends = BTreeMap::new();
        for partition in partitions {
            let (_, end) = watermarks(all_seeing, topic, partition, CONNECT_TIMEOUT)?;
            ends.insert(partition, end);
        }
        let mut horizon = Horizon {
            hidden: ends.keys().copied().collect(),
            ends,
        };
        horizon.clear_up(reader, topic, CONNECT_TIMEOUT)?;
        Ok(horizon)
    }

    /// The end of each partition.
    pub(crate) fn ends(&self) -> &BTreeMap<i32, i64> {
        &self.ends
    }

    /// The partitions that may still be hidden in part.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = i32> {
        self.hidden.iter().copied()
    }

    /// Checks whether what was hidden can be read now. Waits up to `within` for each partition.
    pub(crate) fn clear_up<C: ClientContext>(
        &mut self,
        reader: &Client<C>,
        topic: &str,
        within: Duration,
    ) -> Result<Sight, KafkaError> {
        if self.hidden.is_empty() {
            return Ok(Sight::Clear);
        }
        let mut hidden = Vec::new();
        for &partition in &self.hidden {
            // A read_committed client gets the last stable offset as the end.
            let (_, end) = watermarks(reader, topic, partition, within)?;
            if end < self.ends[&partition] {
                hidden.push(partition);
            }
        }
        self.hidden = hidden;
        Ok(match self.hidden.is_empty() {
            true => Sight::Cleared,
            false => Sight::Hidden,
        })
    }
}
