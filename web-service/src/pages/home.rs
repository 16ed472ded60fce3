//! One's own leave.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_views::ApplicationFilter;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{Done, Shown};
use crate::api::{CaughtUp, Query, page_request};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

#[derive(Deserialize)]
pub(super) struct HomeQuery {
    cursor: Option<String>,
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    applications: Vec<Shown>,
    /// Whether it is the first page.
    is_first: bool,
    notice: Option<&'static str>,
    /// The cursor of the next page.
    next: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<HomeQuery>,
) -> Result<Response, Problem> {
    let request = page_request(None, asked.cursor.as_deref())?;
    let filter = ApplicationFilter {
        email: Some(me.email.to_string()),
        ..ApplicationFilter::default()
    };
    let found = service
        .reading
        .ask(move |queries| queries.applications(&filter, &request))
        .await?;
    let name = me.name().to_owned();
    let applications = found.rows.into_iter();
    let home = Home {
        frame: Frame::of(&service, &me, Here::Home),
        applications: applications
            .map(|found| Shown::of(&service, found, name.clone()))
            .collect(),
        is_first: asked.cursor.is_none(),
        notice: asked.done.map(Done::notice),
        next: found.next.map(|cursor| cursor.to_string()),
    };
    Ok(page(StatusCode::OK, &home))
}
