//! Who asks, and what they may see and do.
//!
//! | where | what it has |
//! |---|---|
//! | `authentication` | who is believed to be whom |
//! | `oidc`, `sign_in` | signing in at an OpenID Connect provider, and out |
//! | `accounts`, `calendars`, `secret` | sessions, API tokens, calendar feeds |
//! | `rates` | how often somebody may do something |
//! | `visit` | somebody who stays for long, and what they may see meanwhile |
//!
//! What somebody may do is read from the view for every request, so a right is gone with the event that takes it away.
//! The ledger has the last word: a command that should not have been sent is refused by the department's manager.

mod accounts;
mod authentication;
mod calendars;
mod oidc;
mod rates;
mod secret;
pub(crate) mod sign_in;
mod visit;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use timeoff_ledger::{Date, Schedule};
use timeoff_models::{Department, Email};
use timeoff_views::{Person, Queries, ViewError};

pub(crate) use accounts::{Accounts, Scope, TOKENS, Token};
pub(crate) use authentication::{
    Authentication, Credential, SignIn, TOKEN_PREFIX, Transport, is_this_machine,
};
pub(crate) use calendars::{CALENDARS, Calendar};
pub(crate) use oidc::Oidc;
pub(crate) use rates::Rates;
pub(crate) use secret::{Hash, hash, new as new_secret};
pub(crate) use sign_in::SESSION;
pub(crate) use visit::{ASKED, Visit};

use crate::problem::Problem;
use crate::service::{Service, now};

/// Who asks: a person who has been entered and has not left.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) email: Email,
    /// Why that is believed.
    pub(crate) credential: Credential,
    /// Where they are active today: at home, and where they are guests. At least one.
    pub(crate) places: Vec<Person>,
    /// The partitions in which they may decide today: as approver, as admin, or because they stand in for somebody.
    pub(crate) decides_in: BTreeSet<i32>,
}

impl Me {
    /// Whether they may see what is in a partition.
    pub(crate) fn sees(&self, partition: i32) -> bool {
        self.decides_in.contains(&partition)
    }

    /// Whether they are an admin anywhere.
    pub(crate) fn is_admin(&self) -> bool {
        self.places.iter().any(|place| place.role == "admin")
    }

    /// Whether they are an admin in a partition.
    pub(crate) fn is_admin_in(&self, partition: i32) -> bool {
        administer(&self.places, partition)
    }

    /// What a partition has entered of them, if they are active there.
    pub(crate) fn place_in(&self, partition: i32) -> Option<&Person> {
        self.places
            .iter()
            .find(|place| place.partition == partition)
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
        let person = person.clone();
        self.administers_all(service, move |queries| queries.places_of(person.as_str()))
            .await
    }

    /// As [`Me::administers`], of the person with this id.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the view cannot be asked.
    pub(crate) async fn administers_id(
        &self,
        service: &Service,
        id: String,
    ) -> Result<bool, Problem> {
        self.administers_all(service, move |queries| queries.places_of_person(&id))
            .await
    }

    /// Whether they are an admin in all of these places, and wherever whoever is there decides.
    async fn administers_all(
        &self,
        service: &Service,
        places: impl FnOnce(&Queries) -> Result<Vec<Person>, ViewError> + Send + 'static,
    ) -> Result<bool, Problem> {
        let partitions = service.reading.ask(move |queries| {
            let all = places(queries)?;
            let there = |places: &[Person]| -> BTreeSet<i32> {
                places.iter().map(|place| place.partition).collect()
            };
            let entered = there(&all);
            let (active, decides_in) = rights_in(queries, all, today())?;
            let mut partitions = decides_in;
            partitions.extend(there(&active));
            // They have left, or have not come yet.
            Ok(match partitions.is_empty() {
                true => entered,
                false => partitions,
            })
        });
        let partitions = partitions.await?;
        let mut all = partitions.iter();
        Ok(!partitions.is_empty() && all.all(|&partition| administer(&self.places, partition)))
    }

    /// Their id: that of the person who is at home in their department, or else in the first place where they are a guest.
    pub(crate) fn id(&self, service: &Service) -> &str {
        let place = self.home_place(service).unwrap_or(&self.places[0]);
        &place.id
    }

    /// Whether this is the id of somebody whom a place has entered with their e-mail address.
    pub(crate) fn is(&self, id: &str) -> bool {
        self.places.iter().any(|place| place.id == id)
    }

    /// What they are called.
    pub(crate) fn name(&self) -> &str {
        self.places.first().map_or("", |place| &place.name)
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

    /// What the department has entered of them where they are at home.
    pub(crate) fn home_place(&self, service: &Service) -> Option<&Person> {
        let home = self.home(service)?;
        let partition = service.contract.departments().partition_of(home)?;
        self.place_in(partition)
    }

    /// When they work, as the department says where they are at home; the usual week if nothing is said.
    pub(crate) fn schedule(&self, home: &Department) -> Schedule {
        let mut places = self.places.iter();
        let here = places.find(|place| place.department == home.as_str());
        let schedule = here.and_then(|place| place.schedule.as_deref()?.parse().ok());
        schedule.unwrap_or_default()
    }

    /// The partition of the department where they are at home; of others, one in which they have been entered.
    pub(crate) fn partition(&self, service: &Service) -> i32 {
        let home = self.home_lane(service).map(|(partition, _)| partition);
        home.unwrap_or(self.places[0].partition)
    }

    /// The partition and the name of the department where they are at home.
    pub(crate) fn home_lane(&self, service: &Service) -> Option<(i32, String)> {
        let home = self.home(service)?;
        let partition = service.contract.departments().partition_of(home)?;
        Some((partition, home.as_str().to_owned()))
    }

    /// The partition of a department whose people they may know: where they are at home, or decide.
    pub(crate) fn knows(&self, service: &Service, department: &Department) -> Option<i32> {
        let partition = service.contract.departments().partition_of(department)?;
        let is_home = self.home(service) == Some(department);
        (is_home || self.sees(partition)).then_some(partition)
    }

    /// The department with this name, or else the one where they are at home.
    ///
    /// # Errors
    ///
    /// A problem of status 400 if there is none with the name, or they are at home nowhere and name none.
    pub(crate) fn one_department<'a>(
        &self,
        service: &'a Service,
        name: Option<&str>,
    ) -> Result<&'a Department, Problem> {
        match name {
            Some(name) => {
                let named = service.contract.departments().named(name);
                named.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("{error}.")))
            }
            None => self.home(service).ok_or_else(|| {
                let detail = "You are at home nowhere: say a department.";
                Problem::new(StatusCode::BAD_REQUEST, detail)
            }),
        }
    }
}

/// A role that decides.
pub(crate) fn decides(role: &str) -> bool {
    matches!(role, "approver" | "admin")
}

/// Whether somebody is active on a day, given as ticks.
pub(crate) fn is_active(person: &Person, today: i64) -> bool {
    person.from_date.is_none_or(|from| from <= today) && !has_left(person, today)
}

/// Whether somebody's last day is before a day, given as ticks.
pub(crate) fn has_left(person: &Person, today: i64) -> bool {
    let is_over = |day: Option<i64>| day.is_some_and(|day| day < today);
    is_over(person.until_date) || is_over(person.left_on)
}

/// Today (UTC), as the ticks of its midnight.
pub(crate) fn today() -> i64 {
    Date::of(now()).midnight().get()
}

/// Whether somebody in these places is an admin in a partition.
fn administer(places: &[Person], partition: i32) -> bool {
    let mut places = places.iter();
    places.any(|place| place.partition == partition && place.role == "admin")
}

/// Where somebody is active, and the partitions in which they decide.
pub(crate) fn rights(
    queries: &Queries,
    email: &str,
    today: i64,
) -> Result<(Vec<Person>, BTreeSet<i32>), ViewError> {
    rights_in(queries, queries.places_of(email)?, today)
}

/// As [`rights`], of whoever is in these places.
fn rights_in(
    queries: &Queries,
    mut places: Vec<Person>,
    today: i64,
) -> Result<(Vec<Person>, BTreeSet<i32>), ViewError> {
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

/// Who asks, as far as it is known without the view.
#[derive(Clone)]
pub(crate) struct Caller {
    email: Email,
    credential: Credential,
}

/// What the view says of who asks.
enum Known<T> {
    Here(Me, T),
    /// Nobody is active with their e-mail address.
    Nobody,
    /// The admin who has made their API token may not do so any more.
    NotVouchedFor,
}

impl Caller {
    /// Finds out who asks, once for each request.
    ///
    /// # Errors
    ///
    /// As [`Authentication::caller`].
    pub(crate) async fn of(parts: &mut Parts, service: &Service) -> Result<Caller, Problem> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(caller.clone());
        }
        let (email, credential) = service.authentication.caller(parts).await?;
        let caller = Caller { email, credential };
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }

    /// Asks the view who that is, and in the same go something else that they want to know.
    ///
    /// # Errors
    ///
    /// A problem of status 403 if nobody has been entered with their e-mail address who is active today; 503 if the view
    /// cannot be asked.
    pub(crate) async fn ask<T: Send + 'static>(
        self,
        service: &Service,
        question: impl FnOnce(&Queries, &Me) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<(Me, T), Problem> {
        if !service.standing.is_caught_up() {
            // Whoever has left may still be there.
            return Err(Problem::not_yet());
        }
        let Caller { email, credential } = self;
        let today = today();
        let known = service.reading.ask(move |queries| {
            let (places, decides_in) = rights(queries, email.as_str(), today)?;
            if places.is_empty() {
                return Ok(Known::Nobody);
            }
            let me = Me {
                email,
                credential,
                places,
                decides_in,
            };
            if !me.is_vouched_for(queries, today)? {
                return Ok(Known::NotVouchedFor);
            }
            let answer = question(queries, &me)?;
            Ok(Known::Here(me, answer))
        });
        let detail = match known.await? {
            Known::Here(me, answer) => return Ok((me, answer)),
            Known::Nobody => {
                "Nobody with your e-mail address is active in any department: ask an admin to enter you."
            }
            Known::NotVouchedFor => {
                "Whoever has made this API token is no admin of all your departments any more: make your own."
            }
        };
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }

    /// Whoever has the secret with this hash, which is that of a calendar feed of this person. They may only read.
    pub(crate) fn of_calendar(email: Email, hash: Hash) -> Caller {
        let credential = Credential::Calendar(hash);
        Caller { email, credential }
    }

    /// As [`Caller::ask`], but `None` if nobody is active with their e-mail address.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the view cannot be asked.
    pub(crate) async fn ask_if_active<T: Send + 'static>(
        self,
        service: &Service,
        question: impl FnOnce(&Queries, &Me) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        match self.ask(service, question).await {
            Ok((_, answer)) => Ok(Some(answer)),
            Err(problem) if problem.status() == StatusCode::FORBIDDEN => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Asks the view who that is.
    ///
    /// # Errors
    ///
    /// As [`Caller::ask`].
    pub(crate) async fn person(self, service: &Service) -> Result<Me, Problem> {
        let (me, ()) = self.ask(service, |_, _| Ok(())).await?;
        Ok(me)
    }
}

impl Me {
    /// The same person, with what they may see and do now.
    ///
    /// # Errors
    ///
    /// As for a new request: they may have left.
    pub(crate) async fn again(&self, service: &Service) -> Result<Me, Problem> {
        let caller = Caller {
            email: self.email.clone(),
            credential: self.credential.clone(),
        };
        caller.person(service).await
    }

    /// Whether an admin who has made their API token is still one wherever they are or decide.
    fn is_vouched_for(&self, queries: &Queries, today: i64) -> Result<bool, ViewError> {
        let Credential::Token {
            made_by: Some(maker),
            ..
        } = &self.credential
        else {
            return Ok(true);
        };
        let (of_maker, _) = rights(queries, maker.as_str(), today)?;
        let here = self.places.iter().map(|place| place.partition);
        let mut all = here.chain(self.decides_in.iter().copied());
        Ok(all.all(|partition| administer(&of_maker, partition)))
    }
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Caller, Problem> {
        let caller = Caller::of(parts, service).await?;
        if !parts.method.is_safe() && !caller.credential.may_write() {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "This API token is for reading only: its scope is read.",
            ));
        }
        Ok(caller)
    }
}

impl FromRequestParts<Arc<Service>> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Me, Problem> {
        let caller = Caller::from_request_parts(parts, service).await?;
        let me = caller.person(service).await?;
        if !parts.method.is_safe() {
            service.authentication.rates.write(&me.email)?;
        }
        Ok(me)
    }
}
