//! Applications and events as pages show them.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::Deserialize;
use timeoff_ledger::{Date, Days, Fact, hours};
use timeoff_models::Ticks;
use timeoff_views::{self as views, Queries, Status, ViewError};

use crate::account::{Account, leave_of, read};
use crate::api::{Sending, encoded, seen};
use crate::away::{Period, Span, short};
use crate::employee::Employee;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// An application.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) address: String,
    /// What the employee is called.
    pub(super) name: String,
    pub(super) department: String,
    /// The first day: `Thu 1 Jul 2027`.
    pub(super) start: String,
    /// The days: `Thu 1 Jul to Mon 5 Jul 2027`.
    pub(super) when: String,
    /// From the first day to the last.
    pub(super) period: Option<Period>,
    /// Its working hours: `16`, `7.6`.
    pub(super) hours: String,
    /// What kind of leave, as it is named.
    pub(super) leave_type: Option<String>,
    pub(super) note: Option<String>,
    pub(super) state: &'static str,
    pub(super) is_waiting: bool,
    pub(super) decided_by: Option<String>,
    pub(super) comment: Option<String>,
    /// Where it is queued: `leave-applications, partition 1, offset 5`.
    pub(super) place: String,
}

impl Shown {
    /// An application of somebody.
    pub(super) fn of(service: &Service, found: views::Application, of: Employee) -> Shown {
        let leave = leave_of(&found, service.contract.departments());
        let days = leave.as_ref().and_then(|leave| of.days(leave));
        let period = match &days {
            Some(days) => Period::of(days),
            None => leave.as_ref().map(Period::asked),
        };
        let state = match found.status {
            Status::Waiting => "waiting",
            Status::Approved => "approved",
            Status::Declined => "declined",
            Status::Withdrawn => "withdrawn",
        };
        let is_decided = matches!(found.status, Status::Approved | Status::Declined);
        let hours = match found.end.is_some() || found.minutes.is_some() {
            false => found.hours.to_string(),
            true => in_hours(days.as_ref().map_or(0, Days::minutes)),
        };
        let topic = &service.contract.topics().applications;
        Shown {
            address: format!("/applications/{}", encoded(&found.id)),
            name: of.name,
            department: found.department,
            start: day(found.start),
            when: period.map_or_else(|| day(found.start), when),
            period,
            hours,
            leave_type: found.leave_type.clone(),
            note: found.note.clone(),
            state,
            is_waiting: found.status == Status::Waiting,
            decided_by: found.decided_by.filter(|_| is_decided),
            comment: found.comment.filter(|_| is_decided),
            place: format!(
                "{topic}, partition {}, offset {}",
                found.partition, found.offset
            ),
            id: found.id,
        }
    }
}

impl Shown {
    /// The same, with what somebody's account says of it, where a policy has been set.
    pub(super) fn known_to(mut self, account: Option<&Account>) -> Shown {
        if let Some(account) = account {
            let named = self.leave_type.as_deref();
            self.leave_type = account.label_of(named).or(self.leave_type);
            if account.is_given_back(&self.id) {
                self.state = "cancelled";
            }
        }
        self
    }
}

impl Shown {
    /// The same, with the days that the ledger says: those that are booked, or that it would take.
    pub(super) fn counted(mut self, days: Option<&Days>) -> Shown {
        if let Some(days) = days {
            self.hours = in_hours(days.minutes());
            if let Some(left) = Period::of(days) {
                (self.when, self.period) = (when(left), Some(left));
            }
        }
        self
    }
}

/// Minutes as a number of hours: `16`, `7.6`, `0.33`.
pub(super) fn in_hours(minutes: u32) -> String {
    let hours = (f64::from(minutes) / 60.0 * 100.0).round() / 100.0;
    hours.to_string()
}

/// Something that has happened to an application.
pub(super) struct ShownEvent {
    /// For machines (RFC 3339).
    pub(super) at: String,
    /// For people: `30 Nov 2026, 10:05`.
    pub(super) shown_at: String,
    pub(super) what: String,
    pub(super) reason: Option<String>,
    pub(super) place: String,
}

impl ShownEvent {
    /// That an application was queued.
    pub(super) fn queued(service: &Service, application: &views::Application) -> ShownEvent {
        let at = DateTime::from_timestamp_millis(application.appended_ms).unwrap_or_default();
        let topic = &service.contract.topics().applications;
        let place = place(topic, application.partition, application.offset);
        ShownEvent::new(at, "Applied".to_owned(), None, place)
    }

    /// An event of the ledger, by somebody who is called so.
    pub(super) fn of(service: &Service, event: views::Event, by: Option<String>) -> ShownEvent {
        let nobody = match &*event.kind {
            "CommandRefused" => "somebody unknown",
            _ => "a rule",
        };
        let known = read(&event, service.contract.departments());
        let known = known.and_then(|event| known_by(&event.fact));
        let by = by.unwrap_or_else(|| nobody.to_owned());
        let what = match &*event.kind {
            "LeaveBooked" => format!("Approved by {by}"),
            "LeaveDeclined" => format!("Declined by {by}"),
            "LeaveWithdrawn" => format!("Withdrawn by {by}"),
            "CommandRefused" => format!("Refused to {by}"),
            "StageApproved" => format!("A stage approved by {by}"),
            "CancellationAsked" => format!("Cancellation asked for by {by}"),
            "CancellationDeclined" => format!("Cancellation declined by {by}"),
            "LeaveReleased" => format!("Given back by {by}"),
            "LeaveRecalculated" => format!("Counted anew by {by}"),
            "LeaveAdmitted" => format!("Taken over from another department by {by}"),
            other => format!("{other} by {by}"),
        };
        let topic = &service.contract.topics().ledger;
        let place = place(topic, event.partition, event.offset);
        ShownEvent::new(
            instant(event.at).unwrap_or_default(),
            what,
            event.reason.or(known),
            place,
        )
    }

    pub(super) fn new(
        at: DateTime<Utc>,
        what: String,
        reason: Option<String>,
        place: String,
    ) -> ShownEvent {
        ShownEvent {
            at: for_machines(at),
            shown_at: for_people(at),
            what,
            reason,
            place,
        }
    }
}

/// What was known when something happened, as far as the event says it: `16 h; 24 h left after it; policy 1`.
fn known_by(fact: &Fact<'_>) -> Option<String> {
    let mut all = Vec::new();
    match fact {
        Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
            let is_booked = matches!(fact, Fact::LeaveBooked(_));
            let judged = decided.judged();
            all.extend(judged.minutes.map(|minutes| amount(minutes.into())));
            all.extend(judged.available.map(|left| match is_booked {
                true => format!("{} left after it", amount(left.into())),
                false => format!("{} could be taken", amount(left.into())),
            }));
            all.extend(
                judged
                    .policy_version
                    .map(|version| format!("policy {version}")),
            );
            let warnings = judged.warnings.as_ref();
            all.extend(warnings.map(|warnings| format!("accepted: {}", warnings.0)));
            all.extend(judged.reason.as_ref().map(|reason| reason.0.to_string()));
        }
        Fact::StageApproved { stage, stages, .. } => all.push(format!("{stage} of {stages}")),
        Fact::LeaveReleased {
            from_date, minutes, ..
        } => {
            all.push(amount((*minutes).into()));
            all.extend(from_date.map(|day| format!("from {} on", date(day))));
        }
        Fact::LeaveRecalculated { days, .. } => all.push(amount(days.minutes().into())),
        _ => {}
    }
    (!all.is_empty()).then(|| all.join("; "))
}

/// An instant for machines (RFC 3339): `2026-11-30T10:05:00Z`.
pub(super) fn for_machines(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An instant for people: `30 Nov 2026, 10:05 UTC`.
pub(super) fn for_people(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A place on the log: `leave-ledger 1:5`.
pub(super) fn place(topic: &str, partition: i32, offset: i64) -> String {
    format!("{topic} {partition}:{offset}")
}

/// What people are called, by their ids.
pub(super) fn names_of_people(
    queries: &Queries,
    ids: Vec<String>,
) -> Result<HashMap<String, String>, ViewError> {
    let mut names = HashMap::new();
    for id in ids {
        if !names.contains_key(&id)
            && let Some(person) = queries.places_of_person(&id)?.into_iter().next()
        {
            names.insert(id, person.name);
        }
    }
    Ok(names)
}

/// What is said above a form that is shown again because the log, or what is read from it, does not answer.
pub(super) const UNANSWERED: &str = "The log does not answer at the moment. What you have entered is still here: send it again soon. It counts once.";

/// What is wrong with what was typed into a field.
pub(super) fn in_field(problem: &Problem, field: &str, typed: &str) -> Option<String> {
    let mistake = problem.mistake_in(field)?;
    Some(match typed.trim().is_empty() {
        true => "This is missing.".to_owned(),
        false => mistake,
    })
}

/// How a command about an application is sent: clicked twice it is one, and after a refusal it is another.
pub(super) async fn sending(
    service: &Service,
    me: &Me,
    id: &str,
    what: &str,
) -> Result<Sending, Problem> {
    let seen = seen(service, me, id).await?;
    let events = seen.events.iter();
    let refused = events.filter(|event| event.kind == "CommandRefused");
    Sending::of_page(&format!("page {what} {}", refused.count()))
}

/// What is said of a decision that was sent before with another comment.
pub(super) const OTHER_COMMENT: &str = "You have sent this decision already, with another comment.";

/// What is said of something that is on the log, and that nobody has answered yet.
pub(super) const SENT: &str = "It is sent, and not lost. It is carried out as soon as the department's manager answers; \
                               this page shows it then.";

/// A page's path with another parameter.
pub(super) fn with_parameter(path: &str, parameter: &str) -> String {
    let and = if path.contains('?') { '&' } else { '?' };
    format!("{path}{and}{parameter}")
}

/// What has been done a moment ago, as the address of a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Done {
    /// An application is queued.
    Applied,
    Approved,
    Declined,
    Withdrawn,
    /// The employee has asked for leave to be cancelled.
    Asked,
    Cancelled,
    /// Leave that was to be cancelled stays booked.
    Kept,
    /// It is on the log, and nobody has answered yet.
    Sent,
}

impl Done {
    /// As a parameter of the address.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Done::Applied => "done=applied",
            Done::Approved => "done=approved",
            Done::Declined => "done=declined",
            Done::Withdrawn => "done=withdrawn",
            Done::Asked => "done=asked",
            Done::Cancelled => "done=cancelled",
            Done::Kept => "done=kept",
            Done::Sent => "done=sent",
        }
    }

    /// In words.
    pub(super) fn notice(self) -> &'static str {
        match self {
            Done::Applied => "Your application is in.",
            Done::Approved => "It is approved.",
            Done::Declined => "It is declined.",
            Done::Withdrawn => "It is withdrawn.",
            Done::Asked => {
                "You have asked for it to be cancelled. Until somebody decides, it counts."
            }
            Done::Cancelled => "The leave is cancelled.",
            Done::Kept => "The leave stays booked.",
            Done::Sent => SENT,
        }
    }
}

/// What has been done, and with which application.
pub(super) struct Notice {
    pub(super) words: &'static str,
    /// The application's address, and whose it is: `Ada Lovelace, Thu 1 Jul 2027`.
    pub(super) about: Option<(String, String)>,
}

impl Notice {
    /// What the address of a page says, if it says something. Whatever else it names is not shown to whom it is not for.
    pub(super) async fn of(
        service: &Service,
        me: &Me,
        done: Option<Done>,
        id: Option<String>,
    ) -> Option<Notice> {
        let words = done?.notice();
        let about = match id {
            Some(id) => Notice::about(service, me, &id).await,
            None => None,
        };
        Some(Notice { words, about })
    }

    /// An application's address, and whose it is, for whoever may see it.
    pub(super) async fn about(service: &Service, me: &Me, id: &str) -> Option<(String, String)> {
        let seen = seen(service, me, id).await.ok()?;
        let (email, partition) = (seen.application.email.clone(), seen.application.partition);
        let employee = service
            .reading
            .ask(move |queries| Employee::of(queries, &email, partition));
        employee.await.ok().map(|employee| {
            let shown = Shown::of(service, seen.application, employee);
            (shown.address, format!("{}, {}", shown.name, shown.when))
        })
    }
}

/// A day, given as the ticks of its midnight: `Thu 1 Jul 2027`.
pub(super) fn day(ticks: i64) -> String {
    instant(ticks).map_or_else(String::new, |day| shown_date(day.date_naive()))
}

/// A day: `Thu 1 Jul 2027`.
fn shown_date(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

/// A day: `Thu 1 Jul 2027`.
pub(super) fn date(day: Date) -> String {
    shown_date(day.naive())
}

/// Working time that is given in minutes: `16 h`, `0 h`, `7 h 36 min`.
pub(super) fn amount(minutes: u64) -> String {
    match minutes {
        0 => "0 h".to_owned(),
        _ => hours(minutes),
    }
}

/// Days: `Thu 1 Jul 2027`, or `Thu 1 Jul to Mon 5 Jul 2027`.
pub(super) fn when(Period { first, last }: Period) -> String {
    let end = shown_date(last);
    if first == last {
        end
    } else if first.year() == last.year() {
        format!("{} to {end}", first.format("%a %-d %b"))
    } else {
        format!("{} to {end}", shown_date(first))
    }
}

/// Who else is away.
pub(super) struct Others {
    /// Some of them: `Bob Martin, 1 Jul to 3 Jul`.
    pub(super) some: Vec<String>,
    /// How many more there are.
    pub(super) more: usize,
}

/// How many of those who are away are named.
pub(super) const NAMED: usize = 4;

impl Others {
    /// Those of these leaves that are approved, of others than somebody, and have a day in a period.
    pub(super) fn in_period(spans: &[Span], email: &str, period: Period) -> Others {
        let others = |span: &&Span| !span.is_waiting && span.email != email && span.is_in(period);
        let all: Vec<&Span> = spans.iter().filter(others).collect();
        Others {
            some: all
                .iter()
                .take(NAMED)
                .map(|span| shown_span(span))
                .collect(),
            more: all.len().saturating_sub(NAMED),
        }
    }
}

impl Others {
    /// These people, each with the days on which they are away, in order.
    pub(super) fn of<'a>(away: impl ExactSizeIterator<Item = (&'a str, Vec<NaiveDate>)>) -> Others {
        let more = away.len().saturating_sub(NAMED);
        let some = away.take(NAMED).filter_map(|(name, dates)| {
            let (first, last) = (dates.first()?, dates.last()?);
            Some(named(name, *first, *last))
        });
        Others {
            some: some.collect(),
            more,
        }
    }
}

fn shown_span(span: &Span) -> String {
    format!("{}, {}", span.name, short(&span.days))
}

/// `Bob Martin, 1 Jul to 3 Jul`.
fn named(name: &str, first: NaiveDate, last: NaiveDate) -> String {
    let short = |day: NaiveDate| day.format("%-d %b").to_string();
    match first == last {
        true => format!("{name}, {}", short(first)),
        false => format!("{name}, {} to {}", short(first), short(last)),
    }
}

/// An instant that is given in ticks, if there is such a one.
pub(super) fn instant(ticks: i64) -> Option<DateTime<Utc>> {
    Some(Ticks::try_from(ticks).ok()?.into())
}
