//! Sending a command so that it counts once, and waiting for what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;
use timeoff_ledger::{Asked, Command, CommandId, Request};
use timeoff_log::Position;
use timeoff_models::generated::CommandRecord;
use timeoff_views::{self as views, Queries, Status, Topic, ViewError};

use super::condition::has_changed;
use super::idempotency::{IdempotencyKey, other_body};
use crate::problem::Problem;
use crate::reading::PATIENCE;
use crate::service::{Service, now};
use crate::who::Me;

/// The longest wait that a client can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How a command is to be sent.
pub(crate) struct Sending {
    pub(super) key: IdempotencyKey,
    /// How long to wait for what becomes of it.
    pub(super) wait: Option<Duration>,
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

/// A command that is on the log.
pub(super) struct Queued {
    pub(super) command: Command,
    pub(super) position: Position,
}

/// Queues a command with this id, which follows from the key; not again if it is there.
///
/// # Errors
///
/// A problem of status 422 if another command has the id, 412 if it is not there and something has changed, or as
/// [`Service::send`].
pub(super) async fn queue(
    service: &Service,
    me: &Me,
    (id, key): (CommandId, &IdempotencyKey),
    partition: i32,
    request: Request,
    is_as_expected: bool,
) -> Result<Queued, Problem> {
    let asked = Asked {
        command_id: id,
        by: me.email.clone(),
        at: now(),
    };
    let command = Command { asked, request };
    let text = id.to_string();
    let there = service
        .reading
        .ask(move |queries| queries.command(&text))
        .await?;
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
            if key.is_there() {
                check_it_was_the_first(service, &position, &command).await?;
            }
            position
        }
    };
    Ok(Queued { command, position })
}

/// A command that was answered.
pub(super) struct Answered {
    pub(super) command: views::Asked,
    answer: views::Answer,
    /// The partition and the offset of the result of what it is about, if there is one.
    result: Option<(i32, i64)>,
}

impl Answered {
    /// Where the answer is, and the result of what it is about.
    pub(super) fn positions(&self, service: &Service) -> Vec<Position> {
        let topics = service.contract.topics();
        let of_result = |(partition, offset)| Position {
            topic: topics.results.clone(),
            partition,
            offset,
        };
        let of_answer = Position {
            topic: topics.ledger.clone(),
            partition: self.answer.partition,
            offset: self.answer.offset,
        };
        let result = self.result.map(of_result);
        [of_answer].into_iter().chain(result).collect()
    }
}

/// Waits for what becomes of a command in this partition. `None` if that is not known in time.
pub(super) async fn answer_to(
    service: &Service,
    id: CommandId,
    partition: i32,
    patience: Duration,
) -> Result<Option<Answered>, Problem> {
    let lanes = [Topic::Commands, Topic::Ledger, Topic::Results].map(|topic| (topic, partition));
    let id = id.to_string();
    let ask = move |queries: &Queries| answered(queries, &id);
    service.reading.ask_until(patience, &lanes, ask).await
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
    let (kind, wanted) = fields_of(command.to_record());
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

/// The type of a record, and its fields as JSON.
fn fields_of(record: CommandRecord<'_>) -> (&'static str, serde_json::Result<Value>) {
    macro_rules! fields {
        ($($record:ident),*) => {
            match record {
                $(CommandRecord::$record(record) => {
                    (stringify!($record), serde_json::to_value(record))
                })*
            }
        };
    }
    fields!(
        NameFirstAdmin,
        EnterPerson,
        ChangePerson,
        MovePerson,
        AdmitPerson,
        EndEmployment,
        DelegateApproval,
        DecideApplication,
        WithdrawApplication,
        GrantEntitlement,
        SetPolicy,
        AskToCancel,
        DecideCancellation,
        RecalculateLeave,
        AdmitEntitlement,
        AdmitLeave
    )
}
