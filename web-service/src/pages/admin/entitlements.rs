//! Granting everybody what the policy grants for a year: first as a list, then as commands.
//!
//! It can be done again at any time: it changes only what differs from what the policy grants now.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use serde::Deserialize;
use timeoff_ledger::{
    Answer, Asked, Command, Date, GrantByPolicy, Request, Schedule, State as Ledger, Step,
};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::super::shown::date;
use super::done::Done;
use super::holdings::in_days;
use super::office::{Choice, Tab, Tabs, administered, check_admin};
use super::refusal::{is_shown_at_form, next_key, said_of};
use crate::api::{CaughtUp, Form, IdempotencyKey, Query, ask_many, new_command_id};
use crate::past::{Past, Unread};
use crate::problem::{FieldError, Problem};
use crate::service::{Service, now};
use crate::who::{Me, hash};

/// How many entitlements are shown.
const SHOWN: usize = 200;

/// How many commands are sent at once: a page waits for their answers.
const AT_ONCE: usize = 500;

#[derive(Deserialize)]
pub(super) struct EntitlementsQuery {
    year: Option<String>,
    /// None: all that they administer.
    department: Option<String>,
    done: Option<Done>,
}

#[derive(Clone, Deserialize)]
pub(super) struct EntitlementsForm {
    key: String,
    /// The list as it was shown; see [`mark`].
    seen: String,
    year: String,
    department: String,
}

/// For which year, and where: a department, or all that whoever asks administers.
struct Scope {
    year: u16,
    department: String,
    partitions: Vec<i32>,
}

impl Scope {
    /// What was typed; without a year, this one.
    fn of(service: &Service, me: &Me, year: &str, department: &str) -> Result<Scope, Problem> {
        let year = match year.trim() {
            "" => Ok(Date::of(now()).year()),
            year => year.parse().map_err(|_| ()),
        };
        let year = year.ok().filter(|year| (1..=9999).contains(year));
        let year = year.ok_or_else(|| {
            let message = "a year is a number such as 2027".to_owned();
            Problem::mistakes(vec![FieldError::said("year", "number", message)])
        })?;
        let departments = service.contract.departments();
        let all = (0..).zip(departments.iter());
        let mine = all.filter(|(partition, _)| me.is_admin_in(*partition));
        let wanted = mine.filter(|(_, one)| department.is_empty() || one.as_str() == department);
        let partitions: Vec<i32> = wanted.map(|(partition, _)| partition).collect();
        if partitions.is_empty() {
            let detail = "You are no admin of such a department.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(Scope {
            year,
            department: department.to_owned(),
            partitions,
        })
    }

    fn address(&self) -> String {
        let query = Serializer::new(String::new())
            .append_pair("year", &self.year.to_string())
            .append_pair("department", &self.department)
            .finish();
        format!("/entitlements?{query}")
    }
}

/// What the policies grant, beside what is held.
#[derive(Default)]
struct Plan {
    /// What differs.
    grants: Vec<Planned>,
    /// How many people get something.
    people: usize,
    /// How many entitlements are as they are to be.
    unchanged: usize,
    /// The departments without a policy.
    without_policy: Vec<String>,
}

/// An entitlement that differs from what the policy grants.
struct Planned {
    partition: i32,
    department: String,
    name: String,
    label: String,
    schedule: Schedule,
    grant: GrantByPolicy,
    /// Why it would be refused.
    against: Option<String>,
}

impl Planned {
    fn is_to_be_sent(&self) -> bool {
        self.against.is_none()
    }

    fn step(&self) -> Step {
        Step {
            partition: self.partition,
            request: Request::GrantEntitlement {
                entitlement: Box::new(self.grant.entitlement.clone()),
            },
        }
    }
}

impl Plan {
    /// What is to be granted in a department, by whoever asks.
    fn add(&mut self, partition: i32, mut ledger: Ledger, year: u16, me: &Me) {
        let Some((_, policy)) = ledger.policy() else {
            self.without_policy.push(ledger.department().to_string());
            return;
        };
        let types = policy.types().iter();
        let labels: Vec<(String, String)> = types
            .map(|kind| (kind.name.to_string(), kind.label.to_string()))
            .collect();
        let department = ledger.department().clone();
        let is_meant = |one: &timeoff_ledger::Entered<'_>| {
            one.is_here() && *one.home() == department && one.is_there_in(year)
        };
        let mut people: Vec<_> = ledger
            .entered()
            .filter(is_meant)
            .map(|one| one.person().clone())
            .collect();
        people.sort_by_key(|person| person.name.as_str().to_lowercase());
        for person in people {
            let grants = ledger.grants_by_policy(person.id, year);
            self.people += usize::from(!grants.is_empty());
            for grant in grants {
                if grant.is_held() {
                    self.unchanged += 1;
                    continue;
                }
                let name = grant.entitlement.leave_type.as_str();
                let label = labels.iter().find(|(one, _)| one == name);
                let mut planned = Planned {
                    partition,
                    department: department.to_string(),
                    name: person.name.to_string(),
                    label: label.map_or(name, |(_, label)| label).to_owned(),
                    schedule: person.schedule.unwrap_or_default(),
                    grant,
                    against: None,
                };
                planned.against = against(&mut ledger, &planned, me);
                self.grants.push(planned);
            }
        }
    }

    fn to_be_sent(&self) -> impl Iterator<Item = &Planned> {
        self.grants.iter().filter(|one| one.is_to_be_sent())
    }

    /// What distinguishes this list from any other: whoever has seen it grants this.
    fn mark(&self) -> String {
        let all = self.to_be_sent().map(|one| {
            let wanted = &one.grant.entitlement;
            format!(
                "{} {} {} {}",
                wanted.id, wanted.minutes, wanted.from, wanted.until
            )
        });
        URL_SAFE_NO_PAD.encode(hash(&all.collect::<Vec<_>>().join("\n")))
    }
}

/// Why it would be refused. If it would not be, what comes after it finds it done.
fn against(ledger: &mut Ledger, planned: &Planned, me: &Me) -> Option<String> {
    let command = Command {
        asked: Asked {
            command_id: new_command_id(),
            by: me.email.clone(),
            at: now(),
        },
        request: planned.step().request,
    };
    match ledger.carry_out(&command, None) {
        Answer::Done { events, .. } => {
            events.iter().for_each(|event| ledger.evolve(event));
            None
        }
        Answer::Refused { refusal, .. } => Some(refusal.to_string()),
        Answer::Repeated | Answer::NeedsApplication => None,
    }
}

/// What is to be granted, or why that cannot be said here.
async fn plan(service: &Service, me: &Me, scope: &Scope) -> Result<Result<Plan, Unread>, Problem> {
    let departments = service.contract.departments().clone();
    let (partitions, year, me) = (scope.partitions.clone(), scope.year, me.clone());
    let found = service.reading.ask(move |queries| {
        let past = Past::new(queries, &departments);
        let mut plan = Plan::default();
        for partition in partitions {
            match past.state(partition)? {
                Ok(ledger) => plan.add(partition, ledger, year, &me),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(plan))
    });
    found.await
}

#[derive(Template)]
#[template(path = "entitlements.html")]
struct Entitlements {
    frame: Frame,
    tabs: Tabs,
    key: String,
    seen: String,
    year: String,
    department: String,
    choices: Vec<Choice>,
    year_mistake: Option<String>,
    notice: Option<&'static str>,
    /// Whether the list changes by itself: something that was sent has no answer yet.
    is_live: bool,
    refusal: Option<String>,
    /// Why there is no list.
    unread: Option<String>,
    /// What differs, in a sentence.
    total: String,
    rows: Vec<Row>,
    /// How many more differ.
    more: usize,
    /// How many are sent.
    sends: usize,
    /// How many are left for another time.
    rest: usize,
    without_policy: Vec<String>,
}

/// An entitlement in the list.
struct Row {
    address: String,
    name: String,
    department: String,
    label: String,
    amount: String,
    when: String,
    change: String,
    against: Option<String>,
}

impl Row {
    fn of(planned: &Planned) -> Row {
        let wanted = &planned.grant.entitlement;
        let amount = |minutes| in_days(minutes, &planned.schedule);
        let days = |from, until| format!("{} to {}", date(from), date(until));
        let when = days(wanted.from, wanted.until);
        let change = match &planned.grant.held {
            None => "new".to_owned(),
            Some(held) if held.minutes == 0 => "granted again".to_owned(),
            Some(held) if wanted.minutes == 0 => {
                format!("taken back, was {}", amount(held.minutes))
            }
            Some(held) if held.minutes != wanted.minutes => {
                format!("corrected, was {}", amount(held.minutes))
            }
            Some(held) => format!("corrected, was {}", days(held.from, held.until)),
        };
        Row {
            address: format!("/people/{}", wanted.person),
            name: planned.name.clone(),
            department: planned.department.clone(),
            label: planned.label.clone(),
            amount: match wanted.minutes {
                0 => "nothing".to_owned(),
                minutes => amount(minutes),
            },
            when,
            change,
            against: planned.against.clone(),
        }
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<EntitlementsQuery>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let [year, department] = [asked.year, asked.department].map(Option::unwrap_or_default);
    let said = Said {
        done: asked.done,
        ..Said::default()
    };
    match Scope::of(&service, &me, &year, &department) {
        Ok(scope) => {
            let plan = plan(&service, &me, &scope).await?;
            Ok(shown(&service, &me, &scope, plan, said))
        }
        Err(problem) if problem.has_mistakes() => {
            Ok(mistyped(&service, &me, year, &department, &problem))
        }
        Err(problem) => Err(problem),
    }
}

/// What a page says besides what is on the log.
#[derive(Default)]
struct Said {
    done: Option<Done>,
    problem: Option<Problem>,
    /// The key of the form that was sent.
    key: String,
}

fn empty(service: &Service, me: &Me, department: &str) -> Entitlements {
    Entitlements {
        frame: Frame::of(service, me, Here::People),
        tabs: Tabs::of(me, Tab::Entitlements),
        key: String::new(),
        seen: String::new(),
        year: String::new(),
        department: department.to_owned(),
        choices: administered(service, me, department),
        year_mistake: None,
        notice: None,
        is_live: false,
        refusal: None,
        unread: None,
        total: String::new(),
        rows: Vec::new(),
        more: 0,
        sends: 0,
        rest: 0,
        without_policy: Vec::new(),
    }
}

/// The page with a year that is none.
fn mistyped(
    service: &Service,
    me: &Me,
    year: String,
    department: &str,
    problem: &Problem,
) -> Response {
    let shown = Entitlements {
        year,
        year_mistake: problem.mistake_in("year"),
        ..empty(service, me, department)
    };
    page(problem.status(), &shown)
}

fn shown(
    service: &Service,
    me: &Me,
    scope: &Scope,
    plan: Result<Plan, Unread>,
    said: Said,
) -> Response {
    let problem = said.problem.as_ref();
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let empty = Entitlements {
        key: next_key(problem, &said.key),
        year: scope.year.to_string(),
        notice: said.done.map(Done::notice),
        is_live: said.done == Some(Done::Sent),
        refusal: said_of(problem),
        ..empty(service, me, &scope.department)
    };
    let shown = match plan {
        Err(why) => {
            let year = scope.year;
            let command = format!("timeoff-admin grant --by-policy --year {year} --everybody");
            Entitlements {
                unread: Some(why.sentence(&command)),
                ..empty
            }
        }
        Ok(plan) => {
            let all = plan.to_be_sent().count();
            Entitlements {
                seen: plan.mark(),
                total: total(&plan, scope.year),
                rows: plan.grants.iter().take(SHOWN).map(Row::of).collect(),
                more: plan.grants.len().saturating_sub(SHOWN),
                sends: all.min(AT_ONCE),
                rest: all.saturating_sub(AT_ONCE),
                without_policy: plan.without_policy,
                ..empty
            }
        }
    };
    page(status, &shown)
}

/// What differs, in a sentence.
fn total(plan: &Plan, year: u16) -> String {
    let count = |what: fn(&Planned) -> bool| plan.grants.iter().filter(|one| what(one)).count();
    let refused = count(|one| one.against.is_some());
    let new = count(|one| one.against.is_none() && one.grant.held.is_none());
    let others = plan.grants.len() - refused - new;
    let people = match plan.people {
        1 => "one person".to_owned(),
        people => format!("{people} people"),
    };
    if plan.grants.is_empty() && plan.people == 0 {
        return format!("For {year}, the policy grants nothing to anybody.");
    }
    if plan.grants.is_empty() {
        return format!("For {year}, {people} have all that the policy grants: nothing differs.");
    }
    let refused = match refused {
        0 => String::new(),
        refused => format!(", {refused} that would be refused"),
    };
    format!(
        "For {year}, the policy grants something to {people}: {new} new, {others} to be corrected{refused}, {} as they are \
         to be.",
        plan.unchanged
    )
}

pub(super) async fn grant(
    State(service): State<Arc<Service>>,
    me: Me,
    Form(form): Form<EntitlementsForm>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let scope = Scope::of(&service, &me, &form.year, &form.department)?;
    let problem = match granted(&service, &me, &scope, &form).await {
        Ok(answer) => return Ok(answer),
        Err(problem) if is_shown_at_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    // As it is now, whatever was done of it.
    let plan = plan(&service, &me, &scope).await?;
    let said = Said {
        key: form.key.clone(),
        problem: Some(problem),
        done: None,
    };
    Ok(shown(&service, &me, &scope, plan, said))
}

async fn granted(
    service: &Service,
    me: &Me,
    scope: &Scope,
    form: &EntitlementsForm,
) -> Result<Response, Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let plan = plan(service, me, scope).await?.map_err(|why| {
        let detail = why.sentence("timeoff-admin grant --by-policy");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    })?;
    let to_page = |done: Done, positions: &[timeoff_log::Position]| {
        Redirect::to(&done.at(&scope.address(), positions)).into_response()
    };
    if plan.to_be_sent().next().is_none() {
        // Clicked twice: the first has granted it.
        return Ok(to_page(Done::Same, &[]));
    }
    if plan.mark() != form.seen {
        let detail = "Something has changed since this list was shown: the policy, or what somebody holds. Nothing was sent. \
                      This is what would be granted now.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let steps: Vec<Step> = plan.to_be_sent().take(AT_ONCE).map(Planned::step).collect();
    let came = ask_many(service, me, &key, &steps).await?;
    if !came.refusals.is_empty() {
        let rest = match came.accepted {
            0 => "",
            _ => " The rest is granted.",
        };
        let mut reasons = came.refusals;
        reasons.dedup();
        let detail = format!("{}{rest}", reasons.join(" "));
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    Ok(match came.waiting {
        0 => to_page(Done::Granted, &came.positions),
        _ => to_page(Done::Sent, &came.positions),
    })
}
