//! Who asks, and what they may see and do.
//!
//! | where | what it has |
//! |---|---|
//! | `authentication` | who is believed to be whom |
//! | `oidc`, `sign_in` | signing in at an OpenID Connect provider, and out |
//! | `accounts`, `secret` | sessions and API tokens |
//! | `rates` | how often somebody may do something |
//!
//! What somebody may do is read from the view for every request, so a right is gone with the event that takes it away.
//! The ledger has the last word: a command that should not have been sent is refused by the department's manager.

mod accounts;
mod authentication;
mod oidc;
mod rates;
mod secret;
mod sign_in;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use timeoff_models::{Department, Email};
use timeoff_views::{Person, Queries, ViewError};

pub(crate) use accounts::{Accounts, Scope, TOKENS, Token};
pub(crate) use authentication::{
    Authentication, Credential, SignIn, TOKEN_PREFIX, Transport, is_this_machine,
};
pub(crate) use oidc::Oidc;
pub(crate) use rates::Rates;
pub(crate) use secret::{hash, new as new_secret};
pub(crate) use sign_in::{SESSION, routes as sign_in_routes};

use crate::problem::Problem;
use crate::service::{Service, now};

/// Who asks: a person who has been entered and has not left.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) email: Email,
    /// Why that is believed.
    pub(crate) credential: Credential,
    /// Where they are active today: at home, and where they are guests.
    pub(crate) places: Vec<Person>,
    /// The partitions in which they may decide today: as approver, as admin, or because they stand in for somebody.
    pub(crate) decides_in: BTreeSet<i32>,
}

impl Me {
    /// Whether they may see what is in a partition.
    pub(crate) fn sees(&self, partition: i32) -> bool {
        self.decides_in.contains(&partition)
    }

    /// Whether they are an admin wherever this person is or decides. Otherwise they would see by that person's token what
    /// is not theirs.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the view cannot be asked.
    pub(crate) async fn administers(
        &self,
        service: &Service,
        person: &Email,
    ) -> Result<bool, Problem> {
        let (asked, today) = (person.clone(), today());
        let partitions = service.reading.ask(move |queries| {
            let (places, decides_in) = rights(queries, asked.as_str(), today)?;
            let mut partitions = decides_in;
            partitions.extend(places.iter().map(|place| place.partition));
            if partitions.is_empty() {
                // They have left, or have not come yet.
                let places = queries.places_of(asked.as_str())?;
                partitions.extend(places.iter().map(|place| place.partition));
            }
            Ok(partitions)
        });
        let partitions = partitions.await?;
        let mut all = partitions.iter();
        Ok(!partitions.is_empty() && all.all(|&partition| administer(&self.places, partition)))
    }

    /// The department where they are at home.
    pub(crate) fn home<'a>(&self, service: &'a Service) -> Option<&'a Department> {
        let departments = service.contract.departments();
        let places = self.places.iter();
        let mut homes = places.filter_map(|place| {
            let here = departments.at(place.partition)?;
            (here.as_str() == place.department).then_some(here)
        });
        homes.next()
    }
}

/// A role that decides.
fn decides(role: &str) -> bool {
    matches!(role, "approver" | "admin")
}

/// Whether somebody is active on a day, given as ticks.
fn is_active(person: &Person, today: i64) -> bool {
    person.from_date.is_none_or(|from| from <= today)
        && person.until_date.is_none_or(|until| today <= until)
        && person.left_on.is_none_or(|last| today <= last)
}

/// Today (UTC), as the ticks of its midnight.
pub(crate) fn today() -> i64 {
    const DAY: i64 = 24 * 60 * 60 * 10_000_000;
    let now = now().get();
    now - now.rem_euclid(DAY)
}

/// Whether somebody in these places is an admin in a partition.
fn administer(places: &[Person], partition: i32) -> bool {
    let mut places = places.iter();
    places.any(|place| place.partition == partition && place.role == "admin")
}

/// Where somebody is active, and the partitions in which they decide.
fn rights(
    queries: &Queries,
    email: &str,
    today: i64,
) -> Result<(Vec<Person>, BTreeSet<i32>), ViewError> {
    let mut places = queries.places_of(email)?;
    places.retain(|place| is_active(place, today));
    // Departments do not know of each other's people, so two may have come to have one address: the ledger goes by the
    // one who was entered last.
    places.dedup_by_key(|place| place.partition);
    let decide = |place: &Person| decides(&place.role) && is_active(place, today);
    let mut decides_in: BTreeSet<i32> = places
        .iter()
        .filter(|place| decide(place))
        .map(|place| place.partition)
        .collect();
    for place in &places {
        let delegations = queries.delegations_to(&place.id)?;
        let hold = delegations.into_iter().filter(|delegation| {
            delegation.partition == place.partition
                && delegation.from_date <= today
                && today <= delegation.until_date
        });
        for delegation in hold {
            // Whoever does not decide there any more has nothing that another could do for them.
            let delegator = queries.places_of_person(&delegation.person)?;
            let still_decides =
                |there: &Person| there.partition == place.partition && decide(there);
            if delegator.iter().any(still_decides) {
                decides_in.insert(place.partition);
            }
        }
    }
    Ok((places, decides_in))
}

/// The person with this e-mail address.
///
/// # Errors
///
/// A problem of status 403 if nobody has been entered with it who is active today; 503 if the view cannot be asked.
async fn person(service: &Service, email: Email, credential: Credential) -> Result<Me, Problem> {
    if !service.standing.is_caught_up() {
        // Whoever has left may still be there.
        return Err(Problem::not_yet());
    }
    let (asked, today) = (email.clone(), today());
    let maker = match &credential {
        Credential::Token { made_by, .. } => made_by.clone(),
        Credential::Said | Credential::Session(_) => None,
    };
    let (places, decides_in, is_vouched_for) = service
        .reading
        .ask(move |queries| {
            let (places, decides_in) = rights(queries, asked.as_str(), today)?;
            let is_vouched_for = match maker {
                None => true,
                Some(maker) => {
                    let (of_maker, _) = rights(queries, maker.as_str(), today)?;
                    let homes = places.iter().map(|place| place.partition);
                    let mut all = homes.chain(decides_in.iter().copied());
                    all.all(|partition| administer(&of_maker, partition))
                }
            };
            Ok((places, decides_in, is_vouched_for))
        })
        .await?;
    if !is_vouched_for {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Whoever has made this API token is no admin of all your departments any more: make your own.",
        ));
    }
    if places.is_empty() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Nobody with your e-mail address is active in any department: ask an admin to enter you.",
        ));
    }
    Ok(Me {
        email,
        credential,
        places,
        decides_in,
    })
}

impl Me {
    /// The same person, with what they may see and do now.
    ///
    /// # Errors
    ///
    /// As for a new request: they may have left.
    pub(crate) async fn again(&self, service: &Service) -> Result<Me, Problem> {
        person(service, self.email.clone(), self.credential.clone()).await
    }
}

/// The e-mail address of who asks, and why it is believed. It is found out once for each request.
///
/// # Errors
///
/// As [`Authentication::caller`].
pub(crate) async fn caller(
    parts: &mut Parts,
    service: &Service,
) -> Result<(Email, Credential), Problem> {
    if let Some(Known(email, credential)) = parts.extensions.get() {
        return Ok((email.clone(), credential.clone()));
    }
    let (email, credential) = service.authentication.caller(parts).await?;
    parts
        .extensions
        .insert(Known(email.clone(), credential.clone()));
    Ok((email, credential))
}

/// Who asks, as the view knows them now.
///
/// # Errors
///
/// As [`caller`]; a problem of status 403 if they are not active, and 503 if the view cannot be asked.
pub(crate) async fn here(parts: &mut Parts, service: &Service) -> Result<Me, Problem> {
    let (email, credential) = caller(parts, service).await?;
    person(service, email, credential).await
}

/// What [`caller`] has found out.
#[derive(Clone)]
struct Known(Email, Credential);

impl FromRequestParts<Arc<Service>> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Me, Problem> {
        let is_writing = !parts.method.is_safe();
        let (_, credential) = caller(parts, service).await?;
        if is_writing && !credential.may_write() {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "This API token is for reading only: its scope is read.",
            ));
        }
        let me = here(parts, service).await?;
        if is_writing {
            service.authentication.rates.write(&me.email)?;
        }
        Ok(me)
    }
}
