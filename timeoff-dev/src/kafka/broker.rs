//! One broker of a running cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Error;
use super::servers::Servers;
use super::slot::Slot;

/// A broker, which can be ended, frozen and started again while the others go on: one of
/// [`KafkaDev::brokers`](super::KafkaDev::brokers).
///
/// Calls may come from any thread. Calls on the same broker take turns, also when one of them is a long start.
#[derive(Debug)]
pub struct Broker {
    servers: Arc<Servers>,
    index: usize,
    slot: Slot,
    /// Outside the slot, so that it can be read while another thread is starting the broker.
    frozen: AtomicBool,
}

impl Broker {
    /// A broker that has not been started yet.
    pub(super) fn new(servers: Arc<Servers>, index: usize) -> Self {
        Self {
            servers,
            index,
            slot: Slot::default(),
            frozen: AtomicBool::new(false),
        }
    }

    /// The port of 127.0.0.1 on which it listens for clients: its own, whatever it advertises to them.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.servers.ports.brokers[self.index].clients
    }

    /// Its process id; `None` while it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.slot.pid()
    }

    /// Kills it (SIGKILL) and waits until it is gone. Nothing happens when it does not run.
    pub fn kill(&self) {
        self.slot.kill();
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// Ends it in an orderly way and waits for it: 1 to 6 seconds, but up to 20 when the brokers that it would hand
    /// over to do not answer; then it is killed. A frozen broker is thawed for that. Nothing happens when it does not
    /// run.
    pub fn stop(&self) {
        self.slot.stop();
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// Starts it again on the same port with the same data, and returns when it answers; also after it has crashed.
    /// Nothing happens when it runs. After [`kill`](Self::kill) it takes about three seconds longer than the first
    /// time: the cluster has to notice that the old one is dead. In a KRaft cluster no broker answers before a
    /// majority runs: see [`KafkaDev::start_brokers`](super::KafkaDev::start_brokers).
    ///
    /// # Errors
    ///
    /// When it does not start, with the end of its log.
    pub fn start(&self) -> Result<(), Error> {
        self.slot.start(|| self.servers.start_broker(self.index))
    }

    /// Freezes it (SIGSTOP), and returns when all its threads stand still. Its connections stay open, but it answers
    /// nothing. Nothing happens when it does not run.
    pub fn freeze(&self) {
        self.slot.set_frozen(true);
        self.frozen.store(self.pid().is_some(), Ordering::Relaxed);
    }

    /// Lets a frozen broker go on (SIGCONT). Does not wait until it has rejoined the cluster. Nothing happens when it
    /// does not run.
    pub fn thaw(&self) {
        self.slot.set_frozen(false);
        self.frozen.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed)
    }

    pub(super) fn failure(&self) -> Option<Error> {
        self.slot.failure()
    }
}

/// Starts all brokers that do not run, at the same time.
///
/// # Errors
///
/// The error of the first broker that does not start, once all have started or failed.
pub(super) fn start_all(brokers: &[Broker]) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let starts: Vec<_> = brokers
            .iter()
            .map(|broker| scope.spawn(|| broker.start()))
            .collect();
        let outcomes: Vec<_> = starts.into_iter().map(|start| start.join()).collect();
        outcomes.into_iter().try_for_each(|outcome| {
            outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// Ends all brokers that run, in an orderly way and at the same time.
pub(super) fn stop_all(brokers: &[Broker]) {
    std::thread::scope(|scope| {
        for broker in brokers {
            scope.spawn(|| broker.stop());
        }
    });
}
