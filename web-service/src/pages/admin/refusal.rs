//! Why something is not sent, and where a page says so.

use axum::http::StatusCode;
use timeoff_ledger::Step;

use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// Whether a form is shown again with this problem, and not the problem alone.
pub(super) fn is_shown_at_form(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT | StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// What is said above the forms; what is wrong with a field is said there.
pub(super) fn said_of(problem: Option<&Problem>) -> Option<String> {
    let problem = problem.filter(|problem| !problem.has_mistakes())?;
    Some(problem.detail().to_owned())
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
