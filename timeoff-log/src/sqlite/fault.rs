//! What can go wrong with a log file, and the one place where it is put into words.
//!
//! No message holds anything of a record: SQLite's own messages name tables and files only, as every value is bound.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::file::LogFile;
use crate::error::{Cause, LogError};
use crate::progress::UnreadableProgress;

/// Something went wrong, not yet told with the file and the step.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// SQLite's own words and code; it gives the same again as a source.
    #[error("{0} (SQLite code {code})", code = extended_code(.0))]
    Sqlite(rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the file holds something else than a TimeOff log")]
    Foreign,
    #[error("the file's format is version {found}; this program knows version {known}")]
    OtherVersion { found: i64, known: i64 },
    #[error("this user cannot write the file")]
    ReadOnly,
    #[error("{} has what was written last, and can be read only where something can be written beside it", wal.display())]
    WalUnreadable { wal: PathBuf },
    #[error("another log was put in the place of this one: it does not have schema {id} as it was")]
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
    #[error("other processes did not let go of the file in time")]
    BackupLocked,
    #[error("the log is closed")]
    Closed,
    #[error("there is no topic '{topic}'")]
    NoTopic { topic: Arc<str> },
    #[error("topic '{topic}' has no partition {partition}")]
    NoPartition { topic: Arc<str>, partition: i32 },
    #[error("a record for topic '{topic}' is too large")]
    TooLarge { topic: Arc<str> },
    #[error("partition {partition} is damaged: there is no offset {offset} where it stands")]
    ImpossibleOffset { partition: i32, offset: i64 },
    #[error("the group's state of partition {partition} cannot be read")]
    UnknownProgress {
        partition: i32,
        #[source]
        source: UnreadableProgress,
    },
}

impl Fault {
    /// Tells it with the file's address, the step that failed (a verb phrase) and what to do about it.
    pub(super) fn tell(self, file: &LogFile, step: &str) -> LogError {
        tell(Arc::new(self), file, step)
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

    /// Whether the log merely does not answer: nothing was refused, and asking again later is all there is to do.
    pub(super) fn is_silence(&self) -> bool {
        self.is_busy()
            || matches!(self, Fault::Gone | Fault::Changed)
            || matches!(self.code(), Some(ErrorCode::CannotOpen))
    }

    /// Whether no waiting mends it: the file is not, or no more, a log that this program can read.
    pub(super) fn is_final(&self) -> bool {
        matches!(
            self,
            Fault::Foreign
                | Fault::OtherVersion { .. }
                | Fault::OtherSchemas { .. }
                | Fault::ImpossibleOffset { .. }
        ) || matches!(
            self.code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        ) || self.is_misshapen()
    }

    /// Whether a row has what its table cannot have: SQLite takes a damaged page for whole if it looks like one.
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

    /// Whether it may be that this user cannot write the file, or beside it.
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

    fn remedy(&self, file: &LogFile) -> String {
        let path = file.path().display();
        let elsewhere = "or name another file with --log sqlite:PATH";
        match self {
            Fault::Foreign => format!("leave that file alone {elsewhere}"),
            Fault::OtherVersion { found, known } if found > known => {
                format!("run the newer version that wrote it, {elsewhere}")
            }
            Fault::OtherVersion { .. } => format!("run the version that wrote it, {elsewhere}"),
            Fault::ReadOnly => may_write(file),
            Fault::WalUnreadable { wal } => format!(
                "copy {path} and {} together to a folder where this user may write, and name that copy with --log sqlite:PATH",
                wal.display()
            ),
            Fault::OtherSchemas { .. } => {
                "start again to use that log, or put back the one that was there".to_owned()
            }
            Fault::Changed => "try again".to_owned(),
            Fault::NoSharedMemory { .. } => {
                format!("move {path} to a disk of this machine, {elsewhere}")
            }
            Fault::Gone => format!("put it back (first {path}-wal, if there is one, then {path})"),
            Fault::NoTopic { .. } | Fault::NoPartition { .. } => {
                "check the topic's name and --departments".to_owned()
            }
            Fault::TooLarge { .. } => TOO_LARGE.to_owned(),
            Fault::ImpossibleOffset { .. } => damaged(elsewhere),
            Fault::UnknownProgress { .. } => "run the version that wrote it".to_owned(),
            Fault::ForeignWal { wal } => format!(
                "put the file back that {wal} belongs to; or, if {path} is whole without it (a backup, or a copy made after everybody had ended), move {wal} away",
                wal = wal.display()
            ),
            Fault::WalAlone { wal } => format!(
                "put {path} back beside it, as it has what was written last; or move {wal} away, to begin a new log",
                wal = wal.display()
            ),
            Fault::NoLog => "name the log with --log sqlite:PATH".to_owned(),
            Fault::BackupExists { path } => format!(
                "name a file that does not exist, or remove {} if you do not need it",
                path.display()
            ),
            Fault::BackupUnwritable { .. } => {
                "name a file in a folder where this user may write".to_owned()
            }
            Fault::BackupLocked => "try again".to_owned(),
            Fault::Closed => "the program is ending".to_owned(),
            Fault::Io(error) => remedy_for_io(error, file),
            Fault::Sqlite(_) => match self.code() {
                Some(ErrorCode::DiskFull) => format!("free space on the disk that holds {path}"),
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => may_write(file),
                Some(ErrorCode::CannotOpen) => format!(
                    "check that {path} is a file, and that this user may write it and its folder"
                ),
                Some(ErrorCode::NotADatabase) => format!("leave that file alone {elsewhere}"),
                Some(ErrorCode::DatabaseCorrupt) => damaged(elsewhere),
                None if self.is_misshapen() => damaged(elsewhere),
                Some(ErrorCode::SystemIoFailure) => {
                    format!("check the disk that holds {path}: it may be full or failing")
                }
                _ if self.is_busy() => format!(
                    "another process does not let go of the file: find it (fuser {path}), then continue or end it"
                ),
                _ => "the cause below says more".to_owned(),
            },
        }
    }
}

/// Whether a cause that was told is one that no waiting mends.
pub(crate) fn is_final(cause: &Cause) -> bool {
    cause
        .downcast_ref::<Arc<Fault>>()
        .is_some_and(|fault| fault.is_final())
}

/// What can be done about a record that is too large: nothing here.
const TOO_LARGE: &str = "SQLite keeps no record of a gigabyte or more";

/// As [`Fault::tell`], for a fault that several callers are to be told of.
pub(super) fn tell(fault: Arc<Fault>, file: &LogFile, step: &str) -> LogError {
    match &*fault {
        Fault::TooLarge { topic } => {
            return LogError::RecordTooLarge {
                log: file.address().to_owned(),
                topic: topic.to_string(),
                remedy: TOO_LARGE.to_owned(),
            };
        }
        Fault::Closed => return LogError::Closed,
        _ => {}
    }
    LogError::Unavailable {
        log: file.address().to_owned(),
        step: step.to_owned(),
        remedy: fault.remedy(file),
        source: Box::new(fault),
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

/// 0 where it is not SQLite itself that complains.
fn extended_code(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

fn damaged(elsewhere: &str) -> String {
    format!("the file is damaged: restore it from a backup {elsewhere}")
}

fn may_write(file: &LogFile) -> String {
    format!(
        "give this user the right to write {} and its folder, copy the log to where they have it, or name another file with --log sqlite:PATH",
        file.path().display()
    )
}

fn remedy_for_io(error: &io::Error, file: &LogFile) -> String {
    let path = file.path();
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("make the folder {folder} first"),
        io::ErrorKind::NotADirectory => {
            format!("{folder} is not a folder: name another file with --log sqlite:PATH")
        }
        io::ErrorKind::IsADirectory => {
            format!(
                "{} is a folder: name a file in it with --log sqlite:PATH",
                path.display()
            )
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => may_write(file),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("free space on the disk that holds {}", path.display())
        }
        _ => "the cause below says more".to_owned(),
    }
}
