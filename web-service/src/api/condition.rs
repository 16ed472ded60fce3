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
pub(crate) struct Condition {
    /// The application's ETag: the request is refused if the application has changed since.
    #[param(rename = "If-Match", value_type = String, required = false)]
    etags: Vec<String>,
}

impl Condition {
    /// For any version.
    pub(crate) fn none() -> Condition {
        Condition { etags: Vec::new() }
    }

    /// The version for which the request is to hold: the one that the application has, if it is named, or else the first
    /// one that is. `None` if it does not matter.
    pub(super) fn version(&self, current: u32) -> Option<u32> {
        let mut named = self.etags.iter().filter_map(|etag| version(etag));
        match self.names(current) {
            true => Some(current),
            false => named.next(),
        }
    }

    /// Whether the request is to hold for an application that has this version.
    pub(super) fn holds_for(&self, current: u32) -> bool {
        self.etags.is_empty() || self.etags.iter().any(|etag| etag == "*") || self.names(current)
    }

    fn names(&self, current: u32) -> bool {
        self.etags.iter().any(|etag| version(etag) == Some(current))
    }
}

fn version(etag: &str) -> Option<u32> {
    etag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

impl<S: Sync> FromRequestParts<S> for Condition {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Condition, Infallible> {
        let values = parts.headers.get_all(header::IF_MATCH).into_iter();
        let etags = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
        Ok(Condition {
            etags: etags.map(|etag| etag.trim().to_owned()).collect(),
        })
    }
}

/// The application has changed since.
pub(super) fn has_changed() -> Problem {
    let detail = "The application has changed since you looked at it: look again, and decide then.";
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
}
