//! What the campaign needs of a log: where it is, what is on it, and how to make it fail.

use std::time::Duration;

use fastrand::Rng;
use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{KafkaSettings, Log};
use timeoff_models::Departments;
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

/// The topics of a stage, as the services have them; `None` if the log does not answer.
pub(crate) async fn contract_on(stage: &dyn Stage) -> Option<Contract> {
    let bench = stage.bench();
    let mut settings = KafkaSettings::new();
    if let Some(registry) = &bench.registry {
        settings.set_schema_registry(registry.parse().unwrap());
    }
    for option in stage.options() {
        settings
            .set_property(option.trim_start_matches("-X"))
            .unwrap();
    }
    let topics = TopicNames {
        applications: bench.applications.as_str().into(),
        results: bench.results.as_str().into(),
        dead_letters: bench.dead_letters.as_str().into(),
        commands: bench.commands.as_str().into(),
        ledger: bench.ledger.as_str().into(),
    };
    let log = Log::open(&bench.log.parse().unwrap(), &settings)
        .await
        .ok()?;
    let contract = Contract::open_with_ledger(&log, topics, Departments::default());
    contract.await.ok()
}
