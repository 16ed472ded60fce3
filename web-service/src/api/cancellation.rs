//! Booked leave that is to be cancelled: the employee asks, an approver decides. Until then it counts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_ledger::Request;
use timeoff_models::ApplicationId;
use utoipa::ToSchema;

use super::applications::seen;
use super::body::Body;
use super::commands::{CommandStatus, Verdict, send};
use super::condition::Condition;
use super::id::Id;
use super::idempotency::IdempotencyKey;
use super::position::CaughtUp;
use super::sending::Sending;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// A decision on booked leave that is to be cancelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCancellationDecision {
    /// approve: the leave is given back, from today on. decline: it stays booked.
    pub(crate) outcome: Verdict,
}

/// Ask that booked leave of one's own be cancelled. Until somebody decides on that, it counts.
#[utoipa::path(post, path = "/api/v1/applications/{id}/cancellation", operation_id = "ask_to_cancel",
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
pub(crate) async fn ask_to_cancel(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    condition: Condition,
    sending: Sending,
) -> Result<Response, Problem> {
    let seen = seen(&service, &me, &id).await?;
    if seen.application.email != me.email.as_str() {
        let detail = "Only the employee asks for leave to be cancelled.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let request = Request::AskToCancel {
        application: ApplicationId::from_key(id),
    };
    let is_as_expected = condition.holds_for(seen.version);
    let partition = seen.partition_of_leave();
    send(&service, &me, &sending, partition, request, is_as_expected).await
}

/// Decide on booked leave whose employee has asked that it be cancelled. An admin can give it back without being asked.
#[utoipa::path(post, path = "/api/v1/applications/{id}/cancellation/decision",
    operation_id = "decide_cancellation", tag = "applications", security(("who" = [])),
    params(("id" = String, Path, description = "The application's id"), IdempotencyKey,
        ("Prefer" = Option<String>, Header, nullable = false, description = "wait=N: wait up to N seconds for what becomes of it"),
        Condition, CaughtUp),
    request_body = NewCancellationDecision,
    responses(
        (status = 200, description = "It was carried out", body = CommandStatus, headers(
            ("TimeOff-Position" = String, description = "Where what became of it is on the log"))),
        (status = 202, description = "It is on the log", body = CommandStatus, headers(
            ("Location" = String, description = "The command's address"),
            ("TimeOff-Position" = String, description = "Its place on the log"))),
        Problem))]
pub(crate) async fn decide_cancellation(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    condition: Condition,
    sending: Sending,
    Body(new): Body<NewCancellationDecision>,
) -> Result<Response, Problem> {
    let seen = seen(&service, &me, &id).await?;
    let partition = seen.partition_of_leave();
    if !me.sees(partition) {
        let detail =
            "Only an approver or an admin of the department decides, or who stands in for one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let request = Request::DecideCancellation {
        application: ApplicationId::from_key(id),
        outcome: new.outcome.into(),
    };
    let is_as_expected = condition.holds_for(seen.version);
    send(&service, &me, &sending, partition, request, is_as_expected).await
}
