//! The names of the topics.

use std::sync::Arc;

/// The names of the topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    /// Applications, a partition for each department.
    pub applications: Arc<str>,
    /// Results, in the partition of their application.
    pub results: Arc<str>,
    /// Records that cannot be understood, with the reason.
    pub dead_letters: Arc<str>,
    /// What somebody wants, a partition for each department.
    pub commands: Arc<str>,
    /// What has happened, a partition for each department; kept for ever.
    pub ledger: Arc<str>,
}

impl TopicNames {
    /// The default name of the applications topic.
    pub const APPLICATIONS: &'static str = "leave-applications";
    /// The default name of the results topic.
    pub const RESULTS: &'static str = "leave-applications-results";
    /// The default name of the dead letters topic.
    pub const DEAD_LETTERS: &'static str = "leave-applications-dead-letters";
    /// The default name of the commands topic.
    pub const COMMANDS: &'static str = "leave-commands";
    /// The default name of the ledger.
    pub const LEDGER: &'static str = "leave-ledger";
}

impl Default for TopicNames {
    fn default() -> TopicNames {
        TopicNames {
            applications: Self::APPLICATIONS.into(),
            results: Self::RESULTS.into(),
            dead_letters: Self::DEAD_LETTERS.into(),
            commands: Self::COMMANDS.into(),
            ledger: Self::LEDGER.into(),
        }
    }
}
