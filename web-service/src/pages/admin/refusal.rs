//! Why something is not sent, and where a page says so.

use axum::http::StatusCode;
use timeoff_ledger::Step;

use super::super::shown::UNANSWERED;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, new_secret};

/// Whether a form is shown again with this problem, and not the problem alone.
pub(super) fn is_shown_at_form(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT
            | StatusCode::FORBIDDEN
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// What is said above the forms; what is wrong with a field is said there.
pub(super) fn said_of(problem: Option<&Problem>) -> Option<String> {
    let problem = problem.filter(|problem| !problem.has_mistakes())?;
    Some(match problem.is_unclear() {
        true => UNANSWERED.to_owned(),
        false => problem.detail().to_owned(),
    })
}

/// The key of the form that is shown again: another one, unless what was sent may be on the log.
pub(super) fn next_key(problem: Option<&Problem>, key: &str) -> String {
    match problem.map(Problem::status) {
        Some(StatusCode::SERVICE_UNAVAILABLE) => key.to_owned(),
        _ => new_secret(),
    }
}

/// Fails unless they are an admin wherever something is asked for.
pub(super) fn check_rights(service: &Service, me: &Me, steps: &[Step]) -> Result<(), Problem> {
    let departments = service.contract.departments();
    let lacking = steps.iter().map(|step| step.partition);
    let lacking = lacking.filter(|&partition| !me.is_admin_in(partition));
    let lacking: Vec<&str> = lacking
        .filter_map(|partition| Some(departments.at(partition)?.as_str()))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "This has to be asked for in every department where the person is entered, and an admin is entered in every one. \
         You are no admin of {}: nothing was sent. Ask somebody who is an admin of all of them.",
        lacking.join(", ")
    );
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}
