//! The policy by which leave is judged: as it is in force, and as an admin wants it.
//!
//! | where | what it has |
//! |---|---|
//! | here | the policy in force, for everybody whom it concerns |
//! | `draft` | what is typed, and what is wrong with it; no I/O |
//! | `editing` | the form: checked, tried on the past, set |
//! | `tried` | what would have been decided otherwise, as the page shows it |
//! | `fate` | what became of a policy in each department |

mod draft;
mod editing;
mod fate;
mod tried;

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_ledger::Fact;
use timeoff_models::{Department, Departments};
use timeoff_views::{Queries, ViewError};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::super::shown::{for_machines, for_people, instant, names_of_people};
use super::office::{Choice, Tab, Tabs};
use crate::account::read;
use crate::api::{CaughtUp, Query};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;
use fate::{Fate, fates};

pub(super) use editing::{edit, send};

/// A policy as it was set.
#[derive(Clone)]
struct InForce {
    /// How many have been set in the department, this one included.
    version: u32,
    text: String,
    /// For machines (RFC 3339).
    since: String,
    /// For people.
    shown_since: String,
    by: Option<String>,
}

/// A department, and its policy if it has one.
struct Place {
    partition: i32,
    department: Department,
    in_force: Option<InForce>,
}

impl Place {
    /// How many policies have been set there.
    fn version(&self) -> u32 {
        self.in_force.as_ref().map_or(0, |set| set.version)
    }

    fn text(&self) -> Option<&str> {
        self.in_force.as_ref().map(|set| &*set.text)
    }
}

/// These departments, in the order of their partitions, each with its policy.
fn places(
    queries: &Queries,
    departments: &Departments,
    wanted: impl Fn(i32) -> bool,
) -> Result<Vec<Place>, ViewError> {
    let mut places = Vec::new();
    for (partition, department) in (0..).zip(departments.iter()) {
        if !wanted(partition) {
            continue;
        }
        let event = queries.policy_in(partition)?;
        let names = match event.as_ref().and_then(|event| event.by.clone()) {
            Some(by) => names_of_people(queries, vec![by])?,
            None => HashMap::new(),
        };
        let set = event.and_then(|event| Some((read(&event, departments)?, event)));
        let in_force = set.and_then(|(known, event)| match known.fact {
            Fact::PolicySet { version, policy } => {
                let at = instant(event.at).unwrap_or_default();
                Some(InForce {
                    version,
                    text: policy.0.to_string(),
                    since: for_machines(at),
                    shown_since: for_people(at),
                    by: names.into_values().next(),
                })
            }
            _ => None,
        });
        places.push(Place {
            partition,
            department: department.clone(),
            in_force,
        });
    }
    Ok(places)
}

#[derive(Deserialize)]
pub(super) struct PolicyQuery {
    department: Option<String>,
    /// The key with which a policy was sent a moment ago.
    sent: Option<String>,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    tabs: Tabs,
    /// Whether whoever looks has to do with other people, and so has the menu.
    has_tabs: bool,
    department: String,
    choices: Vec<Choice>,
    administers: bool,
    in_force: Option<InForce>,
    /// The departments whose policies whoever looks may see, if they are several.
    places: Vec<PlaceRow>,
    /// What became of what was sent a moment ago.
    fates: Vec<Fate>,
}

/// A department in a table.
struct PlaceRow {
    name: String,
    in_force: Option<InForce>,
    /// Whether its policy is the one that is shown.
    is_same: bool,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<PolicyQuery>,
) -> Result<Response, Problem> {
    let (partition, department) = department(&service, &me, asked.department.as_deref())?;
    let departments = service.contract.departments().clone();
    let known: Vec<i32> = (0..)
        .zip(departments.iter())
        .filter(|(_, one)| me.knows(&service, one).is_some())
        .map(|(partition, _)| partition)
        .collect();
    let ids = asked
        .sent
        .as_deref()
        .map(|key| fate::ids(&service, &me, key));
    let ids = ids.transpose()?.unwrap_or_default();
    let found = service.reading.ask(move |queries| {
        let places = places(queries, &departments, |one| known.contains(&one))?;
        Ok((places, fates(queries, &departments, &ids)?))
    });
    let (mut places, fates) = found.await?;
    let at = places.iter().position(|one| one.partition == partition);
    let in_force = at.and_then(|at| places[at].in_force.clone());
    let text = in_force.as_ref().map(|set| set.text.clone());
    let choices = places.iter().map(|one| Choice {
        name: one.department.to_string(),
        is_chosen: one.partition == partition,
    });
    let shown = PolicyPage {
        frame: Frame::of(&service, &me, Here::People),
        tabs: Tabs::of(&me, Tab::Policy),
        has_tabs: !me.decides_in.is_empty(),
        choices: choices.collect(),
        administers: me.is_admin_in(partition),
        department,
        in_force,
        places: places
            .drain(..)
            .map(|one| PlaceRow {
                is_same: one.text() == text.as_deref(),
                name: one.department.to_string(),
                in_force: one.in_force,
            })
            .collect(),
        fates,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// The department of this name, whose policy they may see. Without a name, their own, or else the first one.
fn department(service: &Service, me: &Me, name: Option<&str>) -> Result<(i32, String), Problem> {
    let departments = service.contract.departments();
    let department = match name.filter(|name| !name.is_empty()) {
        Some(name) => departments
            .named(name)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("{error}.")))?,
        None => {
            let mut all = departments.iter();
            let known = || all.find(|one| me.knows(service, one).is_some());
            me.home(service).or_else(known).ok_or_else(|| {
                let detail = "You are at home in no department, so no policy is yours.";
                Problem::new(StatusCode::NOT_FOUND, detail)
            })?
        }
    };
    let Some(partition) = me.knows(service, department) else {
        let detail = format!("You may not see the policy of {department}.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    Ok((partition, department.to_string()))
}
