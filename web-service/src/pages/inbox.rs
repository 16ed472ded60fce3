//! What waits for a decision of whoever looks.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use futures_util::future::join_all;
use serde::Deserialize;
use timeoff_views::{ApplicationFilter, PageRequest, Seer, Status, ViewError};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{Done, Notice, OTHER_COMMENT, Others, Shown, UNANSWERED, sending};
use crate::api::{Body, CaughtUp, Condition, Form, Id, NewDecision, Query, Verdict, decide, seen};
use crate::away::{Period, Span, spans};
use crate::employee::Employee;
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// How many are shown, and can be decided at once.
const MOST: u32 = 100;

/// In how many departments it is looked up who else is away: those of the first in line.
const DEPARTMENTS: usize = 3;

/// How many days after the first leave it is looked up who else is away.
const DAYS: Days = Days::new(92);

#[derive(Deserialize)]
pub(super) struct InboxQuery {
    done: Option<Done>,
    /// Id of the application with which it was done.
    of: Option<String>,
}

/// What waits, and who else is away then, if that was looked up.
struct Card {
    application: Shown,
    others: Option<Others>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    frame: Frame,
    /// First in line first.
    waiting: Vec<Card>,
    /// Whether there are more.
    is_cut: bool,
    notice: Option<Notice>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<InboxQuery>,
) -> Result<Response, Problem> {
    if me.decides_in.is_empty() {
        let detail = "Only approvers and admins have an inbox, and who stands in for one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let filter = ApplicationFilter {
        status: Some(Status::Waiting),
        seen_by: Some(Seer {
            email: String::new(),
            partitions: me.decides_in.iter().copied().collect(),
        }),
        oldest_first: true,
        // Nobody decides their own.
        not_of: Some(me.email.to_string()),
        ..ApplicationFilter::default()
    };
    let today = now().date();
    let (found, is_cut) = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &PageRequest::first(MOST))?;
            let is_cut = found.next.is_some();
            let of_employees = found.rows.into_iter().map(|found| {
                let employee = Employee::of(queries, &found.email, found.partition)?;
                Ok((employee, found))
            });
            Ok((of_employees.collect::<Result<Vec<_>, ViewError>>()?, is_cut))
        })
        .await?;
    let waiting: Vec<_> = found
        .into_iter()
        .map(|(employee, found)| {
            let (partition, email) = (found.partition, found.email.clone());
            (partition, email, Shown::of(&service, found, employee))
        })
        .collect();
    let looked_up = looked_up(&waiting, today);
    let known: HashMap<i32, (Period, Vec<Span>)> = service
        .reading
        .ask(move |queries| {
            let mut known = HashMap::new();
            for (partition, (department, period)) in looked_up {
                if let Some(spans) = spans(queries, (partition, &department), period)? {
                    known.insert(partition, (period, spans));
                }
            }
            Ok(known)
        })
        .await?;
    let cards = waiting.into_iter().map(|(partition, email, application)| {
        let others = known.get(&partition).and_then(|(known, spans)| {
            let period = application.period?;
            let is_known = known.first <= period.first && period.last <= known.last;
            is_known.then(|| Others::in_period(spans, &email, period))
        });
        Card {
            application,
            others,
        }
    });
    let inbox = Inbox {
        frame: Frame::of(&service, &me, Here::Inbox),
        waiting: cards.collect(),
        is_cut,
        notice: Notice::of(&service, &me, asked.done, asked.of).await,
    };
    Ok(page(StatusCode::OK, &inbox))
}

/// The days in which it is looked up who else is away, for the departments of the first in line.
fn looked_up(waiting: &[(i32, String, Shown)], today: NaiveDate) -> HashMap<i32, (String, Period)> {
    let mut asked: HashMap<i32, (String, Period)> = HashMap::new();
    for (partition, _, application) in waiting {
        let Some(period) = application.period.filter(|period| period.last >= today) else {
            continue;
        };
        if asked.len() == DEPARTMENTS && !asked.contains_key(partition) {
            continue;
        }
        let (_, known) = asked
            .entry(*partition)
            .or_insert_with(|| (application.department.clone(), period));
        let first = known.first.min(period.first);
        let last = known.last.max(period.last);
        if last <= first.checked_add_days(DAYS).unwrap_or(first) {
            *known = Period { first, last };
        }
    }
    asked
}

/// What was chosen in the inbox.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Chosen(Vec<(String, String)>);

impl Chosen {
    fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter();
        fields
            .filter(move |(name, _)| name == field)
            .map(|(_, value)| &**value)
    }
}

/// One of several, and what became of it.
struct OneOf {
    application: Shown,
    id: String,
    /// Why it was not decided, or not yet.
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "several.html")]
struct Several {
    frame: Frame,
    chosen: Vec<OneOf>,
    comment: String,
    /// What was done; before that, it is asked for.
    done: Option<Verdict>,
    /// What is wrong with what was asked for.
    mistake: Option<String>,
}

impl Several {
    /// How many were decided.
    fn decided(&self) -> usize {
        let decided = self.chosen.iter().filter(|one| one.trouble.is_none());
        decided.count()
    }
}

/// Several at once: first they are shown again, and then they are decided.
pub(super) async fn several(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<Chosen>,
) -> Result<Response, Problem> {
    let mut ids: Vec<String> = form.all("application").map(str::to_owned).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MOST as usize);
    // Before anything is decided: whoever may not see one has it by mistake.
    for id in &ids {
        seen(&service, &me, id).await?;
    }
    let outcome = match form.all("outcome").next() {
        Some("approve") => Some(Verdict::Approve),
        Some("decline") => Some(Verdict::Decline),
        _ => None,
    };
    let comment = form.all("comment").next().unwrap_or_default().to_owned();
    let troubles: HashMap<String, String> = match outcome {
        None => HashMap::new(),
        Some(outcome) => {
            // The request counts as one already.
            for _ in 1..ids.len() {
                service.authentication.rates.write(&me.email)?;
            }
            let decisions = ids.iter().map(|id| async {
                let sent = decide_one(&service, &me, id, outcome, &comment).await;
                (id.clone(), sent)
            });
            let sent = join_all(decisions).await.into_iter();
            sent.filter_map(|(id, sent)| Some((id, sent.err()?)))
                .collect()
        }
    };
    let mut chosen = Vec::new();
    for id in &ids {
        // A right may have ended meanwhile; what was done is shown all the same.
        let Ok(seen) = seen(&service, &me, id).await else {
            continue;
        };
        let email = seen.application.email.clone();
        let partition = seen.application.partition;
        let employee = service
            .reading
            .ask(move |queries| Employee::of(queries, &email, partition))
            .await?;
        chosen.push(OneOf {
            id: id.clone(),
            trouble: troubles.get(id).cloned(),
            application: Shown::of(&service, seen.application, employee),
        });
    }
    let status = match troubles.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::CONFLICT,
    };
    let several = Several {
        frame: Frame::of(&service, &me, Here::Inbox),
        mistake: ids
            .is_empty()
            .then(|| "Nothing is chosen: choose what you want to decide.".to_owned()),
        chosen,
        comment,
        done: outcome,
    };
    Ok(page(status, &several))
}

/// Decides one. What is wrong, in words, if it was not decided.
async fn decide_one(
    service: &Arc<Service>,
    me: &Me,
    id: &str,
    outcome: Verdict,
    comment: &str,
) -> Result<(), String> {
    let words = |problem: Problem| {
        let is_of_key = problem.status() == StatusCode::UNPROCESSABLE_ENTITY;
        match problem.mistake_in("comment") {
            Some(mistake) => mistake,
            None if is_of_key => OTHER_COMMENT.to_owned(),
            None if problem.is_unclear() => UNANSWERED.to_owned(),
            None => problem.detail().to_owned(),
        }
    };
    let what = format!("{outcome:?}");
    let sending = sending(service, me, id, &what).await.map_err(words)?;
    let decision = NewDecision::of_form(outcome, Some(comment.to_owned()), false);
    let sent = decide(
        State(service.clone()),
        CaughtUp::at_once(),
        me.clone(),
        Id(id.to_owned()),
        Condition::none(),
        sending,
        Body(decision),
    );
    let sent = sent.await.map_err(words)?;
    if let Some(refused) = sent.extensions().get::<Problem>() {
        return Err(words(refused.clone()));
    }
    match sent.status() {
        StatusCode::ACCEPTED => Err(Done::Sent.notice().to_owned()),
        _ => Ok(()),
    }
}
