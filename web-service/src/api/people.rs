//! Who works where.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use timeoff_views::PersonFilter;
use utoipa::{IntoParams, ToSchema};

use super::department_name::DepartmentName;
use super::page::{self, Query};
use super::position::CaughtUp;
use crate::problem::Problem;
use crate::service::Service;
use crate::who;

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Their id, in the department where they are at home; null if that is nowhere.
    id: Option<String>,
    /// Their e-mail address.
    #[schema(format = "email")]
    email: String,
    /// What they are called.
    name: String,
    /// Where they are entered.
    places: Vec<Membership>,
    /// The departments in which they may decide today: as approver or admin, or because they stand in for somebody.
    decides_in: Vec<String>,
}

/// A department in which somebody is entered.
#[derive(Serialize, ToSchema)]
pub(super) struct Membership {
    /// The department.
    department: String,
    /// employee, approver or admin.
    role: String,
    /// Whether they are at home there; if not, they are a guest.
    is_home: bool,
}

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "people", security(("who" = [])),
    params(CaughtUp),
    responses((status = 200, description = "Who asks", body = Me),
        Problem))]
pub(super) async fn me(State(service): State<Arc<Service>>, _: CaughtUp, me: who::Me) -> Json<Me> {
    let departments = service.contract.departments();
    let places = me.places.iter().filter_map(|place| {
        let department = departments.at(place.partition)?;
        Some(Membership {
            department: department.as_str().to_owned(),
            role: place.role.clone(),
            is_home: department.as_str() == place.department,
        })
    });
    let home = me.home_place(&service);
    Json(Me {
        id: home.map(|place| place.id.clone()),
        email: me.email.to_string(),
        name: me.name().to_owned(),
        places: places.collect(),
        decides_in: me
            .decides_in
            .iter()
            .filter_map(|&partition| departments.at(partition))
            .map(|department| department.as_str().to_owned())
            .collect(),
    })
}

/// The departments.
#[derive(Serialize, ToSchema)]
pub(super) struct Departments {
    /// In the order of their partitions.
    departments: Vec<Department>,
}

/// A department.
#[derive(Serialize, ToSchema)]
pub(super) struct Department {
    /// Its name.
    name: String,
    /// Its partition of the applications topic.
    partition: i32,
}

/// The departments.
#[utoipa::path(get, path = "/api/v1/departments", operation_id = "list_departments", tag = "people",
    security(("who" = [])),
    responses((status = 200, description = "The departments", body = Departments),
        Problem))]
pub(super) async fn departments(
    State(service): State<Arc<Service>>,
    _: who::Me,
) -> Json<Departments> {
    let departments = (0..).zip(service.contract.departments().iter());
    Json(Departments {
        departments: departments
            .map(|(partition, department)| Department {
                name: department.as_str().to_owned(),
                partition,
            })
            .collect(),
    })
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PeopleQuery {
    /// The department; without it, one's own.
    #[param(value_type = Option<DepartmentName>)]
    department: Option<String>,
    /// The most rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page before has ended: its `next`.
    #[param(max_length = 400)]
    cursor: Option<String>,
}

/// People of a department.
#[derive(Serialize, ToSchema)]
pub(super) struct People {
    /// The people, by their ids.
    people: Vec<Person>,
    /// The cursor of the next page; null if there are no more.
    next: Option<String>,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(super) struct Person {
    /// Their id.
    id: String,
    /// Their e-mail address.
    #[schema(format = "email")]
    email: String,
    /// What they are called.
    name: String,
    /// The department where they are at home.
    department: String,
    /// employee, approver or admin.
    role: String,
}

/// People who are at home in a department: one's own, or one in which one may decide.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "list_people", tag = "people", security(("who" = [])),
    params(PeopleQuery, CaughtUp),
    responses((status = 200, description = "A page of people", body = People),
        Problem))]
pub(super) async fn people(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: who::Me,
    Query(asked): Query<PeopleQuery>,
) -> Result<Json<People>, Problem> {
    let page = page::request(asked.limit, asked.cursor.as_deref())?;
    let department = me.one_department(&service, asked.department.as_deref())?;
    if me.knows(&service, department).is_none() {
        let detail = format!("You may not see who works in {department}.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let filter = PersonFilter {
        department: Some(department.as_str().to_owned()),
        until: Some(who::today()),
        ..PersonFilter::default()
    };
    let found = service
        .reading
        .ask(move |queries| queries.people(&filter, &page))
        .await?;
    let people = found.rows.into_iter().map(|person| Person {
        id: person.id,
        email: person.email,
        name: person.name,
        department: person.department,
        role: person.role,
    });
    Ok(Json(People {
        people: people.collect(),
        next: found.next.map(|cursor| cursor.to_string()),
    }))
}
