//! Requests that belong together: sent to several departments, and what has come of all.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use futures_util::future::try_join_all;
use timeoff_ledger::{Asked, Command, CommandId, EntitlementId, Request, Step};
use timeoff_log::Position;
use uuid::Uuid;

use super::idempotency::IdempotencyKey;
use super::sending::{answer_to, queue};
use crate::problem::Problem;
use crate::reading::PATIENCE;
use crate::service::{Service, now};
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

/// Asks for many at once, in their order, and waits as long as a page does until the last of each department is answered:
/// a department answers in the order in which it is asked. What is asked for again with the same key gets its first answer.
///
/// # Errors
///
/// A problem of status 503 if the log does not take them: some may be there.
pub(crate) async fn ask_many(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    steps: &[Step],
) -> Result<Came, Problem> {
    let at = now();
    let command = |step: &Step| {
        let asked = Asked {
            command_id: key.of_command(&me.email, &about(step)),
            by: me.email.clone(),
            at,
        };
        let request = step.request.clone();
        (step.partition, Command { asked, request })
    };
    let commands: Vec<(i32, Command)> = steps.iter().map(command).collect();
    let positions = service.send_all(&commands).await?;
    let mut last: BTreeMap<i32, (CommandId, Position)> = BTreeMap::new();
    for ((partition, command), position) in commands.iter().zip(positions) {
        last.insert(*partition, (command.asked.command_id, position));
    }
    let answers = last
        .into_iter()
        .map(|(partition, (id, position))| async move {
            let found = answer_to(service, id, partition, PATIENCE).await?;
            Ok::<_, Problem>(found.map_or_else(|| vec![position], |found| found.positions(service)))
        });
    let positions = try_join_all(answers).await?.concat();
    let ids: Vec<String> = commands
        .iter()
        .map(|(_, command)| command.asked.command_id.to_string())
        .collect();
    let found = service.reading.ask(move |queries| {
        let ids = ids.iter();
        ids.map(|id| queries.command(id))
            .collect::<Result<Vec<_>, _>>()
    });
    let mut came = Came {
        positions,
        ..Came::default()
    };
    for asked in found.await? {
        match asked.and_then(|asked| asked.answer) {
            None => came.waiting += 1,
            Some(answer) => match answer.refused {
                None => came.accepted += 1,
                Some(reason) => came.refusals.push(reason),
            },
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
        Request::SetPolicy { .. } => return about_policy(step.partition),
        Request::GrantEntitlement { entitlement } => {
            return format!("grant {} {}", step.partition, entitlement.id);
        }
        _ => "",
    };
    let person = step.request.person();
    let person = person.map_or_else(String::new, |person| person.to_string());
    format!("{what} {} {person}", step.partition)
}

fn about_policy(partition: i32) -> String {
    format!("policy {partition}")
}

/// The id of what this person grants somebody by hand with a key.
pub(crate) fn new_entitlement(key: &IdempotencyKey, me: &Me) -> EntitlementId {
    EntitlementId::granted_by(key.of_command(&me.email, "entitlement"))
}

/// The id of a command that is not sent.
pub(crate) fn new_command_id() -> CommandId {
    CommandId::try_from(Uuid::now_v7()).expect("it has a version, so it is not nil")
}

/// The id of the command by which this person sets a policy in a partition, sent with this key.
pub(crate) fn id_of_policy(key: &IdempotencyKey, me: &Me, partition: i32) -> CommandId {
    key.of_command(&me.email, &about_policy(partition))
}
