//! Reading what one has written: an answer to a write says where on the log it is, and a read that says so back waits
//! until the view has come so far. What was decided is in two topics, which are read independently of each other: then
//! there are two positions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use timeoff_log::Position;
use timeoff_views::Topic;
use utoipa::IntoParams;

use super::is_for_programs;
use crate::problem::Problem;
use crate::reading::PATIENCE;
use crate::service::Service;
use crate::who::Caller;

/// The parameter of a page that has the same: browsers send no headers of ours.
const PARAMETER: &str = "position";

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
pub(crate) struct CaughtUp {
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

impl CaughtUp {
    /// Nothing was asked for.
    pub(crate) fn at_once() -> CaughtUp {
        CaughtUp { position: () }
    }
}

/// The page of an application that was queued, which waits for it.
pub(crate) fn page_of_new(queued: &Response) -> String {
    let address = queued.headers().get(header::LOCATION);
    let address = address.and_then(|address| address.to_str().ok()?.strip_prefix("/api/v1"));
    with_position(address.unwrap_or("/"), queued)
}

/// A page's path with places on the log: the page waits for them.
pub(crate) fn with_positions(path: &str, positions: &[Position]) -> String {
    with(
        path,
        (!positions.is_empty()).then(|| value(positions)).as_ref(),
    )
}

/// A page's path with the position that an answer has: the page waits for it.
pub(crate) fn with_position(path: &str, answer: &Response) -> String {
    with(path, answer.headers().get(HEADER))
}

fn with(path: &str, position: Option<&HeaderValue>) -> String {
    match position.and_then(|position| position.to_str().ok()) {
        Some(position) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair(PARAMETER, position)
                .finish();
            let and = if path.contains('?') { '&' } else { '?' };
            format!("{path}{and}{query}")
        }
        None => path.to_owned(),
    }
}

impl FromRequestParts<Arc<Service>> for CaughtUp {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<CaughtUp, Problem> {
        let mut wanted = BTreeSet::new();
        // A header is ASCII, or else no position.
        let headers = parts.headers.get_all(HEADER).iter();
        let headers = headers.map(|value| Cow::from(value.to_str().unwrap_or("?")));
        let is_page = !is_for_programs(parts.uri.path());
        let query = parts.uri.query().filter(|_| is_page).unwrap_or_default();
        let parameters = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == PARAMETER)
            .map(|(_, value)| value);
        for value in headers.chain(parameters) {
            for text in value.split(',') {
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
