//! Versions: an application's `ETag`, and decisions that hold for one version only.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use utoipa::IntoParams;

use crate::problem::Problem;

/// The `ETag` of a version.
pub(super) fn etag(version: u32) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotation marks")
}

/// The version that the request is about, if it says one in `If-Match` (RFC 9110, 13.1.1).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Condition {
    /// The application's ETag: the request is refused if the application has changed since.
    #[param(rename = "If-Match", value_type = String, required = false)]
    etags: Option<HeaderValue>,
}

impl Condition {
    /// The version for which the request is to hold; `None` if it does not matter, or is none that an application can
    /// have.
    pub(super) fn version(&self) -> Option<u32> {
        let text = self.etags.as_ref()?.to_str().ok()?;
        text.trim()
            .strip_prefix('"')?
            .strip_suffix('"')?
            .parse()
            .ok()
    }

    /// Whether the request is to hold for an application that has this version.
    pub(super) fn holds_for(&self, version: u32) -> bool {
        let Some(etags) = &self.etags else {
            return true;
        };
        let (etags, this) = (etags.to_str().unwrap_or_default(), etag(version));
        etags
            .split(',')
            .map(str::trim)
            .any(|etag| etag == "*" || this == etag)
    }
}

impl<S: Sync> FromRequestParts<S> for Condition {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Condition, Infallible> {
        Ok(Condition {
            etags: parts.headers.get(header::IF_MATCH).cloned(),
        })
    }
}

/// The application has changed since.
pub(super) fn has_changed() -> Problem {
    let detail = "The application has changed since you looked at it: look again, and decide then.";
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
}
