//! Who stands in for whom.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;
use serde::Deserialize;
use timeoff_ledger::{PersonId, Request, Step};
use timeoff_models::Email;
use timeoff_views::{Delegation, Person};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::super::shown::in_field;
use super::super::shown::names_of_people;
use super::done::Done;
use super::office::{Choice, Office, Tab, Tabs};
use super::person_form::{day_of, shown_day};
use super::refusal::{is_shown_at_form, next_key, said_of};
use crate::api::{Came, CaughtUp, Form, IdempotencyKey, Query, ask_all};
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::{Me, decides, is_active, today};

/// How many delegations of a department are shown: those that end last.
const DELEGATIONS: u32 = 200;

/// How many people of a department can be chosen from. Others can be typed.
const PEOPLE: u32 = 1000;

#[derive(Deserialize)]
pub(super) struct DelegationsQuery {
    department: Option<String>,
    done: Option<Done>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct DelegationForm {
    key: String,
    department: String,
    /// Id of the approver.
    from: String,
    /// E-mail address of who stands in.
    to: String,
    first_day: String,
    last_day: String,
}

/// An approver for whom somebody stands in.
struct Row {
    approver: String,
    stand_in: String,
    first_day: String,
    last_day: String,
    /// Why it has no effect.
    is_idle: Option<&'static str>,
}

/// Delegations under a heading.
struct Group {
    heading: &'static str,
    id: &'static str,
    rows: Vec<Row>,
}

/// Somebody to choose.
struct Somebody {
    value: String,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "delegations.html")]
struct Delegations {
    frame: Frame,
    tabs: Tabs,
    department: String,
    choices: Vec<Choice>,
    /// Whether whoever looks is an admin of the department.
    administers: bool,
    groups: Vec<Group>,
    /// For whom somebody can stand in: nobody, if whoever looks decides for themself nowhere here.
    approvers: Vec<Somebody>,
    /// Who can stand in.
    others: Vec<Somebody>,
    form: DelegationForm,
    from_mistake: Option<String>,
    to_mistake: Option<String>,
    first_day_mistake: Option<String>,
    last_day_mistake: Option<String>,
    refusal: Option<String>,
    notice: Option<&'static str>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<DelegationsQuery>,
) -> Result<Response, Problem> {
    let office = Office::of(&service, &me, asked.department.as_deref())?;
    let form = DelegationForm::default();
    shown(&service, &me, office, form, asked.done, None).await
}

/// What is known of a department.
struct Known {
    delegations: Vec<Delegation>,
    people: Vec<Person>,
    names: HashMap<String, String>,
}

impl Known {
    /// Why a delegation that is to hold has no effect.
    fn idle(&self, delegation: &Delegation) -> Option<&'static str> {
        let active = |id: &str| {
            let mut people = self.people.iter();
            people.find(|person| person.id == id && is_active(person, today()))
        };
        match (active(&delegation.person), active(&delegation.other_person)) {
            (Some(approver), Some(_)) if decides(&approver.role) => None,
            (_, None) => Some("Without effect: the stand-in is not active in the department."),
            _ => Some("Without effect: the approver does not decide here any more."),
        }
    }

    fn row(&self, delegation: &Delegation, is_held: bool) -> Row {
        let name = |id: &String| self.names.get(id).unwrap_or(id).clone();
        Row {
            approver: name(&delegation.person),
            stand_in: name(&delegation.other_person),
            first_day: shown_day(delegation.from_date),
            last_day: shown_day(delegation.until_date),
            is_idle: self.idle(delegation).filter(|_| is_held),
        }
    }
}

async fn known(service: &Service, me: &Me, partition: i32) -> Result<Known, Problem> {
    let administers = me.is_admin_in(partition);
    let own = me.place_in(partition).map(|place| place.id.clone());
    service
        .reading
        .ask(move |queries| {
            // Others see those in which they are.
            let of = match administers {
                true => None,
                false => Some(own.unwrap_or_default()),
            };
            let delegations = queries.delegations_in(partition, of.as_deref(), DELEGATIONS)?;
            let ids = delegations
                .iter()
                .flat_map(|one| [one.person.clone(), one.other_person.clone()])
                .collect();
            Ok(Known {
                names: names_of_people(queries, ids)?,
                people: queries.entered_in(partition, PEOPLE)?,
                delegations,
            })
        })
        .await
}

async fn shown(
    service: &Service,
    me: &Me,
    office: Office,
    form: DelegationForm,
    done: Option<Done>,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let known = known(service, me, office.partition).await?;
    let (administers, today) = (me.is_admin_in(office.partition), today());
    let own = me.place_in(office.partition);
    let is_own = |id: &str| own.is_some_and(|own| own.id == id);
    let active = || known.people.iter().filter(|one| is_active(one, today));
    let chosen = match &*form.from {
        "" => own.map_or("", |own| &*own.id).to_owned(),
        from => from.to_owned(),
    };
    let approvers = active().filter(|one| decides(&one.role) && (administers || is_own(&one.id)));
    let rows = |held: bool, of: &dyn Fn(&Delegation) -> bool| -> Vec<Row> {
        let found = known.delegations.iter().filter(|one| of(one));
        found.map(|one| known.row(one, held)).collect()
    };
    let groups = vec![
        Group {
            heading: "Now",
            id: "now",
            rows: rows(true, &|one| {
                one.from_date <= today && today <= one.until_date
            }),
        },
        Group {
            heading: "To come",
            id: "to-come",
            rows: rows(true, &|one| {
                today < one.from_date && one.from_date <= one.until_date
            }),
        },
        Group {
            heading: "Past",
            id: "past",
            rows: rows(false, &|one| one.until_date < today),
        },
    ];
    let said = problem.as_ref();
    let mistake = |field, typed: &str| said.and_then(|problem| in_field(problem, field, typed));
    let status = said.map_or(StatusCode::OK, Problem::status);
    let delegations = Delegations {
        frame: Frame::of(service, me, Here::People),
        tabs: Tabs::of(me, Tab::Delegations),
        department: office.department.to_string(),
        choices: office.choices,
        administers,
        groups,
        approvers: approvers
            .map(|one| Somebody {
                value: one.id.clone(),
                name: one.name.clone(),
                is_chosen: one.id == chosen,
            })
            .collect(),
        others: active()
            .filter(|one| administers || !is_own(&one.id))
            .map(|one| Somebody {
                value: one.email.clone(),
                name: one.name.clone(),
                is_chosen: false,
            })
            .collect(),
        from_mistake: mistake("from", &form.from),
        to_mistake: mistake("to", &form.to),
        first_day_mistake: mistake("first_day", &form.first_day),
        last_day_mistake: mistake("last_day", &form.last_day),
        refusal: said_of(said),
        notice: done.map(Done::notice),
        form: DelegationForm {
            key: next_key(said, &form.key),
            ..form
        },
    };
    Ok(page(status, &delegations))
}

pub(super) async fn delegate(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<DelegationForm>,
) -> Result<Response, Problem> {
    let office = Office::of(&service, &me, Some(&form.department))?;
    let own = me.place_in(office.partition);
    if !own.is_some_and(|own| decides(&own.role)) {
        let detail = "Only an approver says who stands in for them, or an admin of the department.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let came = delegated(&service, &me, office.partition, &form).await;
    let problem = match came {
        Ok(came) if came.refusals.is_empty() => {
            let query = Serializer::new(String::new())
                .append_pair("department", office.department.as_str())
                .finish();
            let done = match came.waiting {
                0 => Done::StandsIn,
                _ => Done::Sent,
            };
            let address = done.at(&format!("/delegations?{query}"), &came.positions);
            return Ok(Redirect::to(&address).into_response());
        }
        Ok(came) => Problem::new(StatusCode::CONFLICT, came.refusals.join(" ")),
        Err(problem) if is_shown_at_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    shown(&service, &me, office, form, None, Some(problem)).await
}

async fn delegated(
    service: &Service,
    me: &Me,
    partition: i32,
    form: &DelegationForm,
) -> Result<Came, Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let mut wrong = Vec::new();
    let from: Option<PersonId> = form.from.parse().ok();
    if from.is_none() {
        let message = "choose for whom somebody stands in".to_owned();
        wrong.push(FieldError::said("from", "person", message));
    }
    let to = somebody(service, partition, &form.to).await?;
    let to = to.map_err(|mistake| wrong.push(mistake)).ok();
    let from_date = day_of(&mut wrong, "first_day", &form.first_day);
    let until_date = day_of(&mut wrong, "last_day", &form.last_day);
    if let (Some(first), Some(last)) = (from_date, until_date)
        && last < first
    {
        let message = format!("{last} is before {first}, the first day");
        wrong.push(FieldError::said("last_day", "order", message));
    }
    match (from, to, from_date, until_date) {
        (Some(from), Some(to), Some(from_date), Some(until_date)) if wrong.is_empty() => {
            let request = Request::DelegateApproval {
                from,
                to,
                from_date,
                until_date,
            };
            ask_all(service, me, &key, &[Step { partition, request }]).await
        }
        _ => Err(Problem::mistakes(wrong)),
    }
}

/// The person with an e-mail address in a department: one who has not left, if there is one. The ledger has the last
/// word.
async fn somebody(
    service: &Service,
    partition: i32,
    text: &str,
) -> Result<Result<PersonId, FieldError>, Problem> {
    let email: Email = match text.trim().parse() {
        Ok(email) => email,
        Err(error) => return Ok(Err(FieldError::new("to", "text", error))),
    };
    let places = service
        .reading
        .ask(move |queries| queries.places_of(email.as_str()))
        .await?;
    let here = || places.iter().filter(|place| place.partition == partition);
    let person = here()
        .find(|place| is_active(place, today()))
        .or_else(|| here().next());
    Ok(person
        .and_then(|person| person.id.parse().ok())
        .ok_or_else(|| {
            let message = "nobody with this e-mail address is entered in the department: an admin enters them there first";
            FieldError::said("to", "person", message.to_owned())
        }))
}
