//! Applying for leave.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::UNANSWERED;
use crate::api::{Asked, Form, IdempotencyKey, apply as queue, page_of_new};
use crate::problem::Problem;
use crate::service::Service;
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
        }
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    key: String,
    start: String,
    hours: String,
}

pub(super) async fn show(State(service): State<Arc<Service>>, me: Me) -> Response {
    page(StatusCode::OK, &New::empty(&service, &me))
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
    let key = IdempotencyKey::of_text(&form.key)?;
    let departments = service.contract.departments();
    let queued = match Asked::of_texts(None, &form.hours, &form.start, departments) {
        Ok(asked) => queue(&service, &me, &key, asked).await,
        Err(mistakes) => Err(mistakes),
    };
    match queued {
        Ok(queued) => Ok(Redirect::to(&page_of_new(&queued)).into_response()),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let again = New {
                start_mistake: problem.mistake_in("start"),
                hours_mistake: problem.mistake_in("hours"),
                mistake: (!problem.has_mistakes()).then(|| problem.detail().to_owned()),
                ..with_what_was_typed
            };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
            let again = New {
                mistake: Some(UNANSWERED.to_owned()),
                ..with_what_was_typed
            };
            Ok(page(StatusCode::SERVICE_UNAVAILABLE, &again))
        }
        Err(problem) => Err(problem),
    }
}
