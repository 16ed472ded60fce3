//! The policy of a department.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use timeoff_ledger::Fact;
use utoipa::ToSchema;

use super::id::Id;
use super::nothing_of_that_name;
use super::position::CaughtUp;
use crate::account::read;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// The policy by which leave is judged in a department.
#[derive(Serialize, ToSchema)]
pub(super) struct Policy {
    /// The department.
    department: String,
    /// How many have been set there, this one included; null if none has.
    version: Option<u32>,
    /// Its text (TOML), as it was set; null if none was.
    text: Option<String>,
}

/// The policy of a department: of one's own, or one in which one may decide.
#[utoipa::path(get, path = "/api/v1/departments/{department}/policy", operation_id = "get_policy", tag = "people",
    security(("who" = [])),
    params(("department" = String, Path, description = "The department's name"), CaughtUp),
    responses((status = 200, description = "The policy", body = Policy),
        Problem))]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(name): Id,
) -> Result<Json<Policy>, Problem> {
    let departments = service.contract.departments().clone();
    let department = departments.named(&name);
    let department = department.map_err(|_| nothing_of_that_name("department"))?;
    let Some(partition) = me.knows(&service, department) else {
        let detail = format!("You may not see the policy of {department}.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    let found = service
        .reading
        .ask(move |queries| queries.policy_in(partition));
    let set = found.await?.and_then(|event| read(&event, &departments));
    let (version, text) = match set.map(|event| event.fact) {
        Some(Fact::PolicySet { version, policy }) => (Some(version), Some(policy.0.to_string())),
        _ => (None, None),
    };
    Ok(Json(Policy {
        department: department.as_str().to_owned(),
        version,
        text,
    }))
}
