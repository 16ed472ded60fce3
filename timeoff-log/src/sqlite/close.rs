//! Closing the log: this process lets go of the file, and the last process to do so merges the write-ahead log into it.
//!
//! SQLite merges and removes the write-ahead log when the last connection closes and has the file to itself. Two
//! processes that close at the same instant each still see the other, and both leave the merge to the other. So closing
//! processes take turns, by a lock on the write-ahead log that SQLite knows nothing of. In its turn, a process connects
//! once more and closes that connection. The last one finds nobody else.

use std::fs::{self, File, TryLockError};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::file::{Identity, LogFile};
use super::schema;
use super::store::CALLER;

/// How long closing may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How often to try for the turn. A turn takes some milliseconds.
const TURN_POLL: Duration = Duration::from_millis(1);

/// Waits until this process has no connection to the file, then merges the write-ahead log if no other process has one.
pub(super) fn let_go(file: &LogFile) {
    let until = Instant::now() + LIMIT;
    if !file.connections().wait_for_none(until) {
        tracing::warn!(
            log.address = file.address(),
            "a part of this process still has the file open; what is in {} beside it is merged by the next command",
            file.location().wal().display()
        );
        return;
    }
    if file.is_read_only() {
        return;
    }
    if let Err(fault) = merge(file, until) {
        tracing::warn!(
            log.address = file.address(),
            error = &fault as &dyn std::error::Error,
            "{} could not be merged into the file; keep the two together",
            file.location().wal().display()
        );
    }
}

/// Merges the write-ahead log into the file. If another process has the file open, leaves the merge to that process.
fn merge(file: &LogFile, until: Instant) -> Result<(), Fault> {
    let Some(_turn) = take_turn(file, until)? else {
        return Ok(());
    };
    let connection = file.connect_to_anything(CALLER)?;
    // A connection does not know of the write-ahead log before it has read something.
    schema::recognise(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Waits for the turn to merge. `None` if there is nothing to merge, or the turn does not come in time.
fn take_turn(file: &LogFile, until: Instant) -> Result<Option<File>, Fault> {
    loop {
        let wal = match File::open(file.location().wal()) {
            Ok(wal) => wal,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match wal.try_lock() {
            // The process that had the turn before may have removed this file, and another may have made a new one.
            Ok(()) if is_still(file, &wal)? => return Ok(Some(wal)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(TURN_POLL),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

fn is_still(file: &LogFile, wal: &File) -> Result<bool, Fault> {
    match fs::metadata(file.location().wal()) {
        Ok(found) => Ok(Identity::of(&found) == Identity::of(&wal.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}
