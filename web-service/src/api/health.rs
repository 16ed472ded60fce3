//! Whether the service works: for whoever watches it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::measures;
use crate::problem::Problem;
use crate::service::Service;

/// The service is alive, or ready.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always true.
    ok: bool,
}

/// The process answers.
#[utoipa::path(get, path = "/livez", operation_id = "livez", tag = "service",
    responses((status = 200, description = "It answers", body = Alive)))]
pub(super) async fn livez() -> axum::Json<Alive> {
    axum::Json(Alive { ok: true })
}

/// Whether everything that was on the log can be asked for, and the log answers.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "service",
    responses((status = 200, description = "Everything can be asked for", body = Alive),
        (status = 503, description = "Not yet, or the log is away", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn readyz(
    State(service): State<Arc<Service>>,
) -> Result<axum::Json<Alive>, Problem> {
    let standing = &service.standing;
    let detail = match standing.trouble() {
        Some((since, _)) => format!(
            "The log has not answered for {} s; what is read is as old as that.",
            since.as_secs()
        ),
        None if !standing.is_caught_up() => "What is on the log is still being read.".to_owned(),
        None => {
            // A view that somebody has removed answers nothing.
            service.reading.ask(|queries| queries.position()).await?;
            return Ok(axum::Json(Alive { ok: true }));
        }
    };
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
}

/// What is counted, for Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "service",
    responses((status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let standing = &service.standing;
    let text = service
        .measures
        .text(standing.is_caught_up(), standing.trouble().is_some());
    ([(header::CONTENT_TYPE, measures::MEDIA_TYPE)], text).into_response()
}
