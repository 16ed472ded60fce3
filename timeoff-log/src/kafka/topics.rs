//! Makes the topics that do not exist and checks those that do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::diagnosis::Diagnosis;
use super::settings::Role;
use super::{Cluster, KafkaLog, blocking};
use crate::error::LogError;
use crate::topics::TopicSpec;

/// How long a topic may take from being made to being known to the broker that is asked.
const APPEARANCE_TIMEOUT: Duration = Duration::from_secs(8);

impl KafkaLog {
    pub(crate) async fn ensure_topics(
        &self,
        topics: &[TopicSpec],
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let missing = self.missing(topics).await?;
        if !missing.is_empty() {
            create(&self.cluster, &missing).await?;
        }
        let deadline = Instant::now() + APPEARANCE_TIMEOUT;
        loop {
            let counts = self.partition_counts().await?;
            if topics.iter().all(|topic| counts.contains_key(&topic.name)) {
                return self.check(topics, counts);
            }
            if Instant::now() > deadline {
                let error = KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition);
                return Err(self.cluster.diagnosis.unavailable(
                    self.address(),
                    "see a new topic",
                    error,
                ));
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
            let has = counts[&topic.name];
            if has < topic.at_least {
                return Err(LogError::TooFewPartitions {
                    log: self.address().to_owned(),
                    topic: topic.name.to_string(),
                    has,
                    needs: topic.at_least,
                    how: format!(
                        "kafka-topics --bootstrap-server {} --alter --topic {} --partitions {}",
                        self.cluster.servers, topic.name, topic.at_least
                    ),
                });
            }
        }
        Ok(counts)
    }

    async fn missing(&self, topics: &[TopicSpec]) -> Result<Vec<TopicSpec>, LogError> {
        let counts = self.partition_counts().await?;
        Ok(topics
            .iter()
            .filter(|topic| !counts.contains_key(&topic.name))
            .cloned()
            .collect())
    }

    async fn partition_counts(&self) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let cluster = self.cluster.clone();
        blocking(move || {
            let metadata = cluster
                .producer
                .client()
                .fetch_metadata(None, super::CONNECT_TIMEOUT)
                .map_err(|error| {
                    cluster
                        .diagnosis
                        .unavailable(&cluster.address, "list the topics", error)
                })?;
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

async fn create(cluster: &Cluster, topics: &[TopicSpec]) -> Result<(), LogError> {
    let unavailable = |name: &str, error| {
        cluster
            .diagnosis
            .unavailable(&cluster.address, &format!("make topic {name}"), error)
    };
    // Dropped after the client.
    let _counted = cluster.census.count_one();
    let admin: AdminClient<Diagnosis> = cluster
        .settings
        .client_config(&cluster.servers, Role::Producer)?
        .create_with_context(cluster.diagnosis.clone())
        .map_err(|error| unavailable("", error))?;
    let new_topics: Vec<NewTopic<'_>> = topics
        .iter()
        // -1: as many replicas as the broker's default says.
        .map(|topic| NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(-1)))
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(super::CONNECT_TIMEOUT))
        .operation_timeout(Some(super::CONNECT_TIMEOUT));
    let results = admin
        .create_topics(&new_topics, &options)
        .await
        .map_err(|error| unavailable("", error))?;
    for result in results {
        match result {
            // Another process may have been quicker.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(unavailable(&name, KafkaError::AdminOp(code))),
        }
    }
    Ok(())
}
