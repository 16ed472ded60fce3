//! What waits for a decision of whoever looks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use futures_util::future::join_all;
use serde::Deserialize;
use timeoff_ledger::{Application, Refusal};
use timeoff_models::{ApplicationId, LeaveApplication};
use timeoff_views::{self as views, ApplicationFilter, PageRequest, Seer, Status, ViewError};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::known::Known;
use super::shown::{Done, Notice, OTHER_COMMENT, Others, Shown, UNANSWERED, sending};
use crate::account::leave_of;
use crate::api::{
    Body, CaughtUp, Condition, Form, Id, NewDecision, Query, Verdict, decide, nothing_of_that_name,
    seen,
};
use crate::away::{Period, Span, spans};
use crate::employee::Employee;
use crate::ledgers::{Ledger, Ledgers};
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// How many are shown, and can be decided at once.
const MOST: u32 = 100;

/// In how many departments without a policy it is looked up who else is away: those of the first in line.
const DEPARTMENTS: usize = 3;

/// How many days after the first leave it is looked up who else is away, where no policy has been set.
const DAYS: Days = Days::new(92);

#[derive(Deserialize)]
pub(super) struct InboxQuery {
    done: Option<Done>,
    /// Id of the application with which it was done.
    of: Option<String>,
}

/// What waits, and what is known of it.
struct Card {
    application: Shown,
    /// What the policy makes of it, where one has been set.
    known: Option<Known>,
    /// Who else is away then, if that was looked up.
    others: Option<Others>,
    /// What was asked of it a moment ago, and refused.
    refused: Option<Refused>,
}

impl Card {
    /// Whether it can be approved if the warnings are accepted.
    fn is_warned(&self) -> bool {
        let was_warned = self.refused.as_ref().is_some_and(Refused::is_warned);
        was_warned || self.known.as_ref().is_some_and(|known| known.is_warned)
    }

    /// What was typed beside it.
    fn comment(&self) -> &str {
        self.refused.as_ref().map_or("", |refused| &refused.comment)
    }
}

/// A decision that was refused.
pub(super) struct Refused {
    /// Id of the application.
    pub(super) id: String,
    pub(super) reason: String,
    /// What was typed.
    pub(super) comment: String,
}

impl Refused {
    fn is_warned(&self) -> bool {
        self.reason.ends_with(Refusal::ACCEPT_WARNINGS)
    }
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
    /// What was refused, and whose application that is, if it waits no more: its address and a name.
    gone: Option<(Refused, Option<(String, String)>)>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<InboxQuery>,
) -> Result<Response, Problem> {
    let notice = Notice::of(&service, &me, asked.done, asked.of).await;
    shown(&service, &me, notice, None, StatusCode::OK).await
}

/// The inbox, with why a decision was refused at the application's row.
pub(super) async fn refused(
    service: &Arc<Service>,
    me: &Me,
    refused: Refused,
    status: StatusCode,
) -> Result<Response, Problem> {
    shown(service, me, None, Some(refused), status).await
}

async fn shown(
    service: &Arc<Service>,
    me: &Me,
    notice: Option<Notice>,
    mut refused: Option<Refused>,
    status: StatusCode,
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
    let (found, is_cut) = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &PageRequest::first(MOST))?;
            let is_cut = found.next.is_some();
            Ok((found.rows, is_cut))
        })
        .await?;
    let mut cards = cards(service, found).await?;
    for card in &mut cards {
        card.refused = refused.take_if(|refused| refused.id == card.application.id);
    }
    let gone = match refused {
        None => None,
        Some(refused) => {
            let about = Notice::about(service, me, &refused.id).await;
            Some((refused, about))
        }
    };
    let inbox = Inbox {
        frame: Frame::of(service, me, Here::Inbox),
        waiting: cards,
        is_cut,
        notice,
        gone,
    };
    Ok(page(status, &inbox))
}

/// Applications, in their order, and what is known of them.
async fn cards(
    service: &Arc<Service>,
    found: Vec<views::Application>,
) -> Result<Vec<Card>, Problem> {
    let (found, employees) = service
        .reading
        .ask(move |queries| {
            let of =
                |found: &views::Application| Employee::of(queries, &found.email, found.partition);
            let employees: Result<Vec<_>, ViewError> = found.iter().map(of).collect();
            Ok((found, employees?))
        })
        .await?;
    let mut ledgers: HashMap<i32, Option<Arc<Ledger>>> = HashMap::new();
    for one in &found {
        if let Entry::Vacant(place) = ledgers.entry(one.partition) {
            place.insert(Ledgers::of(service, one.partition).await?);
        }
    }
    let departments = service.contract.departments().clone();
    // It takes longer than anything else that is done between two waits.
    let looking = tokio::task::spawn_blocking(move || {
        let known = known(&found, &ledgers, |found| leave_of(found, &departments));
        (found, known)
    });
    let (found, known) = looking.await.map_err(|_| Problem::busy())?;
    let places: Vec<_> = found
        .iter()
        .map(|found| (found.partition, found.email.clone()))
        .collect();
    let shown = found.into_iter().zip(employees).zip(&known);
    let shown: Vec<Shown> = shown
        .map(|((found, employee), known)| {
            let days = known.as_ref().and_then(Known::days);
            Shown::of(service, found, employee).counted(days)
        })
        .collect();
    // Where a policy has been set, the ledger says who is away.
    let unknown = shown.iter().zip(&places).zip(&known);
    let unknown: Vec<_> = unknown
        .filter(|(_, known)| known.is_none())
        .map(|((shown, (partition, _)), _)| (*partition, &*shown.department, shown.period))
        .collect();
    let spans = spans_of(service, &unknown).await?;
    let cards = shown.into_iter().zip(places).zip(known);
    Ok(cards
        .map(|((application, (partition, email)), known)| Card {
            others: match &known {
                Some(known) => known.others(),
                None => spans.get(&partition).and_then(|(of, spans)| {
                    let period = application.period?;
                    let is_known = of.first <= period.first && period.last <= of.last;
                    is_known.then(|| Others::in_period(spans, &email, period))
                }),
            },
            application,
            known,
            refused: None,
        })
        .collect())
}

/// What the ledgers of these departments make of applications, which are in the order in which they were queued.
fn known(
    found: &[views::Application],
    ledgers: &HashMap<i32, Option<Arc<Ledger>>>,
    leave_of: impl Fn(&views::Application) -> Option<LeaveApplication>,
) -> Vec<Option<Known>> {
    type Earlier<'a> = Vec<(ApplicationId<'a>, Cow<'a, LeaveApplication>)>;
    let leaves: Vec<Option<LeaveApplication>> = found.iter().map(leave_of).collect();
    let mut earlier: HashMap<(i32, &str), Earlier<'_>> = HashMap::new();
    let known = found.iter().zip(&leaves).map(|(found, leave)| {
        let ledger = ledgers.get(&found.partition)?.as_ref()?;
        let leave = leave.as_ref()?;
        let id = ApplicationId::from_key(&*found.id);
        let before = earlier.entry((found.partition, &found.email)).or_default();
        let application = Application {
            id: id.clone(),
            leave: Cow::Borrowed(leave),
            earlier: before.clone(),
        };
        let known = ledger.known(&application, now());
        if found.status == Status::Waiting {
            before.push((id, Cow::Borrowed(leave)));
        }
        known.map(Known::for_approver)
    });
    known.collect()
}

/// When others are away in the departments of the first of these, as far as it is looked up.
async fn spans_of(
    service: &Service,
    waiting: &[(i32, &str, Option<Period>)],
) -> Result<HashMap<i32, (Period, Vec<Span>)>, Problem> {
    let looked_up = looked_up(waiting, now().date());
    if looked_up.is_empty() {
        return Ok(HashMap::new());
    }
    service
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
        .await
}

/// The days in which it is looked up who else is away, for the departments of the first in line.
fn looked_up(
    waiting: &[(i32, &str, Option<Period>)],
    today: NaiveDate,
) -> HashMap<i32, (String, Period)> {
    let mut asked: HashMap<i32, (String, Period)> = HashMap::new();
    for &(partition, department, period) in waiting {
        let Some(period) = period.filter(|period| period.last >= today) else {
            continue;
        };
        if asked.len() == DEPARTMENTS && !asked.contains_key(&partition) {
            continue;
        }
        let (_, known) = asked
            .entry(partition)
            .or_insert_with(|| (department.to_owned(), period));
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
    card: Card,
    /// Why it was not decided, or not yet.
    trouble: Option<String>,
}

impl OneOf {
    /// Whether it was not approved only because the policy warns of it.
    fn can_be_accepted(&self) -> bool {
        let trouble = self.trouble.as_deref();
        trouble.is_some_and(|trouble| trouble.ends_with(Refusal::ACCEPT_WARNINGS))
    }
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

    /// Of how many the policy warns.
    fn warned(&self) -> usize {
        let warned = self.chosen.iter().filter(|one| one.card.is_warned());
        warned.count()
    }

    /// Those that were not approved only because the policy warns of them.
    fn acceptable(&self) -> Vec<&OneOf> {
        let chosen = self.chosen.iter();
        chosen.filter(|one| one.can_be_accepted()).collect()
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
        to_decide(&service, &me, id).await?;
    }
    let outcome = match form.all("outcome").next() {
        Some("approve") => Some(Verdict::Approve),
        Some("decline") => Some(Verdict::Decline),
        _ => None,
    };
    let accepts = form.all("accept").next() == Some("true");
    let comment = form.all("comment").next().unwrap_or_default().to_owned();
    let troubles: HashMap<String, String> = match outcome {
        None => HashMap::new(),
        Some(outcome) => {
            // The request counts as one already.
            for _ in 1..ids.len() {
                service.authentication.rates.write(&me.email)?;
            }
            let decisions = ids.iter().map(|id| async {
                let decision = (outcome, &*comment, accepts);
                let sent = decide_one(&service, &me, id, decision).await;
                (id.clone(), sent)
            });
            let sent = join_all(decisions).await.into_iter();
            sent.filter_map(|(id, sent)| Some((id, sent.err()?)))
                .collect()
        }
    };
    let mut found = Vec::new();
    for id in &ids {
        // A right may have ended meanwhile; what was done is shown all the same.
        if let Ok(application) = to_decide(&service, &me, id).await {
            found.push(application);
        }
    }
    // In the order in which they were queued, as in the inbox.
    found.sort_by_key(|found| (found.appended_ms, found.partition, found.offset));
    let chosen = cards(&service, found).await?.into_iter().map(|mut card| {
        let trouble = troubles.get(&card.application.id).cloned();
        if outcome.is_some() {
            // What was known of it before it was decided.
            card.known = None;
        }
        OneOf { card, trouble }
    });
    let status = match troubles.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::CONFLICT,
    };
    let several = Several {
        frame: Frame::of(&service, &me, Here::Inbox),
        mistake: ids
            .is_empty()
            .then(|| "Nothing is chosen: choose what you want to decide.".to_owned()),
        chosen: chosen.collect(),
        comment,
        done: outcome,
    };
    Ok(page(status, &several))
}

/// An application that somebody may decide on: others may see it, and are not told who is away.
async fn to_decide(service: &Service, me: &Me, id: &str) -> Result<views::Application, Problem> {
    let found = seen(service, me, id).await?.application;
    match me.sees(found.partition) {
        true => Ok(found),
        false => Err(nothing_of_that_name("application")),
    }
}

/// Decides one. What is wrong, in words, if it was not decided.
async fn decide_one(
    service: &Arc<Service>,
    me: &Me,
    id: &str,
    (outcome, comment, accepts): (Verdict, &str, bool),
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
    let what = outcome.as_asked(accepts);
    let sending = sending(service, me, id, &what).await.map_err(words)?;
    let decision = NewDecision::of_form(outcome, Some(comment.to_owned()), accepts);
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
