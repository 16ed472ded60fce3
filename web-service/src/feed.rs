//! What happens, as it is folded: told once to everybody who follows.
//!
//! One task reads what is new in the view after each change, and hands it to all streams. A stream that begins in the
//! past, or could not keep up, reads the view itself until it has come to where the others are.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use timeoff_views::{Application, Event, Queries, Status, Topic, ViewError};
use tokio::sync::{broadcast, watch};

use crate::service::Service;

/// How many happenings a stream may be behind before it reads the view itself.
const BEHIND: usize = 1024;

/// How many rows are read of each lane at a time.
const ROWS: u32 = 500;

/// How long to wait before the view is asked again after it could not be.
const AGAIN: Duration = Duration::from_millis(500);

/// How long a decision waits for its result: it has come long before, unless somebody has removed it.
const WHOLE: Duration = Duration::from_secs(5);

/// The topics that are told of, and what they are called in a cursor.
const LANES: [(Topic, char); 2] = [(Topic::Applications, 'a'), (Topic::Ledger, 'l')];

/// How far somebody has come: in each partition of each topic, the next offset. As a text, the id of an event:
/// `a0=12,a1=3,l1=4`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor(BTreeMap<(char, i32), i64>);

impl Cursor {
    fn next(&self, lane: (char, i32)) -> i64 {
        self.0.get(&lane).copied().unwrap_or(0)
    }

    /// Notes that everything up to this happening has been told. False if it had been before.
    pub(crate) fn advance(&mut self, happening: &Happening) -> bool {
        let (lane, offset) = happening.place();
        let is_new = offset >= self.next(lane);
        if is_new {
            self.0.insert(lane, offset + 1);
        }
        is_new
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, ((lane, partition), next)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{lane}{partition}={next}")?;
        }
        Ok(())
    }
}

/// The text is not that of a cursor.
pub(crate) struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Cursor, InvalidCursor> {
        let mut cursor = Cursor::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let read = || {
                let (place, next) = part.split_once('=')?;
                let lane = place.chars().next()?;
                let is_lane = LANES.iter().any(|(_, name)| *name == lane);
                let partition: i32 = place.get(1..)?.parse().ok()?;
                let next: i64 = next.parse().ok()?;
                (is_lane && partition >= 0 && next >= 0).then_some(((lane, partition), next))
            };
            let (lane, next) = read().ok_or(InvalidCursor)?;
            cursor.0.insert(lane, next);
        }
        Ok(cursor)
    }
}

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Happening {
    /// An application was queued.
    Queued(Application),
    /// An event came onto the ledger; with the e-mail address of the employee whose application it is about.
    Event(Event, Option<String>),
}

impl Happening {
    /// Whether somebody may do another thing since then than before.
    pub(crate) fn changes_rights(&self) -> bool {
        matches!(self, Happening::Event(event, _) if event.person.is_some() && event.application.is_none())
    }

    fn place(&self) -> ((char, i32), i64) {
        match self {
            Happening::Queued(application) => (('a', application.partition), application.offset),
            Happening::Event(event, _) => (('l', event.partition), event.offset),
        }
    }
}

/// A little before where the view is: what has just come may not be whole yet, and is still to be told.
fn just_before(queries: &Queries) -> Result<Cursor, ViewError> {
    let positions = queries.position()?.into_iter();
    let lanes = positions.filter_map(|position| {
        let (_, lane) = LANES.iter().find(|(topic, _)| *topic == position.topic)?;
        let back = match position.topic {
            Topic::Ledger => i64::from(ROWS),
            _ => 0,
        };
        Some(((*lane, position.partition), (position.next - back).max(0)))
    });
    Ok(Cursor(lanes.collect()))
}

/// What happened after a cursor: some of it, in order for each partition. Nothing if that was all, or what comes next is
/// not whole yet: a decision and its result come in two topics, and whoever is told of the one must find the other.
pub(crate) fn after(
    queries: &Queries,
    cursor: &Cursor,
    partitions: i32,
) -> Result<Vec<Happening>, ViewError> {
    let mut happenings = Vec::new();
    let now = Utc::now().timestamp_millis();
    let is_fresh = |appended_ms: i64| {
        u64::try_from(now - appended_ms).map_or(true, |age| Duration::from_millis(age) < WHOLE)
    };
    for partition in 0..partitions {
        let next = cursor.next(('a', partition));
        let applications = queries.applications_from(partition, next, ROWS)?;
        happenings.extend(applications.into_iter().map(Happening::Queued));
        for event in queries.events_from(partition, cursor.next(('l', partition)), ROWS)? {
            let application = match &event.application {
                Some(id) => queries.application(id)?,
                None => None,
            };
            let is_waiting = |about: &Application| about.status == Status::Waiting;
            let is_decision = matches!(&*event.kind, "LeaveBooked" | "LeaveDeclined");
            if is_decision
                && application.as_ref().is_some_and(is_waiting)
                && is_fresh(event.appended_ms)
            {
                break;
            }
            let email = application.map(|application| application.email);
            happenings.push(Happening::Event(event, email));
        }
    }
    Ok(happenings)
}

/// Tells everybody what happens.
#[derive(Debug)]
pub(crate) struct Feed {
    sender: broadcast::Sender<Arc<Happening>>,
    /// What has been told; nothing before everything is told that comes into the view from then on.
    told: watch::Sender<Option<Cursor>>,
}

impl Feed {
    pub(crate) fn new() -> Feed {
        Feed {
            sender: broadcast::Sender::new(BEHIND),
            told: watch::Sender::new(None),
        }
    }

    /// From when this returns, is told what happens: all that is not told up to this cursor.
    pub(crate) async fn subscribe(&self) -> (broadcast::Receiver<Arc<Happening>>, Cursor) {
        let mut told = self.told.subscribe();
        // The sender is as old as this is.
        let _ = told.wait_for(Option::is_some).await;
        let receiver = self.sender.subscribe();
        let told = told.borrow().clone();
        (receiver, told.unwrap_or_default())
    }
}

/// Reads what is new after each change of the view, and tells it, for as long as the process runs.
pub(crate) async fn tell(service: &Service) {
    let partitions = service.partitions();
    let mut cursor = None;
    loop {
        let mut changes = service.reading.come();
        changes.mark_unchanged();
        let from: Option<Cursor> = cursor.clone();
        let read = service.reading.ask(move |queries| {
            let from = match from {
                Some(from) => from,
                None => just_before(queries)?,
            };
            let happenings = after(queries, &from, partitions)?;
            Ok((from, happenings))
        });
        let Ok((from, happenings)) = read.await else {
            // There is no view yet, or it cannot be read; whoever asks is told why.
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let mut come = from;
        let is_all = happenings.is_empty();
        for happening in happenings {
            if come.advance(&happening) {
                // Nobody may be listening.
                let _ = service.feed.sender.send(Arc::new(happening));
            }
        }
        service.feed.told.send_replace(Some(come.clone()));
        cursor = Some(come);
        // Something may wait for what does not come.
        let changed = tokio::time::timeout(WHOLE, changes.changed());
        if is_all && matches!(changed.await, Ok(Err(_))) {
            // The view is folded anew.
            tokio::time::sleep(AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_is_a_text_that_reads_back() {
        for text in ["", "a0=12,a1=3,l1=4"] {
            let cursor: Cursor = text.parse().ok().unwrap();
            assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["a", "a0", "x0=1", "a-1=1", "a0=-1", "a0=x", "é0=1", "7"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
