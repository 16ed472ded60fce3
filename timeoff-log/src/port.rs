//! The port: what the services see of a log, whichever of the two it is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::append::Appender;
use crate::error::{AppendError, LogError};
use crate::kafka::{KafkaLog, KafkaSettings};
use crate::progress::Progress;
use crate::reader::{ReadFrom, Reader};
use crate::record::{NewRecord, Position};
use crate::schemas::{SchemaHome, SchemaTable};
use crate::sqlite::SqliteLog;
use crate::subscription::{Membership, Subscription};
use crate::topics::{EnsuredTopics, TopicSpec};
use crate::url::LogUrl;

/// An open log.
///
/// Cheap to clone. All clones share one log.
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
    /// Opens the log at `url`. If a SQLite file does not exist, makes it. A cluster must answer.
    ///
    /// `kafka` is used only for a Kafka log.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] within 10 s if the file or the cluster cannot be used.
    /// [`LogError::RefusedProperty`] if a property in `kafka` is refused.
    pub async fn open(url: &LogUrl, kafka: &KafkaSettings) -> Result<Log, LogError> {
        let adapter = match url {
            LogUrl::Sqlite(path) => Adapter::Sqlite(SqliteLog::open(path).await?),
            LogUrl::Kafka(servers) => Adapter::Kafka(KafkaLog::open(servers, kafka).await?),
        };
        Ok(Log { adapter })
    }

    /// As [`Log::open`], for a caller who only reads: a SQLite file that this user cannot write, on a read-only medium
    /// for example, is opened as it is. Calls that would write to it fail.
    ///
    /// # Errors
    ///
    /// As [`Log::open`]; also if the file cannot be read without writing beside it (a killed process has left a
    /// `-wal`).
    pub async fn open_to_read(url: &LogUrl, kafka: &KafkaSettings) -> Result<Log, LogError> {
        match url {
            LogUrl::Sqlite(path) => {
                let adapter = Adapter::Sqlite(SqliteLog::open_to_read(path).await?);
                Ok(Log { adapter })
            }
            LogUrl::Kafka(_) => Log::open(url, kafka).await,
        }
    }

    /// As [`Log::open_to_read`], for a caller who only looks: a SQLite file that does not exist is not made.
    ///
    /// # Errors
    ///
    /// As [`Log::open_to_read`]; also if there is no such file.
    pub async fn open_existing(url: &LogUrl, kafka: &KafkaSettings) -> Result<Log, LogError> {
        match url {
            LogUrl::Sqlite(path) => {
                let adapter = Adapter::Sqlite(SqliteLog::open_existing(path).await?);
                Ok(Log { adapter })
            }
            LogUrl::Kafka(_) => Log::open(url, kafka).await,
        }
    }

    /// Makes the topics that do not exist and checks those that do.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewPartitions`] if a topic has fewer partitions than it needs, [`LogError::Unavailable`] if it
    /// can neither be found nor made.
    pub async fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<EnsuredTopics, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.ensure_topics(topics).await,
            Adapter::Kafka(log) => log.ensure_topics(topics).await,
        }
    }

    /// How many partitions each of these topics has. Topics that do not exist are left out.
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
    /// [`LogError::Unavailable`] if that cannot be found out now, or a partition does not exist.
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

    /// The offsets of each partition of a topic that may have records now: from the first that is kept to the one that
    /// the next record may get. On Kafka, records of an open transaction lie beyond.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if that cannot be found out now, or there is no such topic.
    pub async fn ends(&self, topic: &Arc<str>) -> Result<BTreeMap<i32, Range<i64>>, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.ends(topic).await,
            Adapter::Kafka(log) => log.ends(topic).await,
        }
    }

    /// Adds partitions to a topic, so that it has `partitions`. Returns whether this call added any: of several
    /// concurrent calls for the same number, one does.
    ///
    /// The members of a group take up the new partitions from their first record on: within a second on SQLite, after
    /// 10 s on Kafka (`topic.metadata.refresh.interval.ms`). A [`Reader`] reads only the partitions it began with.
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
    /// Records for one partition get ascending offsets in the order given. This is not atomic on Kafka: if it fails,
    /// some records may be on the log.
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

    /// What an append that has taken some seconds is waiting for, as far as that is known, and what to do about it.
    /// Only the append itself reports whether it succeeds.
    pub fn obstacle(&self) -> LogError {
        match &self.adapter {
            Adapter::Sqlite(log) => log.obstacle(),
            Adapter::Kafka(log) => log.obstacle(),
        }
    }

    /// Appends a stream of records of any length, in bounded memory.
    pub fn appender(&self) -> Appender {
        match &self.adapter {
            Adapter::Sqlite(log) => Appender::sqlite(log.appender()),
            Adapter::Kafka(log) => Appender::kafka(log.appender()),
        }
    }

    /// Joins a group, whose members share a topic's partitions.
    ///
    /// A group that has never read the topic begins at its first record.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if joining fails at once. [`LogError::TooFewPartitions`] if a topic alongside has fewer
    /// partitions than the topic. Later trouble is reported in the stream of events.
    pub async fn subscribe(&self, membership: Membership) -> Result<Subscription, LogError> {
        self.check_alongside(&membership).await?;
        match &self.adapter {
            Adapter::Sqlite(log) => log.subscribe(membership).await,
            Adapter::Kafka(log) => log.subscribe(membership).await,
        }
    }

    async fn check_alongside(&self, membership: &Membership) -> Result<(), LogError> {
        if membership.alongside.is_empty() {
            return Ok(());
        }
        let topics: Vec<Arc<str>> = membership.lanes().cloned().collect();
        let partitions = self.partitions_of(&topics).await?;
        let of = |topic| partitions.get(topic).copied().unwrap_or(0);
        let needs = of(&membership.topic);
        for topic in &membership.alongside {
            let spec = TopicSpec {
                name: topic.clone(),
                partitions: needs,
                at_least: needs,
                keep_forever: false,
            };
            spec.check(self.address(), of(topic))?;
        }
        Ok(())
    }

    /// Reads the partitions of a topic without a group: the log does not record what was read.
    ///
    /// Order is kept within a partition. The reader sees only committed records.
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

    /// Reads the records of a topic, or of one partition of it, that `group` has not settled at the time of the call, then
    /// the records that are appended later. Does not join the group: nothing is recorded, and no member notices.
    ///
    /// A record that the group settles after this call may still be read. Order is kept within a partition.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the topic, or what the group has settled, cannot be read;
    /// [`LogError::UnknownProgress`] and [`LogError::BeyondEnd`] as for a member of the group.
    pub async fn read_unsettled(
        &self,
        group: &str,
        topic: &str,
        partition: Option<i32>,
    ) -> Result<Reader, LogError> {
        let progress = match &self.adapter {
            Adapter::Sqlite(log) => log.progress(group, topic).await?,
            Adapter::Kafka(log) => log.progress(group, topic).await?,
        };
        let start = |progress: &Progress| progress.prefix();
        let from = match partition {
            Some(partition) => {
                let start = progress.get(&partition).map_or(0, start);
                ReadFrom::Only(BTreeMap::from([(partition, start)]))
            }
            None => {
                let starts = progress.iter().map(|(&of, progress)| (of, start(progress)));
                ReadFrom::Offsets(starts.collect())
            }
        };
        Ok(self.read(topic, from).await?.without_settled(progress))
    }

    /// How many records of these partitions of a topic `group` has not settled, those in its members' hands among them.
    ///
    /// Counted by offsets, so it may be too many: records that have expired count on SQLite, and on Kafka so do those of
    /// an aborted transaction and the mark at a transaction's end.
    ///
    /// On Kafka, dropping the future does not stop the work, which ends within 3 s if the brokers do not answer.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the topic, or what the group has settled, cannot be read;
    /// [`LogError::UnknownProgress`] as for a member of the group.
    pub async fn count_unsettled(
        &self,
        group: &str,
        topic: &str,
        partitions: &[i32],
    ) -> Result<u64, LogError> {
        match &self.adapter {
            Adapter::Sqlite(log) => log.count_unsettled(group, topic, partitions).await,
            Adapter::Kafka(log) => log.count_unsettled(group, topic, partitions).await,
        }
    }

    /// Copies the log at `url`, as it is at one moment, to a new file, while others go on working on it. Returns the
    /// new file's length in bytes. The copy is a log with its own history: complete, on disk, with nothing beside it,
    /// and readable only by its owner.
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
    /// client, no thread that uses one. If no other process has a SQLite log open, its file alone is then the whole
    /// log.
    ///
    /// Subscriptions and readers end as if they had been dropped. Waits for 5 s at the most. Anything that has not
    /// ended by then goes on until the process ends, as if it was killed. Safe to cancel: the only effect is a shorter
    /// wait.
    pub async fn close(self) {
        match self.adapter {
            Adapter::Sqlite(log) => log.close().await,
            Adapter::Kafka(log) => log.close().await,
        }
    }

    /// Where this log's schemas get their ids.
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
