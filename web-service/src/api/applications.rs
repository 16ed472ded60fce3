//! Leave applications: queuing them, and what became of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use timeoff_log::Position;
use timeoff_models::{ApplicationId, Email, LeaveApplication, LeaveStart};
use timeoff_views::{
    self as views, ApplicationFilter, Events, Page, PageRequest, Queries, Seer, Status, Topic,
    ViewError,
};
use utoipa::{IntoParams, ToSchema};

use super::body::Body;
use super::condition::etag;
use super::dates::{day, instant, instant_of_ms};
use super::department_name::DepartmentName;
use super::id::Id;
use super::idempotency::{IdempotencyKey, other_body};
use super::new_leave::{Asked, Texts};
use super::page::{self, Query};
use super::position::{self, CaughtUp};
use super::{encoded, nothing_of_that_name};
use crate::account::Account;
use crate::ledgers::{Ledger, Ledgers};
use crate::problem::{FieldError, Problem};
use crate::reading::PATIENCE;
use crate::service::Service;
use crate::who::{Caller, Me};

/// The most events of an application that are shown. It has one for what became of it, and one for each refused command.
const EVENTS: u32 = 1000;

/// A leave that is applied for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    /// The department whose manager decides; without it, one's own.
    #[schema(value_type = Option<DepartmentName>)]
    department: Option<String>,
    /// How long the leave is. Without it, last_day or minutes says so.
    #[schema(minimum = 1, maximum = 8784, example = 16)]
    hours: Option<i64>,
    /// The first day of the leave.
    #[schema(format = "date", example = "2027-07-01")]
    start: String,
    /// What kind of leave, as the department's policy names it; without it, the one that the policy takes for granted.
    #[schema(example = "annual", pattern = "^[A-Za-z0-9-]{1,40}$")]
    r#type: Option<String>,
    /// The last day of the leave, at most 366 days from the first.
    #[schema(format = "date", example = "2027-07-02")]
    last_day: Option<String>,
    /// How much of the first day: whole, morning or afternoon. Only with last_day.
    #[schema(pattern = "^(whole|morning|afternoon)$")]
    first_day_part: Option<String>,
    /// How much of the last day: whole, morning or afternoon. Only with last_day.
    #[schema(pattern = "^(whole|morning|afternoon)$")]
    last_day_part: Option<String>,
    /// Working minutes of leave on a single day.
    #[schema(minimum = 1, maximum = 1440, example = 90)]
    minutes: Option<i64>,
    /// What the approver should know.
    #[schema(max_length = 1000)]
    note: Option<String>,
    /// Id of an application of one's own whose booked leave is given back when this one is approved.
    replaces: Option<String>,
}

/// An application that is queued.
#[derive(Serialize, ToSchema)]
pub(super) struct Queued {
    /// Its id.
    #[schema(example = "ada@example.com-638396640000000000")]
    id: String,
    /// The topic that it is on.
    topic: String,
    /// Its partition there.
    partition: i32,
    /// Its offset there.
    offset: i64,
    /// What has become of it.
    state: State_,
}

/// What has become of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ApplicationState)]
pub(super) enum State_ {
    /// Nothing yet.
    Waiting,
    /// It was approved.
    Approved,
    /// It was declined.
    Declined,
    /// The employee has withdrawn it, or all of the booked leave was given back.
    Withdrawn,
}

impl From<Status> for State_ {
    fn from(status: Status) -> State_ {
        match status {
            Status::Waiting => State_::Waiting,
            Status::Approved => State_::Approved,
            Status::Declined => State_::Declined,
            Status::Withdrawn => State_::Withdrawn,
        }
    }
}

impl From<State_> for Status {
    fn from(state: State_) -> Status {
        match state {
            State_::Waiting => Status::Waiting,
            State_::Approved => Status::Approved,
            State_::Declined => Status::Declined,
            State_::Withdrawn => Status::Withdrawn,
        }
    }
}

/// An application.
#[derive(Serialize, ToSchema)]
pub(super) struct Application {
    /// Its id.
    id: String,
    /// What has become of it.
    state: State_,
    /// The employee's e-mail address.
    email: String,
    /// The department whose manager decides.
    department: String,
    /// How long the leave is; with last_day or minutes, what older programs go by.
    hours: i32,
    /// The first day of the leave.
    #[schema(format = "date")]
    start: Option<String>,
    /// What kind of leave; null if it says none.
    r#type: Option<String>,
    /// The last day of the leave; null: as far as the hours go.
    #[schema(format = "date")]
    last_day: Option<String>,
    /// How much of the first day; null: the whole.
    first_day_part: Option<String>,
    /// How much of the last day; null: the whole.
    last_day_part: Option<String>,
    /// Working minutes of leave on a single day.
    minutes: Option<i32>,
    /// Working minutes that it takes: of booked leave those that are booked, or else those that it would take by schedule and
    /// holidays; null where the department has no policy, or they cannot be counted, and in the stream of events.
    working_minutes: Option<u32>,
    /// What the approver should know.
    note: Option<String>,
    /// Id of the application that it replaces.
    replaces: Option<String>,
    /// Where it is queued, and since when.
    queued: Place,
    /// Who decided, and when; null as long as nobody has.
    decision: Option<Decision>,
}

/// A place on the log.
#[derive(Serialize, ToSchema)]
pub(super) struct Place {
    /// The topic.
    topic: String,
    /// The partition.
    partition: i32,
    /// The offset.
    offset: i64,
    /// When the record was appended.
    #[schema(format = "date-time")]
    at: Option<String>,
}

/// A decision.
#[derive(Serialize, ToSchema)]
pub(super) struct Decision {
    /// Who decided, as they are called.
    by: Option<String>,
    /// When.
    #[schema(format = "date-time")]
    at: Option<String>,
    /// What the employee is told.
    comment: Option<String>,
}

/// The ledgers that an answer has asked for, by their partitions.
type KnownLedgers = HashMap<i32, Option<Arc<Ledger>>>;

impl Application {
    /// An application with its working minutes, by the ledger of the department where its leave is.
    async fn counted(
        service: &Arc<Service>,
        ledgers: &mut KnownLedgers,
        (found, leave_is_in): (views::Application, i32),
    ) -> Result<Application, Problem> {
        let ledger = match ledgers.entry(leave_is_in) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Ledgers::of(service, leave_is_in).await?),
        };
        let days = ledger.as_ref().and_then(|ledger| ledger.days_of(&found));
        Ok(Application {
            working_minutes: days.map(|days| days.minutes()),
            ..Application::of(service, found)
        })
    }
}

/// An application with everything that the ledger says of it.
#[derive(Serialize, ToSchema)]
pub(super) struct ApplicationWithHistory {
    #[serde(flatten)]
    application: Application,
    /// How many events have decided it or changed what was decided: 0 as long as it waits. Its ETag.
    version: u32,
    /// What the ledger says of it, in order.
    history: Vec<Event>,
}

/// An event of the ledger.
#[derive(Serialize, ToSchema)]
pub(super) struct Event {
    /// What has happened: LeaveBooked, LeaveDeclined, LeaveWithdrawn, StageApproved, CancellationAsked,
    /// CancellationDeclined, LeaveReleased, LeaveRecalculated, LeaveAdmitted or CommandRefused.
    r#type: String,
    /// When.
    #[schema(format = "date-time")]
    at: Option<String>,
    /// Id of the person who did it; null if it was a rule.
    by: Option<String>,
    /// Id of the command that it answers; null if there was none.
    command: Option<String>,
    /// Why a command was refused.
    reason: Option<String>,
    /// Its partition of the ledger.
    partition: i32,
    /// Its offset there.
    offset: i64,
}

/// Applications, and where the next page begins.
#[derive(Serialize, ToSchema)]
pub(super) struct Applications {
    /// The applications.
    applications: Vec<Application>,
    /// The cursor of the next page; null if there are no more.
    next: Option<String>,
}

impl Application {
    pub(super) fn of(service: &Service, found: views::Application) -> Application {
        let decision =
            matches!(found.status, Status::Approved | Status::Declined).then(|| Decision {
                by: found.decided_by,
                at: found.decided_at.and_then(instant),
                comment: found.comment,
            });
        Application {
            state: found.status.into(),
            email: found.email,
            department: found.department,
            hours: found.hours,
            start: day(found.start),
            r#type: found.leave_type,
            last_day: found.end.and_then(day),
            first_day_part: found.first_day,
            last_day_part: found.last_day,
            minutes: found.minutes,
            working_minutes: None,
            note: found.note,
            replaces: found.replaces,
            queued: Place {
                topic: service.contract.topics().applications.to_string(),
                partition: found.partition,
                offset: found.offset,
                at: instant_of_ms(found.appended_ms),
            },
            decision,
            id: found.id,
        }
    }
}

impl From<views::Event> for Event {
    fn from(event: views::Event) -> Event {
        Event {
            r#type: event.kind,
            at: instant(event.at),
            by: event.by,
            command: event.command,
            reason: event.reason,
            partition: event.partition,
            offset: event.offset,
        }
    }
}

/// Queue an application for oneself.
///
/// It is durable when the answer comes. With an Idempotency-Key it can be sent any number of times, and is queued once.
#[utoipa::path(post, path = "/api/v1/applications", operation_id = "submit_application", tag = "applications",
    security(("who" = [])), params(IdempotencyKey), request_body = NewApplication,
    responses(
        (status = 201, description = "It is queued", body = Queued, headers(
            ("Location" = String, description = "The application's address"),
            ("TimeOff-Position" = String, description = "Its place on the log; a read that sends it back waits for it"))),
        Problem))]
pub(super) async fn submit(
    State(service): State<Arc<Service>>,
    me: Me,
    key: IdempotencyKey,
    Body(new): Body<NewApplication>,
) -> Result<Response, Problem> {
    let [hours, minutes] = [new.hours, new.minutes].map(|one| one.map(|one| one.to_string()));
    let texts = Texts {
        department: new.department.as_deref(),
        start: &new.start,
        hours: hours.as_deref(),
        minutes: minutes.as_deref(),
        leave_type: new.r#type.as_deref(),
        last_day: new.last_day.as_deref(),
        first_day_part: new.first_day_part.as_deref(),
        last_day_part: new.last_day_part.as_deref(),
        note: new.note.as_deref(),
        replaces: new.replaces.as_deref(),
    };
    let asked = Asked::of_texts(&texts, service.contract.departments())?;
    apply(&service, &me, &key, asked).await
}

/// Queues what somebody asks for.
///
/// # Errors
///
/// A problem of status 403 if they are at home nowhere, 422 if the key was used for something else, and 503 if it is not
/// known whether it is queued.
pub(crate) async fn apply(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    asked: Asked,
) -> Result<Response, Problem> {
    let Some(id) = key.of_application(&me.email) else {
        let application = asked.of(service, me)?;
        check_type(service, me, &application).await?;
        let id = service.new_id(&me.email);
        let position = service.queue(&id, &application).await?;
        return Ok(queued(&id, &position, Status::Waiting));
    };
    // Before it is checked where somebody is at home: they may have moved since it was queued.
    if let Some(there) = find(service, id.as_str()).await? {
        return match asked.is(&there) {
            true => Ok(first_answer(service, there)),
            false => Err(other_body()),
        };
    }
    let application = asked.of(service, me)?;
    check_type(service, me, &application).await?;
    let Position {
        partition, offset, ..
    } = service.queue(&id, &application).await?;
    // Somebody else may have sent the same at the same time: the first counts, and only the view says which that is.
    let come = (Topic::Applications, partition, offset);
    if !service.reading.has_come_to(come, PATIENCE).await {
        return Err(Problem::unclear());
    }
    match find(service, id.as_str()).await? {
        Some(there) if Asked::from(application).is(&there) => Ok(first_answer(service, there)),
        Some(_) => Err(other_body()),
        None => Err(Problem::unclear()),
    }
}

/// Checks that the policy of their department has the type of leave that somebody names.
///
/// # Errors
///
/// A problem of status 422 if it has not, 503 if the view cannot be asked.
async fn check_type(
    service: &Service,
    me: &Me,
    application: &LeaveApplication,
) -> Result<(), Problem> {
    let (Some(named), Some(place)) = (application.leave_type().cloned(), me.home_place(service))
    else {
        return Ok(());
    };
    let (departments, place) = (service.contract.departments().clone(), place.clone());
    let account = service
        .reading
        .ask(move |queries| Account::of(queries, &departments, &place))
        .await?;
    let Some(account) = account else {
        return Ok(());
    };
    let (_, policy) = account.policy();
    if policy.leave_type(&named).is_some() {
        return Ok(());
    }
    let known = policy.types().iter().map(|kind| kind.name.as_str());
    let known = known.collect::<Vec<_>>().join(", ");
    let message = format!("{named} is not one of the types of leave: {known}");
    Err(Problem::mistakes(vec![FieldError::said(
        "type", "known", message,
    )]))
}

/// The answer that the first request with the same key has had, with what has become of it.
fn first_answer(service: &Service, there: views::Application) -> Response {
    let position = Position {
        topic: service.contract.topics().applications.clone(),
        partition: there.partition,
        offset: there.offset,
    };
    queued(&ApplicationId::from_key(there.id), &position, there.status)
}

fn queued(id: &ApplicationId<'_>, position: &Position, status: Status) -> Response {
    let location = format!("/api/v1/applications/{}", encoded(id.as_str()));
    let body = Json(Queued {
        id: id.as_str().to_owned(),
        topic: position.topic.to_string(),
        partition: position.partition,
        offset: position.offset,
        state: status.into(),
    });
    let mut response = (StatusCode::CREATED, [(header::LOCATION, location)], body).into_response();
    response.headers_mut().insert(
        position::HEADER,
        position::value(std::slice::from_ref(position)),
    );
    response
}

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// What has become of them.
    state: Option<State_>,
    /// Their department.
    #[param(value_type = Option<DepartmentName>)]
    department: Option<String>,
    /// The employee's e-mail address.
    #[param(
        pattern = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$",
        max_length = 254
    )]
    person: Option<String>,
    /// The leave starts on this day or later: YYYY-MM-DD.
    #[param(format = "date")]
    from: Option<String>,
    /// The leave starts on this day or earlier: YYYY-MM-DD.
    #[param(format = "date")]
    to: Option<String>,
    /// The most rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page before has ended: its `next`.
    #[param(max_length = 400)]
    cursor: Option<String>,
}

impl ListQuery {
    fn filter(self, service: &Service, me: &Me) -> Result<ApplicationFilter, Problem> {
        let wrong = |name: &str, error: &dyn std::error::Error| {
            Problem::new(StatusCode::BAD_REQUEST, format!("{name}: {error}."))
        };
        let date = |name: &str, text: Option<String>| {
            text.map(|text| text.parse::<LeaveStart>())
                .transpose()
                .map(|day| day.map(|day| day.ticks().get()))
                .map_err(|error| wrong(name, &error))
        };
        let department = match &self.department {
            Some(name) => Some(
                service
                    .contract
                    .departments()
                    .named(name)
                    .map_err(|error| wrong("department", &error))?
                    .as_str()
                    .to_owned(),
            ),
            None => None,
        };
        let person = self.person.map(|text| text.parse::<Email>()).transpose();
        let person = person.map_err(|error| wrong("person", &error))?;
        Ok(ApplicationFilter {
            oldest_first: false,
            not_of: None,
            status: self.state.map(Status::from),
            department,
            email: person.map(|email| email.as_str().to_owned()),
            seen_by: Some(Seer {
                email: me.email.as_str().to_owned(),
                partitions: me.decides_in.iter().copied().collect(),
            }),
            from: date("from", self.from)?,
            to: date("to", self.to)?,
        })
    }
}

/// One's own applications, and those of the departments in which one may decide.
///
/// The newest first; with from or to, those that start first.
#[utoipa::path(get, path = "/api/v1/applications", operation_id = "list_applications", tag = "applications",
    security(("who" = [])), params(ListQuery, CaughtUp),
    responses((status = 200, description = "A page of applications", body = Applications),
        Problem))]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<ListQuery>,
) -> Result<Json<Applications>, Problem> {
    let page = page::request(asked.limit, asked.cursor.as_deref())?;
    let filter = asked.filter(&service, &me)?;
    let found = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &page)?;
            let mut rows = Vec::new();
            for row in found.rows {
                // What waits, and what was declined, is where it was queued.
                let events = match row.status {
                    Status::Waiting | Status::Declined => Vec::new(),
                    Status::Approved | Status::Withdrawn => events_of(queries, &row.id)?,
                };
                let leave_is_in = partition_of_leave(&row, &events);
                rows.push((row, leave_is_in));
            }
            Ok(Page {
                rows,
                next: found.next,
            })
        })
        .await?;
    let (mut applications, mut ledgers) = (Vec::new(), KnownLedgers::new());
    for row in found.rows {
        applications.push(Application::counted(&service, &mut ledgers, row).await?);
    }
    Ok(Json(Applications {
        applications,
        next: found.next.map(|cursor| cursor.to_string()),
    }))
}

/// One application, with everything that the ledger says of it.
#[utoipa::path(get, path = "/api/v1/applications/{id}", operation_id = "get_application", tag = "applications",
    security(("who" = [])), params(("id" = String, Path, description = "Its id"), CaughtUp),
    responses((status = 200, description = "The application", body = ApplicationWithHistory, headers(
            ("ETag" = String, description = "Its version, for If-Match"))),
        Problem))]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    let (_, found) = caller
        .ask(&service, move |queries, me| seen_by(queries, me, &id))
        .await?;
    let found = found.ok_or_else(|| nothing_of_that_name("application"))?;
    let leave_is_in = found.partition_of_leave();
    let Seen {
        application: found,
        version,
        events,
    } = found;
    let body = Json(ApplicationWithHistory {
        application: Application::counted(&service, &mut KnownLedgers::new(), (found, leave_is_in))
            .await?,
        version,
        history: events.into_iter().map(Event::from).collect(),
    });
    Ok(([(header::ETAG, etag(version))], body).into_response())
}

async fn find(service: &Service, id: &str) -> Result<Option<views::Application>, Problem> {
    let id = id.to_owned();
    service
        .reading
        .ask(move |queries| queries.application(&id))
        .await
}

/// An application that somebody may see.
pub(crate) struct Seen {
    pub(crate) application: views::Application,
    pub(crate) version: u32,
    pub(crate) events: Vec<views::Event>,
}

impl Seen {
    /// The partition of the department where its leave is booked, or else where it is queued: whoever moves brings their
    /// leave with them.
    pub(crate) fn partition_of_leave(&self) -> i32 {
        partition_of_leave(&self.application, &self.events)
    }
}

fn partition_of_leave(application: &views::Application, events: &[views::Event]) -> i32 {
    let books = |event: &&views::Event| matches!(&*event.kind, "LeaveBooked" | "LeaveAdmitted");
    let last = events.iter().rev().find(books);
    last.map_or(application.partition, |event| event.partition)
}

/// An application, if somebody may see it.
///
/// # Errors
///
/// A problem of status 404 if there is none, or they may not see it: who may not see it is not told that it exists.
pub(crate) async fn seen(service: &Service, me: &Me, id: &str) -> Result<Seen, Problem> {
    let (me, id) = (me.clone(), id.to_owned());
    let found = service
        .reading
        .ask(move |queries| seen_by(queries, &me, &id))
        .await?;
    found.ok_or_else(|| nothing_of_that_name("application"))
}

fn events_of(queries: &Queries, id: &str) -> Result<Vec<views::Event>, ViewError> {
    let page = PageRequest::first(EVENTS);
    Ok(queries.events_of(Events::Application(id), &page)?.rows)
}

fn seen_by(queries: &Queries, me: &Me, id: &str) -> Result<Option<Seen>, ViewError> {
    let Some(application) = queries.application(id)? else {
        return Ok(None);
    };
    let events = events_of(queries, id)?;
    let sees = application.email == me.email.as_str()
        || me.sees(application.partition)
        || me.sees(partition_of_leave(&application, &events));
    if !sees {
        return Ok(None);
    }
    Ok(Some(Seen {
        application,
        version: queries.version_of(id)?,
        events,
    }))
}
