//! A campaign's settings, from the environment.

use timeoff_testkit::asked_for;

use crate::kind::Kind;

/// How long faults are injected unless `TIMEOFF_FAULTS_SECONDS` says otherwise.
const SECONDS: u64 = 60;

/// A campaign's settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Everything random follows from it, except the order in which processes happen to run.
    pub(crate) seed: u64,
    /// About how long faults are injected.
    pub(crate) seconds: u64,
    /// The kinds of faults to inject.
    pub(crate) kinds: Vec<Kind>,
}

impl Settings {
    /// `TIMEOFF_FAULTS_SEED` (random), `TIMEOFF_FAULTS_SECONDS` (60), `TIMEOFF_FAULTS_ONLY` (a list of names; all).
    pub(crate) fn from_environment(possible: &[Kind]) -> Settings {
        Settings {
            seed: number("TIMEOFF_FAULTS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000)),
            seconds: asked_for_seconds(),
            kinds: match std::env::var("TIMEOFF_FAULTS_ONLY") {
                Ok(names) => named(&names, possible),
                Err(_) => possible.to_vec(),
            },
        }
    }
}

/// `TIMEOFF_FAULTS_SECONDS` (60).
pub(crate) fn asked_for_seconds() -> u64 {
    number("TIMEOFF_FAULTS_SECONDS").unwrap_or(SECONDS)
}

fn number(name: &str) -> Option<u64> {
    asked_for(name).map(|number| number as u64)
}

fn named(names: &str, possible: &[Kind]) -> Vec<Kind> {
    names
        .split(',')
        .map(str::trim)
        .map(|name| {
            let found = possible.iter().find(|kind| kind.name() == name);
            *found.unwrap_or_else(|| {
                let known: Vec<&str> = possible.iter().map(|kind| kind.name()).collect();
                panic!(
                    "'{name}' is no fault of this log; there are {}",
                    known.join(", ")
                )
            })
        })
        .collect()
}
