//! What the campaign needs of a log: where it is, what is on it, and how to make it fail.

use std::time::Duration;

use fastrand::Rng;
use timeoff_testkit::Bench;

use crate::company::Company;
use crate::kind::Kind;
use crate::raw::Scan;

/// A log that can be made to fail.
pub(crate) trait Stage: Sync {
    /// The log, and how services are run on it.
    fn bench(&self) -> &Bench;

    /// The kinds of faults that can hit it here.
    fn kinds(&self) -> &[Kind];

    /// How long a manager may stand still before others take over.
    fn session(&self) -> Duration;

    /// How far the services' clock steps back at a time.
    fn step_back(&self) -> Duration;

    /// The most results that a reader can have printed and not marked as read. One that is killed has printed one batch
    /// of 1,000 and is marking another.
    fn unmarked(&self) -> usize {
        2 * 1_000
    }

    /// Options of the services that make everything happen sooner.
    fn options(&self) -> &[&'static str];

    /// Injects one fault of the log itself and waits until it has passed. Returns whether it did happen.
    fn inject(&self, kind: Kind, company: &Company<'_>, rng: &mut Rng) -> bool;

    /// Everything on the log.
    fn scan(&self) -> Scan;
}
