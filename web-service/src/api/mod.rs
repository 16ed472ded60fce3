//! The routes.

mod absences;
mod applications;
mod balance;
mod body;
mod calendars;
mod cancellation;
mod commands;
mod condition;
mod dates;
mod department_name;
mod events;
mod form;
mod health;
mod id;
mod idempotency;
mod new_leave;
mod page;
mod people;
mod policy;
mod position;
mod sending;
mod steps;
mod tokens;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub(crate) use applications::{Seen, apply, seen};
pub(crate) use balance::{day_asked, home_seen_by};
pub(crate) use body::Body;
pub(crate) use calendars::{
    NewCalendar, Origin, calendars_of, end_calendar, make_calendar, renew_calendar,
};
pub(crate) use cancellation::{NewCancellationDecision, ask_to_cancel, decide_cancellation};
pub(crate) use commands::{NewDecision, Verdict, decide, withdraw};
pub(crate) use condition::Condition;
pub(crate) use form::{Form, LongForm};
pub(crate) use id::Id;
pub(crate) use idempotency::IdempotencyKey;
pub(crate) use new_leave::{Asked, Texts};
pub(crate) use page::{Query, request as page_request};
pub(crate) use position::{CaughtUp, page_of_new, with_position, with_positions};
pub(crate) use sending::Sending;
pub(crate) use steps::{
    Came, ask_all, ask_in_turn, ask_many, id_of_policy, new_command_id, new_entitlement,
};

use crate::pages;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{SESSION, SignIn};

/// How many requests are answered at a time. Each holds little; more would only wait for the log or the view.
const IN_FLIGHT: usize = 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "TimeOff",
        description = "Leave applications on a log. What is asked for is queued durably, decided by the manager who \
                       holds the department, and can be read when the view has come so far.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "applications", description = "Leave applications, and what became of them"),
        (name = "commands", description = "What was asked for, and what became of it"),
        (name = "events", description = "What happens, as it happens"),
        (name = "people", description = "Who works where"),
        (name = "tokens", description = "API tokens, for programs"),
        (name = "calendars", description = "Leave as calendar programs read it"),
        (name = "service", description = "Whether the service works"),
    )
)]
struct Description;

/// Everything the service answers.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    let (router, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(applications::submit, applications::list))
        .routes(routes!(applications::one))
        .routes(routes!(commands::decide))
        .routes(routes!(commands::withdraw))
        .routes(routes!(cancellation::ask_to_cancel))
        .routes(routes!(cancellation::decide_cancellation))
        .routes(routes!(commands::one))
        .routes(routes!(events::follow))
        .routes(routes!(people::me))
        .routes(routes!(people::departments))
        .routes(routes!(policy::one))
        .routes(routes!(people::people))
        .routes(routes!(balance::one))
        .routes(routes!(absences::list))
        .routes(routes!(tokens::make, tokens::list))
        .routes(routes!(tokens::end))
        .routes(routes!(calendars::make, calendars::list))
        .routes(routes!(calendars::renew))
        .routes(routes!(calendars::end))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(calendars::read))
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest)),
        )
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .split_for_parts();
    let authentication = &service.authentication;
    SignInScheme(&authentication.sign_in).modify(&mut description);
    department_name::list_in(&mut description, service.contract.departments());
    let csrf = authentication.transport.csrf();
    let room = Arc::new(Semaphore::new(IN_FLIGHT));
    router
        .merge(pages::routes(&service))
        .with_state(service.clone())
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", description))
        .fallback(async |uri: Uri| {
            let detail = match is_for_programs(uri.path()) {
                true => "There is nothing at this address: see /api/docs.",
                false => "There is no page at this address.",
            };
            Problem::new(StatusCode::NOT_FOUND, detail)
        })
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address does not take that method.",
            )
        })
        .layer(csrf.with_rejection_response(|_| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "A page of another site may not do this in your name.",
            )
            .into_response()
        }))
        .layer(middleware::from_fn_with_state(room, limit))
        .layer(CatchPanicLayer::custom(|_| {
            let detail = "Something went wrong here: see the service's own messages.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
        }))
        .layer(middleware::from_fn_with_state(
            service.clone(),
            pages::for_people,
        ))
        .layer(middleware::from_fn_with_state(service, measure))
}

/// How the description says who somebody is.
struct SignInScheme<'a>(&'a SignIn);

impl Modify for SignInScheme<'_> {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = match self.0 {
            SignIn::Demo => SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Basic)
                    .description(Some("The e-mail address of a person, and any password."))
                    .build(),
            ),
            SignIn::Oidc(_) => SecurityScheme::ApiKey(ApiKey::Cookie(
                ApiKeyValue::with_description(SESSION, "The session that begins at /sign-in."),
            )),
            SignIn::Proxy(header) => {
                SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                    header.as_str(),
                    "The e-mail address that the reverse proxy has checked; it sets this header itself.",
                )))
            }
        };
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("who", scheme);
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token, which POST /api/v1/tokens makes."))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        // Whoever may be asked in one way may be asked in the other.
        for path in description.paths.paths.values_mut() {
            let operations = [&mut path.get, &mut path.post, &mut path.delete];
            for operation in operations.into_iter().flatten() {
                let id = operation.operation_id.as_deref();
                // Tokens neither make nor end tokens and calendar feeds.
                let is_for_people = matches!(
                    id,
                    Some(
                        "make_token"
                            | "end_token"
                            | "make_calendar"
                            | "renew_calendar"
                            | "end_calendar"
                    )
                );
                if let Some(security) = &mut operation.security
                    && !is_for_people
                {
                    security.push(SecurityRequirement::new("token", [] as [&str; 0]));
                }
            }
        }
    }
}

/// Whether somebody who watches the service asks for this path.
fn is_watched(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics")
}

/// Whether programs ask for this path. People ask for all others.
pub(crate) fn is_for_programs(path: &str) -> bool {
    ["/api/", "/calendar/"]
        .iter()
        .any(|start| path.starts_with(start))
        || is_watched(path)
}

/// Refuses what is too much at a time.
async fn limit(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let is_watched = is_watched(request.uri().path());
    match room.try_acquire() {
        Ok(_place) => next.run(request).await,
        // Whoever watches the service must not take it for dead.
        Err(_) if is_watched => next.run(request).await,
        Err(_) => Problem::busy().into_response(),
    }
}

/// A request that is being answered, or was given up by its client meanwhile.
struct InFlight<'a>(&'a Gauge);

impl InFlight<'_> {
    fn begin(gauge: &Gauge) -> InFlight<'_> {
        gauge.inc();
        InFlight(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What every answer has: nothing may frame it, guess at its type, or run a script that is not ours.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // What is answered is personal data.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Swagger UI sets styles of its own.
const OF_DOCS: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// For a year, browsers come by https only (RFC 6797).
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Counts the answer, and gives it the headers that every answer has.
async fn measure(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let transport = &service.authentication.transport;
    let is_https = transport.is_https(request.extensions(), request.headers());
    let is_docs = request.uri().path().starts_with("/api/docs");
    let in_flight = InFlight::begin(&service.measures.in_flight);
    let mut response = next.run(request).await;
    drop(in_flight);
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let known = ["GET", "HEAD", "POST", "DELETE"]
        .into_iter()
        .find(|known| *known == method.as_str());
    service.measures.count(
        known.unwrap_or("other"),
        route,
        response.status().as_u16(),
        began.elapsed(),
    );
    if is_docs {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, OF_DOCS);
    }
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if is_https {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    response
}

/// A text as a segment of an address's path.
pub(crate) fn encoded(text: &str) -> String {
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'@');
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// There is no such thing, or whoever asks may not see it.
pub(crate) fn nothing_of_that_name(what: &str) -> Problem {
    let detail = format!("There is no such {what}, or you may not see it.");
    Problem::new(StatusCode::NOT_FOUND, detail)
}
