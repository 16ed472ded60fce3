//! What became of a policy in each department.

use timeoff_ledger::CommandId;
use timeoff_models::Departments;
use timeoff_views::{Queries, ViewError};

use crate::api::{IdempotencyKey, id_of_policy};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// What became of a policy in a department.
pub(super) struct Fate {
    pub(super) department: String,
    pub(super) state: &'static str,
    /// In words.
    pub(super) what: String,
}

/// The ids of the commands that this person has sent with a key: one for each department in which they are an admin.
pub(super) fn ids(service: &Service, me: &Me, key: &str) -> Result<Vec<(i32, CommandId)>, Problem> {
    let key = IdempotencyKey::of_text(key)?;
    let partitions = (0..service.partitions()).filter(|&partition| me.is_admin_in(partition));
    Ok(partitions
        .map(|partition| (partition, id_of_policy(&key, me, partition)))
        .collect())
}

/// What became of those of the commands that were sent.
pub(super) fn fates(
    queries: &Queries,
    departments: &Departments,
    ids: &[(i32, CommandId)],
) -> Result<Vec<Fate>, ViewError> {
    let mut fates = Vec::new();
    for (partition, id) in ids {
        let (Some(department), Some(command)) = (
            departments.at(*partition),
            queries.command(&id.to_string())?,
        ) else {
            continue;
        };
        let (state, what) = match command.answer {
            None => (
                "waiting",
                "It is sent, and not lost. It is set as soon as the department's manager answers."
                    .to_owned(),
            ),
            Some(answer) => match answer.refused {
                None => ("approved", "It is set.".to_owned()),
                Some(reason) => ("declined", reason),
            },
        };
        fates.push(Fate {
            department: department.to_string(),
            state,
            what,
        });
    }
    Ok(fates)
}

impl Fate {
    /// Its state as people read it.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            "approved" => "set",
            "declined" => "refused",
            _ => "waiting",
        }
    }
}
