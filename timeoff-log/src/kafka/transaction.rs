//! The producer of a member's transactions, and what its errors mean.

use std::sync::Arc;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use super::flight::RecordProducer;
use super::instance::Instance;
use super::settings::Role;
use super::{CALL_TIMEOUT, Cluster};
use crate::error::LogError;

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
        let producer = match &self.producer {
            Some(producer) => producer.clone(),
            None => {
                let role = Role::Transactional {
                    id: instance.transactional_id(),
                };
                let producer: RecordProducer = self
                    .cluster
                    .settings
                    .client_config(&self.cluster.servers, role)
                    .map_err(TransactionError::Log)?
                    .create_with_context(self.cluster.diagnosis.clone())
                    .map_err(TransactionError::Kafka)?;
                self.initialised = false;
                self.producer.insert(Arc::new(producer)).clone()
            }
        };
        if !self.initialised {
            match producer.init_transactions(CALL_TIMEOUT) {
                Ok(()) => self.initialised = true,
                Err(error) => {
                    if !is_retriable(&error) {
                        self.discard();
                    }
                    return Err(TransactionError::Kafka(error));
                }
            }
        }
        Ok(producer)
    }

    /// Takes back what is open. Returns whether that is certain; a producer that cannot do it is given up, and its
    /// successor does it.
    pub(super) fn abort(&mut self) -> bool {
        let Some(producer) = &self.producer else {
            return true;
        };
        match producer.abort_transaction(CALL_TIMEOUT) {
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
