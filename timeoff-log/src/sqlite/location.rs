//! Where a log's file is.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;

/// The path of a log's file, and how the user wrote it.
#[derive(Debug, Clone)]
pub(super) struct Location {
    path: Arc<Path>,
    address: Arc<str>,
}

impl Location {
    pub(super) fn new(path: &Path) -> Location {
        Location {
            // Absolute, so that no name is special to SQLite (":memory:", "file:…"), and so that changing the working
            // folder does not matter.
            path: absolute(path).unwrap_or_else(|_| path.to_owned()).into(),
            address: format!("sqlite:{}", path.display()).into(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The address as the user wrote it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// A URI that makes SQLite read the file alone, as if no process could write to it and nothing were beside it.
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

    /// Where SQLite puts the write-ahead log.
    pub(super) fn wal(&self) -> PathBuf {
        self.beside("-wal")
    }

    /// The length of the write-ahead log, in bytes; 0 if there is none.
    pub(super) fn wal_bytes(&self) -> u64 {
        self.bytes_beside("-wal")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        // SQLite follows symbolic links first: it puts its other files beside the last link's target.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.to_path_buf());
        let mut path = path.into_os_string();
        path.push(suffix);
        path.into()
    }

    pub(super) fn bytes_beside(&self, suffix: &str) -> u64 {
        fs::metadata(self.beside(suffix)).map_or(0, |metadata| metadata.len())
    }
}
