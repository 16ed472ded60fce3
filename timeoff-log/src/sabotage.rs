//! Promises that can be broken on purpose, to check that the fault campaign notices. One more is in `manager-service`.
//!
//! Only a build with the feature `sabotage` can break a promise, and only if `TIMEOFF_SABOTAGE` names it. In every
//! other build [`breaks`] is a constant `false`, and the code that depends on it is not there.

/// A promise that can be broken.
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
    /// `decided-set`: only the decided records below the first undecided one are recorded as decided.
    DecidedSet,
    /// `co-holding`: a member settles what it was handed of a topic alongside when it holds the partition no more.
    CoHolding,
    /// `command-generation`: as `generation`, where what is settled is of topics alongside alone.
    CommandGeneration,
}

/// Whether to break a promise in this build and run.
#[cfg(feature = "sabotage")]
pub(crate) fn breaks(promise: Promise) -> bool {
    let name = match promise {
        Promise::Atomicity => "atomicity",
        Promise::Generation => "generation",
        Promise::Durability => "durability",
        Promise::CloseWaits => "close-waits",
        Promise::DecidedSet => "decided-set",
        Promise::CoHolding => "co-holding",
        Promise::CommandGeneration => "command-generation",
    };
    std::env::var("TIMEOFF_SABOTAGE").is_ok_and(|broken| broken == name)
}

/// Whether to break a promise in this build and run: never.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn breaks(_: Promise) -> bool {
    false
}

/// Pauses where a broken promise would show: what could otherwise happen only in a brief moment gets time to happen.
pub(crate) fn dawdle(broken: Promise) {
    if breaks(broken) {
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
}
