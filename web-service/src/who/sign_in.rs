//! Signing in at an OpenID Connect provider, and out again: what a browser asks for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use timeoff_models::Email;

use super::accounts::SESSION_SECONDS;
use super::oidc::{Begun, CALLBACK, Oidc};
use super::secret;
use crate::api::Query;
use crate::problem::Problem;
use crate::service::{Service, now_in_seconds};

/// The cookie of a session. With this prefix, browsers take it only by https, and only from this very host.
pub(crate) const SESSION: &str = "__Host-timeoff-session";

/// The cookie of a session of the demo, which has no https.
pub(crate) const DEMO_SESSION: &str = "timeoff-demo-session";

/// The cookies of sign-ins that were begun: this, and the beginning of the state, so that two tabs do not disturb each
/// other. Whoever comes back from the provider must have it, so nobody is signed in by another one's link. It has what is
/// needed to go on; this service keeps nothing, so that nobody fills it by beginning again and again.
const SIGNING_IN: &str = "__Host-timeoff-signing-in-";

/// How many characters of the state are in the cookie's name.
const STATE_IN_NAME: usize = 8;

/// How long a begun sign-in can be finished, in seconds.
const SIGN_IN_SECONDS: i64 = 600;

/// Where people go who have not come from anywhere.
const HOME: &str = "/";

/// The most bytes of the path to return to.
const RETURN_TO_BYTES: usize = 500;

/// The routes for signing in at this provider.
pub(crate) fn routes(oidc: &Arc<Oidc>) -> Router<Arc<Service>> {
    Router::new()
        .route("/sign-in", get(begin))
        .route(CALLBACK, get(finish))
        .layer(Extension(oidc.clone()))
}

#[derive(Deserialize)]
struct BeginQuery {
    /// The path to go to afterwards.
    return_to: Option<String>,
}

/// Sends the browser to the provider.
async fn begin(
    State(service): State<Arc<Service>>,
    Extension(oidc): Extension<Arc<Oidc>>,
    Query(asked): Query<BeginQuery>,
    request: Parts,
) -> Result<Response, Problem> {
    is_secure(&service, &request)?;
    let return_to = own_path(asked.return_to);
    let (url, state, begun) = oidc.begin().await?;
    let kept = Kept {
        state,
        begun,
        began: now_in_seconds(),
        return_to,
    };
    let mut response = go_to(url.as_str());
    set_cookie(
        &mut response,
        &name_of(&kept.state),
        &kept.to_text(),
        SIGN_IN_SECONDS,
    );
    Ok(response)
}

/// What the browser keeps while somebody signs in.
struct Kept {
    state: String,
    begun: Begun,
    /// When it began, in seconds since 1970.
    began: i64,
    /// The path to go to afterwards.
    return_to: String,
}

impl Kept {
    fn to_text(&self) -> String {
        let Kept {
            state,
            begun,
            began,
            return_to,
        } = self;
        let Begun { nonce, verifier } = begun;
        let return_to = URL_SAFE_NO_PAD.encode(return_to);
        format!("{state}.{nonce}.{verifier}.{began}.{return_to}")
    }

    fn of_text(text: &str) -> Option<Kept> {
        let mut parts = text.split('.').map(str::to_owned);
        let mut next = || parts.next();
        let (state, nonce, verifier) = (next()?, next()?, next()?);
        let began = next()?.parse().ok()?;
        let return_to = String::from_utf8(URL_SAFE_NO_PAD.decode(next()?).ok()?).ok()?;
        Some(Kept {
            state,
            begun: Begun { nonce, verifier },
            began,
            return_to: Some(return_to).filter(|path| is_own_path(path))?,
        })
    }
}

/// The name of the cookie of the sign-in with this state.
fn name_of(state: &str) -> String {
    let beginning: String = state.chars().take(STATE_IN_NAME).collect();
    format!("{SIGNING_IN}{beginning}")
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
    Extension(oidc): Extension<Arc<Oidc>>,
    Query(answer): Query<FinishQuery>,
    request: Parts,
) -> Result<Response, Problem> {
    is_secure(&service, &request)?;
    let authentication = &service.authentication;
    let accounts = &authentication.accounts;
    let over = || {
        let detail = "This sign-in has ended, was used already, or was begun in another browser: begin again at /sign-in.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    };
    let name = name_of(&answer.state);
    let now = now_in_seconds();
    let kept = cookie(&request.headers, &name)
        .and_then(Kept::of_text)
        .filter(|kept| kept.state == answer.state)
        .filter(|kept| (kept.began..kept.began + SIGN_IN_SECONDS).contains(&now))
        .ok_or_else(over)?;
    if !accounts.use_sign_in(secret::hash(&kept.state), now).await? {
        return Err(over());
    }
    let code = answer.code.filter(|_| answer.error.is_none());
    let code = code.ok_or_else(|| {
        let detail = "The identity provider has not signed you in: begin again at /sign-in.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    })?;
    let email = oidc.finish(code, &kept.begun).await?;
    authentication.rates.sign_in(&email)?;
    let mut response = go_to(&kept.return_to);
    let before = authentication.session_in(&request.headers);
    begin_session(&service, &email, before, &mut response).await?;
    set_cookie(&mut response, &name, "", 0);
    Ok(response)
}

/// Begins a session, in place of the one before, and has the browser keep it.
pub(crate) async fn begin_session(
    service: &Service,
    email: &Email,
    before: Option<&str>,
    response: &mut Response,
) -> Result<(), Problem> {
    let authentication = &service.authentication;
    let session = secret::new();
    let accounts = &authentication.accounts;
    let (hash, before) = (secret::hash(&session), before.map(secret::hash));
    accounts
        .begin_session(hash, email.to_string(), before, now_in_seconds())
        .await?;
    set_cookie(
        response,
        authentication.session_cookie(),
        &session,
        SESSION_SECONDS,
    );
    Ok(())
}

/// Ends the session.
pub(crate) async fn end(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let authentication = &service.authentication;
    if let Some(session) = authentication.session_in(&headers) {
        authentication
            .accounts
            .end_session(secret::hash(session))
            .await?;
    }
    let mut response = go_to("/signed-out");
    set_cookie(&mut response, authentication.session_cookie(), "", 0);
    Ok(response)
}

fn is_secure(service: &Service, request: &Parts) -> Result<(), Problem> {
    match service.authentication.transport.is_secure(request) {
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
    let secure = if name == DEMO_SESSION { "" } else { " Secure;" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds};{secure} HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::from_str(&cookie).expect("base64url is ASCII");
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The path, if it is one of this service; or else the first page's.
pub(crate) fn own_path(path: Option<String>) -> String {
    path.filter(|path| is_own_path(path))
        .unwrap_or_else(|| HOME.to_owned())
}

/// The value of a cookie (RFC 6265). Other cookies may have any bytes: they are other programs'.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let value = pairs.find_map(|pair| {
        let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        rest.strip_prefix(b"=")
    })?;
    std::str::from_utf8(value)
        .ok()
        .filter(|value| !value.is_empty())
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
