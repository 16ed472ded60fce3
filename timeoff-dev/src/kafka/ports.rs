//! Ports of 127.0.0.1: those of a cluster, and free ones.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems take the local ports of outgoing connections (32768 and up on Linux):
/// otherwise a client could be given the port of a server that is just being restarted.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// The ports in use by a cluster.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    /// One entry for each broker, in the order of their ids.
    pub(super) brokers: Vec<BrokerPorts>,
    pub(super) zookeeper: u16,
    pub(super) registry: u16,
}

/// The ports that one broker listens on, and the one that it advertises to clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct BrokerPorts {
    pub(super) clients: u16,
    /// The port that clients are sent to: the one above, or that of a relay in front of it.
    pub(super) advertised: u16,
    /// For the other brokers, so that a relay for clients is not in the way of replication.
    pub(super) internal: u16,
    /// For the other controllers of a KRaft cluster.
    pub(super) controller: u16,
    /// For clients that authenticate with a password, if there are to be any.
    pub(super) scram: u16,
}

/// Gives out free ports, none of them twice.
#[derive(Debug)]
pub(super) struct FreePorts(HashSet<u16>);

impl FreePorts {
    /// Never gives out the ports in `spoken_for`.
    pub(super) fn except(spoken_for: impl IntoIterator<Item = u16>) -> Self {
        Self(spoken_for.into_iter().collect())
    }

    /// A port that was free a moment ago. Another process may take it before we do: be ready to ask again.
    pub(super) fn next(&mut self) -> u16 {
        let random = RandomState::new();
        let port = (0..10_000_u32)
            .map(|attempt| FIRST + (random.hash_one(attempt) % u64::from(COUNT)) as u16)
            .find(|port| !self.0.contains(port) && is_free(*port))
            .expect("one of twelve thousand ports is free");
        self.0.insert(port);
        port
    }
}

pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
