//! Appending a stream of records with back-pressure.

use crate::error::AppendError;
use crate::kafka::KafkaAppender;
use crate::record::NewRecord;
use crate::sqlite::SqliteAppender;

/// Appends a stream of records of any length in bounded memory. It keeps the order within a partition.
pub struct Appender {
    adapter: AdapterAppender,
}

enum AdapterAppender {
    Sqlite(SqliteAppender),
    Kafka(KafkaAppender),
}

impl Appender {
    pub(crate) fn sqlite(appender: SqliteAppender) -> Appender {
        Appender {
            adapter: AdapterAppender::Sqlite(appender),
        }
    }

    pub(crate) fn kafka(appender: KafkaAppender) -> Appender {
        Appender {
            adapter: AdapterAppender::Kafka(appender),
        }
    }

    /// Takes one record, and waits while too many are in flight. The record is not durable yet.
    ///
    /// # Errors
    ///
    /// [`AppendError`] if a record taken earlier failed; nothing more can be appended then.
    pub async fn push(&mut self, record: NewRecord) -> Result<(), AppendError> {
        match &mut self.adapter {
            AdapterAppender::Sqlite(appender) => appender.push(record).await,
            AdapterAppender::Kafka(appender) => appender.push(record).await,
        }
    }

    /// How many records, from the first, are known to be durable.
    pub fn acknowledged(&mut self) -> u64 {
        match &mut self.adapter {
            AdapterAppender::Sqlite(appender) => appender.acknowledged(),
            AdapterAppender::Kafka(appender) => appender.acknowledged(),
        }
    }

    /// Waits until all records are durable, and returns how many there were.
    ///
    /// # Errors
    ///
    /// [`AppendError`] if a record failed.
    pub async fn finish(self) -> Result<u64, AppendError> {
        match self.adapter {
            AdapterAppender::Sqlite(appender) => appender.finish().await,
            AdapterAppender::Kafka(appender) => appender.finish().await,
        }
    }
}
