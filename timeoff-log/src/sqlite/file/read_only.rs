//! Reading a file that this user cannot write: it is on a read-only medium or in a read-only folder, or its mode
//! forbids it.
//!
//! SQLite reads a log together with its `-shm`, which it has to create if there is none. If the write-ahead log is
//! empty, the file alone is the log. It is then opened as unchanging (`immutable=1`): SQLite needs nothing beside it
//! and takes no locks. Another process may still have the right to write it. So each read is followed by a check of the
//! file's [`Stamp`]. If the file has changed, what was read is thrown away and read again.

use std::fs;
use std::io;
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::{Identity, LogFile};
use crate::sqlite::fault::Fault;
use crate::sqlite::store::Terms;

/// Shows whether a file was written: it stays the same as long as nobody writes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) struct Stamp {
    identity: Identity,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl LogFile {
    /// The file's stamp, if the file alone is the log: every journal beside it is empty.
    pub(in crate::sqlite) fn stamp_if_whole(&self) -> Result<Option<Stamp>, Fault> {
        if self.location().bytes_beside("-wal") > 0 || self.location().bytes_beside("-journal") > 0
        {
            return Ok(None);
        }
        match fs::metadata(self.path()) {
            Ok(found) => Ok(Some(Stamp {
                identity: Identity::of(&found),
                bytes: found.len(),
                modified: found.modified().ok(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a connection that cannot write. Returns the stamp too if SQLite takes the file for unchanging.
    pub(super) fn connect_to_read(
        &self,
        terms: Terms,
    ) -> Result<(Connection, Option<Stamp>), Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let stamp = self.stamp_if_whole()?;
        let mut connection = match stamp {
            Some(_) => Connection::open_with_flags(
                self.location().unchanging_uri(),
                flags | OpenFlags::SQLITE_OPEN_URI,
            )?,
            None => Connection::open_with_flags(self.path(), flags)?,
        };
        // The first call that reads, and so needs the files beside the log.
        match terms.apply_to(&mut connection) {
            Ok(()) => Ok((connection, stamp)),
            Err(_) if stamp.is_some() && self.stamp_if_whole()? != stamp => Err(Fault::Changed),
            Err(fault) if stamp.is_none() && fault.forbids_writing() => Err(Fault::WalUnreadable {
                wal: self.location().wal(),
            }),
            Err(fault) => Err(fault),
        }
    }
}
