//! What somebody can take, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use timeoff_ledger::{Balance as Known, Date};
use timeoff_views::{Person, Queries, ViewError};
use utoipa::{IntoParams, ToSchema};

use super::id::Id;
use super::nothing_of_that_name;
use super::page::Query;
use super::position::CaughtUp;
use crate::account::{Account, application_of};
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// The day that is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BalanceQuery {
    /// The day on which the leave would be taken: YYYY-MM-DD; without it, today (UTC).
    #[param(format = "date")]
    at: Option<String>,
}

/// What a person can take of each type of leave. All amounts are working minutes.
#[derive(Serialize, ToSchema)]
pub(super) struct Balance {
    /// Id of the person.
    person: String,
    /// The department whose policy counts.
    department: String,
    /// The day that is asked about.
    #[schema(format = "date")]
    at: String,
    /// How many policies have been set in the department, the one that holds included; null if it has none. Then there are
    /// no types.
    policy_version: Option<u32>,
    /// The types of leave, in the policy's order.
    types: Vec<TypeBalance>,
}

/// What a person can take of one type of leave.
#[derive(Serialize, ToSchema)]
pub(super) struct TypeBalance {
    /// Its name, as applications have it.
    r#type: String,
    /// What people call it.
    label: String,
    /// Minutes that can be taken on the day; null if the type needs no entitlement.
    available: Option<u64>,
    /// What was granted, in the order in which it was.
    entitlements: Vec<Entitlement>,
    /// Booked minutes for which there is no entitlement.
    missing: Vec<Use>,
}

/// What was granted, and where it is. What is booked, reserved, available, expired and later adds up to its minutes.
#[derive(Serialize, ToSchema)]
pub(super) struct Entitlement {
    /// Its id.
    id: String,
    /// How many were granted.
    minutes: u32,
    /// The first day on which they can be used.
    #[schema(format = "date")]
    from: String,
    /// The last day on which they can be used.
    #[schema(format = "date")]
    until: String,
    /// What booked leave uses.
    booked: Vec<Use>,
    /// What applications reserve that wait.
    reserved: Vec<Use>,
    /// What can be taken on the day.
    available: u64,
    /// What nobody used, and that ended before the day.
    expired: u64,
    /// What can be used only after the day.
    later: u64,
}

/// Minutes of a day.
#[derive(Serialize, ToSchema)]
pub(super) struct Use {
    /// Id of the application.
    application: Option<String>,
    /// The day.
    #[schema(format = "date")]
    date: String,
    /// How many.
    minutes: u64,
}

impl TypeBalance {
    fn of(known: &Known) -> TypeBalance {
        let used = |leave: u32, date: Date, minutes: u64| Use {
            application: application_of(known, leave).map(|id| id.as_str().to_owned()),
            date: date.to_string(),
            minutes,
        };
        let uses = |uses: &[timeoff_ledger::account::Use]| {
            let uses = uses.iter();
            uses.map(|one| used(one.leave, one.date, one.minutes))
                .collect()
        };
        let explained = known.explanation.as_ref();
        let shares = explained.into_iter().flat_map(|why| &why.shares);
        let missing = explained.into_iter().flat_map(|why| &why.missing);
        TypeBalance {
            r#type: known.leave_type.as_str().to_owned(),
            label: known.label.clone(),
            available: explained.map(|why| why.available()),
            entitlements: shares
                .map(|share| Entitlement {
                    id: share.entitlement.id.to_string(),
                    minutes: share.entitlement.minutes,
                    from: share.entitlement.from.to_string(),
                    until: share.entitlement.until.to_string(),
                    booked: uses(&share.booked),
                    reserved: uses(&share.reserved),
                    available: share.available,
                    expired: share.expired,
                    later: share.later,
                })
                .collect(),
            missing: missing
                .map(|one| used(one.leave, one.date, one.minutes))
                .collect(),
        }
    }
}

/// What a person can take of each type of leave on a day, and why: what was granted, which leave uses it on which days,
/// what is reserved and what expires.
///
/// Only the person themself may ask, and whoever decides in their department.
#[utoipa::path(get, path = "/api/v1/people/{id}/balance", operation_id = "get_balance", tag = "people",
    security(("who" = [])),
    params(("id" = String, Path, description = "The person's id"), BalanceQuery, CaughtUp),
    responses((status = 200, description = "What they can take", body = Balance),
        Problem))]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    Query(asked): Query<BalanceQuery>,
) -> Result<Json<Balance>, Problem> {
    let at = day_asked(asked.at.as_deref())?;
    let departments = service.contract.departments().clone();
    let found = service.reading.ask(move |queries| {
        let Some(place) = home_seen_by(queries, &departments, &me, &id)? else {
            return Ok(None);
        };
        let account = Account::of(queries, &departments, &place)?;
        Ok(Some((place, account)))
    });
    let (place, account) = found.await?.ok_or_else(|| nothing_of_that_name("person"))?;
    let known = account
        .as_ref()
        .map_or_else(Vec::new, |one| one.balances(at));
    Ok(Json(Balance {
        person: place.id,
        department: place.department,
        at: at.to_string(),
        policy_version: account.map(|account| account.policy().0),
        types: known.iter().map(TypeBalance::of).collect(),
    }))
}

/// The day with this text, or else today.
///
/// # Errors
///
/// A problem of status 400 if there is no such day.
pub(crate) fn day_asked(text: Option<&str>) -> Result<Date, Problem> {
    let Some(text) = text else {
        return Ok(Date::of(now()));
    };
    text.parse()
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("at: {error}.")))
}

/// Where a person is at home, if whoever asks may see their balance: it is their own, or they decide there.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn home_seen_by(
    queries: &Queries,
    departments: &timeoff_models::Departments,
    me: &Me,
    person: &str,
) -> Result<Option<Person>, ViewError> {
    let places = queries.places_of_person(person)?.into_iter();
    let mut homes = places.filter(|place| {
        let here = departments.at(place.partition);
        here.is_some_and(|here| here.as_str() == place.department)
    });
    let is_mine = |place: &Person| {
        let own = me.place_in(place.partition);
        own.is_some_and(|own| own.id == place.id)
    };
    Ok(homes
        .next()
        .filter(|place| is_mine(place) || me.sees(place.partition)))
}
