//! The real Kafka that all tests of this process share.

use timeoff_dev::kafka::{self, Flavour, KafkaDev};

/// The cluster, started when the first test asks for it. `None`, with a loud notice, if there cannot be one here; if
/// one is required, that is a failure.
///
/// Kafka 3.9 with ZooKeeper, or with `TIMEOFF_TEST_KRAFT=1`, Kafka 4 without it.
pub(crate) fn shared() -> Option<&'static KafkaDev> {
    let flavour = if std::env::var_os("TIMEOFF_TEST_KRAFT").is_some() {
        Flavour::KRaft
    } else {
        Flavour::ZooKeeper
    };
    kafka::shared(flavour)
}
