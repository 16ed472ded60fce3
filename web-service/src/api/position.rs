//! Reading what one has written: an answer to a write says where on the log it is, and a read that says so back waits
//! until the view has come so far. What was decided is in two topics, which are read independently of each other: then
//! there are two positions.

use std::collections::BTreeSet;
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
use crate::who::Caller;

/// `<topic>:<partition>:<offset>`, or several of them with commas in between.
pub(super) const HEADER: HeaderName = HeaderName::from_static("timeoff-position");

/// The header's value for places on the log.
pub(super) fn value(positions: &[Position]) -> HeaderValue {
    let texts: Vec<String> = positions
        .iter()
        .map(|position| {
            let Position {
                topic,
                partition,
                offset,
            } = position;
            format!("{topic}:{partition}:{offset}")
        })
        .collect();
    HeaderValue::try_from(texts.join(", "))
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
        pattern = "^[a-zA-Z0-9._-]+:[0-9]+:[0-9]+(, [a-zA-Z0-9._-]+:[0-9]+:[0-9]+)*$"
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
        let mut wanted = BTreeSet::new();
        for value in parts.headers.get_all(HEADER) {
            // It is ASCII, or else no position.
            for text in value.to_str().unwrap_or("?").split(',') {
                let position = parse(service, text.trim()).ok_or_else(|| {
                    Problem::new(
                        StatusCode::BAD_REQUEST,
                        "TimeOff-Position is not what an answer had: <topic>:<partition>:<offset>.",
                    )
                })?;
                wanted.insert(position);
            }
        }
        // Nobody else is to make anything wait.
        let caller = Caller::of(parts, service).await?;
        if !wanted.is_empty() {
            caller.person(service).await?;
        }
        let waiting = async {
            for position in wanted {
                if !service.reading.has_come_to(position, PATIENCE).await {
                    return false;
                }
            }
            true
        };
        // In all, not for each.
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        if !waited.unwrap_or(false) {
            return Err(Problem::behind());
        }
        Ok(CaughtUp { position: () })
    }
}
