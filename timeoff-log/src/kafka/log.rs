//! A log on a Kafka cluster, as the port sees it.

use std::sync::Arc;

use super::append::{self, KafkaAppender};
use super::client::{Cluster, KafkaSettings, blocking};
use super::{reader, service};
use crate::error::{AppendError, LogError};
use crate::reader::{ReadFrom, Reader};
use crate::record::{NewRecord, Position};
use crate::schemas::RegistrySettings;
use crate::subscription::{Membership, Subscription};

/// A Kafka cluster. Clones share one.
#[derive(Clone)]
pub(crate) struct KafkaLog {
    pub(super) cluster: Arc<Cluster>,
}

impl KafkaLog {
    /// See [`crate::Log::close`].
    pub(crate) async fn close(self) {
        self.cluster.close().await;
    }

    pub(crate) async fn open(
        servers: &str,
        settings: &KafkaSettings,
    ) -> Result<KafkaLog, LogError> {
        let cluster = Arc::new(Cluster::new(servers, settings)?);
        let asked = cluster.clone();
        blocking(move || asked.reach()).await?;
        Ok(KafkaLog { cluster })
    }

    pub(crate) fn address(&self) -> &str {
        self.cluster.address()
    }

    /// The error that explains what an unfinished append is waiting for.
    pub(crate) fn obstacle(&self) -> LogError {
        self.cluster.obstacle("append a record")
    }

    pub(crate) fn registry(&self) -> RegistrySettings {
        self.cluster.registry()
    }

    pub(crate) async fn append(
        &self,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Position>, AppendError> {
        append::append(&self.cluster, records).await
    }

    pub(crate) fn appender(&self) -> KafkaAppender {
        KafkaAppender::new(self.cluster.clone())
    }

    pub(crate) async fn subscribe(&self, membership: Membership) -> Result<Subscription, LogError> {
        service::join(self.cluster.clone(), membership).await
    }

    pub(crate) async fn read(&self, topic: &str, from: ReadFrom) -> Result<Reader, LogError> {
        reader::read(self.cluster.clone(), topic.into(), from).await
    }
}
