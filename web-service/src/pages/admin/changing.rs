//! Changing a person, moving them, and saying which day is their last.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use timeoff_ledger::{Place, Request, Step};
use timeoff_models::Department;

use super::done::Done;
use super::known::Known;
use super::person::{Part, Said, refused, shown};
use super::person_form::{PersonForm, day_of, mark};
use super::refusal::{check_rights, is_shown_at_form};
use crate::api::{Came, Form, Id, IdempotencyKey, ask_all, ask_in_turn, encoded};
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::Me;

/// Fails if this person cannot be changed by them.
fn changeable<'a>(
    service: &Service,
    me: &Me,
    known: &'a Known,
) -> Result<(&'a Place, Department), Problem> {
    known.changeable(service, me).ok_or_else(|| {
        let detail = "Only somebody who is an admin of all departments in which this person is entered changes them.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    })
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<PersonForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let changed = changed(&service, &me, &known, &form).await;
    let said = |problem| Said {
        key: form.key.clone(),
        form: Some(form.clone()),
        ..Said::problem(Part::Change, problem)
    };
    after(&service, &me, &id, changed, said).await
}

async fn changed(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &PersonForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let (home, department) = changeable(service, me, known)?;
    let person = form.person(home.person.id, Some(&home.person))?;
    let wanted = known.wanted(&person, &department);
    let steps = wanted.steps(&known.places, service.contract.departments());
    let is_as_seen = form.seen == mark(&home.person);
    if steps.is_empty() {
        // Clicked twice: the first has changed it.
        let done = match is_as_seen {
            true => Done::Same,
            false => Done::Changed,
        };
        return Ok((Came::default(), done));
    }
    if !is_as_seen {
        let detail = "Somebody has changed this person since you opened the form. What is entered now is above, and what \
                      you typed is in the form: send it again if it is still to be so.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    check_rights(service, me, &steps)?;
    Ok((ask_in_turn(service, me, &key, &steps).await?, Done::Changed))
}

#[derive(Deserialize)]
pub(super) struct MoveForm {
    key: String,
    to: String,
}

pub(super) async fn move_to(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<MoveForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let moved = moved(&service, &me, &known, &form).await;
    if let Ok((came, done)) = &moved
        && came.refusals.is_empty()
        && !sees(&service, &me, &form.to)
    {
        // They are where whoever has moved them is no admin.
        let done = if came.waiting > 0 { Done::Sent } else { *done };
        let address = done.at("/people", &came.positions);
        return Ok(Redirect::to(&address).into_response());
    }
    let said = |problem| Said {
        key: form.key.clone(),
        to: form.to.clone(),
        ..Said::problem(Part::Move, problem)
    };
    after(&service, &me, &id, moved, said).await
}

fn sees(service: &Service, me: &Me, department: &str) -> bool {
    let departments = service.contract.departments();
    let department = departments.named(department).ok();
    let partition = department.and_then(|department| departments.partition_of(department));
    partition.is_some_and(|partition| me.is_admin_in(partition))
}

async fn moved(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &MoveForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let to = service.contract.departments().parse(&form.to);
    let to =
        to.map_err(|error| Problem::mistakes(vec![FieldError::new("to", "department", error)]))?;
    let (home, _) = changeable(service, me, known)?;
    let wanted = known.wanted(&home.person, &to);
    let steps = wanted.steps(&known.places, service.contract.departments());
    check_rights(service, me, &steps)?;
    Ok((ask_in_turn(service, me, &key, &steps).await?, Done::Moved))
}

#[derive(Deserialize)]
pub(super) struct LastDayForm {
    key: String,
    last_day: String,
}

pub(super) async fn leave(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<LastDayForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let leaves = leaves(&service, &me, &known, &form).await;
    let said = |problem| Said {
        key: form.key.clone(),
        last_day: form.last_day.clone(),
        ..Said::problem(Part::LastDay, problem)
    };
    after(&service, &me, &id, leaves, said).await
}

async fn leaves(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &LastDayForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let (home, _) = changeable(service, me, known)?;
    let mut wrong = Vec::new();
    let last_date = day_of(&mut wrong, "last_day", &form.last_day);
    let last_date = last_date.ok_or_else(|| Problem::mistakes(wrong))?;
    let person = home.person.id;
    // All of them: what one refuses the others may still do.
    let steps: Vec<Step> = known
        .places
        .iter()
        .map(|place| Step {
            partition: place.partition,
            request: Request::EndEmployment { person, last_date },
        })
        .collect();
    Ok((ask_all(service, me, &key, &steps).await?, Done::Leaves))
}

/// Where the browser goes when something was asked for. What was refused is said at the form.
pub(super) async fn after(
    service: &Service,
    me: &Me,
    id: &str,
    came: Result<(Came, Done), Problem>,
    said: impl FnOnce(Problem) -> Said,
) -> Result<Response, Problem> {
    let problem = match came {
        Ok((came, done)) if came.refusals.is_empty() => {
            let done = if came.waiting > 0 { Done::Sent } else { done };
            let address = done.at(&format!("/people/{}", encoded(id)), &came.positions);
            return Ok(Redirect::to(&address).into_response());
        }
        Ok((came, _)) => refused(&came),
        Err(problem) if is_shown_at_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    // Something may have been done meanwhile.
    let known = Known::of(service, me, id).await?;
    shown(service, me, id, &known, said(problem)).await
}
