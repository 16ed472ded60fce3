//! Applying for leave.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, Weekday};
use serde::Deserialize;
use timeoff_models::{LeaveHours, LeaveStart};
use timeoff_views::Absence;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{Done, Others, UNANSWERED, in_field, when};
use crate::api::{Asked, Form, IdempotencyKey, Query, apply as queue, page_of_new};
use crate::away::{Period, Span, spans};
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::{Me, new_secret};

#[derive(Template)]
#[template(path = "new.html")]
struct New {
    frame: Frame,
    /// Who decides.
    department: String,
    /// What is sent twice with it is one application.
    key: String,
    start: String,
    hours: String,
    /// What is wrong beside the fields.
    mistake: Option<String>,
    start_mistake: Option<String>,
    hours_mistake: Option<String>,
    preview: Option<Preview>,
}

/// What an application would be, before it is sent.
struct Preview {
    /// The days: `Thu 1 Jul to Mon 5 Jul 2027`.
    when: String,
    /// `None` if they are too many.
    others: Option<Others>,
    /// Leave of one's own on the same days, approved or waiting.
    own: bool,
    is_past: bool,
    /// Saturday or Sunday is the first day.
    is_on_weekend: bool,
}

impl New {
    fn empty(service: &Service, me: &Me) -> New {
        let home = me.home(service);
        New {
            frame: Frame::of(service, me, Here::New),
            department: home.map_or("Nobody", |home| home.as_str()).to_owned(),
            key: new_secret(),
            start: String::new(),
            hours: String::new(),
            mistake: None,
            start_mistake: None,
            hours_mistake: None,
            preview: None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    key: String,
    /// Whose form it was: another tab may have signed in as somebody else since.
    applicant: Option<String>,
    start: String,
    hours: String,
}

/// What is in the form so far.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    start: Option<String>,
    hours: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    me: Me,
    Query(typed): Query<NewQuery>,
) -> Result<Response, Problem> {
    let start = typed.start.unwrap_or_default();
    let hours = typed.hours.unwrap_or_default();
    let new = New {
        preview: preview(&service, &me, &start, &hours).await?,
        start,
        hours,
        ..New::empty(&service, &me)
    };
    Ok(page(StatusCode::OK, &new))
}

/// What these texts would be, if they are a day and hours.
async fn preview(
    service: &Service,
    me: &Me,
    start: &str,
    hours: &str,
) -> Result<Option<Preview>, Problem> {
    let (Ok(start), Ok(hours), Some((partition, department))) = (
        start.trim().parse::<LeaveStart>(),
        hours.trim().parse::<LeaveHours>(),
        me.home_lane(service),
    ) else {
        return Ok(None);
    };
    let absence = Absence {
        application: String::new(),
        email: me.email.to_string(),
        hours: hours.get(),
        start: start.ticks().get(),
        end: None,
        first_day: None,
        last_day: None,
        is_waiting: true,
    };
    let schedule = me.employee(service).schedule;
    let Some(period) = Period::of(&absence, schedule.as_ref()) else {
        return Ok(None);
    };
    let spans = service
        .reading
        .ask(move |queries| spans(queries, (partition, &department), period))
        .await?;
    let is_own = |span: &Span| span.email == me.email.as_str();
    Ok(Some(Preview {
        when: when(period),
        own: spans.iter().flatten().any(is_own),
        others: spans.map(|spans| Others::in_period(&spans, me.email.as_str(), period)),
        is_past: period.first < now().date(),
        is_on_weekend: matches!(period.first.weekday(), Weekday::Sat | Weekday::Sun),
    }))
}

pub(super) async fn apply(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<NewForm>,
) -> Result<Response, Problem> {
    let with_what_was_typed = New {
        start: form.start.clone(),
        hours: form.hours.clone(),
        ..New::empty(&service, &me)
    };
    if form
        .applicant
        .is_some_and(|applicant| applicant != me.email.as_str())
    {
        let mistake = format!(
            "You are signed in as {} now: nothing was sent. Apply again if it is theirs.",
            me.name()
        );
        let again = New {
            mistake: Some(mistake),
            ..with_what_was_typed
        };
        return Ok(page(StatusCode::CONFLICT, &again));
    }
    let key = IdempotencyKey::of_text(&form.key)?;
    let departments = service.contract.departments();
    let queued = match Asked::of_texts(None, &form.hours, &form.start, departments) {
        Ok(asked) => queue(&service, &me, &key, asked).await,
        Err(mistakes) => Err(mistakes),
    };
    match queued {
        Ok(queued) => {
            let address = format!("{}&{}", page_of_new(&queued), Done::Applied.parameter());
            Ok(Redirect::to(&address).into_response())
        }
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let again = New {
                start_mistake: in_field(&problem, "start", &form.start),
                hours_mistake: in_field(&problem, "hours", &form.hours),
                preview: preview(&service, &me, &form.start, &form.hours).await?,
                mistake: (!problem.has_mistakes()).then(|| problem.detail().to_owned()),
                ..with_what_was_typed
            };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
            let again = New {
                // It may be on the log: sent again, it is the same.
                key: form.key.clone(),
                mistake: Some(UNANSWERED.to_owned()),
                ..with_what_was_typed
            };
            Ok(page(StatusCode::SERVICE_UNAVAILABLE, &again))
        }
        Err(problem) => Err(problem),
    }
}
