//! Reading a file that this user cannot write: on a read-only medium, in a read-only folder, or by its own mode.
//!
//! SQLite reads a log together with its `-shm`, which it has to make if there is none. Where nothing is in the write-ahead
//! log the file alone is the log: SQLite is told that it does not change (`immutable=1`), needs nothing beside it, and takes
//! no locks. Another process may have the right that this one lacks, so whether the file did change is checked after
//! each read, by its [`Stamp`]; what was read of a file that has changed is thrown away, and read again.

use std::fs;
use std::io;
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::{Identity, LogFile};
use crate::sqlite::fault::Fault;
use crate::sqlite::store::Terms;

/// What a file is known by as long as nobody writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) struct Stamp {
    identity: Identity,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl LogFile {
    /// The file's stamp, if the file alone is the log: nothing is in a journal beside it.
    pub(in crate::sqlite) fn stamp_if_whole(&self) -> Result<Option<Stamp>, Fault> {
        if self.bytes_beside("-wal") > 0 || self.bytes_beside("-journal") > 0 {
            return Ok(None);
        }
        match fs::metadata(&self.path) {
            Ok(found) => Ok(Some(Stamp {
                identity: Identity::of(&found),
                bytes: found.len(),
                modified: found.modified().ok(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a connection that cannot write; with the stamp of a file that is taken for unchanging.
    pub(super) fn connect_to_read(
        &self,
        terms: Terms,
    ) -> Result<(Connection, Option<Stamp>), Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let stamp = self.stamp_if_whole()?;
        let mut connection = match stamp {
            Some(_) => Connection::open_with_flags(
                self.unchanging_uri(),
                flags | OpenFlags::SQLITE_OPEN_URI,
            )?,
            None => Connection::open_with_flags(&self.path, flags)?,
        };
        // The first thing that reads, and so needs what is beside the file.
        match terms.apply_to(&mut connection) {
            Ok(()) => Ok((connection, stamp)),
            Err(_) if stamp.is_some() && self.stamp_if_whole()? != stamp => Err(Fault::Changed),
            Err(fault) if stamp.is_none() && fault.forbids_writing() => {
                Err(Fault::WalUnreadable { wal: self.wal() })
            }
            Err(fault) => Err(fault),
        }
    }
}
