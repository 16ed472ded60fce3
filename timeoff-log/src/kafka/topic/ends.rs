//! How many partitions a topic has, and where each begins and ends.

use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::client::CALL_TIMEOUT;

/// How long to wait before asking again who leads a partition.
const LEADER_PAUSE: Duration = Duration::from_millis(50);

/// How long all brokers may take to hear of a new topic.
const NEWS_TIMEOUT: Duration = Duration::from_secs(2);

/// The number of partitions of a topic; an error if there is no such topic. Waits a moment for a topic that was just
/// made: not every broker may have heard of it yet.
pub(crate) fn partition_count<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<i32, KafkaError> {
    let began = Instant::now();
    loop {
        let metadata = client.fetch_metadata(Some(topic), within)?;
        let found = metadata
            .topics()
            .iter()
            .find(|found| found.name() == topic && !found.partitions().is_empty());
        match found {
            Some(found) => return Ok(found.partitions().len() as i32),
            None if began.elapsed() < NEWS_TIMEOUT => std::thread::sleep(LEADER_PAUSE),
            None => {
                let code = RDKafkaErrorCode::UnknownTopicOrPartition;
                return Err(KafkaError::MetadataFetch(code));
            }
        }
    }
}

/// A partition's low watermark, and its high watermark or last stable offset, depending on the client's isolation
/// level. Asks again while the partition has no known leader: the topic may just have been made, or its leader may have
/// died.
pub(crate) fn watermarks<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
    within: Duration,
) -> Result<(i64, i64), KafkaError> {
    let began = Instant::now();
    loop {
        let left = within.saturating_sub(began.elapsed());
        match client.fetch_watermarks(topic, partition, left.max(LEADER_PAUSE)) {
            Err(error) if is_without_leader(&error) && left > LEADER_PAUSE => {
                std::thread::sleep(LEADER_PAUSE);
                // Fetching watermarks does not make the library look for another leader.
                let _ = client.fetch_metadata(Some(topic), CALL_TIMEOUT);
            }
            answer => return answer,
        }
    }
}

fn is_without_leader(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            // The library's own code for a partition without a leader.
            RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::ReplicaNotAvailable
                | RDKafkaErrorCode::KafkaStorageError
                | RDKafkaErrorCode::OffsetNotAvailable
                | RDKafkaErrorCode::FencedLeaderEpoch
                | RDKafkaErrorCode::UnknownLeaderEpoch
        )
    )
}
