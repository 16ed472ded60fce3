//! Replays the kept inputs of a fuzzer. Part of the tests of the crates that fuzzers call.

use std::fs;
use std::path::Path;

/// Calls `target` with each file of `fuzz/seeds/<name>`.
///
/// # Panics
///
/// If there is no file.
pub(super) fn replay(name: &str, target: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(name);
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("there are kept inputs") {
        let path = entry.expect("a file").path();
        // Shows the input that a failing test failed on.
        println!("{}", path.display());
        target(&fs::read(&path).expect("a file"));
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}
