//! The topics that are folded.

use std::sync::Arc;

use timeoff_contract::TopicNames;

/// A topic that is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// What employees have asked for.
    Applications,
    /// What became of it.
    Results,
    /// What somebody wants of the ledger.
    Commands,
    /// What has happened.
    Ledger,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 4] = [
        Topic::Applications,
        Topic::Results,
        Topic::Commands,
        Topic::Ledger,
    ];

    /// Its name on the log.
    pub fn name(self, names: &TopicNames) -> &Arc<str> {
        match self {
            Topic::Applications => &names.applications,
            Topic::Results => &names.results,
            Topic::Commands => &names.commands,
            Topic::Ledger => &names.ledger,
        }
    }

    /// Its number in the tables.
    pub(crate) fn number(self) -> i64 {
        match self {
            Topic::Applications => 0,
            Topic::Results => 1,
            Topic::Commands => 2,
            Topic::Ledger => 3,
        }
    }

    /// The topic with this number.
    pub(crate) fn of_number(number: i64) -> Option<Topic> {
        Topic::ALL
            .into_iter()
            .find(|topic| topic.number() == number)
    }
}
