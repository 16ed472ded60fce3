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
use timeoff_cli::describe;
use timeoff_models::{Departments, Email};
use timeoff_views::{PageRequest, Person, PersonFilter, Queries, ViewError};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use crate::api::{Form, Query};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{self, SignIn, sign_in};

/// How many people are offered below those to try it as.
const OTHERS: usize = 60;

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

/// Somebody to try it as.
struct Suggested {
    person: Person,
    /// What they can do.
    does: String,
}

/// The people of a department.
struct Colleagues {
    department: String,
    people: Vec<Person>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Choose {
    frame: Frame,
    suggested: Vec<Suggested>,
    others: Vec<Colleagues>,
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
    let departments = service.contract.departments().clone();
    let (suggested, others) = service
        .reading
        .ask(move |queries| offered(queries, &departments))
        .await?;
    let status = match mistake {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let choose = Choose {
        frame: Frame::of_nobody(service),
        suggested,
        others,
        return_to,
        mistake,
    };
    Ok(page(status, &choose))
}

/// Who can be chosen: those to try it as, and the others by department.
fn offered(
    queries: &Queries,
    departments: &Departments,
) -> Result<(Vec<Suggested>, Vec<Colleagues>), ViewError> {
    let today = who::today();
    let filter = PersonFilter {
        until: Some(today),
        ..PersonFilter::default()
    };
    let found = queries.people(&filter, &PageRequest::first(200))?;
    let mut people = found.rows;
    people.sort_by(|a, b| (&a.department, &a.name).cmp(&(&b.department, &b.name)));
    let mut suggested = Vec::new();
    for index in to_try(&people, today) {
        let person = people[index].clone();
        let (_, decides_in) = who::rights(queries, &person.email, today)?;
        let decides_in: Vec<i32> = decides_in.into_iter().collect();
        let does = match &decides_in[..] {
            [] => "applies for leave".to_owned(),
            partitions => format!("decides in {}", describe(departments, partitions)),
        };
        suggested.push(Suggested { person, does });
    }
    let is_suggested = |person: &Person| suggested.iter().any(|one| one.person.id == person.id);
    people.retain(|person| !is_suggested(person));
    people.truncate(OTHERS);
    let others = people.chunk_by(|a, b| a.department == b.department);
    let others = others.map(|people| Colleagues {
        department: people[0].department.clone(),
        people: people.to_vec(),
    });
    let others = others.collect();
    Ok((suggested, others))
}

/// The places of those to try it as: the first approver, before them the first employee on whose leave they decide, and
/// the first admin. Fewer where there are none who are active today.
fn to_try(people: &[Person], today: i64) -> Vec<usize> {
    let has = |person: &Person, role: &str| person.role == role && who::is_active(person, today);
    let first = |role: &str| people.iter().position(|person| has(person, role));
    let approver = first("approver");
    let employee = approver.and_then(|approver| {
        let department = &people[approver].department;
        let is_theirs =
            |person: &Person| has(person, "employee") && person.department == *department;
        people.iter().position(is_theirs)
    });
    let employee = employee.or_else(|| first("employee"));
    [employee, approver, first("admin")]
        .into_iter()
        .flatten()
        .collect()
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

#[cfg(test)]
mod tests {
    use timeoff_views::Person;

    use super::to_try;

    fn names(people: &[(&'static str, &str, &str)]) -> Vec<&'static str> {
        let person = |(name, role, department): (&str, &str, &str)| Person {
            id: name.to_owned(),
            partition: 0,
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            department: department.to_owned(),
            role: role.to_owned(),
            region: None,
            schedule: None,
            from_date: None,
            until_date: None,
            tags: String::new(),
            left_on: None,
            earlier_terms: None,
        };
        let all: Vec<Person> = people.iter().copied().map(person).collect();
        let found = to_try(&all, 0).into_iter();
        found.map(|index| people[index].0).collect()
    }

    #[test]
    fn whose_leave_an_approver_decides_is_suggested_with_them_and_an_admin() {
        let people = [
            ("ada", "employee", "HR"),
            ("bob", "admin", "IT"),
            ("cy", "employee", "IT"),
            ("dan", "approver", "IT"),
            ("eve", "employee", "IT"),
        ];
        assert_eq!(names(&people), ["cy", "dan", "bob"]);
        assert_eq!(names(&people[..2]), ["ada", "bob"]);
        assert_eq!(names(&people[1..2]), ["bob"]);
        assert_eq!(names(&[]), [""; 0]);
        // Nobody is where the approver decides.
        let apart = [people[0], people[3]];
        assert_eq!(names(&apart), ["ada", "dan"]);
    }
}
