//! Calendar feeds: made and ended by people, read by calendar programs.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use timeoff_models::Email;
use timeoff_views::Person;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::dates::instant_of_seconds;
use super::department_name::DepartmentName;
use super::id::Id;
use super::nothing_of_that_name;
use super::page::Query;
use super::position::CaughtUp;
use super::tokens::{is_no_token, named, whose};
use crate::calendar;
use crate::problem::Problem;
use crate::service::{Service, now_in_seconds};
use crate::who::{self, CALENDARS, Me};

/// How the file of a feed ends, so that programs know what it is.
const ENDING: &str = ".ics";

/// Programs may keep a feed, and ask whether it has changed before they use it again. Nobody in between keeps it.
const KEPT: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A calendar feed that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCalendar {
    /// What to call it, for whoever looks through the list later: the program or the device that reads it.
    #[schema(min_length = 1, max_length = 100, example = "phone")]
    pub(crate) name: String,
    /// The department whose people it shows: one's own, or one in which one may decide. Without it, the feed shows one's
    /// own leave.
    #[schema(value_type = Option<DepartmentName>)]
    pub(crate) department: Option<String>,
}

/// A calendar feed, without its address.
#[derive(Serialize, ToSchema)]
pub(super) struct Calendar {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Whose it is.
    #[schema(format = "email")]
    email: String,
    /// What it is called.
    name: String,
    /// The department whose people it shows; null if it shows its person's own leave.
    department: Option<String>,
    /// When it was made.
    #[schema(format = "date-time")]
    made_at: Option<String>,
    /// When it got its present address; null if that is its first one.
    #[schema(format = "date-time")]
    renewed_at: Option<String>,
}

/// A calendar feed that has a new address.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeCalendar {
    #[serde(flatten)]
    about: Calendar,
    /// What a calendar program subscribes to. Whoever has it reads the feed. It is shown this once.
    #[schema(example = "https://timeoff.example.com/calendar/Yk3….ics")]
    address: String,
}

/// The calendar feeds of a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Calendars {
    /// The oldest first.
    calendars: Vec<Calendar>,
}

/// Whose calendar feeds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CalendarsQuery {
    /// The person's e-mail address; without it, one's own.
    #[param(format = "email")]
    email: Option<String>,
}

impl Calendar {
    /// A feed of the person with this e-mail address.
    fn of(email: &Email, calendar: who::Calendar) -> Calendar {
        Calendar {
            id: calendar.id,
            email: email.to_string(),
            name: calendar.name,
            department: calendar.department,
            made_at: instant_of_seconds(calendar.made_at),
            renewed_at: calendar.renewed_at.and_then(instant_of_seconds),
        }
    }
}

/// Where this service is, as whoever asks has found it: `https://timeoff.example.com`.
pub(crate) struct Origin(String);

impl FromRequestParts<Arc<Service>> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Origin, Problem> {
        let transport = &service.authentication.transport;
        transport.origin(parts).map(Origin).ok_or_else(|| {
            let detail = "The request does not say which host it is for: send Host.";
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })
    }
}

impl Origin {
    /// The address of the feed with this secret.
    fn address_of(&self, secret: &str) -> String {
        format!("{}/calendar/{secret}{ENDING}", self.0)
    }
}

/// Make a calendar feed.
///
/// It shows its person's own leave, approved or waiting, or who is away in a department. Calendar programs read it at its
/// address, and say who they are in no other way. An API token makes none: the address would count for longer.
#[utoipa::path(post, path = "/api/v1/calendars", operation_id = "make_calendar", tag = "calendars", security(("who" = [])),
    params(CaughtUp), request_body = NewCalendar,
    responses((status = 201, description = "It is made", body = MadeCalendar),
        Problem))]
pub(super) async fn make(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    origin: Origin,
    Body(wanted): Body<NewCalendar>,
) -> Result<(StatusCode, Json<MadeCalendar>), Problem> {
    is_no_token(&me)?;
    let (about, address) = make_calendar(&service, &me, &origin, &wanted).await?;
    let made = MadeCalendar {
        about: Calendar::of(&me.email, about),
        address,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Makes a feed. Returns it and its address.
///
/// # Errors
///
/// A problem of status 422 if the name is none, 400 or 403 if there is no such department or it is not theirs to see, 409
/// if they have too many, 503 if the file of accounts cannot be used.
pub(crate) async fn make_calendar(
    service: &Service,
    me: &Me,
    origin: &Origin,
    wanted: &NewCalendar,
) -> Result<(who::Calendar, String), Problem> {
    let name = named(&wanted.name).map_err(|mistake| Problem::mistakes(vec![mistake]))?;
    let department = match wanted.department.as_deref() {
        None => None,
        Some(name) => {
            let department = me.one_department(service, Some(name))?;
            if me.knows(service, department).is_none() {
                let detail = format!("You may not see who is away in {department}.");
                return Err(Problem::new(StatusCode::FORBIDDEN, detail));
            }
            Some(department.as_str().to_owned())
        }
    };
    let secret = who::new_secret();
    let about = who::Calendar {
        id: Uuid::now_v7().to_string(),
        person: me.id(service).to_owned(),
        name: name.to_owned(),
        department,
        made_at: now_in_seconds(),
        renewed_at: None,
    };
    let accounts = &service.authentication.accounts;
    let hash = who::hash(&secret);
    if !accounts.add_calendar(hash, about.clone()).await? {
        let detail = format!("You have {CALENDARS} calendar feeds already: end one first.");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    Ok((about, origin.address_of(&secret)))
}

/// The calendar feeds of a person: one's own, or as an admin of all departments in which they are or decide.
#[utoipa::path(get, path = "/api/v1/calendars", operation_id = "list_calendars", tag = "calendars",
    security(("who" = [])), params(CalendarsQuery, CaughtUp),
    responses((status = 200, description = "They", body = Calendars),
        Problem))]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<CalendarsQuery>,
) -> Result<Json<Calendars>, Problem> {
    let email = whose(&service, &me, asked.email.as_deref()).await?;
    let places = if email == me.email {
        me.places.clone()
    } else {
        let asked = email.clone();
        let places = service
            .reading
            .ask(move |queries| queries.places_of(asked.as_str()));
        places.await?
    };
    let calendars = calendars_of(&service, &places).await?.into_iter();
    Ok(Json(Calendars {
        calendars: calendars
            .map(|calendar| Calendar::of(&email, calendar))
            .collect(),
    }))
}

/// The feeds of whoever is in these places, the oldest first.
///
/// # Errors
///
/// A problem of status 503 if the file of accounts cannot be used.
pub(crate) async fn calendars_of(
    service: &Service,
    places: &[Person],
) -> Result<Vec<who::Calendar>, Problem> {
    let people: BTreeSet<&str> = places.iter().map(|place| &*place.id).collect();
    let mut calendars = Vec::new();
    for person in people {
        let accounts = &service.authentication.accounts;
        calendars.extend(accounts.calendars(person.to_owned()).await?);
    }
    calendars.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(calendars)
}

/// Give a calendar feed of one's own another address. Nothing is found at the one that it had.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/renewal", operation_id = "renew_calendar", tag = "calendars",
    security(("who" = [])),
    params(("id" = String, Path, format = "uuid", description = "Its id"), CaughtUp),
    responses((status = 200, description = "It has a new address", body = MadeCalendar),
        Problem))]
pub(super) async fn renew(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    origin: Origin,
    Id(id): Id,
) -> Result<Json<MadeCalendar>, Problem> {
    is_no_token(&me)?;
    let (about, address) = renew_calendar(&service, &me, &origin, &id).await?;
    Ok(Json(MadeCalendar {
        about: Calendar::of(&me.email, about),
        address,
    }))
}

/// Gives a feed another address. Returns it and the address.
///
/// # Errors
///
/// A problem of status 404 if they have no such feed, 503 if the file of accounts cannot be used.
pub(crate) async fn renew_calendar(
    service: &Service,
    me: &Me,
    origin: &Origin,
    id: &str,
) -> Result<(who::Calendar, String), Problem> {
    let accounts = &service.authentication.accounts;
    let nothing = || nothing_of_that_name("calendar feed");
    let found = accounts.calendar_with_id(id.to_owned()).await?;
    let own = found.filter(|calendar| me.is(&calendar.person));
    let mut calendar = own.ok_or_else(nothing)?;
    let (secret, now) = (who::new_secret(), now_in_seconds());
    let renewed = accounts.renew_calendar(id.to_owned(), who::hash(&secret), now);
    if !renewed.await? {
        return Err(nothing());
    }
    calendar.renewed_at = Some(now);
    Ok((calendar, origin.address_of(&secret)))
}

/// End a calendar feed: one's own, or as an admin of all departments in which its person is or decides. Nothing is found
/// at its address any more.
#[utoipa::path(delete, path = "/api/v1/calendars/{id}", operation_id = "end_calendar", tag = "calendars",
    security(("who" = [])),
    params(("id" = String, Path, format = "uuid", description = "Its id"), CaughtUp),
    responses((status = 204, description = "It has ended"),
        Problem))]
pub(super) async fn end(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    is_no_token(&me)?;
    end_calendar(&service, &me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a feed.
///
/// # Errors
///
/// As [`renew_calendar`].
pub(crate) async fn end_calendar(service: &Service, me: &Me, id: String) -> Result<(), Problem> {
    let accounts = &service.authentication.accounts;
    let nothing = || nothing_of_that_name("calendar feed");
    let found = accounts.calendar_with_id(id.clone()).await?;
    let owner = found.ok_or_else(nothing)?.person;
    if !me.is(&owner) && !me.administers_id(service, owner).await? {
        return Err(nothing());
    }
    accounts.end_calendar(id).await
}

/// The version of a feed that a program has.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Kept {
    /// The ETag of what the program has: a 304 says that nothing has changed.
    #[param(rename = "If-None-Match", value_type = String, required = false)]
    #[expect(dead_code, reason = "only described")]
    etag: (),
}

/// Read a calendar feed (iCalendar, RFC 5545).
///
/// It has whole months: from twelve months before this one to two years after it. Each entry is on whole days, and says
/// in its summary if it is only a part of a day. Leave that is cancelled or withdrawn is not in it any more.
///
/// A secret that was renewed or ended is not found, like one that never was; nor is that of somebody who has left, or who
/// may not see the department any more.
#[utoipa::path(get, path = "/calendar/{file}", operation_id = "read_calendar", tag = "calendars",
    params(("file" = String, Path, description = "The secret, and .ics"), Kept),
    responses((status = 200, description = "The feed", body = String, content_type = "text/calendar"),
        (status = 304, description = "It has not changed"),
        Problem))]
pub(super) async fn read(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Id(file): Id,
) -> Result<Response, Problem> {
    let text = match file.strip_suffix(ENDING) {
        Some(secret) => calendar::feed(&service, secret).await?,
        None => None,
    };
    let text = text.ok_or_else(|| nothing_of_that_name("calendar feed"))?;
    // It is weak because the text may be sent compressed.
    let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&text)[..16]);
    let etag = format!("W/\"{hash}\"");
    let is_kept = is_kept(&headers, &etag);
    let etag = HeaderValue::try_from(etag).expect("base64 in quotation marks");
    let kept = [(header::ETAG, etag), (header::CACHE_CONTROL, KEPT)];
    Ok(match is_kept {
        true => (StatusCode::NOT_MODIFIED, kept).into_response(),
        false => {
            let calendar = HeaderValue::from_static("text/calendar; charset=utf-8");
            (kept, [(header::CONTENT_TYPE, calendar)], text).into_response()
        }
    })
}

/// Whether a program says that it has this version (RFC 9110, 13.1.2).
fn is_kept(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut named = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    let opaque = |tag| str::strip_prefix(tag, "W/").unwrap_or(tag);
    named.any(|tag| tag == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_among_others_and_whether_or_not_it_is_called_weak() {
        let is_kept = |sent: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(sent));
            is_kept(&headers, "W/\"abc\"")
        };
        for same in ["W/\"abc\"", "\"abc\"", "\"x\", W/\"abc\"", "*"] {
            assert!(is_kept(same), "{same}");
        }
        for other in ["\"x\"", "abc", "W/\"ab\"", ""] {
            assert!(!is_kept(other), "{other}");
        }
        assert!(!super::is_kept(&HeaderMap::new(), "W/\"abc\""));
    }
}
