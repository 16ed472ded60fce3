//! The kinds of faults, and how often each has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// SIGKILL of a service, now or in the middle of its work.
    Kill,
    /// A manager or a reader is stopped for longer than its session lasts, and goes on.
    Zombie,
    /// One more manager joins, or one leaves, so that departments move.
    JoinLeave,
    /// The services' clock steps back.
    ClockBack,
    /// The file's disk is full, until a service has said so.
    DiskFull,
    /// The file cannot be written, until a service has said so.
    ReadOnly,
    /// A copy of the file and its write-ahead log, taken at one instant, has all that was acknowledged.
    PowerCut,
    /// All brokers are killed, and started again.
    BrokersKilled,
    /// All brokers stand still for longer than requests, sessions and transactions last.
    BrokersFrozen,
    /// The broker that leads a partition is killed, and started again.
    LeaderLost,
    /// The broker that coordinates the managers, or their transactions, is stopped, and started again.
    CoordinatorMoved,
    /// A connection is cut while a settlement is being recorded or committed, before or after the broker receives the
    /// request.
    ConnectionCut,
    /// The same requests are delayed for longer than requests may take.
    ConnectionDelayed,
    /// The schema registry is killed, and started again.
    RegistryGone,
    /// Records of a partition are deleted up to an offset, as retention does, whether they are settled or not.
    RecordsDeleted,
}

impl Kind {
    /// The kinds that can hit the SQLite log.
    pub(crate) const OF_SQLITE: &[Kind] = &[
        Kind::Kill,
        Kind::Zombie,
        Kind::JoinLeave,
        Kind::ClockBack,
        Kind::DiskFull,
        Kind::ReadOnly,
        Kind::PowerCut,
    ];

    /// The kinds that can hit a Kafka cluster.
    pub(crate) const OF_KAFKA: &[Kind] = &[
        Kind::Kill,
        Kind::Zombie,
        Kind::JoinLeave,
        Kind::ClockBack,
        Kind::ConnectionCut,
        Kind::ConnectionDelayed,
        Kind::RegistryGone,
        Kind::RecordsDeleted,
        Kind::LeaderLost,
        Kind::CoordinatorMoved,
        Kind::BrokersFrozen,
        Kind::BrokersKilled,
    ];

    /// The name that `TIMEOFF_FAULTS_ONLY` uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Kill => "kill",
            Kind::Zombie => "zombie",
            Kind::JoinLeave => "join-leave",
            Kind::ClockBack => "clock-back",
            Kind::DiskFull => "disk-full",
            Kind::ReadOnly => "read-only",
            Kind::PowerCut => "power-cut",
            Kind::BrokersKilled => "brokers-killed",
            Kind::BrokersFrozen => "brokers-frozen",
            Kind::LeaderLost => "leader-lost",
            Kind::CoordinatorMoved => "coordinator-moved",
            Kind::ConnectionCut => "connection-cut",
            Kind::ConnectionDelayed => "connection-delayed",
            Kind::RegistryGone => "registry-gone",
            Kind::RecordsDeleted => "records-deleted",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How often each kind has happened, and how often it was tried in vain: alone, and among others.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    happened: BTreeMap<Kind, [u64; 2]>,
    in_vain: BTreeMap<Kind, [u64; 2]>,
}

impl Tally {
    pub(crate) fn count(&mut self, kind: Kind, is_mixed: bool, happened: bool) {
        let counts = match happened {
            true => &mut self.happened,
            false => &mut self.in_vain,
        };
        counts.entry(kind).or_default()[usize::from(is_mixed)] += 1;
    }

    /// How often a kind happened alone and among others.
    pub(crate) fn of(&self, kind: Kind) -> [u64; 2] {
        self.happened.get(&kind).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  fault                 alone  mixed  (in vain)")?;
        let tried: BTreeSet<Kind> = self
            .happened
            .keys()
            .chain(self.in_vain.keys())
            .copied()
            .collect();
        for kind in tried {
            let [alone, mixed] = self.of(kind);
            let [vain, vain_mixed] = self.in_vain.get(&kind).copied().unwrap_or_default();
            writeln!(
                f,
                "  {kind:<20} {alone:>6} {mixed:>6}  ({vain}, {vain_mixed})"
            )?;
        }
        Ok(())
    }
}
