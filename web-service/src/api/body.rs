//! A request's body.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The most bytes of a body, unless an address says otherwise.
pub(super) const BYTES: usize = 64 * 1024;

/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body in JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Body<T>, Problem> {
        if !has_type(&request, "application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON, and its Content-Type application/json.",
            ));
        }
        let bytes = received(request, BYTES).await?;
        // An array would be taken for the fields in their order.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            let detail = "The body must be an object.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        serde_json::from_slice(&bytes).map(Body).map_err(|error| {
            let (status, what) = match error.is_data() {
                true => (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "is not what is expected here",
                ),
                false => (StatusCode::BAD_REQUEST, "is not JSON"),
            };
            // The error names fields and types. It quotes values, which the client has sent itself.
            let error = error
                .to_string()
                .replace("expected i64", "expected an integer");
            Problem::new(status, format!("The body {what}: {error}."))
        })
    }
}

/// Whether a request's body is of this media type.
pub(super) fn has_type(request: &Request, media_type: &str) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()?.split(';').next());
    value.is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type))
}

/// A request's body, if it has at most so many bytes and comes in time.
pub(super) async fn received(request: Request, most: usize) -> Result<Bytes, Problem> {
    let reading = to_bytes(request.into_body(), most);
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => {
            let detail = format!("The body has more than {most} bytes.");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail))
        }
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "The body was not received whole.",
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body came too slowly.",
        )),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<LengthLimitError>())
}
