//! The names of the topics.

use std::sync::Arc;

/// The names of the three topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    /// Applications, a partition for each department.
    pub applications: Arc<str>,
    /// Results, in the partition of their application.
    pub results: Arc<str>,
    /// Records that cannot be understood, with the reason.
    pub dead_letters: Arc<str>,
}

impl TopicNames {
    /// The default name of the applications topic.
    pub const APPLICATIONS: &'static str = "leave-applications";
    /// The default name of the results topic.
    pub const RESULTS: &'static str = "leave-applications-results";
    /// The default name of the dead letters topic.
    pub const DEAD_LETTERS: &'static str = "leave-applications-dead-letters";
}

impl Default for TopicNames {
    fn default() -> TopicNames {
        TopicNames {
            applications: Self::APPLICATIONS.into(),
            results: Self::RESULTS.into(),
            dead_letters: Self::DEAD_LETTERS.into(),
        }
    }
}
