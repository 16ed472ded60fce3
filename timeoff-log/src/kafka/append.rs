//! Appends records and waits until every in-sync replica has them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::Delivery as Acknowledgement;
use rdkafka::producer::{DeliveryFuture, Producer};

use super::{Cluster, future_record};
use crate::error::{AppendError, LogError};
use crate::record::{NewRecord, Position};

/// How many records of a stream may be on their way at once.
const IN_FLIGHT: usize = 10_000;

/// How long to wait before trying again to put a record into a full queue that nothing of ours is in.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(10);

pub(super) async fn append(
    cluster: &Arc<Cluster>,
    records: Vec<NewRecord>,
) -> Result<Vec<Position>, AppendError> {
    let mut positions = Vec::with_capacity(records.len());
    let mut appender = KafkaAppender::new(cluster.clone());
    for record in &records {
        appender.send(record, Some(&mut positions)).await?;
    }
    while !appender.in_flight.is_empty() {
        appender.acknowledge_oldest(Some(&mut positions)).await?;
    }
    Ok(positions
        .into_iter()
        .zip(&records)
        .map(|(acknowledgement, record)| Position {
            topic: record.topic.clone(),
            partition: acknowledgement.partition,
            offset: acknowledgement.offset,
        })
        .collect())
}

/// A stream of records on its way.
pub(crate) struct KafkaAppender {
    cluster: Arc<Cluster>,
    in_flight: VecDeque<DeliveryFuture>,
    acknowledged: u64,
}

impl KafkaAppender {
    pub(super) fn new(cluster: Arc<Cluster>) -> KafkaAppender {
        KafkaAppender {
            cluster,
            in_flight: VecDeque::new(),
            acknowledged: 0,
        }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(crate) async fn push(&mut self, record: NewRecord) -> Result<(), AppendError> {
        self.send(&record, None).await
    }

    pub(crate) async fn finish(mut self) -> Result<u64, AppendError> {
        while !self.in_flight.is_empty() {
            self.acknowledge_oldest(None).await?;
        }
        Ok(self.acknowledged)
    }

    async fn send(
        &mut self,
        record: &NewRecord,
        mut positions: Option<&mut Vec<Acknowledgement>>,
    ) -> Result<(), AppendError> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.acknowledge_oldest(positions.as_deref_mut()).await?;
        }
        loop {
            match self.cluster.producer.send_result(future_record(record)) {
                Ok(acknowledgement) => {
                    self.in_flight.push_back(acknowledgement);
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    if self.in_flight.is_empty() {
                        tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                    } else {
                        self.acknowledge_oldest(positions.as_deref_mut()).await?;
                    }
                }
                Err((error, _)) => return Err(self.failed(error)),
            }
        }
    }

    async fn acknowledge_oldest(
        &mut self,
        positions: Option<&mut Vec<Acknowledgement>>,
    ) -> Result<(), AppendError> {
        let Some(oldest) = self.in_flight.pop_front() else {
            return Ok(());
        };
        match oldest.await {
            Ok(Ok(acknowledgement)) => {
                self.acknowledged += 1;
                if let Some(positions) = positions {
                    positions.push(acknowledgement);
                }
                Ok(())
            }
            Ok(Err((error, _))) => Err(self.failed(error)),
            Err(_) => Err(AppendError {
                acknowledged: self.acknowledged,
                source: LogError::Closed,
            }),
        }
    }

    fn failed(&self, error: KafkaError) -> AppendError {
        // A fatal error hides its cause behind "fatal"; the client knows it.
        let error = match self.cluster.producer.client().fatal_error() {
            Some((code, _)) => KafkaError::MessageProduction(code),
            None => error,
        };
        AppendError {
            acknowledged: self.acknowledged,
            source: self.cluster.diagnosis.unavailable(
                &self.cluster.address,
                "append a record",
                error,
            ),
        }
    }
}
