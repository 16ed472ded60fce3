//! Pages: how long, and from where.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use timeoff_views::{Cursor, PageRequest};

use crate::problem::Problem;

/// How many rows a page has if it is not said.
const USUAL: u32 = 50;

/// The most rows of a page.
const MOST: u32 = 200;

/// The most characters of a cursor.
const CURSOR: usize = 400;

/// The page of the view that a request asks for: at most `limit` rows, after `cursor`.
///
/// # Errors
///
/// A problem of status 400 if the limit is out of range, or the cursor is none.
pub(crate) fn request(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("limit must be from 1 to {MOST}.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    if cursor.is_some_and(|cursor| cursor.chars().count() > CURSOR) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "cursor is not the next of a page.",
        ));
    }
    Ok(PageRequest {
        limit,
        after: cursor.map(Cursor::parse),
    })
}

/// A request's query. The type of a filter must refuse what it does not know: a mistyped one would show everything.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Query(query)),
            Err(error) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                format!("{}.", error.body_text()),
            )),
        }
    }
}
