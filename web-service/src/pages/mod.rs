//! Pages for people: rendered here, usable without JavaScript, on the functions of the API.
//!
//! | where | what it has |
//! |---|---|
//! | `admin` | people, who stands in for whom, dead letters |
//! | `asset` | the style, the script and the icon |
//! | `frame` | what all pages have in common |
//! | `known` | what the policy makes of a leave |
//! | `shown` | applications and events as pages show them |
//! | the others | a page each |
//!
//! The texts are in `templates/`.

mod admin;
mod application;
mod asset;
mod balance;
mod calendars;
mod frame;
mod home;
mod inbox;
mod known;
mod log;
mod new;
mod shown;
mod sign_in;
mod wallchart;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use form_urlencoded::Serializer;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::api::is_for_programs;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Caller;
use frame::{Frame, Here, problem_page};

/// The pages.
pub(crate) fn routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home::show))
        .route("/new", get(new::show).post(new::apply))
        .route("/balance", get(balance::mine))
        .route("/people/{id}/balance", get(balance::of_person))
        .route("/inbox", get(inbox::show))
        .route("/inbox/several", get(to_page).post(inbox::several))
        .route("/log", get(log::show))
        .route("/log/changes", get(log::follow))
        .route("/wallchart", get(wallchart::show))
        .route("/applications/{id}", get(application::show))
        .route(
            "/applications/{id}/decision",
            get(to_page).post(application::decide),
        )
        .route(
            "/applications/{id}/withdrawal",
            get(to_page).post(application::withdraw),
        )
        .route(
            "/applications/{id}/cancellation",
            get(to_page).post(application::ask_to_cancel),
        )
        .route(
            "/applications/{id}/cancellation/decision",
            get(to_page).post(application::decide_cancellation),
        )
        .route("/calendars", get(calendars::show).post(calendars::make))
        .route(
            "/calendars/{id}/renewal",
            get(to_page).post(calendars::renew),
        )
        .route("/calendars/{id}/end", get(to_page).post(calendars::end))
        .merge(admin::routes())
        .merge(sign_in::routes(service))
        .route("/assets/{name}", get(asset::send))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

/// The page with the form that is sent to this path.
fn page_of(path: &str) -> &str {
    if path.starts_with("/calendars/") {
        return "/calendars";
    }
    let forms = [
        "/cancellation/decision",
        "/cancellation",
        "/decision",
        "/withdrawal",
        "/several",
        "/move",
        "/last-day",
        "/entitlements",
    ];
    let page = forms.iter().find_map(|form| path.strip_suffix(form));
    page.unwrap_or(path)
}

/// Whoever comes to the address of a form by hand is shown the page that it is on.
async fn to_page(uri: Uri) -> Redirect {
    Redirect::to(page_of(uri.path()))
}

/// Problems as pages. Whoever is not known is asked who they are.
pub(crate) async fn for_people(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    if is_for_programs(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let has_session = service.authentication.session_in(&parts.headers).is_some();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else {
        return response;
    };
    if response.status() == StatusCode::UNAUTHORIZED && service.authentication.has_sign_in() {
        // A form that was filled in is lost; what it was about is shown again.
        let path = match method == Method::GET {
            true => uri.path_and_query().map_or("/", |path| path.as_str()),
            false => page_of(uri.path()),
        };
        let query = Serializer::new(String::new())
            .append_pair("return_to", path)
            .finish();
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    }
    let visitor = match Caller::of(&mut parts, &service).await {
        Ok(caller) => caller.person(&service).await.ok(),
        Err(_) => None,
    };
    let frame = match visitor {
        Some(me) => Frame::of(&service, &me, Here::Elsewhere),
        None => Frame {
            signs_out: has_session,
            ..Frame::of_nobody(&service)
        },
    };
    let mut page = problem_page(&frame, problem);
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}
