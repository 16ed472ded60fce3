//! Requests that may be sent more than once and count once.
//!
//! What is queued gets an id that follows from who asks and from the key that they have chosen, so every instance gives
//! the same. The view knows it when it comes again; and should it be queued twice all the same, because two came at
//! once, the owner of the partition sees the second and passes over it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use timeoff_ledger::{CommandId, PersonId};
use timeoff_models::{ApplicationId, Email};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::problem::Problem;
use crate::service::Service;

/// What ids are derived in: a random UUID that is nobody else's.
const NAMESPACE: Uuid = Uuid::from_u128(0x8b1f_3e52_6d0c_4a7e_9f64_2c51_d07a_93be);

/// The most bytes of a key.
const BYTES: usize = 255;

/// The request's `Idempotency-Key`, if it has one.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IdempotencyKey {
    /// Any text that is chosen anew for every new request: the same one gets the first answer, and nothing is queued
    /// twice.
    #[param(
        rename = "Idempotency-Key",
        max_length = 255,
        min_length = 1,
        required = false,
        nullable = false
    )]
    key: Option<String>,
}

impl IdempotencyKey {
    fn derived(&self, what: &str, email: &Email) -> Option<Uuid> {
        let key = self.key.as_ref()?;
        let text = format!("{what}\0{email}\0{key}");
        Some(Uuid::new_v5(&NAMESPACE, text.as_bytes()))
    }

    /// The id of the application that this person queues with the key.
    pub(super) fn of_application(&self, email: &Email) -> Option<ApplicationId<'static>> {
        let id = self.derived("application", email)?;
        // In place of the ticks: it has more digits than they can have, so nobody takes it for a time.
        Some(ApplicationId::from_key(format!("{email}-{}", id.simple())))
    }

    /// The key that a text is.
    ///
    /// # Errors
    ///
    /// A problem of status 400 if it is none.
    pub(crate) fn of_text(text: &str) -> Result<IdempotencyKey, Problem> {
        let key = text.trim();
        let is_key = (1..=BYTES).contains(&key.len())
            && key
                .bytes()
                .all(|byte| matches!(byte, b' ' | b'\t') || byte.is_ascii_graphic());
        match is_key {
            true => Ok(IdempotencyKey {
                key: Some(key.to_owned()),
            }),
            false => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "There must be one Idempotency-Key, of 1 to 255 printable ASCII characters.",
            )),
        }
    }

    /// Whether there is a key.
    pub(super) fn is_there(&self) -> bool {
        self.key.is_some()
    }

    /// The id of the person whom this one enters with the key.
    pub(crate) fn of_person(&self, email: &Email) -> PersonId {
        let id = self.derived("person", email).unwrap_or_else(Uuid::now_v7);
        PersonId::try_from(id).expect("it has a version, so it is not nil")
    }

    /// The id of the command about an application, or about something else, that this person sends with the key. Without
    /// a key, a new one.
    pub(super) fn of_command(&self, email: &Email, about: &str) -> CommandId {
        let what = format!("command\0{about}");
        let id = self.derived(&what, email).unwrap_or_else(Uuid::now_v7);
        CommandId::try_from(id).expect("it has a version, so it is not nil")
    }
}

/// The key was used for something else.
pub(super) fn other_body() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "You have used this Idempotency-Key for another request: choose a new one.",
    )
}

impl FromRequestParts<Arc<Service>> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &Arc<Service>,
    ) -> Result<IdempotencyKey, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").into_iter();
        let Some(value) = values.next() else {
            return Ok(IdempotencyKey { key: None });
        };
        let key = value.to_str().ok().filter(|_| values.next().is_none());
        IdempotencyKey::of_text(key.unwrap_or_default())
    }
}
