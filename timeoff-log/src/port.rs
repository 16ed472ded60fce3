//! The port: what the services see of a log, whichever of the two it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::append::Appender;
use crate::error::{AppendError, LogError};
use crate::kafka::{KafkaLog, KafkaSettings};
use crate::reader::{ReadFrom, Reader};
use crate::record::{NewRecord, Position};
use crate::schemas::{SchemaHome, SchemaTable};
use crate::sqlite::SqliteLog;
use crate::subscription::{Membership, Subscription};
use crate::topics::{EnsuredTopics, TopicSpec};
use crate::url::LogUrl;

/// An open log.
///
/// Cheap to clone; all clones are one log.
#[derive(Clone)]
pub struct Log {
    adapter: Adapter,
}

#[derive(Clone)]
enum Adapter {
    Sqlite(SqliteLog),
    Kafka(KafkaLog),
}

impl Log {
    /// Opens the log at `url`. A SQLite file that does not exist is made; a cluster must answer.
    ///
    /// `kafka` matters only to a Kafka log.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] within 10 s if the file or the cluster cannot be used, and
    /// [`LogError::RefusedProperty`] if a property in `kafka` is.
    pub async fn open(url: &LogUrl, kafka: &KafkaSettings) -> Result<Log, LogError> {
        let adapter = match url {
            LogUrl::Sqlite(path) => Adapter::Sqlite(SqliteLog::open(path).await?),
            LogUrl::Kafka(servers) => Adapter::Kafka(KafkaLog::open(servers, kafka).await?),
        };
        Ok(Log { adapter })
    }

    /// As [`Log::open`], for a caller who only reads: a SQLite file that this user cannot write, be it on a read-only medium,
    /// is opened as it is. What would write to it fails.
    ///
    /// # Errors
    ///
    /// As [`Log::open`]. A file that cannot be read without writing beside it (a `-wal` is left of a kill) is among them.
    pub async fn open_to_read(url: &LogUrl, kafka: &KafkaSettings) -> Result<Log, LogError> {
        match url {
            LogUrl::Sqlite(path) => {
                let adapter = Adapter::Sqlite(SqliteLog::open_to_read(path).await?);
                Ok(Log { adapter })
            }
            LogUrl::Kafka(_) => Log::open(url, kafka).await,
        }
    }

    /// Makes the topics that do not exist and checks those that do.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewPartitions`] if a topic has fewer than it needs, [`LogError::Unavailable`] if it can
    /// neither be found nor made.
    pub async fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<EnsuredTopics, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.ensure_topics(topics).await,
            Adapter::Kafka(log) => log.ensure_topics(topics).await,
        }
    }

    /// How many partitions each of these topics has. Those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the topics cannot be listed.
    pub async fn partitions_of(
        &self,
        topics: &[Arc<str>],
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.partitions_of(topics).await,
            Adapter::Kafka(log) => log.partitions_of(topics).await,
        }
    }

    /// Which of these partitions of a topic have records now.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if that cannot be found out now, or there is no such partition.
    pub async fn with_records(
        &self,
        topic: &Arc<str>,
        partitions: &[i32],
    ) -> Result<Vec<i32>, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.with_records(topic, partitions).await,
            Adapter::Kafka(log) => log.with_records(topic, partitions).await,
        }
    }

    /// Adds partitions to a topic, so that it has `partitions`. Returns whether this call added any: of several that
    /// ask for as many at the same time, one does.
    ///
    /// The members of a group take up what was added, from its first record on: within a second on SQLite, after 10 s on
    /// Kafka (`topic.metadata.refresh.interval.ms`). A [`Reader`] keeps to the partitions it began with.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if there is no such topic, or partitions cannot be added.
    pub async fn add_partitions(
        &self,
        topic: &Arc<str>,
        partitions: i32,
    ) -> Result<bool, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.add_partitions(topic, partitions).await,
            Adapter::Kafka(log) => log.add_partitions(topic, partitions).await,
        }
    }

    /// Appends records and returns their positions, in order, once all are durable.
    ///
    /// Records for one partition get ascending offsets in the order given. Not atomic on Kafka: if it fails, some
    /// may be on the log.
    ///
    /// # Errors
    ///
    /// [`AppendError`] says how many of them, from the first, are known to be durable.
    pub async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, AppendError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.append(records).await,
            Adapter::Kafka(log) => log.append(records).await,
        }
    }

    /// What an append waits for that has not come to its end for some seconds: the address, the step, what is known of the
    /// reason, and what to do about it. For a person; only the append itself tells whether it succeeds.
    pub fn obstacle(&self) -> String {
        match &self.adapter {
            Adapter::Sqlite(log) => format!(
                "{}: could not append a record yet; another process may have it locked, or the disk does not answer",
                log.address()
            ),
            Adapter::Kafka(log) => log.obstacle(),
        }
    }

    /// Appends a stream of records of any length, in bounded memory.
    pub fn appender(&self) -> Appender {
        match &self.adapter {
            Adapter::Sqlite(log) => log.appender(),
            Adapter::Kafka(log) => log.appender(),
        }
    }

    /// Joins a group, to be handed a share of a topic's records.
    ///
    /// A group that has never read the topic begins at its first record.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if joining fails at once. Trouble that comes later is an event of the stream.
    pub async fn subscribe(&self, membership: Membership) -> Result<Subscription, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.subscribe(membership).await,
            Adapter::Kafka(log) => log.subscribe(membership).await,
        }
    }

    /// Reads all partitions of a topic without a group: nothing is recorded about what was read.
    ///
    /// Order is kept within a partition. Only committed records are seen.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the topic cannot be read.
    pub async fn read(&self, topic: &str, from: ReadFrom) -> Result<Reader, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.read(topic, from).await,
            Adapter::Kafka(log) => log.read(topic, from).await,
        }
    }

    /// Reads the records of a topic that `group` has not settled, as that is when this is called, without joining the
    /// group: nothing is recorded, and no member notices. What is appended later follows.
    ///
    /// What the group settles while reading goes on may still come. Order is kept within a partition.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the topic, or what the group has settled, cannot be read;
    /// [`LogError::UnknownProgress`] and [`LogError::BeyondEnd`] as a member of the group would be told.
    pub async fn read_unsettled(&self, group: &str, topic: &str) -> Result<Reader, LogError> {
        let progress = match &self.adapter {
            Adapter::Sqlite(log) => log.progress(group, topic).await?,
            Adapter::Kafka(log) => log.progress(group, topic).await?,
        };
        let starts = progress
            .iter()
            .map(|(&partition, progress)| (partition, progress.prefix()))
            .collect();
        let whole = self.read(topic, ReadFrom::Offsets(starts)).await?;
        Ok(whole.without_settled(progress))
    }

    /// Copies the log at `url`, as it is at one moment, to a new file, while others go on working on it. Returns the new
    /// file's length in bytes. The copy is a log with a history of its own: whole, on disk, with nothing beside it, and
    /// readable by its owner only.
    ///
    /// # Errors
    ///
    /// [`LogError::NotOneFile`] for a Kafka log; [`LogError::Unavailable`] if there is no log, `to` exists, or either
    /// cannot be used.
    pub async fn back_up(url: &LogUrl, to: &Path) -> Result<u64, LogError> {
        match url {
            LogUrl::Sqlite(path) => SqliteLog::back_up(path, to).await,
            LogUrl::Kafka(_) => Err(LogError::NotOneFile {
                log: url.to_string(),
            }),
        }
    }

    /// Ends everything that was begun on this log, on all its clones, and leaves nothing behind: no connection, no
    /// client, no thread that uses one. When nobody else has a SQLite log open, its file alone is the whole log then.
    ///
    /// Subscriptions and readers end as if they had been dropped. Waits for 5 s at the most; what has not ended by then
    /// is left to the end of the process, as after a kill. Safe to cancel: that waits less.
    pub async fn close(self) {
        match self.adapter {
            Adapter::Sqlite(log) => log.close().await,
            Adapter::Kafka(log) => log.close().await,
        }
    }

    /// Where this log's schemas have their ids.
    pub fn schemas(&self) -> SchemaHome {
        match &self.adapter {
            Adapter::Sqlite(log) => SchemaHome::Table(SchemaTable::of(log.clone())),
            Adapter::Kafka(log) => SchemaHome::Registry(log.registry()),
        }
    }

    /// The address, as a person would write it.
    pub fn address(&self) -> &str {
        match &self.adapter {
            Adapter::Sqlite(log) => log.address(),
            Adapter::Kafka(log) => log.address(),
        }
    }
}
