//! What a page's form sends.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::body::{BYTES, has_type, received};
use crate::problem::Problem;

/// The most bytes of a form with a long text: 64 KiB of text, of which each byte may be sent as three.
const LONG: usize = 4 * BYTES;

/// The fields of a form.
pub(crate) struct Form<T>(pub(crate) T);

/// The fields of a form with a long text, of 64 KiB at most.
pub(crate) struct LongForm<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Form<T>, Problem> {
        fields(request, BYTES).await.map(Form)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for LongForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<LongForm<T>, Problem> {
        fields(request, LONG).await.map(LongForm)
    }
}

async fn fields<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Problem> {
    if !has_type(&request, "application/x-www-form-urlencoded") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This address takes what the page's form sends.",
        ));
    }
    let bytes = received(request, most).await?;
    serde_urlencoded::from_bytes(&bytes).map_err(|error| {
        let detail = format!("The form is not the page's own: {error}.");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}
