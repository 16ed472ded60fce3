//! What can go wrong with a log file, and what can be done about it.
//!
//! No message contains anything from a record: every value is bound, so SQLite's messages name only tables and files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::location::Location;
use crate::error::LogError;
use crate::progress::UnreadableProgress;
use crate::remedy::Remedy;

/// Something went wrong. [`Fault::tell`] adds the file and the step that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// SQLite's message and code. Not a source: it would repeat them.
    #[error("{0} (SQLite code {code})", code = extended_code(.0))]
    Sqlite(rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the file is something other than a TimeOff log")]
    Foreign,
    #[error("the file's format is version {found}; this program knows version {known}")]
    OtherVersion { found: i64, known: i64 },
    #[error("this user cannot write the file")]
    ReadOnly,
    #[error(
        "{} has what was written last, and can be read only where a file can be created beside it",
        wal.display()
    )]
    WalUnreadable { wal: PathBuf },
    #[error(
        "another log was put in the place of this one: its schema {id} is missing or different"
    )]
    OtherSchemas { id: u32 },
    #[error("another process wrote the file while it was read")]
    Changed,
    #[error("the file system does not let processes share memory (journal mode is '{mode}')")]
    NoSharedMemory { mode: String },
    #[error("the file was removed or replaced while it was in use")]
    Gone,
    #[error("{} belongs to another file", wal.display())]
    ForeignWal { wal: PathBuf },
    #[error("there is {}, but not the file that it belongs to", wal.display())]
    WalAlone { wal: PathBuf },
    #[error("there is no such file, or it is empty")]
    NoLog,
    #[error("{} exists already", path.display())]
    BackupExists { path: PathBuf },
    #[error("{} cannot be written", path.display())]
    BackupUnwritable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("other processes kept the file locked for too long")]
    BackupLocked,
    #[error("the log is closed")]
    Closed,
    #[error("there is no topic '{topic}'")]
    NoTopic { topic: Arc<str> },
    #[error("topic '{topic}' has no partition {partition}")]
    NoPartition { topic: Arc<str>, partition: i32 },
    #[error("a record for topic '{topic}' is too large")]
    TooLarge { topic: Arc<str> },
    #[error("partition {partition} is damaged: offset {offset} is impossible where it was found")]
    ImpossibleOffset { partition: i32, offset: i64 },
    #[error("the group's state of partition {partition} cannot be read")]
    UnknownProgress {
        partition: i32,
        #[source]
        source: UnreadableProgress,
    },
}

impl Fault {
    /// The error to report: the fault with the file's address, the step that failed (a verb phrase) and a remedy.
    pub(super) fn tell(self, location: &Location, step: &str) -> LogError {
        tell(Arc::new(self), location, step)
    }

    /// As [`Fault::tell`], where a group's progress in a topic is read. Progress that cannot be read is an error with
    /// their names.
    pub(super) fn tell_of_group(
        self,
        group: &str,
        topic: &str,
        location: &Location,
        step: &str,
    ) -> LogError {
        match self {
            Fault::UnknownProgress { partition, source } => LogError::UnknownProgress {
                group: group.to_owned(),
                topic: topic.to_owned(),
                partition,
                source: Box::new(source),
            },
            fault => fault.tell(location, step),
        }
    }

    /// Whether another process held the write lock for longer than this connection waits.
    pub(super) fn is_busy(&self) -> bool {
        matches!(
            self.code(),
            Some(
                ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::FileLockingProtocolFailed
            )
        )
    }

    /// Whether the log merely does not answer: it refused nothing, and all there is to do is to try again later.
    pub(super) fn is_silence(&self) -> bool {
        self.is_busy()
            || matches!(self, Fault::Gone | Fault::Changed)
            || matches!(self.code(), Some(ErrorCode::CannotOpen))
    }

    /// Whether waiting cannot help: the file is not, or no longer, a log that this program can read.
    pub(super) fn is_final(&self) -> bool {
        self.final_remedy().is_some()
    }

    /// What can be done if waiting cannot help.
    fn final_remedy(&self) -> Option<Remedy> {
        match self {
            Fault::Foreign => Some(Remedy::OtherFile),
            Fault::OtherVersion { found, known } if found > known => Some(Remedy::NewerVersion),
            Fault::OtherVersion { .. } => Some(Remedy::WritersVersion),
            Fault::OtherSchemas { .. } => Some(Remedy::StartAgain),
            Fault::ImpossibleOffset { .. } => Some(Remedy::RestoreFile),
            _ => match self.code() {
                Some(ErrorCode::NotADatabase) => Some(Remedy::OtherFile),
                Some(ErrorCode::DatabaseCorrupt) => Some(Remedy::RestoreFile),
                _ => self.is_misshapen().then_some(Remedy::RestoreFile),
            },
        }
    }

    /// Whether a row has a value that its table cannot hold. SQLite accepts a damaged page if it looks like a sound
    /// one.
    fn is_misshapen(&self) -> bool {
        matches!(
            self,
            Fault::Sqlite(
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::Utf8Error(..)
            )
        )
    }

    /// Whether the cause may be that this user cannot write the file, or cannot create files beside it.
    pub(super) fn forbids_writing(&self) -> bool {
        match self {
            Fault::ReadOnly => true,
            Fault::Io(error) => matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ),
            _ => matches!(
                self.code(),
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen)
            ),
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Fault::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    fn remedy(&self, location: &Location) -> Option<Remedy> {
        if let Some(remedy) = self.final_remedy() {
            return Some(remedy);
        }
        let path = || location.path().into();
        Some(match self {
            Fault::ReadOnly => Remedy::AllowWriting { path: path() },
            Fault::WalUnreadable { wal } => Remedy::CopyBoth {
                path: path(),
                wal: wal.as_path().into(),
            },
            Fault::Changed | Fault::BackupLocked => Remedy::TryAgain,
            Fault::NoSharedMemory { .. } => Remedy::LocalDisk { path: path() },
            Fault::Gone => Remedy::PutFileBack { path: path() },
            Fault::NoTopic { .. } | Fault::NoPartition { .. } => Remedy::CheckTopic,
            Fault::UnknownProgress { .. } => Remedy::RunWriter,
            Fault::ForeignWal { wal } => Remedy::MoveWalAway {
                path: path(),
                wal: wal.as_path().into(),
            },
            Fault::WalAlone { wal } => Remedy::JoinWal {
                path: path(),
                wal: wal.as_path().into(),
            },
            Fault::NoLog => Remedy::NameFile,
            Fault::BackupExists { path } => Remedy::OtherBackup {
                path: path.as_path().into(),
            },
            Fault::BackupUnwritable { .. } => Remedy::BackupElsewhere,
            Fault::Io(error) => return remedy_for_io(error, location),
            Fault::Sqlite(_) => match self.code() {
                Some(ErrorCode::DiskFull) => Remedy::FreeSpace { path: path() },
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                    Remedy::AllowWriting { path: path() }
                }
                Some(ErrorCode::CannotOpen) => Remedy::CheckFile { path: path() },
                Some(ErrorCode::SystemIoFailure) => Remedy::CheckDisk { path: path() },
                _ if self.is_busy() => Remedy::FindProcess { path: path() },
                _ => return None,
            },
            // These have a final remedy, or are errors of their own.
            Fault::Foreign
            | Fault::OtherVersion { .. }
            | Fault::OtherSchemas { .. }
            | Fault::ImpossibleOffset { .. }
            | Fault::TooLarge { .. }
            | Fault::Closed => return None,
        })
    }
}

/// As [`Fault::tell`], for a fault that is reported to several callers.
pub(super) fn tell(fault: Arc<Fault>, location: &Location, step: &str) -> LogError {
    match &*fault {
        Fault::TooLarge { topic } => {
            return LogError::RecordTooLarge {
                log: location.address().to_owned(),
                topic: topic.to_string(),
                remedy: Remedy::SmallerRecord,
            };
        }
        Fault::Closed => return LogError::Closed,
        _ => {}
    }
    LogError::Unavailable {
        log: location.address().into(),
        step: step.into(),
        remedy: fault.remedy(location),
        source: Box::new(fault),
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

/// 0 if the error is rusqlite's, not SQLite's.
fn extended_code(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

fn remedy_for_io(error: &io::Error, location: &Location) -> Option<Remedy> {
    let path: Box<Path> = location.path().into();
    let folder = location.path().parent().unwrap_or(location.path()).into();
    match error.kind() {
        io::ErrorKind::NotFound => Some(Remedy::MakeFolder { path: folder }),
        io::ErrorKind::NotADirectory => Some(Remedy::NoFolder { path: folder }),
        io::ErrorKind::IsADirectory => Some(Remedy::FileInFolder { path }),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some(Remedy::AllowWriting { path })
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(Remedy::FreeSpace { path })
        }
        _ => None,
    }
}
