//! What can go wrong with a view, described so that the reader knows what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use timeoff_log::{LogError, Position};

/// A view cannot be folded or asked. `Display` says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Another process folds into the folder.
    #[error(
        "{}: another process folds into this folder; use its view, or name another folder",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder has the view of another log.
    #[error(
        "{}: this is a view of {found}, not of {asked}; name another folder, or rebuild the view",
        folder.display()
    )]
    OtherLog {
        /// The folder.
        folder: PathBuf,
        /// The log and the topics that the view was folded from.
        found: String,
        /// Those that it was to be folded from now.
        asked: String,
    },
    /// A newer version has made the view.
    #[error(
        "{}: the view's layout is version {found}, and this program knows version {known}; run the newer version, or \
         name another folder",
        file.display()
    )]
    NewerLayout {
        /// The file.
        file: PathBuf,
        /// The layout that it has.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// An older version has made the view, and it is to be asked.
    #[error(
        "{}: the view's layout is version {found}, and this program knows version {known}; it is rebuilt when it is \
         followed again",
        file.display()
    )]
    OlderLayout {
        /// The file.
        file: PathBuf,
        /// The layout that it has.
        found: i64,
        /// The one that this program asks.
        known: i64,
    },
    /// A file in the folder is something other than a view.
    #[error("{}: the file is something other than a view; name another folder", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// There is no view in the folder, or the first one has not caught up yet.
    #[error("{}: there is no view here yet", folder.display())]
    NoView {
        /// The folder.
        folder: PathBuf,
    },
    /// A topic is not the one that was folded: what was on it has gone, or other records have taken its place.
    #[error(
        "topic {topic} partition {partition} {found}: the topic was made again, or has lost its end; rebuild the view"
    )]
    OtherTopic {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// What does not fit.
        found: String,
    },
    /// A ledger event is of a type that this version does not know.
    #[error(
        "{position} was written by a newer version (a record of type {type_name}); run that version"
    )]
    NewerEvent {
        /// Where it is.
        position: Position,
        /// The full name of its type.
        type_name: String,
    },
    /// A record is so far out that the tables cannot say where.
    #[error("{position}: no log has that many partitions or records")]
    Unplaceable {
        /// Where it is.
        position: Position,
    },
    /// SQLite could not do what it was asked to.
    #[error("{}: could not {step}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The step that failed, as a verb phrase.
        step: &'static str,
        /// SQLite's error. It quotes no value: all are bound.
        #[source]
        source: rusqlite::Error,
    },
    /// The folder, or a file in it, could not be used.
    #[error("{}: could not {step}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The step that failed, as a verb phrase.
        step: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The log cannot be read, now or later.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl ViewError {
    /// Whether a rebuild helps.
    pub fn is_mended_by_rebuild(&self) -> bool {
        match self {
            ViewError::OtherTopic { .. } | ViewError::OtherLog { .. } => true,
            ViewError::File { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt)
            }
            _ => false,
        }
    }
}
