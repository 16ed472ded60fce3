//! One connection to the file: the terms on which it is opened, and its transactions.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::connections::Counted;
use super::fault::Fault;
use super::file::{Identity, LogFile, Stamp};
use super::lineage;
use crate::sabotage::{Promise, breaks};

/// How often a connection that waits for the write lock tries to get it.
///
/// SQLite's own busy handler soon sleeps for 100 ms at a time and would hit the writer's pauses (`writer.rs`) only by
/// chance.
const LOCK_POLL: Duration = Duration::from_millis(1);

/// A writer that finds no reader active empties the write-ahead log. If readers never leave such a gap, a writer waits
/// for one once the write-ahead log is longer than this.
const WAL_LIMIT_BYTES: u64 = 64 << 20;

/// A connection checks the length of the write-ahead log each time it has committed this many transactions.
const WAL_CHECK_INTERVAL: u32 = 64;

/// When a transaction counts as committed.
#[derive(Debug, Clone, Copy)]
enum Sync {
    /// When it is on disk.
    Full,
    /// When other processes see it. A power failure may undo such transactions, but never a part of one, and never an
    /// older transaction that is on disk.
    Lazy,
}

/// The terms on which a connection is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    sync: Sync,
    /// How long to wait for the write lock.
    patience: Duration,
    cache_kib: u32,
}

/// For a call whose caller waits for the outcome and gets the error if it fails.
pub(super) const CALLER: Terms = Terms {
    sync: Sync::Full,
    patience: Duration::from_secs(5),
    cache_kib: 2048,
};

/// For a thread that has other things to do, and tries again later.
pub(super) const THREAD: Terms = Terms {
    sync: Sync::Full,
    patience: Duration::from_millis(250),
    cache_kib: 2048,
};

/// For heartbeats. They mean nothing after a power failure, as every member is dead then.
pub(super) const HEARTBEAT: Terms = Terms {
    sync: Sync::Lazy,
    patience: Duration::from_millis(250),
    cache_kib: 256,
};

impl Terms {
    pub(super) fn apply_to(self, connection: &mut Connection) -> Result<(), Fault> {
        distrust(connection)?;
        // Without this, SQLite may make a plan that depends on the bound values, and make it anew for other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let mut began = Instant::now();
        connection.busy_handler(Some(move |attempt| {
            if attempt == 0 {
                began = Instant::now();
            }
            let goes_on = began.elapsed() < self.patience;
            if goes_on {
                thread::sleep(LOCK_POLL);
            }
            goes_on
        }))?;
        let synchronous = match self.sync {
            _ if breaks(Promise::Durability) => "OFF",
            Sync::Full => "FULL",
            Sync::Lazy => "NORMAL",
        };
        // `fullfsync` is for macOS, where fsync alone does not reach the disk. Temporary tables stay in memory, as
        // their files would have another mode.
        connection.execute_batch(&format!(
            "PRAGMA synchronous={synchronous}; PRAGMA fullfsync=ON; PRAGMA cache_size=-{}; \
             PRAGMA temp_store=MEMORY;",
            self.cache_kib
        ))?;
        // The length that the write-ahead log is cut back to after a burst.
        connection.query_row("PRAGMA journal_size_limit=8388608", [], |_| Ok(()))?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(())
    }
}

/// A file may come from anywhere: nothing in it is executed, and damage is noticed sooner.
fn distrust(connection: &Connection) -> Result<(), Fault> {
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    ] {
        connection.set_db_config(setting, value)?;
    }
    connection.execute_batch("PRAGMA cell_size_check=ON")?;
    Ok(())
}

/// One connection. It belongs to one thread at a time.
pub(super) struct Store {
    connection: Connection,
    file: LogFile,
    identity: Identity,
    /// The stamp of a file that SQLite takes for unchanging.
    unchanging: Option<Stamp>,
    commits: Cell<u32>,
    // Declared last, so that the connection counts until it is closed.
    _counted: Counted,
}

impl Store {
    pub(super) fn new(
        connection: Connection,
        file: LogFile,
        identity: Identity,
        unchanging: Option<Stamp>,
        counted: Counted,
    ) -> Store {
        Store {
            connection,
            file,
            identity,
            unchanging,
            commits: Cell::new(0),
            _counted: counted,
        }
    }

    /// The file that this connection is to, whichever file is in its place now.
    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// Does `work` in a transaction that holds the write lock. If this returns `Ok`, the transaction is committed, on
    /// the terms of the connection; otherwise none of it is.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.file.is_read_only() {
            return Err(Fault::ReadOnly);
        }
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        // SQLite would go on writing to a file that was removed or replaced.
        self.check_in_place()?;
        lineage::advance(&transaction)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        self.keep_wal_short();
        Ok(done)
    }

    /// Does `work` on one unchanging state of the file.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let done = self.read_whatever_it_is(work);
        if self.unchanging.is_some() {
            // A result, or an error, counts only if the file did not change during the read.
            self.check_in_place()?;
        }
        done
    }

    fn read_whatever_it_is<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Lends the connection to `work`, which copies the whole file.
    pub(super) fn back_up(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        work(&self.connection)?;
        self.check_in_place()
    }

    /// A number that changes when another connection commits, in this process or in another.
    pub(super) fn version(&self) -> Result<i64, Fault> {
        let version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        Ok(version)
    }

    /// Checks that this connection's file is still in its place, and unchanged if SQLite takes it for unchanging.
    pub(super) fn check_in_place(&self) -> Result<(), Fault> {
        if self.file.identity()? != self.identity {
            return Err(Fault::Gone);
        }
        if self.unchanging.is_some() && self.file.stamp_if_whole()? != self.unchanging {
            return Err(Fault::Changed);
        }
        Ok(())
    }

    fn keep_wal_short(&self) {
        self.commits.set(self.commits.get().wrapping_add(1));
        if self.commits.get().is_multiple_of(WAL_CHECK_INTERVAL)
            && self.file.location().wal_bytes() > WAL_LIMIT_BYTES
            && let Err(error) =
                self.connection
                    .query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
        {
            // A later commit tries again.
            tracing::debug!(log.address = self.file.address(), %error, "could not empty the write-ahead log");
        }
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::CALLER;
    use crate::sqlite::file::LogFile;

    #[test]
    fn a_trigger_in_the_file_is_not_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = LogFile::open(&folder.path().join("timeoff.db")).expect("opens");
        let store = file.connect(CALLER).expect("connects");
        let connection = store.connection();
        connection
            .execute_batch(
                "CREATE TRIGGER spy AFTER INSERT ON topics BEGIN DELETE FROM topics; END; \
                 INSERT INTO topics (name) VALUES ('applications');",
            )
            .expect("is inserted");
        let topics: i64 = connection
            .query_row("SELECT count(*) FROM topics", [], |row| row.get(0))
            .expect("is counted");
        assert_eq!(topics, 1);
    }
}
