//! Decisions and withdrawals: sent as commands, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use timeoff_ledger::{Asked, Command, Request};
use timeoff_log::Position;
use timeoff_models::generated::CommandRecord;
use timeoff_models::{ApplicationId, Comment, Outcome};
use timeoff_views::{self as views, Queries, Status, Topic, ViewError};
use utoipa::ToSchema;

use super::applications::{Seen, seen};
use super::body::Body;
use super::condition::{Condition, has_changed};
use super::id::Id;
use super::idempotency::{IdempotencyKey, other_body};
use super::nothing_of_that_name;
use super::position::{self, CaughtUp};
use crate::problem::{FieldError, Problem};
use crate::reading::PATIENCE;
use crate::service::{Service, now};
use crate::who::Me;

/// The longest wait that a client can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDecision {
    /// What is decided.
    outcome: Verdict,
    /// What the employee is told.
    #[schema(max_length = 1000, example = "Enjoy!")]
    comment: Option<String>,
}

impl NewDecision {
    /// A decision that a page's form sends. A comment without a letter is none.
    pub(crate) fn of_form(outcome: Verdict, comment: Option<String>) -> NewDecision {
        NewDecision {
            outcome,
            comment: comment.filter(|comment| !comment.trim().is_empty()),
        }
    }
}

/// What is decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The leave is approved.
    Approve,
    /// The leave is declined.
    Decline,
}

/// What has become of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum CommandState {
    /// Nobody has answered it yet.
    Waiting,
    /// It was carried out.
    Accepted,
    /// It was refused, and changed nothing.
    Refused,
}

/// A command, and what has become of it.
#[derive(Serialize, ToSchema)]
pub(super) struct CommandStatus {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What has become of it.
    state: CommandState,
    /// Why it was refused.
    reason: Option<String>,
    /// Id of the application that it is about.
    application: Option<String>,
    /// The event that answers it.
    event: Option<Answer>,
}

/// The event of the ledger that answers a command.
#[derive(Serialize, ToSchema)]
pub(super) struct Answer {
    /// What has happened.
    r#type: String,
    /// Its partition of the ledger.
    partition: i32,
    /// Its offset there.
    offset: i64,
}

impl From<views::Asked> for CommandStatus {
    fn from(asked: views::Asked) -> CommandStatus {
        let state = match &asked.answer {
            None => CommandState::Waiting,
            Some(views::Answer { refused: None, .. }) => CommandState::Accepted,
            Some(_) => CommandState::Refused,
        };
        let (reason, event) = match asked.answer {
            None => (None, None),
            Some(answer) => (
                answer.refused,
                Some(Answer {
                    r#type: answer.event,
                    partition: answer.partition,
                    offset: answer.offset,
                }),
            ),
        };
        CommandStatus {
            id: asked.id,
            state,
            reason,
            application: asked.application,
            event,
        }
    }
}

/// Approve or decline an application.
///
/// The decision is on the log when the answer comes; the manager who holds the department carries it out. With Prefer:
/// wait=N the answer says what became of it, if that is known within N seconds.
#[utoipa::path(post, path = "/api/v1/applications/{id}/decision", operation_id = "decide_application",
    tag = "applications", security(("who" = [])),
    params(("id" = String, Path, description = "The application's id"), IdempotencyKey,
        ("Prefer" = Option<String>, Header, nullable = false, description = "wait=N: wait up to N seconds for what becomes of it"),
        Condition, CaughtUp),
    request_body = NewDecision,
    responses(
        (status = 200, description = "It was carried out", body = CommandStatus, headers(
            ("TimeOff-Position" = String, description = "Where what became of it is on the log"))),
        (status = 202, description = "It is on the log", body = CommandStatus, headers(
            ("Location" = String, description = "The command's address"),
            ("TimeOff-Position" = String, description = "Its place on the log"))),
        Problem))]
pub(crate) async fn decide(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    condition: Condition,
    sending: Sending,
    Body(new): Body<NewDecision>,
) -> Result<Response, Problem> {
    let comment = new
        .comment
        .as_deref()
        .map(str::parse::<Comment>)
        .transpose();
    let comment = comment
        .map_err(|error| Problem::mistakes(vec![FieldError::new("comment", "text", error)]))?;
    let Seen {
        application,
        version,
        ..
    } = seen(&service, &me, &id).await?;
    if !me.sees(application.partition) {
        let detail =
            "Only an approver or an admin of the department decides, or who stands in for one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let outcome = match new.outcome {
        Verdict::Approve => Outcome::Approved,
        Verdict::Decline => Outcome::Declined,
    };
    let request = Request::DecideApplication {
        application: ApplicationId::from_key(id),
        outcome,
        comment,
        expected_version: condition.version(version),
    };
    send(
        &service,
        &me,
        &sending,
        application.partition,
        request,
        condition.holds_for(version),
    )
    .await
}

/// Take back an application of one's own, as long as it is not decided.
#[utoipa::path(post, path = "/api/v1/applications/{id}/withdrawal", operation_id = "withdraw_application",
    tag = "applications", security(("who" = [])),
    params(("id" = String, Path, description = "The application's id"), IdempotencyKey,
        ("Prefer" = Option<String>, Header, nullable = false, description = "wait=N: wait up to N seconds for what becomes of it"),
        Condition, CaughtUp),
    responses(
        (status = 200, description = "It was carried out", body = CommandStatus, headers(
            ("TimeOff-Position" = String, description = "Where what became of it is on the log"))),
        (status = 202, description = "It is on the log", body = CommandStatus, headers(
            ("Location" = String, description = "The command's address"),
            ("TimeOff-Position" = String, description = "Its place on the log"))),
        Problem))]
pub(crate) async fn withdraw(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    condition: Condition,
    sending: Sending,
) -> Result<Response, Problem> {
    let Seen {
        application,
        version,
        ..
    } = seen(&service, &me, &id).await?;
    if application.email != me.email.as_str() {
        let detail = "Only the employee withdraws an application: decline it instead.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let request = Request::WithdrawApplication {
        application: ApplicationId::from_key(id),
    };
    send(
        &service,
        &me,
        &sending,
        application.partition,
        request,
        condition.holds_for(version),
    )
    .await
}

/// What has become of a command that one has sent, or that was sent to a department in which one may decide.
#[utoipa::path(get, path = "/api/v1/commands/{id}", operation_id = "get_command", tag = "commands",
    security(("who" = [])), params(("id" = String, Path, format = "uuid", description = "Its id"), CaughtUp),
    responses((status = 200, description = "The command", body = CommandStatus),
        Problem))]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
) -> Result<Json<CommandStatus>, Problem> {
    let command = service
        .reading
        .ask(move |queries| queries.command(&id))
        .await?;
    let command = command
        .filter(|command| command.asked_by == me.email.as_str() || me.sees(command.partition));
    match command {
        Some(command) => Ok(Json(command.into())),
        None => Err(nothing_of_that_name("command")),
    }
}

/// Sends a command, and waits for what becomes of it as long as the client wants.
async fn send(
    service: &Service,
    me: &Me,
    sending: &Sending,
    partition: i32,
    request: Request,
    is_as_expected: bool,
) -> Result<Response, Problem> {
    let about = request.application().map_or("", ApplicationId::as_str);
    let id = sending.key.of_command(&me.email, about);
    let text = id.to_string();
    let asked = Asked {
        command_id: id,
        by: me.email.clone(),
        at: now(),
    };
    let command = Command { asked, request };
    let there = {
        let text = text.clone();
        service
            .reading
            .ask(move |queries| queries.command(&text))
            .await?
    };
    let position = match there {
        Some(there) if !is_same(&there, &command) => return Err(other_body()),
        Some(there) => Position {
            topic: service.contract.topics().commands.clone(),
            partition: there.partition,
            offset: there.offset,
        },
        None if !is_as_expected => return Err(has_changed()),
        None => {
            let position = service.send(partition, &command).await?;
            if sending.key.is_there() {
                check_it_was_the_first(service, &position, &command).await?;
            }
            position
        }
    };
    let mut found = None;
    if let Some(patience) = sending.wait {
        let partition = position.partition;
        let lanes =
            [Topic::Commands, Topic::Ledger, Topic::Results].map(|topic| (topic, partition));
        let text = text.clone();
        found = service
            .reading
            .ask_until(patience, &lanes, move |queries| answered(queries, &text))
            .await?;
    }
    // Whoever reads from there on sees what became of it, at any instance.
    let topics = service.contract.topics();
    let positions = match &found {
        None => vec![position],
        Some(found) => {
            let of_result = |(partition, offset)| Position {
                topic: topics.results.clone(),
                partition,
                offset,
            };
            let of_answer = Position {
                topic: topics.ledger.clone(),
                partition: found.answer.partition,
                offset: found.answer.offset,
            };
            [of_answer]
                .into_iter()
                .chain(found.result.map(of_result))
                .collect()
        }
    };
    let mut response = match found.map(|found| CommandStatus::from(found.command)) {
        Some(status) if status.state == CommandState::Refused => refused(&status).into_response(),
        Some(status) => Json(status).into_response(),
        None => {
            let location = format!("/api/v1/commands/{text}");
            let status = CommandStatus {
                id: text,
                state: CommandState::Waiting,
                reason: None,
                application: command
                    .request
                    .application()
                    .map(|id| id.as_str().to_owned()),
                event: None,
            };
            (
                StatusCode::ACCEPTED,
                [(header::LOCATION, location)],
                Json(status),
            )
                .into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(position::HEADER, position::value(&positions));
    if let Some(patience) = sending.wait {
        let applied = format!("wait={}", patience.as_secs());
        let applied = HeaderValue::try_from(applied).expect("letters and digits");
        headers.insert(PREFERENCE_APPLIED, applied);
    }
    Ok(response)
}

/// A command that was answered.
struct Answered {
    command: views::Asked,
    answer: views::Answer,
    /// The partition and the offset of the result of what it is about, if there is one.
    result: Option<(i32, i64)>,
}

/// The command with this id, if it was answered and what it is about shows that. The result of a decision comes in
/// another topic than the answer, so it may be read later.
fn answered(queries: &Queries, id: &str) -> Result<Option<Answered>, ViewError> {
    let Some(command) = queries.command(id)? else {
        return Ok(None);
    };
    let Some(answer) = command.answer.clone() else {
        return Ok(None);
    };
    let about = command.application.as_deref();
    let application = about
        .map(|id| queries.application(id))
        .transpose()?
        .flatten();
    let is_behind = match &application {
        Some(about) => about.status == Status::Waiting && queries.version_of(&about.id)? > 0,
        None => false,
    };
    Ok((!is_behind).then(|| Answered {
        result: application.and_then(|about| about.result),
        command,
        answer,
    }))
}

/// Something else may have been sent with the same key at the same time: only the view says which was the first.
async fn check_it_was_the_first(
    service: &Service,
    position: &Position,
    command: &Command,
) -> Result<(), Problem> {
    let come = (Topic::Commands, position.partition, position.offset);
    if !service.reading.has_come_to(come, PATIENCE).await {
        return Err(Problem::unclear());
    }
    let id = command.asked.command_id.to_string();
    let first = service
        .reading
        .ask(move |queries| queries.command(&id))
        .await?;
    match first {
        Some(first) if is_same(&first, command) => Ok(()),
        Some(_) => Err(other_body()),
        None => Err(Problem::unclear()),
    }
}

/// Whether a command on the log is this one, sent before: all is the same but when it was asked.
fn is_same(there: &views::Asked, command: &Command) -> bool {
    let (kind, wanted) = match command.to_record() {
        CommandRecord::DecideApplication(record) => {
            ("DecideApplication", serde_json::to_value(record))
        }
        CommandRecord::WithdrawApplication(record) => {
            ("WithdrawApplication", serde_json::to_value(record))
        }
        _ => return false,
    };
    let found = there.fields.as_deref().map(serde_json::from_str);
    let (Ok(mut wanted), Some(Ok::<Value, _>(mut found))) = (wanted, found) else {
        return false;
    };
    for fields in [&mut wanted, &mut found] {
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("AskedAtTicks");
        }
    }
    there.kind == kind && wanted == found
}

fn refused(status: &CommandStatus) -> Problem {
    let reason = status.reason.as_deref().unwrap_or("It was refused.");
    Problem::new(StatusCode::CONFLICT, reason)
}

/// How a command is to be sent.
pub(crate) struct Sending {
    key: IdempotencyKey,
    /// How long to wait for what becomes of it.
    wait: Option<Duration>,
}

impl Sending {
    /// As a page sends it, with this key: it shows what became of it, if that is known soon.
    pub(crate) fn of_page(key: &str) -> Result<Sending, Problem> {
        Ok(Sending {
            key: IdempotencyKey::of_text(key)?,
            wait: Some(PATIENCE),
        })
    }
}

impl FromRequestParts<Arc<Service>> for Sending {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Sending, Problem> {
        Ok(Sending {
            key: IdempotencyKey::from_request_parts(parts, service).await?,
            wait: wait(&parts.headers),
        })
    }
}

/// How long the client wants to wait (RFC 7240): at most a minute.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers
        .get_all(PREFER)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut waits = preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| {
            let (name, value) = preference.split_once('=')?;
            let is_wait = name.trim().eq_ignore_ascii_case("wait");
            // What comes behind a semicolon says how.
            let value = value.split(';').next().unwrap_or_default();
            is_wait.then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
        });
    waits
        .next()
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))
}
