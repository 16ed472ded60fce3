//! Pages for those who have to do with other people: who they are, who stands in for whom, and what nobody understands.
//!
//! | where | what it has |
//! |---|---|
//! | `people` | a table of them |
//! | `entering`, `person` | entering one; one as they are, with all that can be changed |
//! | `person_form` | what is typed of a person, and what it says; no I/O |
//! | `history` | what has happened to a person |
//! | `delegations` | who stands in for whom |
//! | `dead_letters`, `letter` | records that could not be understood; one of them |
//! | `office` | the departments that somebody sees, and which one is shown |
//! | `done` | what has been done a moment ago |

mod dead_letters;
mod delegations;
mod done;
mod entering;
mod history;
mod letter;
mod office;
mod people;
mod person;
mod person_form;

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
        .route("/people/{id}", get(person::show).post(person::change))
        .route(
            "/people/{id}/move",
            get(to_page).merge(post(person::move_to)),
        )
        .route(
            "/people/{id}/last-day",
            get(to_page).merge(post(person::leave)),
        )
        .route(
            "/delegations",
            get(delegations::show).post(delegations::delegate),
        )
        .route("/dead-letters", get(dead_letters::show))
}
