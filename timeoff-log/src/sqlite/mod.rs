//! The log as one SQLite file, shared by the processes of one machine.
//!
//! There is no server: every process writes to the file itself, and SQLite's write lock puts what they write in
//! order. What Kafka's brokers do is done here by transactions on a handful of tables (`schema.rs` draws them):
//!
//! | what | where |
//! |---|---|
//! | making and opening the file | `file.rs`; one that cannot be written: `file/read_only.rs`; one connection and its transactions: `store.rs` |
//! | records and their offsets | `records.rs`, headers in `headers.rs` |
//! | appending, many callers to a transaction | `writer.rs`, `appender.rs` |
//! | being a member of a group | `service.rs`: a thread; `member.rs`: its steps; `holdings.rs`: what it holds |
//! | who holds which partition | `seat.rs`: a member's place; `roster.rs`: who should have what, and who is dead; `group.rs`: the tables |
//! | handing out, settling, being caught up | `hand_out.rs`, `settle.rs`, `catch_up.rs` |
//! | reading without a group | `reader.rs`; what a group has settled, for who is not in it: `progress.rs` |
//! | what a file in the place of the log must have | `known_schemas.rs` |
//! | whether the write-ahead log belongs to the file | `lineage.rs`; its bytes: `wal_frames.rs` |
//! | what goes wrong, and telling it | `fault.rs`, `trouble.rs` |
//! | a copy of the file that others work on | `backup.rs` |
//! | closing, so that the file alone is the log | `close.rs`; who still has it open: `connections.rs` |
//!
//! Nothing here looks at a wall clock but to stamp records, and no lock or transaction lives longer than one call.

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
mod member;
mod progress;
mod reader;
mod records;
mod roster;
mod schema;
mod seat;
mod service;
mod settle;
mod store;
mod topics;
mod trouble;
mod wal_frames;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::appender::SqliteAppender;
use self::fault::Fault;
pub(crate) use self::fault::is_final;
use self::file::LogFile;
use self::store::Store;
use self::writer::Writer;
use crate::append::Appender;
use crate::error::{AppendError, LogError};
use crate::progress::Progress;
use crate::reader::{ReadFrom, Reader};
use crate::record::{NewRecord, Position};
use crate::sabotage::{Promise, breaks};
use crate::subscription::{Membership, Subscription};
use crate::topics::{EnsuredTopics, TopicSpec};

/// An open log file. Clones share one writer; each subscription and each reader has connections of its own.
#[derive(Clone)]
pub(crate) struct SqliteLog {
    file: LogFile,
    writer: Writer,
    /// For what is asked seldom: topics and schemas.
    desk: Arc<Mutex<Option<Store>>>,
}

impl SqliteLog {
    /// Opens the file at `path`, which is made, readable and writable by its owner only, if there is none.
    pub(crate) async fn open(path: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::on(path, LogFile::open).await
    }

    /// See [`crate::Log::open_to_read`].
    pub(crate) async fn open_to_read(path: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::on(path, LogFile::open_to_read).await
    }

    async fn on(
        path: &Path,
        open: fn(&Path) -> Result<LogFile, LogError>,
    ) -> Result<SqliteLog, LogError> {
        let path = path.to_owned();
        on_blocking_thread(move || {
            let file = open(&path)?;
            let tell = |fault: Fault| fault.tell(&file, "open the file");
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
            // Whoever has the file open is still at it when the process ends.
            std::mem::forget(self);
            return;
        }
        // Members, readers and the writer notice, and end.
        self.file.connections().begin_closing();
        self.writer.close();
        let closed = on_blocking_thread(move || {
            // Whoever is at the desk finishes first.
            *self.desk.lock().unwrap_or_else(PoisonError::into_inner) = None;
            close::let_go(&self.file);
            Ok(())
        });
        // Otherwise the runtime is shutting down: nothing can be waited for any more.
        let _ = closed.await;
    }

    pub(crate) fn address(&self) -> &str {
        self.file.address()
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

    pub(crate) fn appender(&self) -> Appender {
        Appender::sqlite(SqliteAppender::new(self.writer.clone()))
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

    /// What `group` has recorded of each partition of `topic`. Those of which it has recorded nothing are absent.
    pub(crate) async fn progress(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, Progress>, LogError> {
        let (group, topic): (String, Arc<str>) = (group.to_owned(), topic.into());
        let file = self.file.clone();
        self.at_desk(move |desk| {
            progress::of_group(desk, &group, &topic)
                .map_err(|fault| fault.tell(&file, "read what the group has settled"))
        })
        .await
    }

    /// The id of a schema under a subject: the one it has, or the next one, from 1 on.
    pub(crate) async fn register_schema(
        &self,
        subject: &str,
        schema_text: &str,
    ) -> Result<u32, LogError> {
        let file = self.file.clone();
        let (subject, text) = (subject.to_owned(), schema_text.to_owned());
        self.at_desk(move |desk| {
            let id = schema::register(desk, &subject, &text)
                .map_err(|fault| fault.tell(&file, &format!("register the schema of {subject}")))?;
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
                .map_err(|fault| fault.tell(&file, &format!("read schema {id}")))?;
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
            // A panic beneath rolls its transaction back: the connection is as good as new.
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            let desk = desk.as_mut().ok_or(LogError::Closed)?;
            // What is asked of a file that is not there any more is asked of the one that is.
            if desk.check_in_place().is_err() {
                *desk = file
                    .connect(store::CALLER)
                    .map_err(|fault| fault.tell(&file, "open the file"))?;
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
