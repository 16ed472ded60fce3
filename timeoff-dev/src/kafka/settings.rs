//! The text of the servers' configuration files.

use std::fmt::Write;
use std::path::Path;

use super::Flavour;
use super::ports::Ports;

/// On 127.0.0.1 only, quick to start and to rebalance.
const BROKER: &str = "\
listener.security.protocol.map=CLIENTS:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_PLAINTEXT
inter.broker.listener.name=INTERNAL
unclean.leader.election.enable=false
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
";

/// For the listener for clients that authenticate with a password.
const SCRAM: &str = "\
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
";

/// How long a killed broker counts as alive, and so keeps its successor out: as short as a busy machine allows.
const BROKER_SESSION_MS: u32 = 3_000;

/// For Kafka 3.9: everything to standard output, the logger's name at the end.
pub(super) const LOG4J: &str = "\
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
";

/// The `zoo.cfg` of a ZooKeeper that answers the two commands that we send it.
pub(super) fn zookeeper(port: u16, data: &Path) -> String {
    // A session lasts at least two ticks. With ticks of half a second the broker can have a short one.
    format!(
        "dataDir={}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\ntickTime=500\n\
         4lw.commands.whitelist=ruok,dump\n",
        data.display(),
    )
}

/// Kafka's id for the broker at this index: ids start at 1.
pub(super) fn broker_id(index: usize) -> i32 {
    i32::try_from(index + 1).expect("a machine has fewer brokers than numbers")
}

/// The index of the broker with this id. `None` for an id below 1.
pub(super) fn broker_index(id: i32) -> Option<usize> {
    usize::try_from(id).ok()?.checked_sub(1)
}

/// All the brokers of a cluster, and the lines that the user adds for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Brokers<'a> {
    pub(super) flavour: Flavour,
    pub(super) ports: &'a Ports,
    pub(super) scram: bool,
    pub(super) properties: &'a [(String, String)],
}

impl Brokers<'_> {
    /// The `server.properties` of one: ours, then those of the user, so that the latter win.
    pub(super) fn properties_of(self, index: usize, data: &Path) -> String {
        let id = broker_id(index);
        let ports = self.ports.brokers[index];
        let own = |client: u16| {
            let internal = ports.internal;
            let mut own = format!("CLIENTS://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}");
            if self.scram {
                let _ = write!(own, ",SCRAM://127.0.0.1:{}", ports.scram);
            }
            own
        };
        let listeners = own(ports.clients);
        let mut text = format!(
            "{BROKER}{}log.dirs={}\nadvertised.listeners={}\n",
            self.replication(),
            data.display(),
            own(ports.advertised)
        );
        text += &match self.flavour {
            Flavour::ZooKeeper => format!(
                "broker.id={id}\nlisteners={listeners}\nzookeeper.connect=127.0.0.1:{}\n\
                 zookeeper.session.timeout.ms={BROKER_SESSION_MS}\n",
                self.ports.zookeeper
            ),
            // The voters are set here, not with `format --standalone`, which would store this run's ports for good.
            Flavour::KRaft => format!(
                "process.roles=broker,controller\nnode.id={id}\ncontroller.quorum.voters={}\n\
                 controller.listener.names=CONTROLLER\nlisteners={listeners},CONTROLLER://127.0.0.1:{}\n\
                 broker.session.timeout.ms={BROKER_SESSION_MS}\nbroker.heartbeat.interval.ms=500\n",
                self.voters(),
                ports.controller
            ),
        };
        if self.scram {
            text += SCRAM;
        }
        for (key, value) in self.properties {
            let _ = writeln!(text, "{key}={value}");
        }
        text
    }

    /// With three brokers or more, everything has three replicas, and `acks=all` needs at least two of them in sync.
    fn replication(self) -> String {
        let (replicas, in_sync) = match self.ports.brokers.len() {
            ..3 => (1, 1),
            3.. => (3, 2),
        };
        let mut text = format!(
            "default.replication.factor={replicas}\nmin.insync.replicas={in_sync}\n\
             offsets.topic.replication.factor={replicas}\n\
             transaction.state.log.replication.factor={replicas}\ntransaction.state.log.min.isr={in_sync}\n"
        );
        if self.flavour == Flavour::KRaft {
            text += &format!(
                "share.coordinator.state.topic.replication.factor={replicas}\n\
                 share.coordinator.state.topic.min.isr={in_sync}\nshare.coordinator.state.topic.num.partitions=4\n"
            );
        }
        text
    }

    /// Every broker of a KRaft cluster is a controller as well.
    fn voters(self) -> String {
        let ports = self.ports.brokers.iter().enumerate();
        let voters = ports
            .map(|(index, ports)| format!("{}@127.0.0.1:{}", broker_id(index), ports.controller));
        voters.collect::<Vec<_>>().join(",")
    }
}
