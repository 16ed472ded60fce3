//! A promise that can be broken on purpose, to check that the fault campaign notices. Works as in `timeoff-log`: only a
//! build with the feature `sabotage` can break it, and only if `TIMEOFF_SABOTAGE` names it. Nothing else in this crate
//! looks at the environment.
//!
//! `halves`: leave collides with other leave only if both take the same part of a day.

/// Whether to break the promise in this build and run.
#[cfg(feature = "sabotage")]
pub(crate) fn ignores_halves() -> bool {
    std::env::var("TIMEOFF_SABOTAGE").is_ok_and(|broken| broken == "halves")
}

/// Whether to break the promise in this build and run: never.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn ignores_halves() -> bool {
    false
}
