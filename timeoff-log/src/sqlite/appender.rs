//! Appending a stream: records are gathered into a batch while earlier ones are in flight.

use std::collections::VecDeque;

use super::writer::{Submitted, Writer};
use crate::error::{AppendError, LogError};
use crate::record::NewRecord;

/// The most records in a batch.
const BATCH: usize = 1024;

/// As [`BATCH`], in bytes of keys, values and headers, in case records are large.
const BATCH_BYTES: usize = 1 << 20;

/// The most batches in flight: enough that the writer has the next transaction's records while it commits one.
const MAX_IN_FLIGHT: usize = 8;

/// Appends a stream of records.
///
/// When nothing is in flight, a record is sent off at once, so that a slow stream is not held back. A fast stream
/// fills batches.
pub(crate) struct SqliteAppender {
    writer: Writer,
    batch: Vec<NewRecord>,
    batch_bytes: usize,
    in_flight: VecDeque<Submitted>,
    acknowledged: u64,
    failed: bool,
}

impl SqliteAppender {
    pub(super) fn new(writer: Writer) -> SqliteAppender {
        SqliteAppender {
            writer,
            batch: Vec::new(),
            batch_bytes: 0,
            in_flight: VecDeque::new(),
            acknowledged: 0,
            failed: false,
        }
    }

    pub(crate) async fn push(&mut self, record: NewRecord) -> Result<(), AppendError> {
        if self.failed {
            return Err(AppendError {
                acknowledged: self.acknowledged,
                source: LogError::Closed,
            });
        }
        self.batch_bytes += record.bytes();
        self.batch.push(record);
        while let Some(oldest) = self.in_flight.front_mut() {
            let Some(outcome) = oldest.outcome_if_known() else {
                break;
            };
            self.in_flight.pop_front();
            self.note(outcome.map(|positions| positions.len()))?;
        }
        while self.in_flight.len() >= MAX_IN_FLIGHT && self.is_full() {
            self.wait_for_oldest().await?;
        }
        if self.in_flight.is_empty() || self.is_full() {
            self.send_off();
        }
        Ok(())
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(crate) async fn finish(mut self) -> Result<u64, AppendError> {
        if !self.batch.is_empty() {
            self.send_off();
        }
        while !self.in_flight.is_empty() {
            self.wait_for_oldest().await?;
        }
        Ok(self.acknowledged)
    }

    fn is_full(&self) -> bool {
        self.batch.len() >= BATCH || self.batch_bytes >= BATCH_BYTES
    }

    fn send_off(&mut self) {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        self.in_flight.push_back(self.writer.submit(batch));
    }

    async fn wait_for_oldest(&mut self) -> Result<(), AppendError> {
        let Some(oldest) = self.in_flight.front_mut() else {
            return Ok(());
        };
        // It stays first in line until its outcome is known, as this call may be cancelled.
        let outcome = oldest.outcome().await;
        self.in_flight.pop_front();
        self.note(outcome.map(|positions| positions.len()))
    }

    fn note(&mut self, outcome: Result<usize, AppendError>) -> Result<(), AppendError> {
        match outcome {
            Ok(count) => {
                self.acknowledged += count as u64;
                Ok(())
            }
            Err(error) => {
                self.failed = true;
                self.acknowledged += error.acknowledged;
                Err(AppendError {
                    acknowledged: self.acknowledged,
                    source: error.source,
                })
            }
        }
    }
}
