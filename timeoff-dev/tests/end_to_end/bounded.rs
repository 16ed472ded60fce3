//! How much memory a process may have resident, however much waits and however long the log is.

use timeoff_testkit::Ended;

const MOST_KIB: u64 = 64 * 1024;

/// Checks that the process stayed within the limit.
pub(crate) fn bounded(process: Ended) -> Ended {
    assert_bounded(&process.name, process.peak_kib);
    process
}

/// Checks that a figure is within the limit, and that there is one where the system provides it.
pub(crate) fn assert_bounded(name: &str, peak_kib: u64) {
    if cfg!(target_os = "linux") {
        assert!(peak_kib > 0, "{name}: no figure");
        assert!(peak_kib <= MOST_KIB, "{name} had {peak_kib} KiB resident");
    }
}
