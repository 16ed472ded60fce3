//! Ledger events as records, and records as ledger events.

use std::borrow::Cow;
use std::sync::Arc;

use timeoff_log::{LogError, NewRecord, Record};
use timeoff_models::generated::LedgerRecord;

use super::Contract;
use super::read::{DecodeError, value_of};
use crate::avro::{Encoder, EventType, Key, SharedEncoder, Typed};

/// The header that names the group of managers who keep a ledger. It is on the events that were written while the ledger
/// was empty; the first one counts.
pub const LEDGER_GROUP_HEADER: &str = "timeoff.group";

/// Turns ledger events into records.
pub struct LedgerWriter {
    topic: Arc<str>,
    keys: Encoder<Key>,
    values: SharedEncoder<EventType>,
}

impl Contract {
    /// Registers the schemas that ledger events are written with: all of them.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the registry does not take them.
    pub async fn ledger_writer(&self) -> Result<LedgerWriter, LogError> {
        let topic = &self.topics.ledger;
        Ok(LedgerWriter {
            keys: Encoder::register(&self.schemas, topic).await?,
            values: SharedEncoder::register(&self.schemas, topic).await?,
            topic: topic.clone(),
        })
    }

    /// Understands a record of the ledger. Its key is not looked at: the event says everything.
    ///
    /// No event may be left out, so whoever folds the ledger stops at one that is not understood.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: an event of a type that this version does not know, poison, the registry does not answer, or
    /// the file is damaged.
    pub async fn read_ledger<'a>(
        &self,
        record: &'a Record,
    ) -> Result<LedgerRecord<'a>, DecodeError> {
        let read = || value_of(record, &self.ledger);
        match self.understand(read, &self.ledger).await? {
            Typed::Known(event) => Ok(event),
            Typed::Unknown { type_name, .. } => Err(DecodeError::NewerVersion { type_name }),
        }
    }
}

impl LedgerWriter {
    /// The record of an event, in the partition of a department.
    ///
    /// `key` is [`LedgerRecord::key`], or the key of the command if a refused one names nothing.
    pub fn record(&self, partition: i32, key: &str, event: &LedgerRecord<'_>) -> NewRecord {
        NewRecord {
            topic: self.topic.clone(),
            partition,
            key: Some(self.keys.encode(&key.into())),
            value: Some(self.values.encode(event)),
            headers: Vec::new(),
        }
    }

    /// As [`LedgerWriter::record`], on a ledger that is empty as far as the writer knows: the record names the group of
    /// managers who keep it from now on, see [`LEDGER_GROUP_HEADER`].
    pub fn first_record(
        &self,
        partition: i32,
        key: &str,
        event: &LedgerRecord<'_>,
        group: &str,
    ) -> NewRecord {
        let mut record = self.record(partition, key, event);
        let name = LEDGER_GROUP_HEADER.to_owned();
        record.headers.push((name, group.as_bytes().to_vec()));
        record
    }
}

/// The group of managers that a record of a ledger names, if it names one.
pub fn group_of_ledger(record: &Record) -> Option<Cow<'_, str>> {
    let mut headers = record.headers.iter();
    let (_, group) = headers.find(|(name, _)| name == LEDGER_GROUP_HEADER)?;
    Some(String::from_utf8_lossy(group))
}
