//! Who is believed to be whom.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use timeoff_models::Email;
use tower_http::csrf::{ConfigError, CsrfLayer};
use url::Url;

use super::accounts::{Accounts, Scope};
use super::oidc::Oidc;
use super::rates::Rates;
use super::secret::{self, Hash};
use super::sign_in::{DEMO_SESSION, SESSION, cookie};
use crate::problem::Problem;
use crate::service::now_in_seconds;

/// How an API token begins, so that it is known for one wherever it turns up.
pub(crate) const TOKEN_PREFIX: &str = "timeoff_";

/// How people say who they are.
pub(crate) enum SignIn {
    /// Whoever they say they are: HTTP's Basic scheme with an e-mail address and any password.
    Demo,
    /// Whoever a reverse proxy says they are, in this header.
    Proxy(HeaderName),
    /// Whoever an OpenID Connect provider says they are.
    Oidc(Arc<Oidc>),
}

/// Where requests come from.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    /// The networks in which the reverse proxies are.
    pub(crate) trusted: Vec<IpNet>,
    /// The address at which browsers find this service. If it is an http one it is on this machine, to try it out.
    pub(crate) public: Option<Url>,
}

/// Why somebody is believed to be who they say.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// Each request says it: the demo, or the reverse proxy.
    Said,
    /// A session.
    Session(Hash),
    /// An API token.
    Token {
        hash: Hash,
        scope: Scope,
        /// The admin who has made it, if it was somebody else.
        made_by: Option<Email>,
    },
    /// The secret of a calendar feed.
    Calendar(Hash),
}

impl Credential {
    /// Whether it allows more than reading.
    pub(super) fn may_write(&self) -> bool {
        !matches!(
            self,
            Credential::Token {
                scope: Scope::Read,
                ..
            } | Credential::Calendar(_)
        )
    }
}

/// Who is believed to be whom.
pub(crate) struct Authentication {
    pub(crate) sign_in: SignIn,
    pub(crate) transport: Transport,
    pub(crate) accounts: Accounts,
    pub(crate) rates: Rates,
}

impl Authentication {
    /// The e-mail address of who asks, and why it is believed.
    ///
    /// # Errors
    ///
    /// A problem of status 401 if it is not known; 403 if the request is for another host than this machine in the demo;
    /// 503 if sessions and tokens cannot be looked up.
    pub(super) async fn caller(&self, parts: &Parts) -> Result<(Email, Credential), Problem> {
        self.check_host(parts)?;
        if let Some(token) = api_token(&parts.headers) {
            return self.by_token(token).await;
        }
        match &self.sign_in {
            SignIn::Demo => self.in_demo(parts).await,
            SignIn::Proxy(header) => self.by_proxy(parts, header),
            SignIn::Oidc(_) => self.by_session(parts).await,
        }
    }

    /// Whether it is still believed.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if sessions and tokens cannot be looked up.
    pub(crate) async fn still_believes(&self, credential: &Credential) -> Result<bool, Problem> {
        let now = now_in_seconds();
        Ok(match credential {
            Credential::Said => true,
            // That something is told does not mean that somebody is there.
            Credential::Session(hash) => {
                let session = self.accounts.session(*hash, false, now).await?;
                session.is_some()
            }
            Credential::Token { hash, .. } => self.accounts.token(*hash, now).await?.is_some(),
            Credential::Calendar(hash) => self.accounts.calendar(*hash).await?.is_some(),
        })
    }

    /// Checks that a request names this machine, in the demo.
    ///
    /// # Errors
    ///
    /// A problem of status 403 if it does not.
    pub(crate) fn check_host(&self, parts: &Parts) -> Result<(), Problem> {
        match self.is_demo() && !is_for_this_machine(parts) {
            false => Ok(()),
            true => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "The demo answers on this machine only: use localhost or 127.0.0.1 as its address.",
            )),
        }
    }

    async fn in_demo(&self, parts: &Parts) -> Result<(Email, Credential), Problem> {
        if let Some(email) = basic_user(&parts.headers) {
            return Ok((email, Credential::Said));
        }
        if let Some(session) = self.session_in(&parts.headers)
            && let Some(found) = self.of_session(session).await?
        {
            return Ok(found);
        }
        let detail = "Say who you are: sign in at /sign-in, or HTTP's Basic scheme with the e-mail address of a person and \
                      any password.";
        // A browser's script must not make it ask for a password.
        Err(match parts.headers.contains_key("sec-fetch-mode") {
            true => unknown(detail, "Demo-Sign-In"),
            false => unknown(detail, "Basic realm=\"TimeOff demo\", charset=\"UTF-8\""),
        })
    }

    async fn by_token(&self, token: &str) -> Result<(Email, Credential), Problem> {
        let hash = secret::hash(token);
        let found = self.accounts.token(hash, now_in_seconds()).await?;
        let known = found.and_then(|known| {
            let email: Email = known.email.parse().ok()?;
            let made_by: Email = known.made_by.parse().ok()?;
            let credential = Credential::Token {
                hash,
                scope: known.scope,
                made_by: Some(made_by).filter(|made_by| *made_by != email),
            };
            Some((email, credential))
        });
        known.ok_or_else(|| {
            unknown(
                "There is no such API token, or it has ended: make a new one.",
                "Bearer error=\"invalid_token\"",
            )
        })
    }

    fn by_proxy(&self, parts: &Parts, header: &HeaderName) -> Result<(Email, Credential), Problem> {
        let challenge = "Proxy-Sign-In";
        if !self.transport.is_from_proxy(&parts.extensions) {
            let detail = "You have not come through the reverse proxy that knows who you are: use its address, or an API token.";
            return Err(unknown(detail, challenge));
        }
        the_only(&parts.headers, header)
            .and_then(|email| email.parse().ok())
            .map(|email| (email, Credential::Said))
            .ok_or_else(|| unknown("The reverse proxy has not said who you are.", challenge))
    }

    async fn by_session(&self, parts: &Parts) -> Result<(Email, Credential), Problem> {
        let challenge = "Bearer";
        let Some(session) = self.session_in(&parts.headers) else {
            let detail = "Sign in at /sign-in, or send an API token as Authorization: Bearer.";
            return Err(unknown(detail, challenge));
        };
        if !self.transport.is_secure(parts) {
            let detail =
                "A session counts only for what comes by https, through the reverse proxy.";
            return Err(unknown(detail, challenge));
        }
        let found = self.of_session(session).await?;
        found.ok_or_else(|| unknown("Your session has ended: sign in at /sign-in.", challenge))
    }

    async fn of_session(&self, session: &str) -> Result<Option<(Email, Credential)>, Problem> {
        let hash = secret::hash(session);
        let found = self.accounts.session(hash, true, now_in_seconds()).await?;
        let email: Option<Email> = found.and_then(|email| email.parse().ok());
        Ok(email.map(|email| (email, Credential::Session(hash))))
    }

    /// Whether everybody is believed.
    pub(crate) fn is_demo(&self) -> bool {
        matches!(self.sign_in, SignIn::Demo)
    }

    /// Whether people sign in and out here.
    pub(crate) fn has_sign_in(&self) -> bool {
        !matches!(self.sign_in, SignIn::Proxy(_))
    }

    /// The cookie of sessions.
    pub(super) fn session_cookie(&self) -> &'static str {
        match self.is_demo() {
            true => DEMO_SESSION,
            false => SESSION,
        }
    }

    /// The session that a request names.
    pub(crate) fn session_in<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie(headers, self.session_cookie())
    }
}

impl Transport {
    /// Refuses writes from pages of other sites.
    pub(crate) fn csrf(&self) -> CsrfLayer {
        let own = self.public.as_ref().map(Transport::csrf_of);
        own.map_or_else(CsrfLayer::new, |layer| {
            layer.expect("the command line was checked")
        })
    }

    /// As [`Transport::csrf`], for a service that browsers find there.
    ///
    /// # Errors
    ///
    /// If no browser names such an origin.
    pub(crate) fn csrf_of(public: &Url) -> Result<CsrfLayer, ConfigError> {
        CsrfLayer::new().add_trusted_origin(public.origin().ascii_serialization())
    }

    /// Where browsers find this service: `https://timeoff.example.com`. What the command line says, or else as the request
    /// has found it. `None` if it names no host.
    pub(crate) fn origin(&self, parts: &Parts) -> Option<String> {
        if let Some(public) = &self.public {
            return Some(public.origin().ascii_serialization());
        }
        let host: Authority = the_only(&parts.headers, &header::HOST)?.parse().ok()?;
        let scheme = match self.is_https(&parts.extensions, &parts.headers) {
            true => "https",
            false => "http",
        };
        Some(format!("{scheme}://{host}"))
    }

    /// Whether a request comes from a reverse proxy that is believed.
    fn is_from_proxy(&self, extensions: &Extensions) -> bool {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|peer| {
            let address = peer.ip().to_canonical();
            self.trusted
                .iter()
                .any(|network| network.contains(&address))
        })
    }

    /// Whether a request came by https: a reverse proxy that is believed says so.
    pub(crate) fn is_https(&self, extensions: &Extensions, headers: &HeaderMap) -> bool {
        let scheme = the_only(headers, &HeaderName::from_static("x-forwarded-proto"));
        self.is_from_proxy(extensions)
            && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// Whether nobody on the way could have read a request: it came by https, or from this machine.
    pub(super) fn is_secure(&self, parts: &Parts) -> bool {
        let public = self.public.as_ref();
        let is_tried_out = public.is_some_and(|public| public.scheme() == "http");
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_here = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        self.is_https(&parts.extensions, &parts.headers)
            || is_tried_out && is_here && is_for_this_machine(parts)
    }
}

/// Nobody knows who asks.
fn unknown(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail).with(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

/// The value of a header that comes once.
fn the_only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => value.to_str().ok(),
        Some(_) => None,
    }
}

/// Whether a request names this machine. A page of another site could have its own name point here, and would then be
/// allowed to read the answer.
fn is_for_this_machine(parts: &Parts) -> bool {
    let named = the_only(&parts.headers, &header::HOST).and_then(|host| host.parse().ok());
    let is_here = |authority: &Authority| {
        !authority.as_str().contains('@') && is_this_machine(authority.host())
    };
    named.as_ref().is_some_and(is_here) && parts.uri.authority().is_none_or(is_here)
}

/// Whether a host is this machine, as seen from it.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// What follows a scheme of HTTP's in `Authorization`.
fn credentials<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let value = the_only(headers, &header::AUTHORIZATION)?;
    let (scheme, credentials) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case(wanted)
        .then_some(credentials.trim())
}

/// The API token (RFC 6750), if there is one of ours. Others are the business of a reverse proxy.
fn api_token(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer").filter(|token| token.starts_with(TOKEN_PREFIX))
}

/// The user of HTTP's Basic scheme (RFC 7617), if it is an e-mail address.
fn basic_user(headers: &HeaderMap) -> Option<Email> {
    let decoded = STANDARD.decode(credentials(headers, "basic")?).ok()?;
    let (user, _) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    user.parse().ok()
}
