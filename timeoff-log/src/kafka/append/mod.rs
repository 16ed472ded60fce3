//! Appends records and waits until every in-sync replica has them.

mod flight;

use std::sync::Arc;

use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::client::Cluster;
use crate::error::AppendError;
use crate::record::{NewRecord, Position};

pub(crate) use flight::{Flight, Lane, SendError, Sent};

/// How many records of a stream may be in flight at once, and down to how many before sending resumes.
const IN_FLIGHT: usize = 50_000;
const ENOUGH_ROOM: usize = IN_FLIGHT / 2;

pub(super) async fn append(
    cluster: &Arc<Cluster>,
    records: Vec<NewRecord>,
) -> Result<Vec<Position>, AppendError> {
    let mut appender = KafkaAppender::start(cluster.clone(), true);
    for record in &records {
        appender.send(record).await?;
    }
    appender.wait_for_all().await?;
    Ok(appender.flight.positions(records.iter()).collect())
}

/// A stream of records that are being appended.
pub(crate) struct KafkaAppender {
    cluster: Arc<Cluster>,
    flight: Flight,
}

impl KafkaAppender {
    pub(super) fn new(cluster: Arc<Cluster>) -> KafkaAppender {
        KafkaAppender::start(cluster, false)
    }

    fn start(cluster: Arc<Cluster>, wants_positions: bool) -> KafkaAppender {
        KafkaAppender {
            flight: Flight::new(cluster.producer(), wants_positions),
            cluster,
        }
    }

    pub(crate) fn acknowledged(&mut self) -> u64 {
        self.flight.arrived()
    }

    pub(crate) async fn push(&mut self, record: NewRecord) -> Result<(), AppendError> {
        self.send(&record).await
    }

    pub(crate) async fn finish(mut self) -> Result<u64, AppendError> {
        self.wait_for_all().await?;
        Ok(self.flight.arrived())
    }

    async fn send(&mut self, record: &NewRecord) -> Result<(), AppendError> {
        if self.flight.len() >= IN_FLIGHT
            && let Err(error) = self.flight.at_most(ENOUGH_ROOM).await
        {
            return Err(self.failed(error).await);
        }
        loop {
            match self.flight.send(record) {
                Ok(Sent::OnItsWay) => return Ok(()),
                Ok(Sent::QueueFull) => {
                    if let Err(error) = self.flight.make_room().await {
                        return Err(self.failed(error).await);
                    }
                }
                Err(error) => return Err(self.failed(error).await),
            }
        }
    }

    async fn wait_for_all(&mut self) -> Result<(), AppendError> {
        if let Err(error) = self.flight.at_most(0).await {
            return Err(self.failed(error).await);
        }
        // Any trouble that was reported before is over.
        self.cluster.answers();
        Ok(())
    }

    async fn failed(&mut self, error: SendError) -> AppendError {
        if let Some(source) = error.too_large(self.cluster.address()) {
            return AppendError {
                acknowledged: self.flight.arrived(),
                source,
            };
        }
        if error.is_timeout() {
            // The next one is then not in vain.
            self.cluster.look_after_producer().await;
        }
        // A fatal error only says "fatal"; the client knows the cause.
        let error = match self.cluster.producer().client().fatal_error() {
            Some((code, _)) => KafkaError::MessageProduction(code),
            None => error.into_kafka(),
        };
        AppendError {
            acknowledged: self.flight.arrived(),
            source: self.cluster.unavailable("append a record", error),
        }
    }
}
