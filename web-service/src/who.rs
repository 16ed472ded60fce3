//! Who asks, and what they may see and do.
//!
//! What somebody may do is read from the view for every request, so a right is gone with the event that takes it away.
//! The ledger has the last word: a command that should not have been sent is refused by the department's manager.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use timeoff_models::{Department, Email};
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
    /// The partitions in which they may decide today: as approver, as admin, or because they stand in for somebody.
    pub(crate) decides_in: BTreeSet<i32>,
}

impl Me {
    /// Whether they may see what is in a partition.
    pub(crate) fn sees(&self, partition: i32) -> bool {
        self.decides_in.contains(&partition)
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
pub(crate) async fn person(service: &Service, email: Email) -> Result<Me, Problem> {
    if !service.standing.is_caught_up() {
        // Whoever has left may still be there.
        return Err(Problem::not_yet());
    }
    let (asked, today) = (email.clone(), today());
    let (places, decides_in) = service
        .reading
        .ask(move |queries| rights(queries, asked.as_str(), today))
        .await?;
    if places.is_empty() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Nobody with your e-mail address is active in any department: ask an admin to enter you.",
        ));
    }
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
    ///
    /// # Errors
    ///
    /// A problem of status 401 if it is not known; 403 if the request is for another host than this machine in the demo.
    pub(crate) fn email(&self, parts: &Parts) -> Result<Email, Problem> {
        match self {
            SignIn::Demo if !is_for_this_machine(parts) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "The demo answers on this machine only: use localhost or 127.0.0.1 as its address.",
            )),
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

/// Whether a request names this machine. A page of another site could have its own name point here, and would then be
/// allowed to read the answer.
fn is_for_this_machine(parts: &Parts) -> bool {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let host = authority.host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
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
