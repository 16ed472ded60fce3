//! What a process may have resident, however much waits and however long the log is.

use timeoff_testkit::Ended;

const MOST_KIB: u64 = 64 * 1024;

/// The process has kept within it.
pub(crate) fn bounded(process: Ended) -> Ended {
    assert_bounded(&process.name, process.peak_kib);
    process
}

/// A figure is within it, and there is one where the system tells.
pub(crate) fn assert_bounded(name: &str, peak_kib: u64) {
    if cfg!(target_os = "linux") {
        assert!(peak_kib > 0, "{name}: no figure");
        assert!(peak_kib <= MOST_KIB, "{name} had {peak_kib} KiB resident");
    }
}
