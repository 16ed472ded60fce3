//! Promises that can be broken on purpose, to see whether the fault campaign notices.
//!
//! Only a build with the feature `sabotage` can break one, and only when `TIMEOFF_SABOTAGE` names it. In every other
//! build [`breaks`] is a constant `false`, and what depends on it is not there.

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// `atomicity`: the outputs of a settlement are committed before, and apart from, the progress.
    Atomicity,
    /// `generation`: the log does not check that a settlement comes from the partition's owner.
    Generation,
    /// `durability`: SQLite does not wait for the disk.
    Durability,
    /// `close-waits`: closing a SQLite log waits for nothing, so its write-ahead log is left beside it.
    CloseWaits,
    /// `decided-set`: of what is decided, only the unbroken beginning is recorded.
    DecidedSet,
}

/// Whether this build and run is to break a promise.
#[cfg(feature = "sabotage")]
pub(crate) fn breaks(promise: Promise) -> bool {
    let name = match promise {
        Promise::Atomicity => "atomicity",
        Promise::Generation => "generation",
        Promise::Durability => "durability",
        Promise::CloseWaits => "close-waits",
        Promise::DecidedSet => "decided-set",
    };
    std::env::var("TIMEOFF_SABOTAGE").is_ok_and(|broken| broken == name)
}

/// Whether this build and run is to break a promise: never.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn breaks(_: Promise) -> bool {
    false
}

/// Stands still where a broken promise shows: what happens in a moment otherwise is given time to happen.
pub(crate) fn dawdle(broken: Promise) {
    if breaks(broken) {
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
}
