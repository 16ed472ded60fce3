#![no_main]

use std::sync::LazyLock;

use tempfile::TempDir;

/// One folder for the run, in memory if `TMPDIR` says so.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| timeoff_log::fuzzing::sqlite(FOLDER.path(), bytes));
