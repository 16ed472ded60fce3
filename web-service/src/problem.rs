//! Errors as RFC 9457 wants them: a JSON object that says what is wrong and what to do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use timeoff_cli::chain;
use timeoff_log::LogError;
use timeoff_views::ViewError;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// How many seconds to wait before asking again when the log or the view is away.
const RETRY_AFTER: u32 = 2;

/// What is wrong with a request, or why it could not be carried out (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of problem it is: about:blank, which says no more than the status does.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// What the status means.
    #[schema(example = "Unprocessable Content")]
    title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong, and what to do.
    #[schema(example = "The application has mistakes: see errors.")]
    detail: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The field's name.
    #[schema(example = "hours")]
    field: &'static str,
    /// The rule that it breaks.
    #[schema(example = "range")]
    rule: &'static str,
    /// The rule in words.
    #[schema(example = "0 is not from 1 to 8784 hours")]
    message: String,
}

impl FieldError {
    /// What is wrong with a field, as the error says it.
    pub(crate) fn new(
        field: &'static str,
        rule: &'static str,
        error: impl std::error::Error + 'static,
    ) -> FieldError {
        FieldError::said(field, rule, chain(&error))
    }

    /// What is wrong with a field, in these words.
    pub(crate) fn said(field: &'static str, rule: &'static str, message: String) -> FieldError {
        FieldError {
            field,
            rule,
            message,
        }
    }
}

const UNCLEAR: &str = "It is not known whether this was queued: the log has not answered. Send it again with the same \
                       Idempotency-Key, which never queues it twice.";

impl Problem {
    /// A problem with this status. `detail` says what is wrong and what to do.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            r#type: "about:blank",
            title: title(status),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Its HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What its status means.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// What is wrong, and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with a field.
    pub(crate) fn mistake_in(&self, field: &str) -> Option<String> {
        let mut errors = self.errors.iter();
        let error = errors.find(|error| error.field == field)?;
        Some(error.message.clone())
    }

    /// Whether it says what is wrong with which field.
    pub(crate) fn has_mistakes(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The answer has this header, too.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.headers.push((name, value));
        self
    }

    fn again_later(self) -> Problem {
        self.with(header::RETRY_AFTER, RETRY_AFTER.into())
    }

    /// Fields have mistakes.
    pub(crate) fn mistakes(errors: Vec<FieldError>) -> Problem {
        Problem {
            errors,
            ..Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The request has mistakes: see errors.",
            )
        }
    }

    /// This, and what another one says of fields: what is wrong is told together.
    pub(crate) fn and(mut self, other: Problem) -> Problem {
        self.errors.extend(other.errors);
        self
    }

    /// The view has not caught up, so it is not known who may do what.
    pub(crate) fn not_yet() -> Problem {
        let detail = "What is on the log is still being read: try again soon.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// There is no view to answer from, or it cannot be read.
    pub(crate) fn no_view(error: &ViewError) -> Problem {
        if let ViewError::NoView { .. } = error {
            return Problem::not_yet();
        }
        tracing::error!(error = %chain(error), "the view cannot be asked");
        let detail = "The view of the log cannot be asked: see the service's own messages.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// The view has not come as far as the request asks for.
    pub(crate) fn behind() -> Problem {
        let detail = "The view has not come to that position yet: try again soon.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// The log is away, so nothing is sent.
    pub(crate) fn log_away(reason: &str) -> Problem {
        tracing::debug!(reason, "refused to write while the log is away");
        let detail = "Nothing was sent: the log does not answer. Try again soon.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// The log is away, so what only it has cannot be shown.
    pub(crate) fn log_silent(reason: &str) -> Problem {
        tracing::debug!(reason, "could not read the log");
        let detail = "This is read from the log, and the log does not answer. Try again soon.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// The log has not said that it has taken a record.
    pub(crate) fn not_known(error: &LogError) -> Problem {
        tracing::warn!(error = %chain(error), "a record is not known to be on the log");
        Problem::unclear()
    }

    /// It is not known what a request has come to.
    pub(crate) fn unclear() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, UNCLEAR).again_later()
    }

    /// Whether it is not known what a request has come to.
    pub(crate) fn is_unclear(&self) -> bool {
        self.detail == UNCLEAR
    }

    /// Sessions and API tokens cannot be looked up.
    pub(crate) fn no_accounts() -> Problem {
        let detail = "Sessions and API tokens cannot be looked up: see the service's own messages.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }

    /// Somebody does something too often; in so long it may be done again.
    pub(crate) fn too_many(wait: Duration) -> Problem {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let detail = format!("You do this too often: try again in {seconds} s.");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
            .with(header::RETRY_AFTER, seconds.into())
    }

    /// Somebody follows what happens often enough.
    pub(crate) fn too_many_streams(most: usize) -> Problem {
        let detail = format!("You follow what happens {most} times already: end some first.");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).again_later()
    }

    /// The service is stopping or has too much to do.
    pub(crate) fn busy() -> Problem {
        let detail = "Too many requests are being answered: try again soon.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_later()
    }
}

fn title(status: StatusCode) -> Cow<'static, str> {
    match status {
        // Its name since RFC 9110.
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content".into(),
        other => other.canonical_reason().unwrap_or("Error").into(),
    }
}

/// In the description of a route: whatever its request is, it may be answered with a problem.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let problem = Ref::from_schema_name(Problem::name());
        let content = ContentBuilder::new().schema(Some(problem)).build();
        let answer = |status: &str, description: &str| -> (String, RefOr<_>) {
            let response = ResponseBuilder::new()
                .description(description)
                .content(MEDIA_TYPE, content.clone())
                .build();
            (status.to_owned(), response.into())
        };
        [
            answer("4XX", "The request is refused: `detail` says why"),
            answer(
                "5XX",
                "The service cannot do it now: `detail` says what to do",
            ),
        ]
        .into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self).expect("texts and numbers under text names are JSON");
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        response.headers_mut().extend(self.headers.clone());
        // Pages show it in another way.
        response.extensions_mut().insert(self);
        response
    }
}
