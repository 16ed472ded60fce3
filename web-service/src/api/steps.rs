//! Requests that belong together: sent to several departments, and what has come of all.

use axum::http::StatusCode;
use futures_util::future::try_join_all;
use timeoff_ledger::{CommandId, Request, Step};
use timeoff_log::Position;

use super::idempotency::IdempotencyKey;
use super::sending::{answer_to, queue};
use crate::problem::Problem;
use crate::reading::PATIENCE;
use crate::service::Service;
use crate::who::Me;

/// What has come of requests so far.
#[derive(Default)]
pub(crate) struct Came {
    /// Where their answers are on the log; of one that has none yet, the command's own place.
    pub(crate) positions: Vec<Position>,
    /// Why departments have refused: a sentence for each.
    pub(crate) refusals: Vec<String>,
    /// How many were carried out.
    pub(crate) accepted: usize,
    /// How many have no answer yet.
    pub(crate) waiting: usize,
}

/// Asks for the first, and for all others once it is carried out. Waits for their answers as long as a page does.
///
/// # Errors
///
/// As [`ask_all`]; also 503 if the first is not answered in time and there are others.
pub(crate) async fn ask_in_turn(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    steps: &[Step],
) -> Result<Came, Problem> {
    let (first, others) = steps.split_at(steps.len().min(1));
    let mut came = ask_all(service, me, key, first).await?;
    if came.waiting > 0 && !others.is_empty() {
        // It may still be refused, and then the others must not do it.
        let detail = "The manager of their own department has not answered yet, so no other department was asked. Send \
                      this form again soon: it counts once.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    if came.refusals.is_empty() {
        let others = ask_all(service, me, key, others).await?;
        came.positions.extend(others.positions);
        came.refusals.extend(others.refusals);
        came.accepted += others.accepted;
        came.waiting += others.waiting;
    }
    Ok(came)
}

/// Asks for all, in their order, and waits for the answers as long as a page does. What is asked for again with the same
/// key is the same.
///
/// # Errors
///
/// A problem of status 409 if something else was asked for with the key, 503 if the log does not take one of them: those
/// before it are there.
pub(crate) async fn ask_all(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    steps: &[Step],
) -> Result<Came, Problem> {
    let mut sent = Vec::new();
    for step in steps {
        let partition = step.partition;
        let id = key.of_command(&me.email, &about(step));
        let request = step.request.clone();
        let queued = queue(service, me, (id, key), partition, request, true).await;
        let queued = queued.map_err(|problem| match problem.status() {
            StatusCode::UNPROCESSABLE_ENTITY => Problem::new(
                StatusCode::CONFLICT,
                "This form was sent before, with something else in it: look at it again, and send it again.",
            ),
            _ => problem,
        })?;
        let to = match &step.request {
            Request::MovePerson { to, .. } => service.contract.departments().partition_of(to),
            _ => None,
        };
        sent.push(Sent {
            partition,
            id,
            position: queued.position,
            to,
        });
    }
    let answers = sent.into_iter().map(|sent| answer(service, sent));
    let mut came = Came::default();
    for (partition, positions, state) in try_join_all(answers).await? {
        came.positions.extend(positions);
        match state {
            State::Waiting => came.waiting += 1,
            State::Accepted => came.accepted += 1,
            State::Refused(reason) => {
                let departments = service.contract.departments();
                let department = departments.at(partition).map_or("", |one| one.as_str());
                came.refusals.push(match steps.len() {
                    1 => reason,
                    _ => format!("{department} refuses: {reason}"),
                });
            }
        }
    }
    Ok(came)
}

/// A request that is on the log.
struct Sent {
    partition: i32,
    id: CommandId,
    position: Position,
    /// Where somebody moves to: its owner is asked by the one who was asked here, if that one does it.
    to: Option<i32>,
}

enum State {
    Waiting,
    Accepted,
    Refused(String),
}

/// What a request has come to, and where that is.
async fn answer(service: &Service, sent: Sent) -> Result<(i32, Vec<Position>, State), Problem> {
    let Sent { partition, id, .. } = sent;
    let Some(found) = answer_to(service, id, partition, PATIENCE).await? else {
        return Ok((partition, vec![sent.position], State::Waiting));
    };
    let mut positions = found.positions(service);
    if let Some(reason) = found.command.answer.and_then(|answer| answer.refused) {
        return Ok((partition, positions, State::Refused(reason)));
    }
    if let Some(to) = sent.to {
        match answer_to(service, id.of_admission(), to, PATIENCE).await? {
            None => return Ok((partition, positions, State::Waiting)),
            Some(arrived) => positions.extend(arrived.positions(service)),
        }
    }
    Ok((partition, positions, State::Accepted))
}

/// What distinguishes a step from others with the same key.
fn about(step: &Step) -> String {
    let what = match &step.request {
        Request::EnterPerson { .. } => "enter",
        Request::ChangePerson { .. } => "change",
        Request::MovePerson { .. } => "move",
        Request::EndEmployment { .. } => "end",
        Request::DelegateApproval { .. } => "delegate",
        _ => "",
    };
    let person = step.request.person();
    let person = person.map_or_else(String::new, |person| person.to_string());
    format!("{what} {} {person}", step.partition)
}
