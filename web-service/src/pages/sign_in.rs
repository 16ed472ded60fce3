//! Saying who one is: in the demo, anybody; with a provider, whom it vouches for.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use timeoff_models::Email;
use timeoff_views::{PageRequest, PersonFilter};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use crate::api::{Form, Query};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{self, SignIn, sign_in};

/// How many people are suggested.
const SUGGESTED: usize = 24;

/// The routes for signing in and out.
pub(super) fn routes(service: &Service) -> Router<Arc<Service>> {
    let signing_in = match &service.authentication.sign_in {
        SignIn::Demo => Router::new().route("/sign-in", get(choose).post(chosen)),
        SignIn::Oidc(oidc) => sign_in::routes(oidc),
        SignIn::Proxy(_) => return Router::new(),
    };
    signing_in
        .route("/sign-out", post(sign_in::end))
        .route("/signed-out", get(signed_out))
}

#[derive(Deserialize)]
struct ChooseQuery {
    return_to: Option<String>,
}

#[derive(Deserialize)]
struct ChosenForm {
    email: String,
    return_to: Option<String>,
}

/// Somebody to be.
struct Suggested {
    email: String,
    name: String,
    role: String,
    department: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Choose {
    frame: Frame,
    people: Vec<Suggested>,
    return_to: String,
    mistake: Option<String>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut {
    frame: Frame,
}

async fn signed_out(State(service): State<Arc<Service>>) -> Response {
    let frame = Frame::of_nobody(&service);
    page(StatusCode::OK, &SignedOut { frame })
}

async fn choose(
    State(service): State<Arc<Service>>,
    Query(asked): Query<ChooseQuery>,
    request: Parts,
) -> Result<Response, Problem> {
    service.authentication.check_host(&request)?;
    let return_to = sign_in::own_path(asked.return_to);
    ask(&service, return_to, None).await
}

async fn ask(
    service: &Service,
    return_to: String,
    mistake: Option<String>,
) -> Result<Response, Problem> {
    if !service.standing.is_caught_up() {
        return Err(Problem::not_yet());
    }
    let filter = PersonFilter {
        until: Some(who::today()),
        ..PersonFilter::default()
    };
    let found = service
        .reading
        .ask(move |queries| queries.people(&filter, &PageRequest::first(200)))
        .await?;
    let mut people: Vec<Suggested> = found
        .rows
        .into_iter()
        .map(|person| Suggested {
            email: person.email,
            name: person.name,
            role: person.role,
            department: person.department,
        })
        .collect();
    people.sort_by(|a, b| (&a.department, &a.name).cmp(&(&b.department, &b.name)));
    people.truncate(SUGGESTED);
    let status = match mistake {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let choose = Choose {
        frame: Frame::of_nobody(service),
        people,
        return_to,
        mistake,
    };
    Ok(page(status, &choose))
}

async fn chosen(
    State(service): State<Arc<Service>>,
    request: Parts,
    Form(form): Form<ChosenForm>,
) -> Result<Response, Problem> {
    let authentication = &service.authentication;
    authentication.check_host(&request)?;
    let return_to = sign_in::own_path(form.return_to);
    match form.email.trim().parse::<Email>() {
        Ok(email) => {
            let mut response = Redirect::to(&return_to).into_response();
            let before = authentication.session_in(&request.headers);
            sign_in::begin_session(&service, &email, before, &mut response).await?;
            Ok(response)
        }
        Err(error) => {
            let mistake = timeoff_cli::chain(&error);
            ask(&service, return_to, Some(mistake)).await
        }
    }
}
