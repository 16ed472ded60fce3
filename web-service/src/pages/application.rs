//! One application: what it is, what has happened to it, and what can be done.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{
    Done, OTHER_COMMENT, Others, Shown, ShownEvent, UNANSWERED, names_of_people, sending,
    with_parameter,
};
use crate::api::{
    Body, CaughtUp, Condition, Form, Id, NewDecision, Query, Seen, Verdict,
    decide as send_decision, encoded, seen, with_position, withdraw as send_withdrawal,
};
use crate::away::{Employee, spans};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

#[derive(Template)]
#[template(path = "application.html")]
struct OneApplication {
    frame: Frame,
    application: Shown,
    /// What has happened to it, the oldest first.
    history: Vec<ShownEvent>,
    is_mine: bool,
    /// Whether whoever looks may decide it.
    decides: bool,
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
    let Seen {
        application,
        events,
        ..
    } = seen(service, me, id).await?;
    let who: Vec<String> = events.iter().filter_map(|event| event.by.clone()).collect();
    let decides = me.sees(application.partition);
    let (email, partition) = (application.email.clone(), application.partition);
    let (names, employee) = service
        .reading
        .ask(move |queries| {
            Ok((
                names_of_people(queries, who)?,
                Employee::of(queries, &email, partition)?,
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
    let application = Shown::of(service, application, employee);
    // Whoever decides wants to know who would be left.
    let others = match application
        .period
        .filter(|_| decides && application.is_waiting)
    {
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
        decides: !is_mine && decides,
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

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    outcome: Verdict,
    comment: Option<String>,
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
        Some("inbox") => "/inbox".to_owned(),
        _ => format!("/applications/{}", encoded(&id)),
    };
    // What is clicked twice is one decision; another outcome is another.
    let sending = sending(&service, &me, &id, &format!("{:?}", form.outcome)).await?;
    let done = match form.outcome {
        Verdict::Approve => Done::Approved,
        Verdict::Decline => Done::Declined,
    };
    let comment = form.comment.clone().unwrap_or_default();
    let decision = Body(NewDecision::of_form(form.outcome, form.comment));
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
    let said = Said {
        refusal: Some(refusal),
        comment,
        ..Said::default()
    };
    shown(service, me, id, said).await
}
