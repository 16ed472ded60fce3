//! The log itself: topics, their partitions, and the last records of each.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::response::sse::{Event as SentEvent, KeepAlive, Sse};
use chrono::DateTime;
use futures_util::Stream;
use serde_json::{Map, Value};
use timeoff_views::{Described, Topic};
use tokio::sync::watch;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{day, for_machines, names_of_people};
use crate::api::encoded;
use crate::problem::Problem;
use crate::service::Service;
use crate::streams::Place;
use crate::tail::{Entry, Lane, Tail};
use crate::who::{ASKED, Me, Visit};

/// How long changes are gathered before somebody is told of them.
const GATHERED: Duration = Duration::from_millis(300);

/// How often something is sent although nothing happens.
const ALIVE: Duration = Duration::from_secs(15);

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    topics: Vec<ShownTopic>,
    /// The topic of records that nobody understands.
    dead_letters: String,
    group: String,
}

struct ShownTopic {
    name: String,
    /// What is on it.
    what: &'static str,
    /// Why it cannot be read now.
    trouble: Option<String>,
    lanes: Vec<ShownLane>,
}

struct ShownLane {
    id: String,
    partition: i32,
    /// The department, if it is that of one.
    department: Option<String>,
    next: i64,
    /// What the managers have still to do with it.
    unsettled: Option<Unsettled>,
    /// The newest first.
    entries: Vec<ShownEntry>,
}

enum Unsettled {
    Known(u64),
    NotKnown,
}

struct ShownEntry {
    offset: i64,
    at: String,
    shown_at: String,
    /// The name of the type, or that it is not known.
    kind: String,
    /// In few words.
    summary: Option<String>,
    /// The application's address.
    address: Option<String>,
    /// All fields.
    fields: Option<String>,
    is_yours: bool,
}

pub(super) async fn show(State(service): State<Arc<Service>>, me: Me) -> Result<Response, Problem> {
    let lanes = Tail::lanes(&service).await;
    let unsettled = Tail::unsettled(&service).await;
    let ids: Vec<String> = lanes
        .values()
        .flat_map(|lane| &lane.entries)
        .filter_map(|entry| entry.says.as_ref().ok())
        .flat_map(|says| says.people.clone())
        .collect();
    let names = service
        .reading
        .ask(move |queries| names_of_people(queries, ids))
        .await?;
    let looker = Looker {
        service: &service,
        me: &me,
        names,
    };
    let topics = Topic::ALL.map(|topic| ShownTopic {
        name: topic.name(service.contract.topics()).to_string(),
        what: match topic {
            Topic::Applications => {
                "What employees ask for, each in the partition of its department."
            }
            Topic::Results => "What became of it, for every system that wants to know.",
            Topic::Commands => "What people want of the department's manager.",
            Topic::Ledger => "What has happened: what everybody can rely on.",
        },
        trouble: service
            .tail
            .trouble(topic)
            .map(|trouble| match me.is_admin() {
                true => trouble,
                false => "This topic cannot be read at the moment.".to_owned(),
            }),
        lanes: lanes
            .iter()
            .filter(|((of, _), _)| *of == topic)
            .map(|((_, partition), lane)| {
                let unsettled = unsettled.records.get(&(topic, *partition));
                looker.lane(topic, *partition, lane, unsettled.copied())
            })
            .collect(),
    });
    let shown = LogPage {
        frame: Frame::of(&service, &me, Here::Log),
        topics: topics.into(),
        dead_letters: service.contract.topics().dead_letters.to_string(),
        group: unsettled.group,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Whoever looks at the log.
struct Looker<'a> {
    service: &'a Service,
    me: &'a Me,
    /// What people are called, by their ids.
    names: HashMap<String, String>,
}

impl Looker<'_> {
    fn lane(
        &self,
        topic: Topic,
        partition: i32,
        lane: &Lane,
        unsettled: Option<Option<u64>>,
    ) -> ShownLane {
        let departments = self.service.contract.departments();
        let entries = lane.entries.iter().rev();
        ShownLane {
            id: format!("{topic:?}-{partition}").to_lowercase(),
            partition,
            department: (topic != Topic::Results)
                .then(|| departments.at(partition))
                .flatten()
                .map(|department| department.as_str().to_owned()),
            next: lane.next,
            unsettled: unsettled.map(|count| count.map_or(Unsettled::NotKnown, Unsettled::Known)),
            entries: entries
                .map(|entry| self.entry(topic, partition, entry))
                .collect(),
        }
    }

    fn entry(&self, topic: Topic, partition: i32, entry: &Entry) -> ShownEntry {
        let at = DateTime::from_timestamp_millis(entry.appended_ms).unwrap_or_default();
        let nothing = ShownEntry {
            offset: entry.offset,
            at: for_machines(at),
            shown_at: at.format("%-d %b, %H:%M:%S").to_string(),
            kind: String::new(),
            summary: None,
            address: None,
            fields: None,
            is_yours: false,
        };
        match &entry.says {
            Err(why) => ShownEntry {
                kind: "Not understood".to_owned(),
                summary: Some(why.clone()),
                is_yours: true,
                ..nothing
            },
            Ok(says) if self.sees(topic, partition, says) => {
                let fields: Map<String, Value> =
                    serde_json::from_str(&says.fields).unwrap_or_default();
                let pretty = serde_json::to_string_pretty(&fields);
                ShownEntry {
                    kind: says.kind.clone(),
                    summary: self.summary(says, &fields),
                    address: says
                        .application
                        .as_ref()
                        .map(|id| format!("/applications/{}", encoded(id))),
                    fields: pretty.ok(),
                    is_yours: true,
                    ..nothing
                }
            }
            Ok(says) => ShownEntry {
                kind: says.kind.clone(),
                ..nothing
            },
        }
    }

    /// Whether somebody may see what a record says: it is about them, or they decide in its department.
    fn sees(&self, topic: Topic, partition: i32, says: &Described) -> bool {
        let department = match topic {
            Topic::Results => {
                let departments = self.service.contract.departments();
                let name = says.department.as_deref().unwrap_or_default();
                let department = departments.named(name).ok();
                department.and_then(|department| departments.partition_of(department))
            }
            Topic::Applications | Topic::Commands | Topic::Ledger => Some(partition),
        };
        let mut own = self.me.places.iter();
        department.is_some_and(|partition| self.me.sees(partition))
            || says.email.as_deref() == Some(self.me.email.as_str())
            || own.any(|place| says.people.contains(&place.id))
    }

    fn summary(&self, says: &Described, fields: &Map<String, Value>) -> Option<String> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let number = |name: &str| fields.get(name).and_then(Value::as_i64);
        let summary = match &*says.kind {
            "LeaveApplicationReceived" => format!(
                "{}: {} h from {}",
                says.email.as_deref()?,
                number("LeaveDurationInHours")?,
                day(number("LeaveStartDateTicks")?)
            ),
            "LeaveApplicationProcessed" => {
                format!("{}: {}", says.email.as_deref()?, text("Result")?)
            }
            "CommandRefused" => text("Reason")?.to_owned(),
            _ => match &says.email {
                Some(email) => format!("by {email}"),
                None => {
                    let by = self.names.get(text("By")?)?;
                    format!("by {by}")
                }
            },
        };
        Some(summary)
    }
}

/// Says that something has come onto the log, and nothing about it: the page is asked for again then.
pub(super) async fn follow(
    State(service): State<Arc<Service>>,
    me: Me,
) -> Result<Sse<impl Stream<Item = Result<SentEvent, Infallible>>>, Problem> {
    let place = service.streams.take(&me.email)?;
    let watcher = Watcher {
        changes: service.tail.changes(),
        visit: Visit::of(me),
        service,
        _place: place,
    };
    let events = futures_util::stream::unfold(watcher, async |mut watcher| {
        let shutdown = watcher.service.shutdown.clone();
        tokio::select! {
            next = watcher.next() => next?,
            () = shutdown.requested() => return None,
        }
        Some((Ok(SentEvent::default().event("log").data("more")), watcher))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// Somebody who looks at the log, for as long as they may.
struct Watcher {
    service: Arc<Service>,
    visit: Visit,
    changes: watch::Receiver<u64>,
    _place: Place,
}

impl Watcher {
    /// Waits until something has come. `None`: they may see nothing any more.
    async fn next(&mut self) -> Option<()> {
        loop {
            let changed = tokio::time::timeout(ASKED, self.changes.changed()).await;
            let has_come = match changed {
                Ok(changed) => {
                    changed.ok()?;
                    tokio::time::sleep(GATHERED).await;
                    self.changes.mark_unchanged();
                    true
                }
                Err(_) => false,
            };
            self.visit.ask_again(&self.service, true).await?;
            if has_come {
                return Some(());
            }
        }
    }
}
