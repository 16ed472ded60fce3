//! Notices when an open transaction hides records for long.
//!
//! A read_committed consumer sees a partition up to its first open transaction. A transaction that its program never
//! ends hides everything behind it from all of them, and nothing else reports that.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::watermarks;
use crate::kafka::client::{CALL_TIMEOUT, Cluster};

/// How long records may be hidden before that is reported: as long as one of our own transactions may stay open after
/// its program was killed. A transaction that is not left open takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to check.
const INTERVAL: Duration = Duration::from_secs(3);

/// The offset from which each partition is hidden, and since when.
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
    /// Checks partitions whose end `reader` has reached, if it is time to. Returns those that have been hidden for
    /// long, each with the offset from which nothing can be read. Each such offset is returned once.
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
                // A log that does not answer is reported elsewhere.
                Err(error) => {
                    tracing::debug!(kafka.error = %error, "could not check whether something is hidden");
                    break;
                }
            }
        }
        self.looked_at = Some(Instant::now());
        long
    }

    /// Notes the offset from which a partition is hidden, if it is. Returns the offset when it is to be reported.
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
    // Open transactions hide nothing from the producer. The reader's end is fetched last, so that a record that arrives
    // between the two calls does not look hidden.
    let producer = cluster.producer();
    let all_seeing = producer.client();
    let (_, end) = watermarks(all_seeing, topic, partition, CALL_TIMEOUT)?;
    let (_, seen) = watermarks(reader, topic, partition, CALL_TIMEOUT)?;
    Ok((seen < end).then_some(seen))
}
