//! The departments that somebody sees, and which one is shown.

use axum::http::StatusCode;
use timeoff_models::Department;

use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// Which of these pages it is, for the menu on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    People,
    Delegations,
    Policy,
    Entitlements,
    DeadLetters,
}

/// The menu on these pages.
pub(super) struct Tabs {
    pub(super) tab: Tab,
    /// Whether there are dead letters to be seen.
    pub(super) is_admin: bool,
}

impl Tabs {
    pub(super) fn of(me: &Me, tab: Tab) -> Tabs {
        Tabs {
            tab,
            is_admin: me.is_admin(),
        }
    }
}

/// A department to choose.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// The department that is shown.
pub(super) struct Office {
    pub(super) partition: i32,
    pub(super) department: Department,
    /// All that could be chosen.
    pub(super) choices: Vec<Choice>,
}

impl Office {
    /// The department of this name, if whoever looks decides there. Without a name, their own, or else the first one.
    ///
    /// # Errors
    ///
    /// A problem of status 403 if they decide nowhere or not there, 400 if there is no such department.
    pub(super) fn of(service: &Service, me: &Me, name: Option<&str>) -> Result<Office, Problem> {
        check_sees_people(me)?;
        let departments = service.contract.departments();
        let seen = |department: &Department| {
            let partition = departments.partition_of(department)?;
            me.sees(partition).then_some(partition)
        };
        let home = me.home(service);
        let department = match name.filter(|name| !name.is_empty()) {
            Some(name) => departments
                .named(name)
                .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("{error}.")))?,
            None => home
                .filter(|home| seen(home).is_some())
                .or_else(|| departments.iter().find(|one| seen(one).is_some()))
                .ok_or_else(not_for_them)?,
        };
        let partition = seen(department).ok_or_else(|| {
            let detail = format!("You may not see who works in {department}.");
            Problem::new(StatusCode::FORBIDDEN, detail)
        })?;
        let seen = departments.iter().filter(|one| seen(one).is_some());
        Ok(Office {
            partition,
            department: department.clone(),
            choices: seen
                .map(|one| Choice {
                    name: one.to_string(),
                    is_chosen: one == department,
                })
                .collect(),
        })
    }
}

/// Fails unless they decide somewhere.
fn check_sees_people(me: &Me) -> Result<(), Problem> {
    match me.decides_in.is_empty() {
        true => Err(not_for_them()),
        false => Ok(()),
    }
}

fn not_for_them() -> Problem {
    let detail = "Only approvers and admins see this, and who stands in for one.";
    Problem::new(StatusCode::FORBIDDEN, detail)
}

/// Fails unless they are an admin somewhere.
pub(super) fn check_admin(me: &Me) -> Result<(), Problem> {
    match me.is_admin() {
        true => Ok(()),
        false => {
            let detail = "Only an admin of a department does this.";
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

/// The departments in which they are an admin; one of them may be chosen.
pub(super) fn administered(service: &Service, me: &Me, chosen: &str) -> Vec<Choice> {
    let departments = (0..).zip(service.contract.departments().iter());
    departments
        .filter(|(partition, _)| me.is_admin_in(*partition))
        .map(|(_, department)| Choice {
            name: department.to_string(),
            is_chosen: department.as_str() == chosen,
        })
        .collect()
}
