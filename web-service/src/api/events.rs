//! What happens, as it happens: server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::sse::{Event as SentEvent, KeepAlive, Sse};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};
use utoipa::{IntoParams, ToSchema};

use super::applications::{Application, Event};
use super::position::CaughtUp;
use crate::feed::{self, Cursor, Happening};
use crate::problem::Problem;
use crate::service::Service;
use crate::streams::Place;
use crate::who::{ASKED, Me, Visit};

/// How often something is sent although nothing happens, so that nobody in between takes the connection for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// Where the client has come to, if it has been here before.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct LastEventId {
    /// The id of the last event that was received: what has happened since comes first. Without it, what happens from
    /// now on comes.
    #[param(rename = "Last-Event-ID", value_type = String, required = false)]
    cursor: Option<Cursor>,
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<LastEventId, Problem> {
        let Some(value) = parts.headers.get("last-event-id") else {
            return Ok(LastEventId { cursor: None });
        };
        match value.to_str().unwrap_or("?").parse() {
            Ok(cursor) => Ok(LastEventId {
                cursor: Some(cursor),
            }),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "Last-Event-ID is not the id of an event of this stream.",
            )),
        }
    }
}

/// An event of the ledger, and what it is about.
#[derive(Serialize, ToSchema)]
pub(super) struct LedgerEvent {
    #[serde(flatten)]
    event: Event,
    /// The department.
    department: String,
    /// Id of the application that it is about.
    application: Option<String>,
    /// Id of the person that it is about.
    person: Option<String>,
}

/// What happens, as server-sent events.
///
/// Two kinds of events come: `application`, an application that was queued, and `ledger`, an event of the ledger, each
/// with what may be seen of it as JSON. An event's id says how far the stream has come: with it as Last-Event-ID, another
/// stream goes on without a gap or a repetition, at any instance. In each partition, events come in their order.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "follow_events", tag = "events",
    security(("who" = [])), params(LastEventId, CaughtUp),
    responses((status = 200, description = "A stream that does not end", body = String, content_type = "text/event-stream"),
        Problem))]
pub(super) async fn follow(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    LastEventId { cursor }: LastEventId,
) -> Result<Sse<impl Stream<Item = Result<SentEvent, Infallible>>>, Problem> {
    let place = service.streams.take(&me.email)?;
    // Before the view is asked, so that nothing is missed in between.
    let (receiver, told) = service.feed.subscribe().await;
    let cursor = cursor.unwrap_or(told);
    let follower = Follower {
        visit: Visit::of(me),
        cursor,
        receiver,
        is_behind: true,
        read: VecDeque::new(),
        _place: place,
        service,
    };
    let events = futures_util::stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// Somebody who follows.
struct Follower {
    service: Arc<Service>,
    visit: Visit,
    /// What has been told.
    cursor: Cursor,
    receiver: broadcast::Receiver<Arc<Happening>>,
    /// Whether the view may have what the receiver does not bring.
    is_behind: bool,
    /// What was read from the view and is not told yet.
    read: VecDeque<Arc<Happening>>,
    _place: Place,
}

impl Follower {
    /// The next event that they may see. `None` if the service stops, or they may see nothing any more.
    async fn next(&mut self) -> Option<SentEvent> {
        let shutdown = self.service.shutdown.clone();
        tokio::select! {
            event = self.next_of_all() => event,
            () = shutdown.requested() => None,
        }
    }

    async fn next_of_all(&mut self) -> Option<SentEvent> {
        loop {
            let happening = match self.read.pop_front() {
                Some(happening) => happening,
                None if self.is_behind => {
                    self.read_view().await?;
                    continue;
                }
                None => match tokio::time::timeout(ASKED, self.receiver.recv()).await {
                    Ok(Ok(happening)) => happening,
                    Ok(Err(RecvError::Lagged(_))) => {
                        self.is_behind = true;
                        continue;
                    }
                    Ok(Err(RecvError::Closed)) => return None,
                    Err(_) => {
                        self.visit.ask_again(&self.service, true).await?;
                        continue;
                    }
                },
            };
            if self.cursor.advance(&happening)
                && let Some(event) = self.seen(&happening).await?
            {
                return Some(event);
            }
        }
    }

    async fn read_view(&mut self) -> Option<()> {
        let (cursor, partitions) = (self.cursor.clone(), self.service.partitions());
        let read = self
            .service
            .reading
            .ask(move |queries| feed::after(queries, &cursor, partitions));
        let read = read.await.ok()?;
        self.is_behind = !read.is_empty();
        self.read = read.into_iter().map(Arc::new).collect();
        Some(())
    }

    /// The event as it is sent, if they may see it now. The outer `None`: they may see nothing any more.
    async fn seen(&mut self, happening: &Happening) -> Option<Option<SentEvent>> {
        let has_changed = happening.changes_rights();
        self.visit.ask_again(&self.service, has_changed).await?;
        let me = &self.visit.me;
        let departments = self.service.contract.departments();
        let (kind, data) = match happening {
            Happening::Queued(application) => {
                let is_seen =
                    application.email == me.email.as_str() || me.sees(application.partition);
                if !is_seen {
                    return Some(None);
                }
                let application = Application::of(&self.service, application.clone());
                ("application", serde_json::to_string(&application))
            }
            Happening::Event(event, email) => {
                let department = departments.at(event.partition)?.as_str();
                let is_me = |id: &Option<String>| {
                    me.places.iter().any(|place| Some(&place.id) == id.as_ref())
                };
                let is_seen = me.sees(event.partition)
                    || email.as_deref() == Some(me.email.as_str())
                    || is_me(&event.by)
                    || is_me(&event.person)
                    || is_me(&event.other_person);
                if !is_seen {
                    return Some(None);
                }
                let event = LedgerEvent {
                    department: department.to_owned(),
                    application: event.application.clone(),
                    person: event.person.clone(),
                    event: event.clone().into(),
                };
                ("ledger", serde_json::to_string(&event))
            }
        };
        let data = data.expect("texts and numbers under text names are JSON");
        let event = SentEvent::default().event(kind).id(self.cursor.to_string());
        Some(Some(event.data(data)))
    }
}
