//! Applying for leave.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Weekday;
use serde::Deserialize;
use timeoff_ledger::{Application, Date};
use timeoff_models::ApplicationId;
use timeoff_views::Queries;

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::known::Known;
use super::shown::{Done, Others, UNANSWERED, in_field, when};
use crate::account::Account;
use crate::api::{Asked, Form, IdempotencyKey, Query, Texts, apply as queue, page_of_new};
use crate::away::{Period, Span, spans};
use crate::employee::Employee;
use crate::ledgers::Ledgers;
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::{Me, new_secret};

/// A type of leave that can be chosen.
struct Choice {
    name: String,
    label: String,
    is_chosen: bool,
}

impl Choice {
    /// How much of a day can be leave.
    const PARTS: [(&'static str, &'static str); 3] = [
        ("whole", "The whole day"),
        ("morning", "The morning"),
        ("afternoon", "The afternoon"),
    ];

    fn part(typed: &str) -> Vec<Choice> {
        let parts = Self::PARTS.iter();
        parts
            .map(|&(name, label)| Choice {
                name: name.to_owned(),
                label: label.to_owned(),
                is_chosen: name == typed,
            })
            .collect()
    }
}

#[derive(Template)]
#[template(path = "new.html")]
struct New {
    frame: Frame,
    /// Who decides.
    department: String,
    /// What is sent twice with it is one application.
    key: String,
    /// The policy's types of leave; none where no policy has been set. Then leave is asked for in hours.
    types: Vec<Choice>,
    first_parts: Vec<Choice>,
    last_parts: Vec<Choice>,
    typed: Typed,
    /// What is wrong beside the fields.
    mistake: Option<String>,
    start_mistake: Option<String>,
    hours_mistake: Option<String>,
    last_day_mistake: Option<String>,
    last_part_mistake: Option<String>,
    note_mistake: Option<String>,
    preview: Option<Preview>,
}

/// What an application would be, before it is sent.
struct Preview {
    /// The days: `Thu 1 Jul to Mon 5 Jul 2027`.
    when: String,
    /// What the policy makes of it.
    known: Option<Known>,
    /// `None` if they are too many.
    others: Option<Others>,
    /// Leave of one's own on the same days, approved or waiting.
    own: bool,
    is_past: bool,
    /// Saturday or Sunday is the first day.
    is_on_weekend: bool,
}

impl New {
    fn with(service: &Service, me: &Me, typed: Typed, account: Option<&Account>) -> New {
        let home = me.home(service);
        let types = account.map(|account| {
            let (_, policy) = account.policy();
            let types = policy.types().iter();
            let chosen = match typed.r#type.trim() {
                "" => policy.default_type().name.as_str().to_owned(),
                named => named.to_owned(),
            };
            types
                .map(|kind| Choice {
                    name: kind.name.as_str().to_owned(),
                    label: kind.label.as_str().to_owned(),
                    is_chosen: kind.name.as_str() == chosen,
                })
                .collect()
        });
        New {
            frame: Frame::of(service, me, Here::New),
            department: home.map_or("Nobody", |home| home.as_str()).to_owned(),
            key: new_secret(),
            types: types.unwrap_or_default(),
            first_parts: Choice::part(&typed.first_day_part),
            last_parts: Choice::part(&typed.last_day_part),
            typed,
            mistake: None,
            start_mistake: None,
            hours_mistake: None,
            last_day_mistake: None,
            last_part_mistake: None,
            note_mistake: None,
            preview: None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    key: String,
    /// Whose form it was: another tab may have signed in as somebody else since.
    applicant: Option<String>,
    #[serde(flatten)]
    typed: Typed,
}

/// What is in the form so far.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    start: String,
    hours: String,
    r#type: String,
    last_day: String,
    first_day_part: String,
    last_day_part: String,
    note: String,
}

impl Typed {
    /// What it asks for. With a policy, leave without a last day ends on its first.
    fn asked(&self, service: &Service, has_policy: bool) -> Result<Asked, Problem> {
        let departments = service.contract.departments();
        let last_day = match self.last_day.trim() {
            "" => &self.start,
            _ => &self.last_day,
        };
        let texts = match has_policy {
            false => Texts {
                start: &self.start,
                hours: Some(&self.hours),
                ..Texts::default()
            },
            true => Texts {
                start: &self.start,
                leave_type: Some(&self.r#type),
                last_day: Some(last_day),
                first_day_part: Some(&self.first_day_part),
                last_day_part: Some(&self.last_day_part),
                note: Some(&self.note),
                // A form without a first day is missing that, not hours.
                hours: last_day.trim().is_empty().then_some("1"),
                ..Texts::default()
            },
        };
        Asked::of_texts(&texts, departments)
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    me: Me,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let account = account(&service, &me).await?;
    let new = New {
        preview: preview(&service, &me, &typed, account.as_ref()).await?,
        ..New::with(&service, &me, typed, account.as_ref())
    };
    Ok(page(StatusCode::OK, &new))
}

/// One's own account, where a policy has been set.
async fn account(service: &Service, me: &Me) -> Result<Option<Account>, Problem> {
    let Some(place) = me.home_place(service).cloned() else {
        return Ok(None);
    };
    let departments = service.contract.departments().clone();
    let asking = move |queries: &Queries| Account::of(queries, &departments, &place);
    service.reading.ask(asking).await
}

/// What was typed would be, if it is leave.
async fn preview(
    service: &Arc<Service>,
    me: &Me,
    typed: &Typed,
    account: Option<&Account>,
) -> Result<Option<Preview>, Problem> {
    let (Ok(asked), Some((partition, department))) = (
        typed.asked(service, account.is_some()),
        me.home_lane(service),
    ) else {
        return Ok(None);
    };
    let leave = asked.of(service, me)?;
    let known = match account {
        None => None,
        Some(account) => {
            let asked = Application {
                id: ApplicationId::from_key("preview"),
                leave: Cow::Borrowed(&leave),
                earlier: account.waiting_before(i64::MAX),
            };
            let looked = match Ledgers::of(service, partition).await? {
                Some(ledger) => ledger.known(&asked, now()).map(|known| known.look),
                None => account.look_at(&asked, now()),
            };
            looked.as_ref().map(Known::of)
        }
    };
    let is_on_weekend = matches!(
        Date::of(leave.start.ticks()).weekday(),
        Weekday::Sat | Weekday::Sun
    );
    let email = me.email.to_string();
    let (period, spans) = service
        .reading
        .ask(move |queries| {
            let days = Employee::of(queries, &email, partition)?.days(&leave);
            let period = days.as_ref().and_then(Period::of);
            let period = period.unwrap_or_else(|| Period::asked(&leave));
            Ok((period, spans(queries, (partition, &department), period)?))
        })
        .await?;
    let is_own = |span: &Span| span.email == me.email.as_str();
    Ok(Some(Preview {
        when: when(period),
        known,
        own: spans.iter().flatten().any(is_own),
        others: spans.map(|spans| Others::in_period(&spans, me.email.as_str(), period)),
        is_past: period.first < now().date(),
        is_on_weekend,
    }))
}

pub(super) async fn apply(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<NewForm>,
) -> Result<Response, Problem> {
    let NewForm {
        key: typed_key,
        applicant,
        typed,
    } = form;
    let account = account(&service, &me).await?;
    let with_what_was_typed = New::with(&service, &me, typed.clone(), account.as_ref());
    if applicant.is_some_and(|applicant| applicant != me.email.as_str()) {
        let mistake = format!(
            "You are signed in as {} now: nothing was sent. Apply again if it is theirs.",
            me.name()
        );
        let again = New {
            mistake: Some(mistake),
            ..with_what_was_typed
        };
        return Ok(page(StatusCode::CONFLICT, &again));
    }
    let key = IdempotencyKey::of_text(&typed_key)?;
    let queued = match typed.asked(&service, account.is_some()) {
        Ok(asked) => queue(&service, &me, &key, asked).await,
        Err(mistakes) => Err(mistakes),
    };
    match queued {
        Ok(queued) => {
            let address = format!("{}&{}", page_of_new(&queued), Done::Applied.parameter());
            Ok(Redirect::to(&address).into_response())
        }
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let of_type = problem.mistake_in("type");
            let again = New {
                start_mistake: in_field(&problem, "start", &typed.start),
                hours_mistake: in_field(&problem, "hours", &typed.hours),
                // Left out, it is the first day, which is wrong then.
                last_day_mistake: problem
                    .mistake_in("last_day")
                    .filter(|_| !typed.last_day.trim().is_empty()),
                last_part_mistake: problem.mistake_in("last_day_part"),
                note_mistake: problem.mistake_in("note"),
                preview: preview(&service, &me, &typed, account.as_ref()).await?,
                mistake: match problem.has_mistakes() {
                    true => of_type,
                    false => Some(problem.detail().to_owned()),
                },
                ..with_what_was_typed
            };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
            let again = New {
                // It may be on the log: sent again, it is the same.
                key: typed_key,
                mistake: Some(UNANSWERED.to_owned()),
                ..with_what_was_typed
            };
            Ok(page(StatusCode::SERVICE_UNAVAILABLE, &again))
        }
        Err(problem) => Err(problem),
    }
}
