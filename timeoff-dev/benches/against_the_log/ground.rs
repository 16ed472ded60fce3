//! A log to measure on.

use std::time::Duration;

/// The partitions of every topic: one for each department.
pub(crate) const PARTITIONS: usize = 3;

/// Before a key or value: magic byte and schema id. The id may differ from topic to topic.
pub(crate) const FRAME: usize = 5;

/// A record without its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

impl Bytes {
    /// A record of the usual length.
    pub(crate) fn usual() -> Bytes {
        Bytes {
            key: vec![1; 48],
            value: vec![1; 48],
        }
    }
}

/// The records of a topic, partition by partition.
pub(crate) type Topic = [Vec<Bytes>; PARTITIONS];

/// The names of one side's topics, and of the group that works on them.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) applications: String,
    pub(crate) results: String,
    pub(crate) dead_letters: String,
    pub(crate) commands: String,
    pub(crate) ledger: String,
    pub(crate) group: String,
}

impl Names {
    pub(crate) fn new(of: &str) -> Names {
        let name = |what: &str| format!("{of}-{what}");
        Names {
            applications: name("applications"),
            results: name("results"),
            dead_letters: name("dead-letters"),
            commands: name("commands"),
            ledger: name("ledger"),
            group: name("group"),
        }
    }
}

/// A log, and the least code that does the work on it. Times are those of the work alone: records to write lie ready
/// in memory, and records read are counted and dropped.
pub(crate) trait Ground {
    fn name(&self) -> &'static str;

    /// The URL of the log that has these topics.
    fn log_url(&self, names: &Names) -> String;

    /// The URL of its schema registry, if it has one.
    fn registry_url(&self) -> Option<&str> {
        None
    }

    /// Makes topics that do not exist yet.
    fn make(&self, names: &Names);

    /// Everything that is on a topic.
    fn take(&self, names: &Names, topic: &str) -> Topic;

    /// Appends the records in turn, in order within each partition, and waits until all are durable.
    fn submit(&self, names: &Names, records: &Topic) -> Duration;

    /// Reads all applications and appends the result for each and, if there is a ledger, its event, together with the
    /// group's progress: exactly once.
    fn decide(&self, names: &Names, results: &Topic, ledger: Option<&Topic>) -> Duration;

    /// Reads all results.
    fn read(&self, names: &Names, count: usize) -> Duration;

    /// Whether there are floors beneath this one, which do more at once than TimeOff can.
    fn has_lower_floors(&self) -> bool {
        false
    }

    /// As [`Ground::submit`], with batch calls, if there are lower floors.
    fn submit_in_batch_calls(&self, _: &Names, _: &Topic) -> Option<Duration> {
        None
    }

    /// As [`Ground::decide`], in transactions of 100,000, if there are lower floors.
    fn decide_many_at_once(&self, _: &Names, _: &Topic) -> Option<Duration> {
        None
    }

    /// As [`Ground::read`], with batch calls, if there are lower floors.
    fn read_in_batch_calls(&self, _: &Names, _: usize) -> Option<Duration> {
        None
    }

    /// Submits, decides and reads `count` records one after the other, and returns how long each took. The log is all
    /// that it waits for.
    fn one_at_a_time(&self, names: &Names, count: usize) -> Vec<Duration>;

    /// Removes the topics.
    fn remove(&self, names: &Names);
}

/// The records in turn: one of each partition, until none are left.
pub(crate) fn in_turn(topic: &Topic) -> impl Iterator<Item = (usize, &Bytes)> {
    let longest = topic.iter().map(Vec::len).max().unwrap_or_default();
    (0..longest).flat_map(move |index| {
        let each = topic.iter().enumerate();
        each.filter_map(move |(partition, records)| Some((partition, records.get(index)?)))
    })
}

/// How many records a topic has.
pub(crate) fn count(topic: &Topic) -> usize {
    topic.iter().map(Vec::len).sum()
}
