//! Why a log cannot serve these departments.

use timeoff_log::LogError;
use timeoff_models::{Departments, counted};

use crate::topic_names::TopicNames;

/// A log cannot be used as asked. `Display` says what is wrong; what can be done about it follows from the variant.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// A topic has fewer partitions than there are departments.
    #[error(
        "{log}: topic {topic} has {}, {} {needs}",
        count_of_partitions(*.has),
        counted(needs.unsigned_abs().into(), "department needs", "departments need")
    )]
    TooFewPartitions {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// How many partitions the topic has.
        has: i32,
        /// How many it needs.
        needs: i32,
        /// The departments.
        departments: Departments,
    },
    /// The topic of commands or of the ledger has fewer partitions than the applications topic, or is not there although
    /// the other one is.
    #[error(
        "{log}: {}, and the topics of commands and the ledger need {needs}, as the applications topic has",
        there_is(topic, *.has)
    )]
    LedgerLagsBehind {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// How many partitions the topic has; 0 if it is not there.
        has: i32,
        /// How many it needs.
        needs: i32,
        /// The departments.
        departments: Departments,
    },
    /// The applications topic has partitions for which no department is named.
    #[error(
        "{log}: topic {topic} has {}, but {} named: {departments}; a manager who is assigned another partition could \
         not decide what is in it",
        count_of_partitions(*.partitions),
        counted(departments.len() as u64, "department is", "departments are")
    )]
    TooFewDepartments {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// How many partitions the topic has.
        partitions: i32,
        /// The departments that are named.
        departments: Departments,
    },
    /// The log itself could not do what it was asked to.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl ContractError {
    /// Adds the departments to an error about a topic that has too few partitions. Applications are checked first, so
    /// where commands or the ledger have too few, they lag behind.
    pub(super) fn of_topics(
        error: LogError,
        names: &TopicNames,
        departments: &Departments,
    ) -> ContractError {
        match error {
            LogError::TooFewPartitions {
                log,
                topic,
                has,
                needs,
            } if *topic == *names.commands || *topic == *names.ledger => {
                ContractError::LedgerLagsBehind {
                    log,
                    topic,
                    has,
                    needs,
                    departments: departments.clone(),
                }
            }
            LogError::TooFewPartitions {
                log,
                topic,
                has,
                needs,
            } => ContractError::TooFewPartitions {
                log,
                topic,
                has,
                needs,
                departments: departments.clone(),
            },
            error => error.into(),
        }
    }

    /// Whether the caller's own settings are at fault, rather than the log.
    pub fn is_usage(&self) -> bool {
        match self {
            ContractError::TooFewPartitions { .. } | ContractError::LedgerLagsBehind { .. } => {
                false
            }
            ContractError::TooFewDepartments { .. } => true,
            ContractError::Log(error) => error.is_usage(),
        }
    }
}

fn there_is(topic: &str, partitions: i32) -> String {
    match partitions {
        0 => format!("there is no topic {topic}"),
        has => format!("topic {topic} has {}", count_of_partitions(has)),
    }
}

fn count_of_partitions(count: i32) -> String {
    counted(count.unsigned_abs().into(), "partition", "partitions")
}

#[cfg(test)]
mod tests {
    use super::ContractError;
    use timeoff_models::Departments;

    #[test]
    fn of_one_it_is_told_in_the_singular() {
        let too_few = |has| ContractError::TooFewPartitions {
            log: "sqlite:timeoff.db".to_owned(),
            topic: "a".to_owned(),
            has,
            needs: has + 1,
            departments: Departments::default(),
        };
        for (error, told) in [
            (too_few(1), "has 1 partition, 2 departments need 2"),
            (too_few(0), "has 0 partitions, 1 department needs 1"),
        ] {
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
