//! Makes the topics that do not exist, checks those that do, and adds partitions to them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::{partition_count, watermarks};
use crate::error::LogError;
use crate::kafka::KafkaLog;
use crate::kafka::client::{CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, blocking};
use crate::topics::{EnsuredTopics, TopicSpec};

/// How long the broker that is asked may take to learn of a new topic.
const APPEARANCE_TIMEOUT: Duration = Duration::from_secs(8);

/// How long to keep trying to make a topic while the cluster is starting, and how long to wait between tries.
const TRY_AGAIN_WITHIN: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(250);

impl KafkaLog {
    pub(crate) async fn ensure_topics(
        &self,
        topics: &[TopicSpec],
    ) -> Result<EnsuredTopics, LogError> {
        let counts = self.partition_counts().await?;
        let is_missing = |topic: &&TopicSpec| !counts.contains_key(&topic.name);
        let missing: Vec<TopicSpec> = topics.iter().filter(is_missing).cloned().collect();
        let made = match missing.is_empty() {
            true => Vec::new(),
            false => {
                self.refuse_collisions(&missing, counts.keys())?;
                create(&self.cluster, &missing).await?
            }
        };
        let are_there = |counts: &BTreeMap<Arc<str>, i32>| {
            topics.iter().all(|topic| counts.contains_key(&topic.name))
        };
        let counts = self.counts_once("see a new topic", are_there).await?;
        let partitions = self.check(topics, counts)?;
        Ok(EnsuredTopics { partitions, made })
    }

    pub(crate) async fn partitions_of(
        &self,
        topics: &[Arc<str>],
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let mut counts = self.partition_counts().await?;
        counts.retain(|name, _| topics.contains(name));
        Ok(counts)
    }

    pub(crate) async fn with_records(
        &self,
        topic: &Arc<str>,
        partitions: &[i32],
    ) -> Result<Vec<i32>, LogError> {
        let (cluster, topic, partitions) =
            (self.cluster.clone(), topic.clone(), partitions.to_owned());
        blocking(move || {
            let mut found = Vec::new();
            for partition in partitions {
                let ends = watermarks(cluster.producer().client(), &topic, partition, CALL_TIMEOUT);
                let (low, high) =
                    ends.map_err(|error| cluster.unavailable("look for records", error))?;
                if low < high {
                    found.push(partition);
                }
            }
            Ok(found)
        })
        .await
    }

    pub(crate) async fn ends(
        &self,
        topic: &Arc<str>,
    ) -> Result<BTreeMap<i32, Range<i64>>, LogError> {
        let (cluster, topic) = (self.cluster.clone(), topic.clone());
        blocking(move || {
            let find_ends = |error| cluster.unavailable("find the ends of the topic", error);
            let producer = cluster.producer();
            let client = producer.client();
            let count = partition_count(client, &topic, CONNECT_TIMEOUT).map_err(find_ends)?;
            (0..count)
                .map(|partition| {
                    let (low, high) = watermarks(client, &topic, partition, CALL_TIMEOUT)?;
                    Ok((partition, low..high))
                })
                .collect::<Result<_, KafkaError>>()
                .map_err(find_ends)
        })
        .await
    }

    pub(crate) async fn add_partitions(
        &self,
        topic: &Arc<str>,
        partitions: i32,
    ) -> Result<bool, LogError> {
        let are_there = |counts: &BTreeMap<Arc<str>, i32>| {
            counts.get(topic).is_some_and(|&has| has >= partitions)
        };
        if are_there(&self.partition_counts().await?) {
            return Ok(false);
        }
        let added = add(&self.cluster, topic, partitions).await?;
        self.counts_once("see the new partitions", are_there)
            .await?;
        Ok(added)
    }

    /// Waits until the broker that is asked knows of a change, and returns how many partitions each topic has. If that
    /// takes too long, the error names `step`.
    async fn counts_once(
        &self,
        step: &str,
        are_there: impl Fn(&BTreeMap<Arc<str>, i32>) -> bool,
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let deadline = Instant::now() + APPEARANCE_TIMEOUT;
        loop {
            let counts = self.partition_counts().await?;
            if are_there(&counts) {
                return Ok(counts);
            }
            if Instant::now() > deadline {
                let error = KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition);
                return Err(self.cluster.unavailable(step, error));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn check(
        &self,
        topics: &[TopicSpec],
        mut counts: BTreeMap<Arc<str>, i32>,
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        counts.retain(|name, _| topics.iter().any(|topic| topic.name == *name));
        for topic in topics {
            topic.check(self.address(), counts[&topic.name])?;
        }
        Ok(counts)
    }

    /// Refuses names that collide. A broker would refuse such a name as invalid without saying why.
    fn refuse_collisions<'a>(
        &self,
        missing: &'a [TopicSpec],
        existing: impl Iterator<Item = &'a Arc<str>> + Clone,
    ) -> Result<(), LogError> {
        for (index, topic) in missing.iter().enumerate() {
            let asked_too = missing[..index].iter().map(|topic| &topic.name);
            let mut others = existing.clone().chain(asked_too);
            if let Some(other) = others.find(|other| collide(other, &topic.name)) {
                return Err(LogError::CollidingTopic {
                    log: self.address().to_owned(),
                    topic: topic.name.to_string(),
                    other: other.to_string(),
                });
            }
        }
        Ok(())
    }

    async fn partition_counts(&self) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let cluster = self.cluster.clone();
        blocking(move || {
            let metadata = cluster
                .producer()
                .client()
                .fetch_metadata(None, CONNECT_TIMEOUT)
                .map_err(|error| cluster.unavailable("list the topics", error))?;
            Ok(metadata
                .topics()
                .iter()
                .filter(|topic| !topic.partitions().is_empty())
                .map(|topic| (topic.name().into(), topic.partitions().len() as i32))
                .collect())
        })
        .await
    }
}

/// Whether two different topics would have the same name in Kafka's metrics.
fn collide(one: &str, other: &str) -> bool {
    one != other && one.replace('.', "_") == other.replace('.', "_")
}

/// The properties of a topic that keeps its records for ever, whatever the broker's defaults are.
const FOREVER: [(&str, &str); 3] = [
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
];

fn new_topic(topic: &TopicSpec) -> NewTopic<'_> {
    // -1: the broker's default replication factor.
    let mut new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(-1));
    if topic.keep_forever {
        for (key, value) in FOREVER {
            new = new.set(key, value);
        }
    }
    new
}

/// Makes topics. Returns the ones that this call has made.
async fn create(cluster: &Cluster, topics: &[TopicSpec]) -> Result<Vec<Arc<str>>, LogError> {
    let unavailable = |name: &str, error| cluster.unavailable(&format!("make topic {name}"), error);
    let (_counted, admin) = cluster.admin()?;
    let admin = admin.map_err(|error| unavailable("", error))?;
    let deadline = Instant::now() + TRY_AGAIN_WITHIN;
    let mut missing: Vec<&TopicSpec> = topics.iter().collect();
    let mut made = Vec::new();
    loop {
        let new_topics: Vec<NewTopic<'_>> = missing.iter().copied().map(new_topic).collect();
        let results = admin
            .create_topics(&new_topics, &options())
            .await
            .map_err(|error| unavailable("", error))?;
        let mut not_yet: Vec<String> = Vec::new();
        for result in results {
            match result {
                Ok(name) => made.push(name.into()),
                // Another process may have been quicker.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) if passes(code) && Instant::now() < deadline => {
                    tracing::debug!(log.topic = name, kafka.error = %code, "trying again to make the topic");
                    not_yet.push(name);
                }
                Err((name, code)) => return Err(unavailable(&name, KafkaError::AdminOp(code))),
            }
        }
        if not_yet.is_empty() {
            return Ok(made);
        }
        missing.retain(|topic| not_yet.iter().any(|name| *name == *topic.name));
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether a cluster gives this error while it is starting: its controller is being elected, or is still learning of
/// the brokers.
fn passes(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Unknown
            | RDKafkaErrorCode::NotController
            | RDKafkaErrorCode::StaleControllerEpoch
    )
}

/// Adds partitions to a topic, up to this number. Returns whether this call has added them.
async fn add(cluster: &Cluster, topic: &str, partitions: i32) -> Result<bool, LogError> {
    let unavailable = |error| {
        let step = format!("add partitions to topic {topic}");
        cluster.unavailable(&step, error)
    };
    let (_counted, admin) = cluster.admin()?;
    let admin = admin.map_err(unavailable)?;
    let more = [NewPartitions::new(
        topic,
        usize::try_from(partitions).unwrap_or(0),
    )];
    let results = admin
        .create_partitions(&more, &options())
        .await
        .map_err(unavailable)?;
    match results.into_iter().next() {
        Some(Err((_, RDKafkaErrorCode::InvalidPartitions))) => Ok(false),
        Some(Err((_, code))) => Err(unavailable(KafkaError::AdminOp(code))),
        Some(Ok(_)) | None => Ok(true),
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(CONNECT_TIMEOUT))
        .operation_timeout(Some(CONNECT_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::new_topic;
    use crate::topics::TopicSpec;

    #[test]
    fn only_a_topic_that_keeps_its_records_for_ever_is_made_with_properties() {
        let mut spec = TopicSpec {
            name: "a".into(),
            partitions: 3,
            at_least: 3,
            keep_forever: false,
        };
        assert_eq!(new_topic(&spec).config, []);
        spec.keep_forever = true;
        let mut properties = new_topic(&spec).config;
        properties.sort_unstable();
        let forever = [
            ("cleanup.policy", "delete"),
            ("retention.bytes", "-1"),
            ("retention.ms", "-1"),
        ];
        assert_eq!(properties, forever);
    }
}
