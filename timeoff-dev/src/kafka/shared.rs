//! The cluster that the tests of one binary share, and skipping where there can be none.

use std::error::Error as _;
use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use super::java::java_with_compiler;
use super::kit::Kit;
use super::{Error, Flavour, KafkaDev, Missing, available};

/// When this is 1, a test that needs Kafka fails where it would otherwise skip.
const REQUIRE: &str = "TIMEOFF_REQUIRE_KAFKA";

/// The cluster of this flavour, with a registry, that all the tests of this process share. The first caller starts it;
/// it ends with the process. Use your own topics and groups, and do not stop its servers.
/// `None`, after a loud message, where Java or Maven is missing: see [`require_or_skip`].
///
/// # Panics
///
/// When Java and Maven are there but the cluster cannot be started.
#[must_use]
pub fn shared(flavour: Flavour) -> Option<&'static KafkaDev> {
    static ZOOKEEPER: OnceLock<Result<KafkaDev, Error>> = OnceLock::new();
    static KRAFT: OnceLock<Result<KafkaDev, Error>> = OnceLock::new();
    require_or_skip()?;
    let cell = match flavour {
        Flavour::ZooKeeper => &ZOOKEEPER,
        Flavour::KRaft => &KRAFT,
    };
    match cell.get_or_init(|| KafkaDev::builder().flavour(flavour).start()) {
        Ok(kafka) => Some(kafka),
        Err(error) => panic!("no Kafka for this test: {error}{}", causes(error)),
    }
}

/// `Some` where a test can have a real Kafka. Where Java or Maven is missing, `None` after a message on standard
/// error that names the test: `let Some(()) = require_or_skip() else { return };`
///
/// # Panics
///
/// Instead of returning `None` when the environment variable `TIMEOFF_REQUIRE_KAFKA` is 1, as it is in CI.
#[must_use]
pub fn require_or_skip() -> Option<()> {
    found_or_skip(available())
}

/// A `java -cp …` with Kafka's own client and the Avro serialisers of the registry's makers. It runs a program from
/// source, as a client that is not TimeOff's. `None`, after a loud message, where Java, its compiler or Maven is
/// missing: see [`require_or_skip`].
///
/// # Panics
///
/// When all are there but the jars cannot be fetched.
#[must_use]
pub fn java_client_or_skip() -> Option<Command> {
    require_or_skip()?;
    let java = found_or_skip(java_with_compiler())?;
    let kit = Kit::registry_client();
    if let Err(error) = kit.fetch(&|_| ()) {
        panic!("no Java client for this test: {error}{}", causes(&error));
    }
    let mut command = Command::new(java);
    command.arg("-cp").arg(kit.classpath());
    Some(command)
}

fn found_or_skip<T>(found: Result<T, Missing>) -> Option<T> {
    let missing = match found {
        Ok(found) => return Some(found),
        Err(missing) => missing,
    };
    assert!(
        !is_required(),
        "{REQUIRE} is set, and there can be no Kafka: {missing}"
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let message = format!("\nSKIPPED {test}, which needs a real Kafka. {missing}\n");
    // Not eprintln!, which the test harness captures: a skip that nobody sees looks like a success.
    let _ = std::io::stderr().write_all(message.as_bytes());
    None
}

fn is_required() -> bool {
    std::env::var_os(REQUIRE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// What caused the error, each cause after a colon.
pub(super) fn causes(error: &Error) -> String {
    std::iter::successors(error.source(), |cause| (*cause).source())
        .map(|cause| format!(": {cause}"))
        .collect()
}
