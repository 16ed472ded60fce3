//! One application: what it is, what has happened to it, and what can be done.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use timeoff_ledger::{Application, Refusal};
use timeoff_models::ApplicationId;
use timeoff_views::{self as views, Status};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::inbox::{self, Refused};
use super::known::Known;
use super::shown::{
    Done, OTHER_COMMENT, Others, Shown, ShownEvent, UNANSWERED, amount, names_of_people, sending,
    with_parameter,
};
use crate::account::{Account, leave_of};
use crate::api::{
    Body, CaughtUp, Condition, Form, Id, NewCancellationDecision, NewDecision, Query, Seen,
    Verdict, ask_to_cancel as send_cancellation, decide as send_decision,
    decide_cancellation as send_cancellation_decision, encoded, seen, with_position,
    withdraw as send_withdrawal,
};
use crate::away::spans;
use crate::employee::Employee;
use crate::ledgers::Ledgers;
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// Where a decision in the inbox leads back to.
const INBOX: &str = "/inbox";

#[derive(Template)]
#[template(path = "application.html")]
struct OneApplication {
    frame: Frame,
    application: Shown,
    /// What has happened to it, the oldest first.
    history: Vec<ShownEvent>,
    is_mine: bool,
    /// Where its leave is booked, if that is another department than the one where it was queued.
    booked_in: Option<String>,
    /// Whether whoever looks may decide it.
    decides: bool,
    /// Its working time: `16 h`, or hours where no policy has been set.
    takes: String,
    /// What the policy makes of it, as long as it waits.
    known: Option<Known>,
    /// Whether it is booked by the policy, so that it can be cancelled.
    is_booked: bool,
    /// Whether its cancellation has been asked for, and not decided.
    is_to_be_cancelled: bool,
    /// Whether what was refused can be approved all the same.
    can_accept: bool,
    /// Who else is away then; only for whoever decides.
    others: Option<Others>,
    /// Why something was not done.
    refusal: Option<String>,
    notice: Option<&'static str>,
    /// What was typed.
    comment: String,
    comment_mistake: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ApplicationQuery {
    done: Option<Done>,
}

/// What a page says besides what is on the log.
#[derive(Default)]
struct Said {
    done: Option<Done>,
    refusal: Option<Problem>,
    comment: String,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    Query(asked): Query<ApplicationQuery>,
) -> Result<Response, Problem> {
    let said = Said {
        done: asked.done,
        ..Said::default()
    };
    shown(&service, &me, &id, said).await
}

async fn shown(service: &Arc<Service>, me: &Me, id: &str, said: Said) -> Result<Response, Problem> {
    let seen = seen(service, me, id).await?;
    let booked_in = seen.partition_of_leave();
    let Seen {
        application,
        events,
        ..
    } = seen;
    let who: Vec<String> = events.iter().filter_map(|event| event.by.clone()).collect();
    let partition = application.partition;
    let is_waiting = application.status == Status::Waiting;
    let decides = me.sees(booked_in);
    let email = application.email.clone();
    let departments = service.contract.departments().clone();
    let (names, employee, account) = service
        .reading
        .ask(move |queries| {
            let mut places = queries.places_of(&email)?.into_iter();
            let account = match places.find(|place| place.partition == booked_in) {
                Some(place) => Account::of(queries, &departments, &place)?,
                None => None,
            };
            Ok((
                names_of_people(queries, who)?,
                Employee::of(queries, &email, partition)?,
                account,
            ))
        })
        .await?;
    let email = application.email.clone();
    let is_mine = application.email == me.email.as_str();
    let queued = ShownEvent::queued(service, &application);
    let later = events.into_iter().map(|event| {
        let by = event.by.as_ref().and_then(|by| names.get(by)).cloned();
        ShownEvent::of(service, event, by)
    });
    let account = account.as_ref();
    let departments = service.contract.departments();
    let known = match account.filter(|_| is_waiting) {
        None => None,
        Some(account) => known(service, account, &application, decides && !is_mine).await?,
    };
    let booked = account.and_then(|account| account.booked(&application.id));
    let days = account.and_then(|account| account.days_of(&application, departments));
    let application = Shown::of(service, application, employee)
        .known_to(account)
        .counted(days.as_ref());
    // Whoever decides wants to know who would be left.
    let others = known.as_ref().and_then(Known::others);
    let others = match application.period.filter(|_| decides && is_waiting) {
        Some(_) if others.is_some() => others,
        Some(period) => {
            let department = application.department.clone();
            let asking = service
                .reading
                .ask(move |queries| spans(queries, (partition, &department), period));
            let spans = asking.await?;
            spans.map(|spans| Others::in_period(&spans, &email, period))
        }
        None => None,
    };
    let refusal = said.refusal.as_ref();
    let status = refusal.map_or(StatusCode::OK, Problem::status);
    let comment_mistake = refusal.and_then(|refusal| refusal.mistake_in("comment"));
    let one = OneApplication {
        frame: Frame::of(service, me, Here::Elsewhere),
        history: [queued].into_iter().chain(later).collect(),
        is_mine,
        booked_in: (booked_in != partition)
            .then(|| departments.at(booked_in))
            .flatten()
            .map(|department| department.as_str().to_owned()),
        decides: !is_mine && decides,
        takes: match (&booked, &known) {
            (Some(booked), _) => amount(booked.days.minutes().into()),
            (
                None,
                Some(Known {
                    takes: Some(takes), ..
                }),
            ) => takes.clone(),
            (None, _) => match &days {
                Some(days) => amount(days.minutes().into()),
                None => application.hours.clone(),
            },
        },
        known,
        is_booked: booked.is_some(),
        is_to_be_cancelled: booked.is_some_and(|booked| booked.is_to_be_cancelled),
        can_accept: refusal
            .is_some_and(|refusal| refusal.detail().ends_with(Refusal::ACCEPT_WARNINGS)),
        application,
        others,
        refusal: refusal
            .filter(|_| comment_mistake.is_none())
            .map(|refusal| refusal.detail().to_owned()),
        notice: said.done.map(Done::notice),
        comment: said.comment,
        comment_mistake,
    };
    Ok(page(status, &one))
}

/// What the policy makes of an application that waits. Only whoever decides is told who else is away.
async fn known(
    service: &Arc<Service>,
    account: &Account,
    found: &views::Application,
    decides: bool,
) -> Result<Option<Known>, Problem> {
    let Some(leave) = leave_of(found, service.contract.departments()) else {
        return Ok(None);
    };
    let application = Application {
        id: ApplicationId::from_key(&*found.id),
        leave: Cow::Borrowed(&leave),
        earlier: account.waiting_before(found.offset),
    };
    let ledger = Ledgers::of(service, found.partition).await?;
    let known = ledger.map(|ledger| ledger.known(&application, now()));
    Ok(match known {
        Some(known) if decides => known.map(Known::for_approver),
        Some(known) => known.as_ref().map(|known| Known::of(&known.look)),
        None => account.look_at(&application, now()).as_ref().map(Known::of),
    })
}

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    outcome: Verdict,
    comment: Option<String>,
    /// Whether to approve it although the policy warns of it.
    #[serde(default)]
    accept: bool,
    /// Where to go afterwards: the inbox, or else the application.
    back: Option<String>,
}

pub(super) async fn decide(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let back = match form.back.as_deref() {
        Some("inbox") => INBOX.to_owned(),
        _ => format!("/applications/{}", encoded(&id)),
    };
    let what = form.outcome.as_asked(form.accept);
    let sending = sending(&service, &me, &id, &what).await?;
    let done = match form.outcome {
        Verdict::Approve => Done::Approved,
        Verdict::Decline => Done::Declined,
    };
    let comment = form.comment.clone().unwrap_or_default();
    let decision = Body(NewDecision::of_form(
        form.outcome,
        form.comment,
        form.accept,
    ));
    let state = State(service.clone());
    let sent = send_decision(
        state,
        CaughtUp::at_once(),
        me.clone(),
        Id(id.clone()),
        Condition::none(),
        sending,
        decision,
    );
    after(&service, &me, &id, (&back, done, comment), sent.await).await
}

pub(super) async fn withdraw(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
) -> Result<Response, Problem> {
    let state = State(service.clone());
    let sending = sending(&service, &me, &id, "withdraw").await?;
    let sent = send_withdrawal(
        state,
        CaughtUp::at_once(),
        me.clone(),
        Id(id.clone()),
        Condition::none(),
        sending,
    );
    after(
        &service,
        &me,
        &id,
        ("/", Done::Withdrawn, String::new()),
        sent.await,
    )
    .await
}

/// The employee asks for their booked leave to be cancelled.
pub(super) async fn ask_to_cancel(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
) -> Result<Response, Problem> {
    // It may be asked for again when it was declined.
    let version = seen(&service, &me, &id).await?.version;
    let sending = sending(&service, &me, &id, &format!("cancel {version}")).await?;
    let sent = send_cancellation(
        State(service.clone()),
        CaughtUp::at_once(),
        me.clone(),
        Id(id.clone()),
        Condition::none(),
        sending,
    );
    let back = format!("/applications/{}", encoded(&id));
    let done = (&*back, Done::Asked, String::new());
    after(&service, &me, &id, done, sent.await).await
}

#[derive(Deserialize)]
pub(super) struct CancellationForm {
    outcome: Verdict,
}

/// An approver decides whether booked leave is cancelled.
pub(super) async fn decide_cancellation(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<CancellationForm>,
) -> Result<Response, Problem> {
    let outcome = form.outcome;
    let version = seen(&service, &me, &id).await?.version;
    let what = format!("cancel {version} {outcome:?}");
    let sending = sending(&service, &me, &id, &what).await?;
    let sent = send_cancellation_decision(
        State(service.clone()),
        CaughtUp::at_once(),
        me.clone(),
        Id(id.clone()),
        Condition::none(),
        sending,
        Body(NewCancellationDecision { outcome }),
    );
    let back = format!("/applications/{}", encoded(&id));
    let done = match outcome {
        Verdict::Approve => Done::Cancelled,
        Verdict::Decline => Done::Kept,
    };
    after(&service, &me, &id, (&back, done, String::new()), sent.await).await
}

/// Where the browser goes after a command. If it was refused, the application is shown with the reason and what was
/// typed.
async fn after(
    service: &Arc<Service>,
    me: &Me,
    id: &str,
    (back, done, comment): (&str, Done, String),
    sent: Result<Response, Problem>,
) -> Result<Response, Problem> {
    let refusal = match sent {
        Ok(sent) => match sent.extensions().get::<Problem>() {
            None => {
                let done = match sent.status() {
                    StatusCode::ACCEPTED => Done::Sent,
                    _ => done,
                };
                let path = with_position(back, &sent);
                let parameters = format!("{}&of={}", done.parameter(), encoded(id));
                let path = with_parameter(&path, &parameters);
                return Ok(Redirect::to(&path).into_response());
            }
            Some(refused) => refused.clone(),
        },
        Err(problem) => problem,
    };
    let refusal = match refusal.status() {
        StatusCode::CONFLICT | StatusCode::FORBIDDEN => refusal,
        StatusCode::UNPROCESSABLE_ENTITY if refusal.has_mistakes() => refusal,
        // The key is the page's own: the same outcome with another comment was sent before.
        StatusCode::UNPROCESSABLE_ENTITY => Problem::new(StatusCode::CONFLICT, OTHER_COMMENT),
        StatusCode::SERVICE_UNAVAILABLE => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, UNANSWERED)
        }
        _ => return Err(refusal),
    };
    if back == INBOX {
        let status = refusal.status();
        let mistake = refusal.mistake_in("comment");
        let reason = mistake.unwrap_or_else(|| refusal.detail().to_owned());
        let refused = Refused {
            id: id.to_owned(),
            reason,
            comment,
        };
        return inbox::refused(service, me, refused, status).await;
    }
    let said = Said {
        refusal: Some(refusal),
        comment,
        ..Said::default()
    };
    shown(service, me, id, said).await
}
