//! What waits for a decision of whoever looks.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_views::{ApplicationFilter, PageRequest, Seer, Status, ViewError};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{Done, Shown, name_of};
use crate::api::{CaughtUp, Query};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// How many are shown.
const MOST: u32 = 100;

#[derive(Deserialize)]
pub(super) struct InboxQuery {
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    frame: Frame,
    /// First in line first.
    waiting: Vec<Shown>,
    /// Whether there are more.
    is_cut: bool,
    notice: Option<&'static str>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<InboxQuery>,
) -> Result<Response, Problem> {
    if me.decides_in.is_empty() {
        let detail = "Only approvers and admins have an inbox, and who stands in for one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let filter = ApplicationFilter {
        status: Some(Status::Waiting),
        seen_by: Some(Seer {
            email: String::new(),
            partitions: me.decides_in.iter().copied().collect(),
        }),
        oldest_first: true,
        // Nobody decides their own.
        not_of: Some(me.email.to_string()),
        ..ApplicationFilter::default()
    };
    let (found, is_cut) = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &PageRequest::first(MOST))?;
            let is_cut = found.next.is_some();
            let named = found
                .rows
                .into_iter()
                .map(|found| Ok((name_of(queries, &found.email)?, found)));
            Ok((named.collect::<Result<Vec<_>, ViewError>>()?, is_cut))
        })
        .await?;
    let waiting = found.into_iter();
    let inbox = Inbox {
        frame: Frame::of(&service, &me, Here::Inbox),
        waiting: waiting
            .map(|(name, found)| Shown::of(&service, found, name))
            .collect(),
        is_cut,
        notice: asked.done.map(Done::notice),
    };
    Ok(page(StatusCode::OK, &inbox))
}
