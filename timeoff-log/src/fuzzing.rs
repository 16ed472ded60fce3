//! The functions that fuzzers call. Each takes bytes as they may come from outside, and panics if a promise about them
//! is broken. The promises are stated beside the code they are about.
//!
//! The fuzzers are in `fuzz/`. `cargo test` calls the same functions with the inputs that are kept there.

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

use std::path::Path;

use crate::sqlite::SqliteLog;

/// Any offset and text that a group may have recorded.
pub fn progress(bytes: &[u8]) {
    crate::progress::fuzzing::progress(bytes);
}

/// Any bytes as the file of a log, which is made in `folder`.
pub fn sqlite(folder: &Path, bytes: &[u8]) {
    SqliteLog::survives(folder, bytes);
}

/// Any bytes as the headers of a record in a file.
pub fn headers(bytes: &[u8]) {
    SqliteLog::headers_survive(bytes);
}

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn what_was_found_in_recorded_progress_stays_mended() {
        replay("progress", super::progress);
    }

    #[test]
    fn what_was_found_in_files_stays_mended() {
        let folder = tempfile::tempdir().expect("a folder");
        replay("sqlite", |bytes| super::sqlite(folder.path(), bytes));
    }

    #[test]
    fn what_was_found_in_headers_stays_mended() {
        replay("headers", super::headers);
    }
}
