//! The text of the servers' configuration files.

use std::fmt::Write;
use std::path::Path;

use super::Flavour;
use super::builder::Ports;

/// A cluster of one broker, on 127.0.0.1 only, quick to start and to rebalance.
const BROKER: &str = "\
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENTS
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
";

/// How long a killed broker counts as alive, and so keeps its successor out: as short as a busy machine bears.
const BROKER_SESSION_MS: u32 = 3_000;

/// For Kafka 3.9: everything to standard output, the logger's name at the end.
pub(super) const LOG4J: &str = "\
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
";

/// The `zoo.cfg` of a ZooKeeper that answers the two questions we ask it.
pub(super) fn zookeeper(ports: Ports, data: &Path) -> String {
    // Sessions last at least two ticks: half a second lets the broker have a short one.
    format!(
        "dataDir={}\nclientPort={}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\ntickTime=500\n\
         4lw.commands.whitelist=ruok,dump\n",
        data.display(),
        ports.coordinator
    )
}

/// The `server.properties`: ours, then those of the user, so that the latter win.
pub(super) fn broker(
    flavour: Flavour,
    ports: Ports,
    data: &Path,
    properties: &[(String, String)],
) -> String {
    let Ports {
        broker,
        coordinator,
        ..
    } = ports;
    let mut text = format!(
        "{BROKER}log.dirs={}\nadvertised.listeners=CLIENTS://127.0.0.1:{broker}\n",
        data.display()
    );
    text += &match flavour {
        Flavour::ZooKeeper => format!(
            "broker.id=1\nzookeeper.connect=127.0.0.1:{coordinator}\n\
             zookeeper.session.timeout.ms={BROKER_SESSION_MS}\nlisteners=CLIENTS://127.0.0.1:{broker}\n"
        ),
        // The voters are given here, not with `format --standalone`, which would keep this run's port for ever.
        Flavour::KRaft => format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{coordinator}\n\
             controller.listener.names=CONTROLLER\nbroker.session.timeout.ms={BROKER_SESSION_MS}\n\
             broker.heartbeat.interval.ms=500\n\
             listeners=CLIENTS://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{coordinator}\n\
             share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n\
             share.coordinator.state.topic.num.partitions=4\n"
        ),
    };
    for (key, value) in properties {
        let _ = writeln!(text, "{key}={value}");
    }
    text
}
