//! The file: made with the right mode, recognised as a log, connected to.

#[cfg(any(test, fuzzing))]
mod fuzzing;
mod read_only;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

pub(super) use self::read_only::Stamp;
use super::connections::Connections;
use super::fault::Fault;
use super::known_schemas::KnownSchemas;
use super::lineage;
use super::schema::{self, Kind};
use super::store::{CALLER, Store, Terms};
use crate::error::LogError;

/// How long switching a new file to its journal mode is tried while other processes do the same.
const SWITCH_LIMIT: Duration = Duration::from_secs(5);

/// The log's file, which exists and is a log.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    path: Arc<Path>,
    address: Arc<str>,
    access: Access,
    connections: Connections,
    schemas: KnownSchemas,
    /// The file of which it is known that what is beside it belongs to it.
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
            Err((step, fault)) => Err(fault.tell(&file, step)),
        }
    }

    /// As [`LogFile::open`], for a caller who only reads: of a log that this user cannot write no more is asked than that it
    /// can be read.
    pub(super) fn open_to_read(path: &Path) -> Result<LogFile, LogError> {
        let mut file = LogFile::named(path);
        match file.make_ready() {
            Ok(()) => return Ok(file),
            Err((_, fault)) if fault.forbids_writing() && file.path.exists() => {}
            Err((step, fault)) => return Err(fault.tell(&file, step)),
        }
        file.access = Access::Read;
        match file.connect(CALLER) {
            Ok(_) => Ok(file),
            Err(fault) => Err(fault.tell(&file, "open the file to read it")),
        }
    }

    /// As [`LogFile::open_to_read`], of a file that must be there.
    pub(super) fn open_existing(path: &Path) -> Result<LogFile, LogError> {
        let file = LogFile::named(path);
        match fs::metadata(&file.path) {
            Ok(found) if found.len() > 0 => LogFile::open_to_read(path),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::from(error).tell(&file, "open the file"))
            }
            _ => Err(Fault::NoLog.tell(&file, "open the file")),
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
        let address: Arc<str> = format!("sqlite:{}", path.display()).into();
        // Absolute, so that no name is special to SQLite (":memory:", "file:…") and a change of the working folder
        // does not matter.
        LogFile {
            path: absolute(path).unwrap_or_else(|_| path.to_owned()).into(),
            address,
            access: Access::ReadAndWrite,
            connections: Connections::default(),
            schemas: KnownSchemas::default(),
            checked: Arc::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process cannot write it.
    pub(super) fn is_read_only(&self) -> bool {
        self.access == Access::Read
    }

    /// The address as the user wrote it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Opens a connection to the file, which must still be a log. Never makes it anew.
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
            // Another file was put here, and nobody has begun to use it or it is still being copied.
            Kind::WithoutLineage | Kind::Empty => return Err(Fault::Gone),
        }
        self.schemas.check(&store)?;
        Ok(store)
    }

    /// What tells this file from another one put in its place.
    pub(super) fn identity(&self) -> Result<Identity, Fault> {
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(Identity::of(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks that the write-ahead log is that of this file, once for each file that is found here.
    fn check_wal(&self) -> Result<(), Fault> {
        // Looked at first: processes that make a log begin with the file.
        let has_wal = self.wal_bytes() > 0;
        let identity = match fs::metadata(&self.path) {
            Ok(found) if found.len() > 0 => Identity::of(&found),
            // SQLite would remove what is beside an empty file.
            Ok(_) if has_wal => return Err(Fault::WalAlone { wal: self.wal() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && has_wal => {
                return Err(Fault::WalAlone { wal: self.wal() });
            }
            // What else is amiss is told by opening it.
            Ok(_) | Err(_) => return Ok(()),
        };
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if *checked != Some(identity) {
            lineage::check(self)?;
            *checked = Some(identity);
        }
        Ok(())
    }

    /// The file by itself, as if nobody could write to it and nothing were beside it; for SQLite.
    pub(super) fn unchanging_uri(&self) -> String {
        let mut uri = "file:".to_owned();
        for byte in self.path.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                    uri.push(char::from(*byte));
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri + "?immutable=1"
    }

    /// The schemas that this process has of it.
    pub(super) fn schemas(&self) -> &KnownSchemas {
        &self.schemas
    }

    /// The connections that this process has to it.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Where SQLite puts the write-ahead log.
    pub(super) fn wal(&self) -> PathBuf {
        self.beside("-wal")
    }

    /// How long the write-ahead log is, in bytes.
    pub(super) fn wal_bytes(&self) -> u64 {
        self.bytes_beside("-wal")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        // SQLite follows symbolic links first: what is beside the file is beside the last one's target.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.to_path_buf());
        let mut path = path.into_os_string();
        path.push(suffix);
        path.into()
    }

    fn bytes_beside(&self, suffix: &str) -> u64 {
        fs::metadata(self.beside(suffix)).map_or(0, |metadata| metadata.len())
    }

    /// SQLite gives the files beside it the same mode.
    fn create_if_missing(&self) -> Result<(), Fault> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if self.path.is_dir() {
                    return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
                }
                // An empty file becomes a log: from then on it has personal data in it.
                #[cfg(unix)]
                if fs::metadata(&self.path).is_ok_and(|found| found.is_file() && found.len() == 0) {
                    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    fs::set_permissions(&self.path, private)?;
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
        // Also done when the file is a log already: its maker may not have come this far.
        let began = Instant::now();
        loop {
            // Switching does not wait for other connections by itself.
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

    /// Opens a connection that is not counted: its caller waits for nothing before it is closed.
    pub(super) fn connect_to_anything(&self, terms: Terms) -> Result<Connection, Fault> {
        // Without the flag that would create it: the mode would be the wrong one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        // SQLite falls back to read-only by itself. It would need what is beside the file for anything else.
        if connection.is_readonly("main")? {
            return Err(Fault::ReadOnly);
        }
        terms.apply_to(&mut connection)?;
        Ok(connection)
    }
}

/// A file's number on its disk.
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

    /// Elsewhere a file in use cannot be removed or replaced.
    #[cfg(not(unix))]
    pub(super) fn of(_: &fs::Metadata) -> Identity {
        Identity {
            device: 0,
            inode: 0,
        }
    }
}
