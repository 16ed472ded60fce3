//! Calendar feeds: leave as calendar programs read it.
//!
//! A feed belongs to a person, and shows no more than they may see now: all of their own leave, or who is away in a
//! department. It says which days, and never a time of day.
//!
//! | where | what it has |
//! |---|---|
//! | `entries` | a leave as entries of a calendar |
//! | `text` | entries as text (iCalendar) |

mod entries;
mod text;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use timeoff_ledger::Date;
use timeoff_models::{Department, Email};
use timeoff_views::{Application, Events, PageRequest, Person, Queries, ViewError};
use uuid::Uuid;

use crate::account::Account;
use crate::away::{Leave, Period, Row, own_row, rows};
use crate::employee::Employee;
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::{self, Caller, Me};
use entries::{About, entries};
use text::{Entry, text};

/// How long before this month a feed begins.
const BACK: Months = Months::new(12);

/// How long after this month a feed ends.
const AHEAD: Months = Months::new(24);

/// How many days a leave may last, to be shown as a whole if only its beginning or its end is in the time of the feed.
const LONGEST: Days = Days::new(366);

/// The most events of one leave that are looked at.
const EVENTS: u32 = 1000;

/// What UIDs of other people's leave are derived in: a random UUID that is nobody else's.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d9c_51f7_0b6e_4c3a_8e75_a41f_96d2_03bb);

/// The text of the feed with this secret. `None` if there is none, its person has left, or they may not see the department
/// any more.
///
/// # Errors
///
/// A problem of status 503 if the view or the file of accounts cannot be asked, or there is more leave than can be looked
/// at. Never an empty feed instead: programs would delete all that they show.
pub(crate) async fn feed(service: &Arc<Service>, secret: &str) -> Result<Option<String>, Problem> {
    let hash = who::hash(secret);
    let accounts = &service.authentication.accounts;
    let Some(calendar) = accounts.calendar(hash).await? else {
        return Ok(None);
    };
    let Some(email) = address(service, calendar.person.clone()).await? else {
        return Ok(None);
    };
    let department = match &calendar.department {
        None => None,
        Some(name) => match service.contract.departments().named(name) {
            Ok(department) => Some(department.clone()),
            Err(_) => return Ok(None),
        },
    };
    let asked = service.clone();
    let found = Caller::of_calendar(email, hash)
        .ask_if_active(service, move |queries, me| match department {
            // Somebody else has come to have the address since.
            _ if !me.is(&calendar.person) => Ok(Feed::Nothing),
            None if me.id(&asked) != calendar.person => Ok(Feed::Nothing),
            None => own(&asked, queries, me),
            Some(department) => of_department(&asked, queries, me, &department),
        })
        .await?;
    match found {
        None | Some(Feed::Nothing) => Ok(None),
        Some(Feed::Text(text)) => Ok(Some(text)),
        Some(Feed::Unknown) => {
            let detail =
                "The feed cannot be put together now: keep what you have, and try again later.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
        }
    }
}

/// What there is at the address of a feed.
enum Feed {
    Text(String),
    /// Nothing that its person may see.
    Nothing,
    /// It cannot be said: there is too much leave.
    Unknown,
}

/// The e-mail address that the person with this id has today: the one at home, if other departments have another. `None` if
/// they are active nowhere.
async fn address(service: &Service, person: String) -> Result<Option<Email>, Problem> {
    let departments = service.contract.departments().clone();
    let places = service
        .reading
        .ask(move |queries| queries.places_of_person(&person));
    let (mut places, today) = (places.await?, who::today());
    places.retain(|place| who::is_active(place, today));
    let is_home = |place: &&Person| {
        let here = departments.at(place.partition);
        here.is_some_and(|here| here.as_str() == place.department)
    };
    let place = places.iter().find(is_home).or(places.first());
    Ok(place.and_then(|place| place.email.parse().ok()))
}

/// One's own leave: what is approved, and what waits.
fn own(service: &Service, queries: &Queries, me: &Me) -> Result<Feed, ViewError> {
    let Some((department, partition)) = me
        .home(service)
        .and_then(|home| Some((home, me.knows(service, home)?)))
    else {
        // Guests have no leave.
        return Ok(Feed::Text(text("My leave", &[])));
    };
    let Some(period) = window(now().date()) else {
        return Ok(Feed::Unknown);
    };
    let own = me.id(service);
    let row = own_row(queries, (partition, department), own, period.asked)?;
    let Some(Row {
        leaves, employee, ..
    }) = row
    else {
        return Ok(Feed::Unknown);
    };
    let account = match me.home_place(service) {
        Some(place) => Account::of(queries, service.contract.departments(), place)?,
        None => None,
    };
    let mut all = Vec::new();
    for leave in leaves.into_iter().filter(|leave| period.shows(leave)) {
        let Some(application) = queries.application(&leave.id)? else {
            continue;
        };
        let history = History::of(queries, &application)?;
        let leave_type = application.leave_type;
        let label = account
            .as_ref()
            .and_then(|account| account.label_of(leave_type.as_deref()));
        let about = About {
            uid: leave.id,
            sequence: history.sequence,
            changed: history.changed,
            title: label.or(leave_type).unwrap_or_else(|| "Leave".to_owned()),
            is_waiting: leave.is_waiting,
            is_of_others: false,
        };
        all.extend(entries(&about, &leave.days, |date| works(&employee, date)));
    }
    Ok(Feed::Text(period.text("My leave", all)))
}

/// Who is away in a department, without what waits and without types of leave. [`Feed::Nothing`] if whoever asks may not
/// see that.
fn of_department(
    service: &Service,
    queries: &Queries,
    me: &Me,
    department: &Department,
) -> Result<Feed, ViewError> {
    let Some(partition) = me.knows(service, department) else {
        return Ok(Feed::Nothing);
    };
    let Some(period) = window(now().date()) else {
        return Ok(Feed::Unknown);
    };
    let seen = (None, &BTreeSet::new());
    let Some(rows) = rows(queries, (partition, department), seen, period.asked)? else {
        return Ok(Feed::Unknown);
    };
    let mut all = Vec::new();
    for row in rows {
        let approved = row.leaves.iter().filter(|leave| !leave.is_waiting);
        for leave in approved.filter(|leave| period.shows(leave)) {
            let Some(application) = queries.application(&leave.id)? else {
                continue;
            };
            let history = History::of(queries, &application)?;
            let about = About {
                uid: Uuid::new_v5(&NAMESPACE, leave.id.as_bytes()).to_string(),
                sequence: history.sequence,
                changed: history.changed,
                title: format!("{}: away", row.name),
                is_waiting: false,
                is_of_others: true,
            };
            all.extend(entries(&about, &leave.days, |date| {
                works(&row.employee, date)
            }));
        }
    }
    let name = format!("Away in {department}");
    Ok(Feed::Text(period.text(&name, all)))
}

fn works(employee: &Employee, date: NaiveDate) -> bool {
    Date::try_from(date).is_ok_and(|date| employee.works(date))
}

/// How a leave has changed.
struct History {
    /// How many events have changed it. Each of them makes this larger.
    sequence: u32,
    /// When the last of them was appended; the application itself, if there is none.
    changed: DateTime<Utc>,
}

impl History {
    fn of(queries: &Queries, application: &Application) -> Result<History, ViewError> {
        let events = Events::Application(&application.id);
        let events = queries.events_of(events, &PageRequest::first(EVENTS))?.rows;
        let changes = events.iter().filter(|event| event.kind != "CommandRefused");
        let times = changes.map(|event| event.appended_ms);
        // A manager without a ledger writes only a result.
        let is_decided_without = u32::from(application.result.is_some());
        let sequence = u32::try_from(times.clone().count()).unwrap_or(u32::MAX);
        let last = times.max().unwrap_or(application.appended_ms);
        Ok(History {
            sequence: sequence.max(is_decided_without),
            changed: DateTime::from_timestamp_millis(last).unwrap_or_default(),
        })
    }
}

/// The time that a feed shows. It moves on once a month, so that a feed stays the same for as long as its leave does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    /// What is shown if it has a day in it.
    shown: Period,
    /// What is asked for, so that leave at either end is shown as a whole.
    asked: Period,
}

/// The time of a feed that is read on this day. `None` at the ends of time.
fn window(today: NaiveDate) -> Option<Window> {
    let month = today.with_day(1)?;
    let first = month.checked_sub_months(BACK)?;
    let after = month
        .checked_add_months(AHEAD)?
        .checked_add_months(Months::new(1))?;
    let last = after.pred_opt()?;
    Some(Window {
        shown: Period { first, last },
        asked: Period {
            first: first.checked_sub_days(LONGEST)?,
            last: last.checked_add_days(LONGEST)?,
        },
    })
}

impl Window {
    /// Whether an entry of a leave may be in it. An entry lasts over days that are no days of leave, so this asks for the
    /// time from the first day to the last.
    fn shows(self, leave: &Leave) -> bool {
        let (Some(first), Some(last)) = (leave.days.first(), leave.days.last()) else {
            return false;
        };
        first.date <= self.shown.last && self.shown.first <= last.date
    }

    /// The entries that are in it as a calendar, by their days.
    fn text(self, name: &str, mut all: Vec<Entry>) -> String {
        all.retain(|entry| {
            let Entry { first, last, .. } = *entry;
            first <= self.shown.last && self.shown.first <= last
        });
        all.sort_by(|a, b| (a.first, &a.summary, &a.uid).cmp(&(b.first, &b.summary, &b.uid)));
        text(name, &all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_feed_is_of_whole_months_from_a_year_ago_to_two_years_ahead() {
        for today in ["2027-02-01", "2027-02-28"] {
            let Window { shown, asked } = window(day(today)).expect("in the middle of time");
            assert_eq!(shown.first, day("2026-02-01"));
            assert_eq!(shown.last, day("2029-02-28"));
            assert!(asked.first < shown.first && shown.last < asked.last);
        }
        let leap = window(day("2026-02-28")).expect("in the middle of time");
        assert_eq!(leap.shown.last, day("2028-02-29"));
    }

    #[test]
    fn leave_outside_its_time_is_left_out_and_at_its_ends_is_whole() {
        let window = window(day("2027-02-10")).expect("in the middle of time");
        let entry = |uid: &str, first: &str, last: &str| Entry {
            uid: uid.to_owned(),
            sequence: 0,
            changed: DateTime::UNIX_EPOCH,
            summary: String::new(),
            first: day(first),
            last: day(last),
            kind: text::Kind::Away,
        };
        let text = window.text(
            "My leave",
            vec![
                entry("over", "2026-01-30", "2026-01-31"),
                entry("begins-before", "2026-01-29", "2026-02-02"),
                entry("ends-after", "2029-02-27", "2029-03-02"),
                entry("too-late", "2029-03-01", "2029-03-02"),
            ],
        );
        let uids: Vec<&str> = text
            .split("\r\n")
            .filter_map(|line| line.strip_prefix("UID:"))
            .collect();
        assert_eq!(uids, ["begins-before", "ends-after"]);
        assert!(
            text.contains("DTSTART;VALUE=DATE:20260129")
                && text.contains("DTEND;VALUE=DATE:20290303")
        );
    }
}
