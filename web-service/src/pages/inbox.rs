//! What waits for a decision of whoever looks.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use timeoff_views::{ApplicationFilter, PageRequest, Seer, Status, ViewError};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{Shown, name_of};
use crate::api::CaughtUp;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// How many are shown.
const MOST: u32 = 100;

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    frame: Frame,
    /// First in line first.
    waiting: Vec<Shown>,
    /// Whether there are more.
    is_cut: bool,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
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
        ..ApplicationFilter::default()
    };
    let own = me.email.clone();
    let (found, is_cut) = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &PageRequest::first(MOST))?;
            let is_cut = found.next.is_some();
            // Nobody decides their own.
            let others = found
                .rows
                .into_iter()
                .filter(|found| found.email != own.as_str());
            let named = others.map(|found| Ok((name_of(queries, &found.email)?, found)));
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
    };
    Ok(page(StatusCode::OK, &inbox))
}
