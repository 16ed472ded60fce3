//! The file: making it with the right mode, recognising it as a log, connecting to it.
//!
//! `file` and `store` import each other: a file makes its stores, and a store checks before each transaction that its
//! file is still the one at its path.

#[cfg(any(test, fuzzing))]
mod fuzzing;
mod read_only;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

pub(super) use self::read_only::Stamp;
use super::connections::Connections;
use super::fault::Fault;
use super::known_schemas::KnownSchemas;
use super::lineage;
use super::location::Location;
use super::schema::{self, Kind};
use super::store::{CALLER, Store, Terms};
use crate::error::LogError;

/// How long to try to switch a new file to its journal mode while other processes do the same.
const SWITCH_LIMIT: Duration = Duration::from_secs(5);

/// The log's file, which exists and is a log.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    location: Location,
    access: Access,
    connections: Connections,
    schemas: KnownSchemas,
    /// The file whose write-ahead log is known to belong to it.
    checked: Arc<Mutex<Option<Identity>>>,
}

/// What this process does with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    ReadAndWrite,
    /// It cannot write.
    Read,
}

impl LogFile {
    /// Makes the file if there is none, and checks that it is a log of a version that this program knows.
    ///
    /// Processes may do this at the same time: one of them makes the tables, the others find them.
    pub(super) fn open(path: &Path) -> Result<LogFile, LogError> {
        let file = LogFile::named(path);
        match file.make_ready() {
            Ok(()) => Ok(file),
            Err((step, fault)) => Err(fault.tell(file.location(), step)),
        }
    }

    /// As [`LogFile::open`], for a caller who only reads: a log that this user cannot write is opened if it can be
    /// read.
    pub(super) fn open_to_read(path: &Path) -> Result<LogFile, LogError> {
        let mut file = LogFile::named(path);
        match file.make_ready() {
            Ok(()) => return Ok(file),
            Err((_, fault)) if fault.forbids_writing() && file.path().exists() => {}
            Err((step, fault)) => return Err(fault.tell(file.location(), step)),
        }
        file.access = Access::Read;
        match file.connect(CALLER) {
            Ok(_) => Ok(file),
            Err(fault) => Err(fault.tell(file.location(), "open the file to read it")),
        }
    }

    /// As [`LogFile::open_to_read`], for a file that must exist.
    pub(super) fn open_existing(path: &Path) -> Result<LogFile, LogError> {
        let file = LogFile::named(path);
        match fs::metadata(file.path()) {
            Ok(found) if found.len() > 0 => LogFile::open_to_read(path),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::from(error).tell(file.location(), "open the file"))
            }
            _ => Err(Fault::NoLog.tell(file.location(), "open the file")),
        }
    }

    fn make_ready(&self) -> Result<(), (&'static str, Fault)> {
        const OPEN: &str = "open the file";
        self.check_wal().map_err(|fault| (OPEN, fault))?;
        self.create_if_missing()
            .map_err(|fault| ("make the file", fault))?;
        self.prepare().map_err(|fault| (OPEN, fault))
    }

    fn named(path: &Path) -> LogFile {
        LogFile {
            location: Location::new(path),
            access: Access::ReadAndWrite,
            connections: Connections::default(),
            schemas: KnownSchemas::default(),
            checked: Arc::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.location.path()
    }

    /// Where it is.
    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    /// Whether this process cannot write it.
    pub(super) fn is_read_only(&self) -> bool {
        self.access == Access::Read
    }

    /// The address as the user wrote it.
    pub(super) fn address(&self) -> &str {
        self.location.address()
    }

    /// Opens a connection to the file, which must still be a log. Never creates the file.
    pub(super) fn connect(&self, terms: Terms) -> Result<Store, Fault> {
        let counted = self.connections.count_one()?;
        self.check_wal()?;
        let (connection, unchanging) = match self.access {
            Access::ReadAndWrite => (self.connect_to_anything(terms)?, None),
            Access::Read => self.connect_to_read(terms)?,
        };
        let identity = self.identity()?;
        let store = Store::new(connection, self.clone(), identity, unchanging, counted);
        match store.read(schema::recognise)? {
            Kind::Log => {}
            Kind::WithoutLineage if self.is_read_only() => {}
            // Another file was put here. No process has opened it as a log yet, or it is still being copied.
            Kind::WithoutLineage | Kind::Empty => return Err(Fault::Gone),
        }
        self.schemas.check(&store)?;
        Ok(store)
    }

    /// Distinguishes this file from another one put in its place.
    pub(super) fn identity(&self) -> Result<Identity, Fault> {
        match fs::metadata(self.path()) {
            Ok(metadata) => Ok(Identity::of(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks, once for each file found at this path, that the write-ahead log belongs to it.
    fn check_wal(&self) -> Result<(), Fault> {
        // Checked before the file: a process that makes a log creates the file first.
        let has_wal = self.location.wal_bytes() > 0;
        let identity = match fs::metadata(self.path()) {
            Ok(found) if found.len() > 0 => Identity::of(&found),
            // SQLite would remove a write-ahead log that is beside an empty file.
            Ok(_) if has_wal => {
                return Err(Fault::WalAlone {
                    wal: self.location.wal(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && has_wal => {
                return Err(Fault::WalAlone {
                    wal: self.location.wal(),
                });
            }
            // Opening the file reports anything else that is wrong.
            Ok(_) | Err(_) => return Ok(()),
        };
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if *checked != Some(identity) {
            lineage::check(&self.location)?;
            *checked = Some(identity);
        }
        Ok(())
    }

    /// The schemas that this process knows from the file.
    pub(super) fn schemas(&self) -> &KnownSchemas {
        &self.schemas
    }

    /// The connections that this process has to the file.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Creates the file with its mode. SQLite gives the files beside it the same mode.
    fn create_if_missing(&self) -> Result<(), Fault> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(self.path()) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if self.path().is_dir() {
                    return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
                }
                // An empty file becomes a log, and will then contain personal data.
                #[cfg(unix)]
                if fs::metadata(self.path()).is_ok_and(|found| found.is_file() && found.len() == 0)
                {
                    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    fs::set_permissions(self.path(), private)?;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn prepare(&self) -> Result<(), Fault> {
        let connection = self.connect_to_anything(CALLER)?;
        if schema::recognise(&connection)? != Kind::Log {
            schema::found(&connection)?;
        }
        // Also for a file that is a log already: the process that made it may not have got this far.
        let began = Instant::now();
        loop {
            // SQLite does not wait for other connections before it switches.
            match connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get::<_, String>(0))
            {
                Ok(mode) if mode == "wal" => return Ok(()),
                Ok(mode) => return Err(Fault::NoSharedMemory { mode }),
                Err(error) => {
                    let fault = Fault::from(error);
                    if !fault.is_busy() || began.elapsed() > SWITCH_LIMIT {
                        return Err(fault);
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    /// Opens a connection that is not counted, to any file. The caller closes it before waiting for anything.
    pub(super) fn connect_to_anything(&self, terms: Terms) -> Result<Connection, Fault> {
        // Without the flag that creates the file: SQLite would give it the wrong mode.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(self.path(), flags)?;
        // SQLite silently falls back to read-only. Checked first: any other call would need the files beside this one.
        if connection.is_readonly("main")? {
            return Err(Fault::ReadOnly);
        }
        terms.apply_to(&mut connection)?;
        Ok(connection)
    }
}

/// A file's device and inode numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(metadata: &fs::Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt as _;
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// On other systems a file in use cannot be removed or replaced.
    #[cfg(not(unix))]
    pub(super) fn of(_: &fs::Metadata) -> Identity {
        Identity {
            device: 0,
            inode: 0,
        }
    }
}
