//! Changing the policy: what is typed is checked, tried on the past, and then set.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Months;
use form_urlencoded::Serializer;
use serde::Deserialize;
use timeoff_ledger::{Complaint, Date, Policy, PolicyText, Request, Step};

use super::super::super::asset::Asset;
use super::super::super::frame::{Frame, Here, page};
use super::super::super::shown::{date, names_of_people};
use super::super::office::{Choice, Tab, Tabs, check_admin};
use super::super::person_form::day_of;
use super::super::refusal::{is_shown_at_form, next_key, said_of};
use super::draft::{Draft, Mistake, PolicyForm, Wanted};
use super::tried::{Compared, MOST, Tried};
use super::{Place, department, places};
use crate::api::{CaughtUp, IdempotencyKey, LongForm, Query, ask_all, with_positions};
use crate::past::Past;
use crate::problem::{FieldError, Problem};
use crate::service::{Service, now};
use crate::who::{Me, hash, new_secret};

/// What somebody begins with who has no policy yet.
const EXAMPLE: &str = include_str!("../../../../../docs/policy.example.toml");

/// How far back decisions are tried again, unless another day is typed.
const BACK: Months = Months::new(12);

#[derive(Deserialize)]
pub(in super::super) struct EditQuery {
    department: Option<String>,
}

#[derive(Template)]
#[template(path = "policy_edit.html")]
struct Editing {
    frame: Frame,
    tabs: Tabs,
    draft: Draft,
    /// The departments in which they are an admin.
    choices: Vec<Choice>,
    /// Whether the text is the example, as there is no policy.
    is_example: bool,
    /// What is wrong with the text.
    mistakes: Vec<Mistake>,
    /// What may be wrong with it.
    warnings: Vec<Mistake>,
    in_mistake: Option<String>,
    from_mistake: Option<String>,
    refusal: Option<String>,
    /// What it would do, if nothing is wrong with it.
    plan: Option<Plan>,
}

/// What setting the policy would do.
struct Plan {
    /// A sentence for each department.
    departments: Vec<String>,
    /// Whether it is in force already, everywhere where it is to hold.
    is_in_force: bool,
    tried: Tried,
}

/// The departments in which they are an admin, each with its policy.
async fn administered(service: &Service, me: &Me) -> Result<Vec<Place>, Problem> {
    let departments = service.contract.departments().clone();
    let me = me.clone();
    let found = service
        .reading
        .ask(move |queries| places(queries, &departments, |one| me.is_admin_in(one)));
    found.await
}

/// How many policies have been set in each department.
fn seen(places: &[Place]) -> String {
    let all = places.iter();
    let all = all.map(|place| format!("{}:{}", place.department, place.version()));
    all.collect::<Vec<_>>().join(" ")
}

fn a_while_ago() -> String {
    let today = Date::of(now()).naive();
    let from = today.checked_sub_months(BACK).unwrap_or(today);
    from.to_string()
}

pub(in super::super) async fn edit(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<EditQuery>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let (partition, name) = department(&service, &me, asked.department.as_deref())?;
    if !me.is_admin_in(partition) {
        let detail = format!("Only an admin of {name} sets its policy.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let places = administered(&service, &me).await?;
    let here = places.iter().find(|place| place.partition == partition);
    let text = here.and_then(Place::text).map(str::to_owned);
    // Where the same holds, the same is to hold.
    let alike = places
        .iter()
        .filter(|place| place.text() == text.as_deref());
    let draft = Draft {
        key: new_secret(),
        wanted: Wanted::Check,
        departments: alike.map(|place| place.department.to_string()).collect(),
        seen: seen(&places),
        from: a_while_ago(),
        checked: String::new(),
        text: text.clone().unwrap_or_else(|| EXAMPLE.to_owned()),
    };
    let editing = Editing {
        is_example: text.is_none(),
        ..Editing::of(&service, &me, &places, draft, None)
    };
    Ok(page(StatusCode::OK, &editing))
}

impl Editing {
    fn of(
        service: &Service,
        me: &Me,
        places: &[Place],
        draft: Draft,
        problem: Option<&Problem>,
    ) -> Editing {
        let mistake = |field| problem.and_then(|problem| problem.mistake_in(field));
        Editing {
            frame: Frame::of(service, me, Here::People),
            tabs: Tabs::of(me, Tab::Policy),
            choices: places
                .iter()
                .map(|place| Choice {
                    name: place.department.to_string(),
                    is_chosen: draft.departments.contains(&place.department.to_string()),
                })
                .collect(),
            is_example: false,
            mistakes: Vec::new(),
            warnings: Vec::new(),
            in_mistake: mistake("in"),
            from_mistake: mistake("from"),
            refusal: said_of(problem),
            plan: None,
            draft,
        }
    }
}

pub(in super::super) async fn send(
    State(service): State<Arc<Service>>,
    me: Me,
    LongForm(form): LongForm<PolicyForm>,
) -> Result<Response, Problem> {
    check_admin(&me)?;
    let draft = Draft::of(&form);
    let places = administered(&service, &me).await?;
    let policy = match draft.read() {
        Ok(policy) => policy,
        Err(mistakes) => {
            let editing = Editing {
                mistakes,
                ..Editing::of(&service, &me, &places, draft, None)
            };
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &editing));
        }
    };
    let sent = send_checked(&service, &me, &places, &draft, &policy).await;
    let problem = match sent {
        Ok(Sent::Set(answer)) => return Ok(answer),
        Ok(Sent::Checked(plan)) => {
            return checked(&service, &me, &places, draft, &policy, plan);
        }
        Err(problem) if is_shown_at_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    // What was refused may have been done in part, and what others have set is looked at before the next try.
    let places = administered(&service, &me).await?;
    let draft = Draft {
        key: next_key(Some(&problem), &draft.key),
        seen: seen(&places),
        checked: String::new(),
        ..draft
    };
    let editing = Editing::of(&service, &me, &places, draft, Some(&problem));
    Ok(page(problem.status(), &editing))
}

/// What sending the form has come to.
enum Sent {
    Checked(Plan),
    Set(Response),
}

fn checked(
    service: &Service,
    me: &Me,
    places: &[Place],
    draft: Draft,
    policy: &Policy,
    plan: Plan,
) -> Result<Response, Problem> {
    let warnings = policy.warnings(service.contract.departments());
    let warnings: Vec<Complaint> = warnings.iter().map(Complaint::from).collect();
    let draft = Draft {
        checked: mark(&draft),
        ..draft
    };
    let editing = Editing {
        warnings: draft.shown(&warnings),
        plan: Some(plan),
        ..Editing::of(service, me, places, draft, None)
    };
    Ok(page(StatusCode::OK, &editing))
}

/// What distinguishes a text, and where it is to hold, from any other: whoever has seen what it does sets this one.
fn mark(draft: &Draft) -> String {
    let text = format!("{}\0{}", draft.departments.join(" "), draft.text);
    URL_SAFE_NO_PAD.encode(hash(&text))
}

async fn send_checked(
    service: &Service,
    me: &Me,
    places: &[Place],
    draft: &Draft,
    policy: &Policy,
) -> Result<Sent, Problem> {
    let key = IdempotencyKey::of_text(&draft.key)?;
    let mut wrong = Vec::new();
    let chosen = chosen(places, draft).map_err(|mistake| wrong.push(mistake));
    let from = day_of(&mut wrong, "from", &draft.from);
    if from.is_some_and(|from| Date::of(now()) < from) {
        let message = "nothing has been decided in the future: a day until today".to_owned();
        wrong.push(FieldError::said("from", "range", message));
    }
    let (Ok(chosen), Some(from), true) = (chosen, from, wrong.is_empty()) else {
        return Err(Problem::mistakes(wrong));
    };
    let is_checked = draft.checked == mark(draft);
    check_seen(&chosen, draft)?;
    if draft.wanted == Wanted::Set && is_checked {
        return set(service, me, &key, &chosen, draft).await.map(Sent::Set);
    }
    let tried = tried(service, &chosen, policy, from).await?;
    let plan = Plan {
        departments: chosen.iter().map(|place| would_be(place, draft)).collect(),
        is_in_force: chosen.iter().all(|place| has_it(place, draft)),
        tried,
    };
    Ok(Sent::Checked(plan))
}

/// The places where it is to hold.
fn chosen<'a>(places: &'a [Place], draft: &Draft) -> Result<Vec<&'a Place>, FieldError> {
    let is_chosen = |place: &&Place| draft.departments.contains(&place.department.to_string());
    let chosen: Vec<&Place> = places.iter().filter(is_chosen).collect();
    match chosen.len() == draft.departments.len() && !chosen.is_empty() {
        true => Ok(chosen),
        false => {
            let message = "choose one or more departments of which you are an admin".to_owned();
            Err(FieldError::said("in", "department", message))
        }
    }
}

fn has_it(place: &Place, draft: &Draft) -> bool {
    place.text() == Some(&*draft.text)
}

/// `IT: policy 4, in place of 3.`
fn would_be(place: &Place, draft: &Draft) -> String {
    let (department, version) = (&place.department, place.version());
    match (has_it(place, draft), version) {
        (true, _) => format!("{department}: this is policy {version}, which is in force already."),
        (false, 0) => format!("{department}: it becomes policy 1, the first one there."),
        (false, _) => format!(
            "{department}: it becomes policy {}, in place of policy {version}.",
            version + 1
        ),
    }
}

/// Fails if somebody has set another policy since the form was filled.
fn check_seen(chosen: &[&Place], draft: &Draft) -> Result<(), Problem> {
    let others: Vec<String> = chosen
        .iter()
        .filter(|place| {
            let seen = draft.seen_in(place.department.as_str());
            seen != Some(place.version()) && !has_it(place, draft)
        })
        .filter_map(|place| {
            let set = place.in_force.as_ref()?;
            let by = set.by.as_deref().unwrap_or("Somebody");
            Some(format!(
                "{by} has set policy {} in {} meanwhile ({}).",
                set.version, place.department, set.shown_since
            ))
        })
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "{} It is not overruled unseen: look at what is in force now. What you typed is still here; check it again if it \
         is to hold in place of that.",
        others.join(" ")
    );
    Err(Problem::new(StatusCode::CONFLICT, detail))
}

async fn set(
    service: &Service,
    me: &Me,
    key: &IdempotencyKey,
    chosen: &[&Place],
    draft: &Draft,
) -> Result<Response, Problem> {
    let policy = PolicyText(draft.text.as_str().into());
    let steps: Vec<Step> = chosen
        .iter()
        .filter(|place| !has_it(place, draft))
        .map(|place| Step {
            partition: place.partition,
            request: Request::SetPolicy {
                policy: policy.clone(),
                // The department refuses it if somebody was faster.
                expected_version: draft.seen_in(place.department.as_str()),
            },
        })
        .collect();
    let came = ask_all(service, me, key, &steps).await?;
    if !came.refusals.is_empty() {
        let rest = match came.accepted {
            0 => "",
            _ => " In the other departments it is set.",
        };
        let reasons = came.refusals.join(" ");
        return Err(Problem::new(
            StatusCode::CONFLICT,
            format!("{reasons}{rest}"),
        ));
    }
    let first = chosen.first().map_or("", |place| place.department.as_str());
    let query = Serializer::new(String::new())
        .append_pair("department", first)
        .append_pair("sent", &draft.key)
        .finish();
    let address = with_positions(&format!("/policy?{query}"), &came.positions);
    Ok(Redirect::to(&address).into_response())
}

/// Tries the policy on what was decided since a day.
async fn tried(
    service: &Service,
    chosen: &[&Place],
    policy: &Policy,
    from: Date,
) -> Result<Tried, Problem> {
    let departments = service.contract.departments().clone();
    let places: Vec<(i32, bool)> = chosen
        .iter()
        .map(|place| (place.partition, place.in_force.is_some()))
        .collect();
    let policy = policy.clone();
    let found = service.reading.ask(move |queries| {
        let past = Past::new(queries, &departments);
        let mut all = Vec::new();
        for (partition, has_policy) in places {
            let comparison = match past.what_if(partition, &policy, from)? {
                Ok(comparison) => comparison,
                Err(why) => return Ok(Err(why)),
            };
            let department = departments.at(partition).expect("it was chosen").clone();
            all.push(Compared {
                department,
                has_policy,
                comparison,
            });
        }
        let differences = all.iter().flat_map(|one| &one.comparison.differences);
        let people = differences.take(MOST).filter_map(|one| one.person);
        let ids = people.map(|person| person.to_string()).collect();
        Ok(Ok((all, names_of_people(queries, ids)?)))
    });
    Ok(match found.await? {
        Ok((all, names)) => Tried::of(date(from), &all, &names),
        Err(why) => {
            let command = format!("timeoff-admin what-if --policy FILE --from {from}");
            Tried::unread(date(from), why.sentence(&command))
        }
    })
}
