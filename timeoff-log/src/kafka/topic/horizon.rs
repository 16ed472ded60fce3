//! What was on a topic when somebody began to read it, including what an open transaction hides.
//!
//! Readers see a partition up to its last stable offset, where its first open transaction begins, and are told that
//! this is the end. What others have committed behind it is on the log all the same, and can be read when the
//! transaction ends: at the latest when a killed member's times out.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::watermarks;
use crate::kafka::client::{CONNECT_TIMEOUT, Cluster};

/// The ends of a topic's partitions at one time.
#[derive(Debug)]
pub(crate) struct Horizon {
    ends: BTreeMap<i32, i64>,
    /// The partitions of which a part may still be hidden.
    hidden: Vec<i32>,
}

/// How much of what lies before a horizon can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Something is hidden yet.
    Hidden,
    /// Everything, since just now; returned once. Whoever has come to an end has to check again whether there is more.
    Cleared,
    /// Everything.
    Clear,
}

impl Horizon {
    /// The ends of these partitions now, whatever of them `reader` can see.
    pub(crate) fn look<C: ClientContext>(
        cluster: &Cluster,
        reader: &Client<C>,
        topic: &str,
        partitions: i32,
    ) -> Result<Horizon, KafkaError> {
        // Open transactions hide nothing from the producer.
        let all_seeing = cluster.producer().client();
        let mut ends = BTreeMap::new();
        for partition in 0..partitions {
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

    /// The partitions of which a part may still be hidden.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = i32> {
        self.hidden.iter().copied()
    }

    /// Checks whether what was hidden can be read now, `within` so long for each partition.
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
            // A reader of committed records sees the last stable offset as the end.
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
