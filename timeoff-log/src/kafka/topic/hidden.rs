//! Noticing that an open transaction hides records for long.
//!
//! Readers of committed records see a partition up to its first open transaction. A transaction that its program never
//! ends hides whatever comes behind it, from everybody, and nothing else reports that.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::watermarks;
use crate::kafka::client::{CALL_TIMEOUT, Cluster};

/// How long records may be hidden before that is reported: as long as one of our own transactions may stay open after
/// its program was killed. Others take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to check.
const INTERVAL: Duration = Duration::from_secs(3);

/// Where each partition is hidden, and since when.
#[derive(Debug, Default)]
pub(crate) struct HiddenWatch {
    looked_at: Option<Instant>,
    found: BTreeMap<i32, Hidden>,
}

#[derive(Debug)]
struct Hidden {
    from: i64,
    since: Instant,
    is_told: bool,
}

impl HiddenWatch {
    /// Checks partitions in which `reader` has come to an end, if it is time to. Returns those that have been hidden
    /// for long, each with the offset from which on nothing can be read; each such offset once.
    pub(crate) fn look<C: ClientContext>(
        &mut self,
        cluster: &Cluster,
        reader: &Client<C>,
        topic: &str,
        partitions: impl IntoIterator<Item = i32>,
    ) -> Vec<(i32, i64)> {
        if self.looked_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            return Vec::new();
        }
        let mut long = Vec::new();
        for partition in partitions {
            match hidden_from(cluster, reader, topic, partition) {
                Ok(from) => long.extend(self.note(partition, from).map(|from| (partition, from))),
                // That the log does not answer is reported elsewhere.
                Err(error) => {
                    tracing::debug!(kafka.error = %error, "could not see whether something is hidden");
                    break;
                }
            }
        }
        self.looked_at = Some(Instant::now());
        long
    }

    /// Notes from where on a partition is hidden, if it is. Returns that if it is to be reported.
    fn note(&mut self, partition: i32, from: Option<i64>) -> Option<i64> {
        let Some(from) = from else {
            self.found.remove(&partition);
            return None;
        };
        let new = || Hidden {
            from,
            since: Instant::now(),
            is_told: false,
        };
        let hidden = self.found.entry(partition).or_insert_with(new);
        if hidden.from != from {
            *hidden = new();
        }
        let is_new = !hidden.is_told && hidden.since.elapsed() >= PATIENCE;
        hidden.is_told |= is_new;
        is_new.then_some(from)
    }
}

/// The offset at which the first open transaction of a partition begins, if there is one.
fn hidden_from<C: ClientContext>(
    cluster: &Cluster,
    reader: &Client<C>,
    topic: &str,
    partition: i32,
) -> Result<Option<i64>, KafkaError> {
    // Open transactions hide nothing from the producer. The reader's end is asked for last: a record that comes between
    // the two calls does not look hidden.
    let all_seeing = cluster.producer().client();
    let (_, end) = watermarks(all_seeing, topic, partition, CALL_TIMEOUT)?;
    let (_, seen) = watermarks(reader, topic, partition, CALL_TIMEOUT)?;
    Ok((seen < end).then_some(seen))
}
