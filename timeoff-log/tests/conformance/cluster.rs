//! The real Kafka that all tests of this process share.

use timeoff_dev::kafka::{self, Flavour, KafkaDev};

/// The cluster, started when the first test asks for it. `None`, which is said loudly, where there can be none; but
/// where one is required, that is a failure.
pub(crate) fn shared() -> Option<&'static KafkaDev> {
    kafka::shared(Flavour::ZooKeeper)
}
