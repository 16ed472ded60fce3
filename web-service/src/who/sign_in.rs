//! Signing in at an OpenID Connect provider, and out again: what a browser asks for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::accounts::{SESSION_SECONDS, SIGN_IN_SECONDS};
use super::authentication::SignIn;
use super::oidc::{CALLBACK, Oidc};
use super::secret;
use crate::api::Query;
use crate::problem::Problem;
use crate::service::{Service, now_in_seconds};

/// The cookie of a session. With this prefix, browsers take it only by https, and only from this very host.
pub(crate) const SESSION: &str = "__Host-timeoff-session";

/// The cookie of a sign-in that was begun, so that nobody is signed in by another one's link.
const SIGNING_IN: &str = "__Host-timeoff-signing-in";

/// Where people go who have not come from anywhere.
const HOME: &str = "/api/docs/";

/// The most bytes of the path to return to.
const RETURN_TO_BYTES: usize = 1000;

/// The routes for browsers.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/sign-in", get(begin))
        .route(CALLBACK, get(finish))
        .route("/sign-out", post(end))
}

#[derive(Deserialize)]
struct BeginQuery {
    /// The path to go to afterwards.
    return_to: Option<String>,
}

/// Sends the browser to the provider.
async fn begin(
    State(service): State<Arc<Service>>,
    Query(asked): Query<BeginQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let oidc = provider(&service)?;
    is_secure(&service, &request)?;
    let return_to = asked.return_to.filter(|path| is_own_path(path));
    let return_to = return_to.unwrap_or_else(|| HOME.to_owned());
    let (url, state, begun) = oidc.begin(return_to).await?;
    let accounts = &service.authentication.accounts;
    accounts
        .begin_sign_in(secret::hash(&state), begun, now_in_seconds())
        .await?;
    let mut response = go_to(url.as_str());
    set_cookie(&mut response, SIGNING_IN, &state, SIGN_IN_SECONDS);
    Ok(response)
}

#[derive(Deserialize)]
struct FinishQuery {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Begins a session, if the provider says who it is that comes back.
async fn finish(
    State(service): State<Arc<Service>>,
    Query(answer): Query<FinishQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let oidc = provider(&service)?;
    is_secure(&service, &request)?;
    let authentication = &service.authentication;
    let accounts = &authentication.accounts;
    let over = || {
        let detail = "This sign-in has ended, was used already, or was begun in another browser: begin again at /sign-in.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    };
    if cookie(request.headers(), SIGNING_IN) != Some(&answer.state) {
        return Err(over());
    }
    let state = secret::hash(&answer.state);
    let begun = accounts.take_sign_in(state, now_in_seconds()).await?;
    let begun = begun.ok_or_else(over)?;
    let code = answer.code.filter(|_| answer.error.is_none());
    let code = code.ok_or_else(|| {
        let detail = "The identity provider has not signed you in: begin again at /sign-in.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    })?;
    let email = oidc.finish(code, &begun).await?;
    authentication.rates.sign_in(&email)?;
    let session = secret::new();
    let before = session_of(request.headers()).map(secret::hash);
    accounts
        .begin_session(
            secret::hash(&session),
            email.to_string(),
            before,
            now_in_seconds(),
        )
        .await?;
    let mut response = go_to(&begun.return_to);
    set_cookie(&mut response, SESSION, &session, SESSION_SECONDS);
    set_cookie(&mut response, SIGNING_IN, "", 0);
    Ok(response)
}

/// Ends the session.
async fn end(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    provider(&service)?;
    if let Some(session) = session_of(&headers) {
        let accounts = &service.authentication.accounts;
        accounts.end_session(secret::hash(session)).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, SESSION, "", 0);
    Ok(response)
}

fn provider(service: &Service) -> Result<&Oidc, Problem> {
    match &service.authentication.sign_in {
        SignIn::Oidc(oidc) => Ok(oidc),
        SignIn::Demo | SignIn::Proxy(_) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "Nobody signs in here: each request says who asks. See /api/docs.",
        )),
    }
}

fn is_secure(service: &Service, request: &Request) -> Result<(), Problem> {
    let transport = &service.authentication.transport;
    match transport.is_secure(request.extensions(), request.headers()) {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Signing in takes https, through the reverse proxy.",
        )),
    }
}

/// Whether this is a path of this service, and not an address elsewhere.
fn is_own_path(path: &str) -> bool {
    path.len() <= RETURN_TO_BYTES
        && path.starts_with('/')
        && !path.starts_with("//")
        // Browsers take a backslash for a slash, and leave out control characters.
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

fn go_to(address: &str) -> Response {
    let location = HeaderValue::from_str(address).expect("addresses are ASCII");
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: i64) {
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::from_str(&cookie).expect("base64url is ASCII");
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The session that a request names.
pub(super) fn session_of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION)
}

/// The value of a cookie (RFC 6265).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for path in ["/", "/api/docs/", "/applications?state=waiting"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in [
            "",
            "api",
            "//example.org",
            "/\\example.org",
            "https://example.org",
            "/\t/example.org",
            "/ä",
            "/a\r\nb",
        ] {
            assert!(!is_own_path(path), "{path}");
        }
    }
}
