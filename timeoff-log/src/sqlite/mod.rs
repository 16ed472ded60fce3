//! The log as one SQLite file, shared by the processes of one machine.
//!
//! There is no server: every process writes to the file directly, and SQLite's write lock puts the writes in order.
//! Transactions on a handful of tables (`schema.rs` draws them) do what Kafka's brokers do:
//!
//! | what | where |
//! |---|---|
//! | making and opening the file | `file.rs`; its place: `location.rs`; one that is read-only: `file/read_only.rs` |
//! | one connection and its transactions | `store.rs` |
//! | records and their offsets | `records.rs`, headers in `headers.rs` |
//! | appending, many callers to a transaction | `writer.rs`, `appender.rs` |
//! | being a member of a group | `service.rs`: its thread; `member.rs`: its steps; `holdings.rs`: its partitions |
//! | assigning partitions to members | `seat.rs`: a member's place; `roster.rs`: the shares, and dead members |
//! | the tables of groups | `group.rs` |
//! | handing out, settling, being caught up | `hand_out.rs`, `settle.rs`, `catch_up.rs` |
//! | reading without a group | `reader.rs`; a group's committed progress, read from outside the group: `standings.rs` |
//! | the schemas that a file put in the log's place must have | `known_schemas.rs` |
//! | whether the write-ahead log belongs to the file | `lineage.rs`; its bytes: `wal_frames.rs` |
//! | faults, and reporting them | `fault.rs`, `trouble.rs` |
//! | a copy of the file while others work on it | `backup.rs` |
//! | closing, so that the file alone is the log | `close.rs`; this process's open connections: `connections.rs` |
//!
//! The wall clock only stamps records. No lock or transaction outlives one call.

mod appender;
mod backup;
mod catch_up;
mod close;
mod connections;
mod fault;
mod file;
mod group;
mod hand_out;
mod headers;
mod holdings;
mod known_schemas;
mod lineage;
mod location;
mod member;
mod reader;
mod records;
mod roster;
mod schema;
mod seat;
mod service;
mod settle;
mod standings;
mod store;
mod topics;
mod trouble;
mod wal_frames;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::appender::SqliteAppender;
use self::fault::Fault;
use self::file::LogFile;
use self::store::Store;
use self::writer::Writer;
use crate::error::{AppendError, LogError};
use crate::progress::Progress;
use crate::reader::{ReadFrom, Reader};
use crate::record::{NewRecord, Position};
use crate::remedy::Remedy;
use crate::sabotage::{Promise, breaks};
use crate::subscription::{Membership, Subscription};
use crate::topics::{EnsuredTopics, TopicSpec};

/// An open log file. Clones share one writer; each subscription and each reader has its own connections.
#[derive(Clone)]
pub(crate) struct SqliteLog {
    file: LogFile,
    writer: Writer,
    /// The connection for rare calls: those about topics, schemas and a group's progress.
    desk: Arc<Mutex<Option<Store>>>,
}

impl SqliteLog {
    /// Opens the file at `path`. If there is none, makes one that only its owner can read and write.
    pub(crate) async fn open(path: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::on(path, LogFile::open).await
    }

    /// See [`crate::Log::open_to_read`].
    pub(crate) async fn open_to_read(path: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::on(path, LogFile::open_to_read).await
    }

    /// See [`crate::Log::open_existing`].
    pub(crate) async fn open_existing(path: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::on(path, LogFile::open_existing).await
    }

    async fn on(
        path: &Path,
        open: fn(&Path) -> Result<LogFile, LogError>,
    ) -> Result<SqliteLog, LogError> {
        let path = path.to_owned();
        on_blocking_thread(move || {
            let file = open(&path)?;
            let tell = |fault: Fault| fault.tell(file.location(), "open the file");
            let desk = file.connect(store::CALLER).map_err(tell)?;
            let writer = Writer::start(&file).map_err(tell)?;
            Ok(SqliteLog {
                writer,
                desk: Arc::new(Mutex::new(Some(desk))),
                file,
            })
        })
        .await
    }

    /// See [`crate::Log::back_up`].
    pub(crate) async fn back_up(path: &Path, to: &Path) -> Result<u64, LogError> {
        let (path, to) = (path.to_owned(), to.to_owned());
        on_blocking_thread(move || backup::make(&path, &to)).await
    }

    /// See [`crate::Log::close`].
    pub(crate) async fn close(self) {
        if breaks(Promise::CloseWaits) {
            // Everything that has the file open keeps it open until the process ends.
            std::mem::forget(self);
            return;
        }
        // Members, readers and the writer notice this and end.
        self.file.connections().begin_closing();
        self.writer.close();
        let closed = on_blocking_thread(move || {
            // A call at the desk finishes first.
            *self.desk.lock().unwrap_or_else(PoisonError::into_inner) = None;
            close::let_go(&self.file);
            Ok(())
        });
        // An error means that the runtime is shutting down: nothing can be waited for any more.
        let _ = closed.await;
    }

    pub(crate) fn address(&self) -> &str {
        self.file.address()
    }

    /// What an unfinished append is probably waiting for.
    pub(crate) fn obstacle(&self) -> LogError {
        LogError::Unavailable {
            log: self.address().into(),
            step: "append a record yet".into(),
            remedy: Some(Remedy::FindProcess {
                path: self.file.path().into(),
            }),
            source: "another process may have it locked, or the disk does not answer".into(),
        }
    }

    pub(crate) async fn ensure_topics(
        &self,
        specs: &[TopicSpec],
    ) -> Result<EnsuredTopics, LogError> {
        let specs = specs.to_owned();
        let file = self.file.clone();
        self.at_desk(move |desk| topics::ensure(desk, &file, &specs))
            .await
    }

    pub(crate) async fn partitions_of(
        &self,
        names: &[Arc<str>],
    ) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let names = names.to_owned();
        let file = self.file.clone();
        self.at_desk(move |desk| topics::partitions(desk, &file, &names))
            .await
    }

    pub(crate) async fn with_records(
        &self,
        topic: &Arc<str>,
        partitions: &[i32],
    ) -> Result<Vec<i32>, LogError> {
        let (topic, partitions) = (topic.clone(), partitions.to_owned());
        let file = self.file.clone();
        self.at_desk(move |desk| topics::with_records(desk, &file, &topic, partitions))
            .await
    }

    pub(crate) async fn ends(
        &self,
        topic: &Arc<str>,
    ) -> Result<BTreeMap<i32, Range<i64>>, LogError> {
        let topic = topic.clone();
        let file = self.file.clone();
        self.at_desk(move |desk| topics::ends(desk, &file, &topic))
            .await
    }

    pub(crate) async fn add_partitions(
        &self,
        name: &Arc<str>,
        partitions: i32,
    ) -> Result<bool, LogError> {
        let name = name.clone();
        let file = self.file.clone();
        self.at_desk(move |desk| topics::add_partitions(desk, &file, &name, partitions))
            .await
    }

    pub(crate) async fn append(
        &self,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Position>, AppendError> {
        self.writer.submit(records).outcome().await
    }

    pub(crate) fn appender(&self) -> SqliteAppender {
        SqliteAppender::new(self.writer.clone())
    }

    pub(crate) async fn subscribe(&self, membership: Membership) -> Result<Subscription, LogError> {
        let file = self.file.clone();
        on_blocking_thread(move || service::start(&file, &membership)).await
    }

    pub(crate) async fn read(&self, topic: &str, from: ReadFrom) -> Result<Reader, LogError> {
        let file = self.file.clone();
        let topic = topic.into();
        on_blocking_thread(move || reader::start(file, topic, from)).await
    }

    /// The recorded progress of `group` in each partition of `topic`. Partitions without recorded progress are absent.
    pub(crate) async fn progress(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Progress>, LogError> {
        self.ask_about_progress(group, topic, standings::of_group)
            .await
    }

    /// See [`crate::Log::count_unsettled`].
    pub(crate) async fn count_unsettled(
        &self,
        group: &str,
        topic: &str,
        partitions: &[i32],
    ) -> Result<u64, LogError> {
        let partitions = partitions.to_owned();
        self.ask_about_progress(group, topic, move |desk, group, topic| {
            standings::unsettled(desk, group, topic, &partitions)
        })
        .await
    }

    async fn ask_about_progress<T: Send + 'static>(
        &self,
        group: &str,
        topic: &str,
        ask: impl FnOnce(&Store, &str, &Arc<str>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, LogError> {
        let (group, topic): (String, Arc<str>) = (group.to_owned(), topic.into());
        let file = self.file.clone();
        self.at_desk(move |desk| {
            let step = "read what the group has settled";
            ask(desk, &group, &topic)
                .map_err(|fault| fault.tell_of_group(&group, &topic, file.location(), step))
        })
        .await
    }

    /// The id of a schema under a subject. A new schema gets the next id, counted from 1.
    pub(crate) async fn register_schema(
        &self,
        subject: &str,
        schema_text: &str,
    ) -> Result<u32, LogError> {
        let file = self.file.clone();
        let (subject, text) = (subject.to_owned(), schema_text.to_owned());
        self.at_desk(move |desk| {
            let id = schema::register(desk, &subject, &text).map_err(|fault| {
                fault.tell(
                    file.location(),
                    &format!("register the schema of {subject}"),
                )
            })?;
            file.schemas().note(id, &text);
            Ok(id)
        })
        .await
    }

    /// The text of the schema with this id, if there is one.
    pub(crate) async fn schema_by_id(&self, id: u32) -> Result<Option<String>, LogError> {
        let file = self.file.clone();
        self.at_desk(move |desk| {
            let text = schema::text(desk, id)
                .map_err(|fault| fault.tell(file.location(), &format!("read schema {id}")))?;
            if let Some(text) = &text {
                file.schemas().note(id, text);
            }
            Ok(text)
        })
        .await
    }

    async fn at_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let desk = self.desk.clone();
        let file = self.file.clone();
        on_blocking_thread(move || {
            // A panic in earlier work has rolled its transaction back: the connection is as good as new.
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            let desk = desk.as_mut().ok_or(LogError::Closed)?;
            // If the file was removed or replaced, connect to the one that is there now.
            if desk.check_in_place().is_err() {
                *desk = file
                    .connect(store::CALLER)
                    .map_err(|fault| fault.tell(file.location(), "open the file"))?;
            }
            work(desk)
        })
        .await
    }
}

async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(failure) => match failure.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(LogError::Closed),
        },
    }
}
