//! Closing the log: this process lets go of the file, and the last process to do so merges the write-ahead log into it.
//!
//! SQLite merges and removes the write-ahead log when the last connection is closed, which needs the file for itself. Two
//! processes that close at one instant each find the other one there, and both leave it to the other. So those that
//! close take turns (a lock on the write-ahead log itself, of which SQLite knows nothing), and whoever has the turn
//! connects once more and closes that connection. The last one in turn finds nobody else.

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

/// How often the turn is asked for. Each takes some milliseconds.
const TURN_POLL: Duration = Duration::from_millis(1);

/// Waits until this process has no connection to the file any more, and merges what is beside it if nobody else has one.
pub(super) fn let_go(file: &LogFile) {
    let until = Instant::now() + LIMIT;
    if !file.connections().wait_for_none(until) {
        tracing::warn!(
            log.address = file.address(),
            "a part of this process still has the file open; what is in {} beside it is merged by the next command",
            file.wal().display()
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
            file.wal().display()
        );
    }
}

/// Merges the write-ahead log into the file, unless another process has the file open: then that is for the other to do.
fn merge(file: &LogFile, until: Instant) -> Result<(), Fault> {
    let Some(_turn) = take_turn(file, until)? else {
        return Ok(());
    };
    let connection = file.connect_to_anything(CALLER)?;
    // Only a connection that has read knows of the write-ahead log.
    schema::recognise(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Waits for the turn to merge. `None` when there is nothing to merge, or no turn in time.
fn take_turn(file: &LogFile, until: Instant) -> Result<Option<File>, Fault> {
    loop {
        let wal = match File::open(file.wal()) {
            Ok(wal) => wal,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match wal.try_lock() {
            // Whoever had the turn before may have removed it, and another process may have made it anew.
            Ok(()) if is_still(file, &wal)? => return Ok(Some(wal)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(TURN_POLL),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

fn is_still(file: &LogFile, wal: &File) -> Result<bool, Fault> {
    match fs::metadata(file.wal()) {
        Ok(found) => Ok(Identity::of(&found) == Identity::of(&wal.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}
