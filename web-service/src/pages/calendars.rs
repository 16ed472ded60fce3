//! One's calendar feeds: which there are, and making, renewing and ending one.
//!
//! An address is shown in the answer to the form that has made it, and nowhere else: so that answer sends the browser
//! nowhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::DateTime;
use serde::Deserialize;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{for_people, in_field};
use crate::api::{
    CaughtUp, Form, Id, NewCalendar, Origin, Query, calendars_of, end_calendar, make_calendar,
    renew_calendar,
};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{self, Me};

/// A feed.
struct Row {
    id: String,
    name: String,
    /// What it shows.
    what: String,
    /// When it got its address: `30 Nov 2026, 10:05 UTC`.
    since: String,
}

impl From<who::Calendar> for Row {
    fn from(calendar: who::Calendar) -> Row {
        let since = calendar.renewed_at.unwrap_or(calendar.made_at);
        let since = DateTime::from_timestamp(since, 0).unwrap_or_default();
        Row {
            what: shown(calendar.department.as_deref()),
            since: for_people(since),
            id: calendar.id,
            name: calendar.name,
        }
    }
}

/// What a feed shows, in words.
fn shown(department: Option<&str>) -> String {
    department.map_or_else(
        || "My leave".to_owned(),
        |department| format!("Who is away in {department}"),
    )
}

/// Something that a feed can show.
struct Choice {
    /// The department, or nothing.
    value: String,
    name: String,
    is_chosen: bool,
}

/// A feed that has a new address.
struct Made {
    name: String,
    address: String,
}

#[derive(Template)]
#[template(path = "calendars.html")]
struct Calendars {
    frame: Frame,
    rows: Vec<Row>,
    choices: Vec<Choice>,
    made: Option<Made>,
    has_ended: bool,
    name: String,
    name_mistake: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CalendarsQuery {
    #[serde(default)]
    ended: bool,
}

#[derive(Default, Deserialize)]
pub(super) struct NewForm {
    name: String,
    /// Empty for one's own leave.
    department: String,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<CalendarsQuery>,
) -> Result<Response, Problem> {
    let shown = Calendars {
        has_ended: asked.ended,
        ..calendars(&service, &me, NewForm::default()).await?
    };
    Ok(page(StatusCode::OK, &shown))
}

pub(super) async fn make(
    State(service): State<Arc<Service>>,
    me: Me,
    origin: Origin,
    Form(form): Form<NewForm>,
) -> Result<Response, Problem> {
    let wanted = NewCalendar {
        name: form.name.clone(),
        department: Some(form.department.clone()).filter(|name| !name.is_empty()),
    };
    match make_calendar(&service, &me, &origin, &wanted).await {
        Ok(made) => with_address(&service, &me, made).await,
        Err(problem) if problem.has_mistakes() || problem.status() == StatusCode::CONFLICT => {
            let name_mistake = in_field(&problem, "name", &form.name);
            let refusal = (!problem.has_mistakes()).then(|| problem.detail().to_owned());
            let shown = Calendars {
                name_mistake,
                refusal,
                ..calendars(&service, &me, form).await?
            };
            Ok(page(problem.status(), &shown))
        }
        Err(problem) => Err(problem),
    }
}

pub(super) async fn renew(
    State(service): State<Arc<Service>>,
    me: Me,
    origin: Origin,
    Id(id): Id,
) -> Result<Response, Problem> {
    let made = renew_calendar(&service, &me, &origin, &id).await?;
    with_address(&service, &me, made).await
}

pub(super) async fn end(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
) -> Result<Response, Problem> {
    end_calendar(&service, &me, id).await?;
    Ok(Redirect::to("/calendars?ended=true").into_response())
}

async fn with_address(
    service: &Service,
    me: &Me,
    (calendar, address): (who::Calendar, String),
) -> Result<Response, Problem> {
    let shown = Calendars {
        made: Some(Made {
            name: calendar.name,
            address,
        }),
        ..calendars(service, me, NewForm::default()).await?
    };
    Ok(page(StatusCode::OK, &shown))
}

/// The page with a form that is filled in so.
async fn calendars(service: &Service, me: &Me, form: NewForm) -> Result<Calendars, Problem> {
    let rows = calendars_of(service, &me.places).await?;
    let departments = service.contract.departments().iter();
    let seen = departments.filter(|department| me.knows(service, department).is_some());
    let choices = std::iter::once(None).chain(seen.map(|department| Some(department.as_str())));
    Ok(Calendars {
        frame: Frame::of(service, me, Here::Elsewhere),
        rows: rows.into_iter().map(Row::from).collect(),
        choices: choices
            .map(|department| {
                let value = department.unwrap_or_default();
                Choice {
                    value: value.to_owned(),
                    name: shown(department),
                    is_chosen: value == form.department,
                }
            })
            .collect(),
        made: None,
        has_ended: false,
        name: form.name,
        name_mistake: None,
        refusal: None,
    })
}
