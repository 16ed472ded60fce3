//! Reading what one has written: an answer to a write says where on the log it is, and a read that says so back waits
//! until the view has come so far.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use timeoff_log::Position;
use timeoff_views::Topic;
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::reading::PATIENCE;
use crate::service::Service;
use crate::who;

/// `<topic>:<partition>:<offset>`.
pub(super) const HEADER: HeaderName = HeaderName::from_static("timeoff-position");

/// The header's value for a place on the log.
pub(super) fn value(position: &Position) -> HeaderValue {
    let text = format!(
        "{}:{}:{}",
        position.topic, position.partition, position.offset
    );
    HeaderValue::try_from(text)
        .expect("a topic's name is letters, digits, dots, underscores and hyphens")
}

fn parse<'a>(service: &Service, text: &'a str) -> Option<(Topic, i32, i64)> {
    let (rest, offset) = text.rsplit_once(':')?;
    let (topic, partition): (&'a str, _) = rest.rsplit_once(':')?;
    let names = service.contract.topics();
    let topic = [
        (&names.applications, Topic::Applications),
        (&names.results, Topic::Results),
        (&names.commands, Topic::Commands),
        (&names.ledger, Topic::Ledger),
    ]
    .into_iter()
    .find_map(|(name, known)| (**name == *topic).then_some(known))?;
    let partition = partition.parse().ok()?;
    let is_there = (0..service.partitions()).contains(&partition);
    is_there.then_some((topic, partition, offset.parse().ok()?))
}

/// The view has come as far as the request asks for.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct CaughtUp {
    /// The position that the answer to a write had: this answer waits until the view has come so far.
    #[param(
        rename = "TimeOff-Position",
        value_type = String,
        required = false,
        pattern = "^[a-zA-Z0-9._-]+:[0-9]+:[0-9]+$"
    )]
    #[expect(dead_code, reason = "only described")]
    position: (),
}

impl FromRequestParts<Arc<Service>> for CaughtUp {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<CaughtUp, Problem> {
        // Nobody else is to make anything wait.
        who::caller(parts, service).await?;
        for value in parts.headers.get_all(HEADER) {
            let position = value
                .to_str()
                .ok()
                .and_then(|text| parse(service, text.trim()));
            let Some(position) = position else {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "TimeOff-Position is not the position that an answer had: <topic>:<partition>:<offset>.",
                ));
            };
            if !service.reading.has_come_to(position, PATIENCE).await {
                return Err(Problem::behind());
            }
        }
        Ok(CaughtUp { position: () })
    }
}
