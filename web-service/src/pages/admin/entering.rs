//! Entering somebody.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use timeoff_ledger::{Person, Wanted};
use timeoff_models::Department;

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::done::Done;
use super::office::{Choice, Tab, Tabs, administered, check_admin};
use super::person;
use super::person_form::{Fields, PersonForm};
use super::refusal::{check_rights, is_shown_at_form, next_key, said_of};
use crate::api::{Came, CaughtUp, Form, IdempotencyKey, Query, ask_in_turn};
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::Me;

#[derive(Deserialize)]
pub(super) struct EnteringQuery {
    department: Option<String>,
}

#[derive(Template)]
#[template(path = "person_new.html")]
struct Entering {
    frame: Frame,
    tabs: Tabs,
    choices: Vec<Choice>,
    fields: Fields,
    department_mistake: Option<String>,
    refusal: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<EnteringQuery>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let form = PersonForm {
        department: asked.department.unwrap_or_default(),
        role: "employee".to_owned(),
        ..PersonForm::default()
    };
    Ok(shown(&service, &me, form, None))
}

/// The form with what was typed, and with what is wrong.
fn shown(service: &Service, me: &Me, form: PersonForm, problem: Option<Problem>) -> Response {
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let home = me.home(service).map_or("", |home| home.as_str());
    let chosen = match &*form.department {
        "" => home,
        chosen => chosen,
    };
    let entering = Entering {
        frame: Frame::of(service, me, Here::People),
        tabs: Tabs::of(me, Tab::People),
        choices: administered(service, me, chosen),
        department_mistake: problem
            .as_ref()
            .and_then(|problem| problem.mistake_in("department")),
        refusal: said_of(problem.as_ref()),
        fields: Fields::of(
            PersonForm {
                key: next_key(problem.as_ref(), &form.key),
                ..form
            },
            problem.as_ref(),
        ),
    };
    page(status, &entering)
}

pub(super) async fn enter(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<PersonForm>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let key = IdempotencyKey::of_text(&form.key)?;
    let typed = form.person(key.of_person(&me.email), None);
    let came = match (typed, department(&service, &me, &form.department)) {
        (Ok(person), Ok(department)) => entered(&service, &me, &key, &person, &department)
            .await
            .map(|came| (person, came)),
        (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => Err(problem),
        (Err(one), Err(other)) => Err(one.and(other)),
    };
    match came {
        Ok((person, came)) => {
            let path = format!("/people/{}", person.id);
            if came.accepted > 0 && !came.refusals.is_empty() {
                // They are there, so this form has done what it can.
                return person::show_refused(&service, &me, &person.id.to_string(), &came).await;
            }
            if !came.refusals.is_empty() {
                let refusal = came.refusals.join(" ");
                let problem = Problem::new(StatusCode::CONFLICT, refusal);
                return Ok(shown(&service, &me, form, Some(problem)));
            }
            let address = match came.waiting {
                0 => Done::Entered.at(&path, &came.positions),
                _ => Done::Sent.at("/people", &came.positions),
            };
            Ok(Redirect::to(&address).into_response())
        }
        Err(problem) if is_shown_at_form(&problem) => Ok(shown(&service, &me, form, Some(problem))),
        Err(problem) => Err(problem),
    }
}

/// The department that was chosen, of which they must be an admin.
fn department(service: &Service, me: &Me, name: &str) -> Result<Department, Problem> {
    let departments = service.contract.departments();
    let department = departments.parse(name).map_err(|error| {
        Problem::mistakes(vec![FieldError::new("department", "department", error)])
    })?;
    match departments.partition_of(&department) {
        Some(partition) if me.is_admin_in(partition) => Ok(department),
        _ => {
            let detail = format!("Only an admin of {department} enters somebody there.");
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

async fn entered(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    person: &Person,
    department: &Department,
) -> Result<Came, Problem> {
    let wanted = Wanted {
        person,
        department,
        leaves_on: None,
        has_left: false,
    };
    // Whoever is new is nowhere. The same form again asks for the same.
    let steps = wanted.steps(&[], service.contract.departments());
    check_rights(service, me, &steps)?;
    ask_in_turn(service, me, key, &steps).await
}
