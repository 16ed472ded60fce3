//! The producer of a member's transactions, and what its errors mean.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::instance::Instance;
use super::producer::RecordProducer;
use super::settings::Role;
use super::{CALL_TIMEOUT, Cluster};
use crate::error::LogError;

/// How long a call may take that should take [`CALL_TIMEOUT`] and a half at the most.
const STUCK: Duration = Duration::from_secs(3);

/// The producer of a member's transactions, made when the first is needed.
pub(super) struct TransactionalProducer {
    cluster: Arc<Cluster>,
    group: String,
    instance: Option<Instance>,
    producer: Option<Arc<RecordProducer>>,
    initialised: bool,
}

/// A transaction could not be begun.
pub(super) enum TransactionError {
    Kafka(KafkaError),
    Log(LogError),
}

impl TransactionalProducer {
    pub(super) fn new(cluster: Arc<Cluster>, group: &str) -> TransactionalProducer {
        TransactionalProducer {
            cluster,
            group: group.to_owned(),
            instance: None,
            producer: None,
            initialised: false,
        }
    }

    /// A producer that has its id, and no transaction open.
    pub(super) async fn ready(&mut self) -> Result<Arc<RecordProducer>, TransactionError> {
        let instance = self
            .instance
            .get_or_insert_with(|| Instance::acquire(&self.group));
        if self.producer.is_none() {
            let role = Role::Transactional {
                id: instance.transactional_id(),
            };
            let config = self
                .cluster
                .settings
                .client_config(&self.cluster.servers, role)
                .map_err(TransactionError::Log)?;
            let cluster = &self.cluster;
            let producer = RecordProducer::new(&config, cluster.diagnosis.clone(), &cluster.census)
                .map_err(TransactionError::Kafka)?;
            self.initialised = false;
            self.producer = Some(Arc::new(producer));
        }
        if !self.initialised {
            match self
                .call(|producer| {
                    // As a plain one, it gets its id 500 ms late unless its connection is used before.
                    for _ in 0..2 {
                        let _ = producer.client().fetch_metadata(None, CALL_TIMEOUT / 4);
                    }
                    producer.init_transactions(CALL_TIMEOUT)
                })
                .await
            {
                Ok(()) => self.initialised = true,
                Err(error) => {
                    if !is_retriable(&error) {
                        self.discard();
                    }
                    return Err(TransactionError::Kafka(error));
                }
            }
        }
        let producer = self.producer.clone();
        producer.ok_or(TransactionError::Kafka(KafkaError::Canceled))
    }

    /// Has a thread of its own make a call that waits for brokers. One that does not come back is given up, and the producer
    /// with it: [`KafkaError::Canceled`]. The library does not keep its own time everywhere; while a group's coordinator is
    /// away, it can wait for ever to send offsets (librdkafka issues 5456 and 5511).
    pub(super) async fn call(
        &mut self,
        call: impl FnOnce(&RecordProducer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), KafkaError> {
        let producer = self.producer.clone().ok_or(KafkaError::Canceled)?;
        let called = tokio::task::spawn_blocking(move || call(&producer));
        match tokio::time::timeout(STUCK, called).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => {
                tracing::debug!("a call to the library does not come back; starting afresh");
                self.discard();
                Err(KafkaError::Canceled)
            }
        }
    }

    /// Takes back what is open. Returns whether that is certain; a producer that cannot do it is given up, and its
    /// successor does it.
    pub(super) async fn abort(&mut self) -> bool {
        if self.producer.is_none() {
            return true;
        }
        let abort = |producer: &RecordProducer| producer.abort_transaction(CALL_TIMEOUT);
        match self.call(abort).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(kafka.error = %error, "could not take a transaction back; starting afresh");
                self.discard();
                false
            }
        }
    }

    pub(super) fn discard(&mut self) {
        self.producer = None;
        self.initialised = false;
    }
}

pub(super) fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(error)
        if error.is_retriable() && !error.txn_requires_abort() && !error.is_fatal())
        || matches!(
            error,
            KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut)
        )
}

pub(super) fn requires_abort(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(error) if error.txn_requires_abort())
}

/// Whether the error says no more than that the group is being shared out anew.
pub(super) fn is_rebalance(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::RebalanceInProgress
                | RDKafkaErrorCode::FencedInstanceId
        )
    )
}
