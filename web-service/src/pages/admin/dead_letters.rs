//! Records that could not be understood.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use timeoff_cli::chain;
use timeoff_log::{LogError, ReadEvent, ReadFrom};
use tokio::sync::Semaphore;

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::letter::ShownLetter;
use super::office::{Tab, Tabs, check_admin};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// How many are shown, and how many of each partition are looked at. Offsets can have gaps, so it may be fewer.
const MOST: i64 = 100;

/// How long reading may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many read at a time. Each has a reader of its own, which on Kafka is a client.
static READERS: Semaphore = Semaphore::const_new(2);

#[derive(Template)]
#[template(path = "dead_letters.html")]
struct DeadLetters {
    frame: Frame,
    tabs: Tabs,
    topic: String,
    /// The newest first.
    letters: Vec<ShownLetter>,
    /// Whether there may be older ones.
    is_cut: bool,
    /// Whether whoever looks sees those of all departments.
    sees_all: bool,
}

pub(super) async fn show(State(service): State<Arc<Service>>, me: Me) -> Result<Response, Problem> {
    check_admin(&me)?;
    if let Some((_, reason)) = service.standing.trouble() {
        return Err(Problem::log_silent(&reason));
    }
    let reading = async {
        let _place = READERS.acquire().await;
        last(&service).await
    };
    let (mut letters, mut is_cut) = match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(Problem::log_silent(&chain(&error))),
        Err(_) => {
            return Err(Problem::log_silent(
                "reading the dead letters takes too long",
            ));
        }
    };
    let names = service.contract.topics();
    let topics = [
        &*names.applications,
        &*names.results,
        &*names.commands,
        &*names.ledger,
    ];
    let departments = service.partitions();
    letters.retain(|letter| letter.is_seen_by(&me, &topics, departments));
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.since_ms));
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    is_cut |= letters.len() > most;
    letters.truncate(most);
    let shown = DeadLetters {
        frame: Frame::of(&service, &me, Here::People),
        tabs: Tabs::of(&me, Tab::DeadLetters),
        topic: names.dead_letters.to_string(),
        letters,
        is_cut,
        sees_all: (0..departments).all(|partition| me.is_admin_in(partition)),
    };
    Ok(page(StatusCode::OK, &shown))
}

/// The last letters of each partition, and whether there may be older ones.
///
/// # Errors
///
/// If the log does not answer.
async fn last(service: &Service) -> Result<(Vec<ShownLetter>, bool), LogError> {
    let topic = &service.contract.topics().dead_letters;
    let log = service.contract.log();
    let ends = log.ends(topic).await?;
    let with_records = ends.into_iter().filter(|(_, offsets)| !offsets.is_empty());
    let mut is_cut = false;
    let mut from = BTreeMap::new();
    for (partition, offsets) in with_records {
        let first = offsets.start.max(offsets.end - MOST);
        is_cut |= first > offsets.start;
        from.insert(partition, first);
    }
    let mut letters = Vec::new();
    if from.is_empty() {
        return Ok((letters, is_cut));
    }
    let mut reader = log.read(topic, ReadFrom::Only(from)).await?;
    loop {
        match reader.next().await? {
            ReadEvent::Record(record) => letters.push(ShownLetter::of(record)),
            ReadEvent::CaughtUp => return Ok((letters, is_cut)),
            ReadEvent::Unreachable { reason } => return Err(reason),
            // What is behind an open transaction comes when that ends, if that is soon.
            ReadEvent::Hidden { .. } | ReadEvent::Reachable => {}
        }
    }
}
