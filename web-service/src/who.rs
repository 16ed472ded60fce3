//! Who asks, and what they may see and do.
//!
//! What somebody may do is read from the view for every request, so a right is gone with the event that takes it away.
//! The ledger has the last word: a command that should not have been sent is refused by the department's manager.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use timeoff_models::{Email, Ticks};
use timeoff_views::{Person, Queries, ViewError};

use crate::problem::Problem;
use crate::service::{Service, now};

/// How the service knows who asks.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    /// Whoever they say they are: HTTP's Basic scheme with an e-mail address and any password.
    Demo,
    /// Whoever a reverse proxy says they are.
    Proxy {
        /// The header in which it says so.
        header: HeaderName,
        /// The addresses that proxies have.
        trusted: Vec<IpAddr>,
    },
}

/// Who asks: a person who has been entered and has not left.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) email: Email,
    /// Where they are active today: at home, and where they are guests.
    pub(crate) places: Vec<Person>,
    /// The departments in which they may decide today: as approver, as admin, or because they stand in for somebody.
    pub(crate) decides_in: BTreeSet<String>,
}

impl Me {
    /// Whether they may see a department's applications.
    pub(crate) fn sees(&self, department: &str) -> bool {
        self.decides_in.contains(department)
    }

    /// The department where they are at home.
    pub(crate) fn home(&self, service: &Service) -> Option<&str> {
        let departments = service.contract.departments();
        let is_home = |place: &&Person| {
            departments
                .at(place.partition)
                .is_some_and(|here| here.as_str() == place.department)
        };
        self.places
            .iter()
            .find(is_home)
            .map(|place| place.department.as_str())
    }

    /// The department of a place: of a guest, the one that they visit.
    pub(crate) fn department_of<'a>(service: &'a Service, place: &Person) -> Option<&'a str> {
        let departments = service.contract.departments();
        departments
            .at(place.partition)
            .map(|department| department.as_str())
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

/// The day of an instant, as the ticks of its midnight.
fn day_of(at: Ticks) -> i64 {
    const DAY: i64 = 24 * 60 * 60 * 10_000_000;
    at.get() - at.get().rem_euclid(DAY)
}

fn places_and_delegations(
    queries: &Queries,
    email: &str,
    today: i64,
) -> Result<(Vec<Person>, Vec<i32>), ViewError> {
    let mut places = queries.places_of(email)?;
    places.retain(|place| is_active(place, today));
    let ids: BTreeSet<String> = places.iter().map(|place| place.id.clone()).collect();
    let mut stands_in = Vec::new();
    for id in &ids {
        let delegations = queries.delegations_to(id)?;
        let hold = delegations
            .into_iter()
            .filter(|delegation| delegation.from_date <= today && today <= delegation.until_date);
        stands_in.extend(hold.map(|delegation| delegation.partition));
    }
    Ok((places, stands_in))
}

/// The person with this e-mail address.
///
/// # Errors
///
/// A problem of status 403 if nobody has been entered with it who is active today; 503 if the view cannot be asked.
pub(crate) async fn person(service: &Service, email: Email) -> Result<Me, Problem> {
    let (asked, today) = (email.clone(), day_of(now()));
    let (places, stands_in) = service
        .reading
        .ask(move |queries| places_and_delegations(queries, asked.as_str(), today))
        .await?;
    if places.is_empty() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Nobody with your e-mail address is active in any department: ask an admin to enter you.",
        ));
    }
    let departments = service.contract.departments();
    let decides_in = places
        .iter()
        .filter(|place| decides(&place.role))
        .map(|place| place.partition)
        .chain(stands_in)
        .filter_map(|partition| departments.at(partition))
        .map(|department| department.as_str().to_owned())
        .collect();
    Ok(Me {
        email,
        places,
        decides_in,
    })
}

impl FromRequestParts<Arc<Service>> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Me, Problem> {
        let email = service.sign_in.email(parts)?;
        person(service, email).await
    }
}

impl SignIn {
    /// The e-mail address of who asks.
    fn email(&self, parts: &Parts) -> Result<Email, Problem> {
        match self {
            SignIn::Demo => basic_user(parts).ok_or_else(|| {
                let detail = "Say who you are: HTTP's Basic scheme with the e-mail address of a person and any password.";
                let challenge = HeaderValue::from_static("Basic realm=\"TimeOff demo\", charset=\"UTF-8\"");
                Problem::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, challenge)
            }),
            SignIn::Proxy { header, trusted } => {
                let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
                let is_trusted = peer.is_some_and(|peer| trusted.contains(&peer.ip().to_canonical()));
                let mut values = parts.headers.get_all(header).iter();
                let challenge = HeaderValue::from_static("Proxy-Sign-In");
                let unknown = |detail: &str| {
                    Problem::new(StatusCode::UNAUTHORIZED, detail)
                        .with(header::WWW_AUTHENTICATE, challenge.clone())
                };
                if !is_trusted {
                    return Err(unknown(
                        "You have not come through the reverse proxy that knows who you are: use its address.",
                    ));
                }
                let (value, another) = (values.next(), values.next());
                let email = value.filter(|_| another.is_none());
                email
                    .and_then(|value| value.to_str().ok()?.parse().ok())
                    .ok_or_else(|| unknown("The reverse proxy has not said who you are."))
            }
        }
    }
}

/// The user of HTTP's Basic scheme (RFC 7617), if it is an e-mail address.
fn basic_user(parts: &Parts) -> Option<Email> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let (user, _) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    user.parse().ok()
}
