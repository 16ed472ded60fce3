//! What can go wrong between asking for a cluster and having one.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::Missing;

/// Why there is no cluster, or no longer one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Java or Maven is not installed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Maven ran but failed to fetch the jars.
    #[error(
        "Maven could not fetch {what} ({status}); its whole output is in {}, the end of it:\n{tail}",
        log.display()
    )]
    Fetch {
        /// What was to be fetched, for instance `kafka-3.9.1`.
        what: String,
        /// How Maven ended.
        status: ExitStatus,
        /// The file with Maven's output.
        log: PathBuf,
        /// The last lines of that file.
        tail: String,
    },
    /// The operating system refused something on a file, a folder or a process.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// The verb, for instance `create the folder`.
        doing: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another cluster runs in the folder that was asked for.
    #[error("another timeoff-dev uses the folder {}: stop it or choose another folder", folder.display())]
    FolderInUse {
        /// The folder that was asked for.
        folder: PathBuf,
    },
    /// Another process listens on the port.
    #[error(
        "port {port} of 127.0.0.1, wanted for {what}, is taken: stop what listens there or choose another port"
    )]
    PortTaken {
        /// The server that wanted it.
        what: &'static str,
        /// The port.
        port: u16,
    },
    /// A server ended unasked.
    #[error("{what} ended by itself ({status}); its log is {}, the end of it:\n{tail}", log.display())]
    Died {
        /// The server.
        what: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its log file (gone when the folder was a temporary one).
        log: PathBuf,
        /// The last lines of that file.
        tail: String,
    },
    /// A server runs, but has not become ready in time.
    #[error("{what} was not ready after {} s; its log is {}, the end of it:\n{tail}", after.as_secs(), log.display())]
    NotReady {
        /// The server.
        what: &'static str,
        /// How long we waited for it.
        after: Duration,
        /// Its log file (gone when the folder was a temporary one).
        log: PathBuf,
        /// The last lines of that file.
        tail: String,
    },
}

impl Error {
    /// For `map_err`: adds to an I/O error what was being done, and to which file.
    pub(super) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io {
            doing,
            path,
            source,
        }
    }
}
