//! Pages for those who have to do with other people: who they are, who stands in for whom, by which policy leave is judged,
//! and what nobody understands.
//!
//! | where | what it has |
//! |---|---|
//! | `people` | a table of them |
//! | `entering`, `person`, `changing` | entering one; one as they are; changing, moving, seeing off one |
//! | `known` | one whom whoever looks may see, and all that is entered of them |
//! | `refusal` | why something is not sent, and where that is said |
//! | `person_form` | what is typed of a person, and what it says; no I/O |
//! | `history` | what has happened to a person |
//! | `delegations` | who stands in for whom |
//! | `holdings`, `granting` | what a person has been granted; granting and correcting it |
//! | `entitlements` | granting everybody what the policy grants for a year |
//! | `policy` | the policy in force, and changing it |
//! | `dead_letters`, `letter` | records that could not be understood; one of them |
//! | `office` | the departments that somebody sees, and which one is shown |
//! | `done` | what has been done a moment ago |

mod changing;
mod dead_letters;
mod delegations;
mod done;
mod entering;
mod entitlements;
mod granting;
mod history;
mod holdings;
mod known;
mod letter;
mod office;
mod people;
mod person;
mod person_form;
mod policy;
mod refusal;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::to_page;
use crate::service::Service;

/// The routes of these pages.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/people", get(people::show))
        .route("/people/new", get(entering::show).post(entering::enter))
        .route("/people/{id}", get(person::show).post(changing::change))
        .route(
            "/people/{id}/move",
            get(to_page).merge(post(changing::move_to)),
        )
        .route(
            "/people/{id}/last-day",
            get(to_page).merge(post(changing::leave)),
        )
        .route(
            "/delegations",
            get(delegations::show).post(delegations::delegate),
        )
        .route(
            "/people/{id}/entitlements",
            get(to_page).merge(post(granting::grant)),
        )
        .route(
            "/entitlements",
            get(entitlements::show).post(entitlements::grant),
        )
        .route("/policy", get(policy::show))
        .route("/policy/edit", get(policy::edit).post(policy::send))
        .route("/dead-letters", get(dead_letters::show))
}
