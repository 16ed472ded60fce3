//! The producer of a member's transactions, and the meaning of its errors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;
use tokio::sync::watch;

use crate::error::LogError;
use crate::kafka::client::{CALL_TIMEOUT, Cluster, Instance, LOST, RecordProducer};

/// After how long a call is given up. It should take at most one and a half times [`CALL_TIMEOUT`].
const STUCK: Duration = Duration::from_secs(3);

/// How long a call may still take once the member is to leave.
const LEAVING: Duration = Duration::from_millis(500);

/// The producer of a member's transactions, made when the first transaction needs it.
pub(super) struct TransactionalProducer {
    cluster: Arc<Cluster>,
    group: String,
    instance: Option<Instance>,
    producer: Option<Arc<RecordProducer>>,
    initialised: bool,
    /// Since when it could not be initialised.
    failing_since: Option<Instant>,
    /// Closed, or true, when the member is to leave.
    leaving: watch::Receiver<bool>,
}

/// A transaction could not be begun.
#[derive(Debug)]
pub(super) enum TransactionError {
    Kafka(KafkaError),
    Log(LogError),
}

impl TransactionalProducer {
    pub(super) fn new(
        cluster: Arc<Cluster>,
        group: &str,
        leaving: watch::Receiver<bool>,
    ) -> TransactionalProducer {
        TransactionalProducer {
            cluster,
            group: group.to_owned(),
            instance: None,
            producer: None,
            initialised: false,
            failing_since: None,
            leaving,
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// A producer that has its id, and no open transaction.
    pub(super) async fn ready(&mut self) -> Result<Arc<RecordProducer>, TransactionError> {
        self.make()?;
        if !self.initialised {
            match self
                .call(|producer| {
                    // Like a plain producer, it gets its id 500 ms late unless its connection is used first.
                    for _ in 0..2 {
                        let _ = producer.client().fetch_metadata(None, CALL_TIMEOUT / 4);
                    }
                    producer.init_transactions(CALL_TIMEOUT)
                })
                .await
            {
                Ok(()) => {
                    self.initialised = true;
                    self.failing_since = None;
                }
                Err(error) => {
                    let since = *self.failing_since.get_or_insert_with(Instant::now);
                    if !is_retriable(&error) || since.elapsed() > LOST {
                        self.discard();
                    }
                    return Err(TransactionError::Kafka(error));
                }
            }
        }
        let producer = self.producer.clone();
        producer.ok_or(TransactionError::Kafka(KafkaError::Canceled))
    }

    /// Makes the producer, if there is none.
    fn make(&mut self) -> Result<(), TransactionError> {
        let instance = self
            .instance
            .get_or_insert_with(|| Instance::acquire(&self.group));
        if self.producer.is_none() {
            let producer = self
                .cluster
                .transactional_producer(instance.transactional_id())
                .map_err(TransactionError::Log)?
                .map_err(TransactionError::Kafka)?;
            self.initialised = false;
            self.producer = Some(Arc::new(producer));
        }
        Ok(())
    }

    /// Makes a call that waits for brokers, on another thread. If it does not return in time, or soon after the member
    /// is to leave, gives up both the call and the producer and returns [`KafkaError::Canceled`]. The library does not
    /// always keep its own timeouts: while a group's coordinator is away, sending offsets can wait for ever (librdkafka
    /// issues 5456 and 5511).
    pub(super) async fn call(
        &mut self,
        call: impl FnOnce(&RecordProducer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), KafkaError> {
        let producer = self.producer.clone().ok_or(KafkaError::Canceled)?;
        let called = tokio::task::spawn_blocking(move || call(&producer));
        let mut leaving = self.leaving.clone();
        let leaves = async move {
            // An error means that the service is gone, which amounts to the same.
            let _ = leaving.wait_for(|&leaves| leaves).await;
            tokio::time::sleep(LEAVING).await;
        };
        let outcome = tokio::select! {
            biased;
            outcome = called => outcome.ok(),
            () = leaves => None,
            () = tokio::time::sleep(STUCK) => None,
        };
        match outcome {
            Some(outcome) => outcome,
            None => {
                tracing::debug!("a call to the library does not return; making a new producer");
                self.discard();
                Err(KafkaError::Canceled)
            }
        }
    }

    /// Aborts the open transaction. Returns whether that is certain. A producer that cannot abort is given up, and its
    /// successor does it.
    pub(super) async fn abort(&mut self) -> bool {
        if self.producer.is_none() {
            return true;
        }
        let abort = |producer: &RecordProducer| producer.abort_transaction(CALL_TIMEOUT);
        match self.call(abort).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(kafka.error = %error, "could not abort a transaction; making a new producer");
                self.discard();
                false
            }
        }
    }

    pub(super) fn discard(&mut self) {
        self.producer = None;
        self.initialised = false;
        self.failing_since = None;
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

/// Whether the error only means that the group is rebalancing.
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use rdkafka::error::KafkaError;
    use tokio::sync::watch;

    use super::{STUCK, TransactionalProducer};
    use crate::kafka::client::Cluster;

    #[tokio::test]
    async fn a_call_that_is_stuck_is_given_up_soon_after_the_member_is_to_leave() {
        for is_dropped in [false, true] {
            let (leave, leaving) = watch::channel(false);
            let mut producer = TransactionalProducer::new(Cluster::unreached(), "g", leaving);
            producer.make().expect("it needs no broker");
            let (release, stuck) = mpsc::channel::<()>();
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let call = producer.call(move |_| {
                let _ = begun.send(());
                let _ = stuck.recv();
                Ok(())
            });
            let leaves = async {
                has_begun.await.expect("it is called");
                if !is_dropped {
                    leave.send_replace(true);
                }
                // If `is_dropped`, the sender is dropped here; otherwise it is kept.
                (Instant::now(), (!is_dropped).then_some(leave))
            };
            let (outcome, (left_at, _leave)) = tokio::join!(call, leaves);
            assert_eq!(outcome, Err(KafkaError::Canceled));
            let took = left_at.elapsed();
            assert!(took < STUCK - Duration::from_secs(1), "{took:?}");
            assert!(producer.producer.is_none(), "it is not used again");
            drop(release);
        }
    }
}
