//! Why a log cannot serve these departments.

use timeoff_log::LogError;
use timeoff_models::{Department, Departments, counted};

/// A log cannot serve as it is asked to.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// A topic has fewer partitions than there are departments.
    #[error(
        "{log}: topic {topic} has {}, {} {needs}; add the departments that it lacks ({how}) or name fewer with --departments",
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
        /// A command that adds one.
        how: String,
    },
    /// The applications topic has partitions that no department is named for.
    #[error(
        "{log}: topic {topic} has {}, but --departments names {departments}: {named}; whoever is given another partition could not decide what is in it. Name a department for each, in the same order everywhere",
        count_of_partitions(*.partitions)
    )]
    TooFewDepartments {
        /// The address of the log.
        log: String,
        /// The topic.
        topic: String,
        /// How many partitions the topic has.
        partitions: i32,
        /// How many departments are named.
        departments: usize,
        /// Their names.
        named: String,
    },
    /// The log itself could not do what it was asked to.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl ContractError {
    /// Of a topic that is too small, names the department that is to be added first.
    pub(super) fn of_topics(error: LogError, departments: &Departments) -> ContractError {
        let LogError::TooFewPartitions {
            log,
            topic,
            has,
            needs,
        } = error
        else {
            return error.into();
        };
        let named: Vec<&str> = departments.iter().map(Department::as_str).collect();
        let there = usize::try_from(has).unwrap_or(0);
        let how = match named.get(there) {
            Some(missing) => {
                let list = named[..there].join(",");
                format!("manager-service --departments {list} departments add {missing}")
            }
            None => "manager-service departments add NAME".to_owned(),
        };
        ContractError::TooFewPartitions {
            log,
            topic,
            has,
            needs,
            how,
        }
    }

    /// Whether the caller's own settings are at fault, rather than the log.
    pub fn is_usage(&self) -> bool {
        match self {
            ContractError::TooFewPartitions { .. } => false,
            ContractError::TooFewDepartments { .. } => true,
            ContractError::Log(error) => error.is_usage(),
        }
    }
}

fn count_of_partitions(count: i32) -> String {
    counted(count.unsigned_abs().into(), "partition", "partitions")
}

#[cfg(test)]
mod tests {
    use super::ContractError;

    #[test]
    fn of_one_it_is_told_in_the_singular() {
        let too_few = |has| ContractError::TooFewPartitions {
            log: "sqlite:timeoff.db".to_owned(),
            topic: "a".to_owned(),
            has,
            needs: has + 1,
            how: "departments add B".to_owned(),
        };
        for (error, told) in [
            (too_few(1), "has 1 partition, 2 departments need 2;"),
            (too_few(0), "has 0 partitions, 1 department needs 1;"),
        ] {
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
