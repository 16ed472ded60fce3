//! What a page's form sends.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::body::{has_type, received};
use crate::problem::Problem;

/// The fields of a form.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Form<T>, Problem> {
        if !has_type(&request, "application/x-www-form-urlencoded") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This address takes what the page's form sends.",
            ));
        }
        let bytes = received(request).await?;
        serde_urlencoded::from_bytes(&bytes)
            .map(Form)
            .map_err(|error| {
                let detail = format!("The form is not the page's own: {error}.");
                Problem::new(StatusCode::BAD_REQUEST, detail)
            })
    }
}
