//! Decisions and withdrawals: sent as commands, and what became of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use timeoff_ledger::Request;
use timeoff_models::{ApplicationId, Comment, Outcome};
use timeoff_views as views;
use utoipa::ToSchema;

use super::applications::{Seen, seen};
use super::body::Body;
use super::condition::Condition;
use super::id::Id;
use super::idempotency::IdempotencyKey;
use super::nothing_of_that_name;
use super::position::{self, CaughtUp};
use super::sending::{Sending, answer_to, queue};
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::Me;

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
    /// Whether to approve it although the policy warns of it. Without it, such an approval is refused, and says why.
    #[serde(default)]
    accept_warnings: bool,
}

impl NewDecision {
    /// A decision that a page's form sends. A comment without a letter is none.
    pub(crate) fn of_form(
        outcome: Verdict,
        comment: Option<String>,
        accept_warnings: bool,
    ) -> NewDecision {
        NewDecision {
            outcome,
            accept_warnings,
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

impl Verdict {
    /// What distinguishes a decision that a page sends from others on the same application: what is clicked twice is one.
    pub(crate) fn as_asked(self, accepts_warnings: bool) -> String {
        match accepts_warnings {
            false => format!("{self:?}"),
            true => format!("{self:?} all the same"),
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Approve => Outcome::Approved,
            Verdict::Decline => Outcome::Declined,
        }
    }
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
    let request = Request::DecideApplication {
        application: ApplicationId::from_key(id),
        outcome: new.outcome.into(),
        comment,
        expected_version: condition.version(version),
        accept_warnings: new.accept_warnings,
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
pub(super) async fn send(
    service: &Service,
    me: &Me,
    sending: &Sending,
    partition: i32,
    request: Request,
    is_as_expected: bool,
) -> Result<Response, Problem> {
    let about = request.application().map_or("", ApplicationId::as_str);
    let id = sending.key.of_command(&me.email, about);
    let queued = queue(
        service,
        me,
        (id, &sending.key),
        partition,
        request,
        is_as_expected,
    )
    .await?;
    let mut found = None;
    if let Some(patience) = sending.wait {
        found = answer_to(service, id, partition, patience).await?;
    }
    // Whoever reads from there on sees it and what became of it, at any instance.
    let mut positions = vec![queued.position];
    positions.extend(found.iter().flat_map(|found| found.positions(service)));
    let mut response = match found.map(|found| CommandStatus::from(found.command)) {
        Some(status) if status.state == CommandState::Refused => refused(&status).into_response(),
        Some(status) => Json(status).into_response(),
        None => {
            let application = queued.command.request.application();
            let location = format!("/api/v1/commands/{id}");
            let status = CommandStatus {
                id: id.to_string(),
                state: CommandState::Waiting,
                reason: None,
                application: application.map(|id| id.as_str().to_owned()),
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

fn refused(status: &CommandStatus) -> Problem {
    let reason = status.reason.as_deref().unwrap_or("It was refused.");
    Problem::new(StatusCode::CONFLICT, reason)
}
