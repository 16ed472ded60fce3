//! One person: what is entered of them, and what has happened.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_ledger::Place;
use timeoff_views::{Event, Events, PageRequest};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::super::shown::{ShownEvent, amount, in_field, names_of_people};
use super::done::Done;
use super::granting::{GrantForm, grantable, holdings};
use super::history::told;
use super::holdings::{Holding, Holdings};
use super::known::Known;
use super::office::{Choice, Tab, Tabs};
use super::person_form::{Fields, PersonForm, mark, shown_day};
use super::refusal::{next_key, said_of};
use crate::api::{Came, CaughtUp, Id, Query, encoded};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, is_active, today};

/// How many events of a history are shown.
const EVENTS: u32 = 500;

/// Which form something is said about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Nothing,
    Change,
    Move,
    LastDay,
    Grant,
}

/// What a page says besides what is on the log.
#[derive(Default)]
pub(super) struct Said {
    pub(super) done: Option<Done>,
    pub(super) problem: Option<Problem>,
    /// What the problem is about.
    pub(super) part: Part,
    /// The key of the form that was sent.
    pub(super) key: String,
    /// What was typed.
    pub(super) form: Option<PersonForm>,
    pub(super) to: String,
    pub(super) last_day: String,
    /// What was typed of an entitlement.
    pub(super) grant: Option<GrantForm>,
    /// Id of the entitlement that is to be corrected.
    pub(super) correct: Option<String>,
}

impl Said {
    pub(super) fn problem(part: Part, problem: Problem) -> Said {
        Said {
            part,
            problem: Some(problem),
            ..Said::default()
        }
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct OnePerson {
    frame: Frame,
    tabs: Tabs,
    id: String,
    address: String,
    name: String,
    email: String,
    role: String,
    /// Whether they are active today.
    is_active: bool,
    department: String,
    /// Other departments in which they are entered.
    guest_in: Vec<String>,
    from: Option<String>,
    until: Option<String>,
    last_day: Option<String>,
    region: Option<String>,
    schedule: Option<String>,
    tags: String,
    /// Whether whoever looks can change them.
    changes: bool,
    fields: Fields,
    /// Where they can move to.
    departments: Vec<Choice>,
    to_mistake: Option<String>,
    leaves_on: String,
    leaves_on_mistake: Option<String>,
    /// What they have been granted; `None` where no policy has been set.
    /// Whether whoever looks sees what they hold, where they are at home.
    sees_home: bool,
    holdings: Option<Holdings>,
    /// Whether whoever looks grants them leave.
    grants: bool,
    grant: Option<GrantFields>,
    part: Part,
    refusal: Option<String>,
    notice: Option<&'static str>,
    history: Vec<ShownEvent>,
    /// Whether more has happened.
    is_cut: bool,
}

/// The form about an entitlement, with what is wrong.
struct GrantFields {
    form: GrantForm,
    /// The types that can be granted: the name, and what people call it.
    types: Vec<(String, String)>,
    /// What is corrected: `240 h (30 days) of Annual leave, Fri 1 Jan 2027 to Fri 31 Dec 2027.`
    corrected: String,
    /// How long their working days are, if all are alike.
    day: Option<String>,
    type_mistake: Option<String>,
    hours_mistake: Option<String>,
    minutes_mistake: Option<String>,
    from_mistake: Option<String>,
    until_mistake: Option<String>,
}

impl GrantFields {
    fn of(
        form: GrantForm,
        holdings: &Holdings,
        place: &Place,
        problem: Option<&Problem>,
    ) -> GrantFields {
        let mistake =
            |field, typed: &str| problem.and_then(|problem| in_field(problem, field, typed));
        let held = holdings.with_id(&form.entitlement);
        let length = place.person.schedule.unwrap_or_default().day_length();
        GrantFields {
            types: holdings.types.clone(),
            corrected: held.map_or_else(String::new, |held| {
                format!("{} of {}, {}.", held.amount, held.label, held.when)
            }),
            day: length.map(|minutes| amount(minutes.into())),
            type_mistake: mistake("type", &form.r#type),
            // Nothing at all is 0 hours, and not missing.
            hours_mistake: problem.and_then(|problem| problem.mistake_in("hours")),
            minutes_mistake: mistake("minutes", &form.minutes),
            from_mistake: mistake("from", &form.from),
            until_mistake: mistake("until", &form.until),
            form,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PersonQuery {
    done: Option<Done>,
    /// Id of an entitlement that is to be corrected.
    correct: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    Query(asked): Query<PersonQuery>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let said = Said {
        done: asked.done,
        part: match asked.correct {
            Some(_) => Part::Grant,
            None => Part::Nothing,
        },
        correct: asked.correct,
        ..Said::default()
    };
    shown(&service, &me, &id, &known, said).await
}

/// The page of somebody of whom not everything was done that was asked for.
///
/// # Errors
///
/// As [`Known::of`].
pub(super) async fn show_refused(
    service: &Service,
    me: &Me,
    id: &str,
    came: &Came,
) -> Result<Response, Problem> {
    let known = Known::of(service, me, id).await?;
    shown(
        service,
        me,
        id,
        &known,
        Said::problem(Part::Nothing, refused(came)),
    )
    .await
}

/// Why not everything was done, as a problem.
pub(super) fn refused(came: &Came) -> Problem {
    let rest = match came.accepted {
        0 => "",
        _ => " The rest is done.",
    };
    let reasons = came.refusals.join(" ");
    Problem::new(StatusCode::CONFLICT, format!("{reasons}{rest}"))
}

/// The page, as somebody sees it who may.
pub(super) async fn shown(
    service: &Service,
    me: &Me,
    id: &str,
    known: &Known,
    said: Said,
) -> Result<Response, Problem> {
    let (history, is_cut) = history(service, me, id).await?;
    let holdings = holdings(service, me, known).await?;
    let grants = grantable(service, me, known);
    let (place, found) = known.shown(me);
    let departments = service.contract.departments();
    let others = known.found.iter().filter_map(|other| {
        let here = departments.at(other.partition)?.as_str();
        (here != other.department).then(|| here.to_owned())
    });
    let problem = said.problem.as_ref();
    let mistake = |field| problem.and_then(|problem| problem.mistake_in(field));
    let key = next_key(problem, &said.key);
    let about = |part| problem.filter(|_| said.part == part);
    let grant = grants
        .as_ref()
        .zip(holdings.as_ref())
        .map(|((home, _), holdings)| {
            let id = said.grant.as_ref().map(|typed| &*typed.entitlement);
            let held = id
                .or(said.correct.as_deref())
                .and_then(|id| holdings.with_id(id));
            let form = match (&said.grant, held) {
                // What is sent next has been looked at beside what is held now.
                (Some(typed), held) => GrantForm {
                    key: key.clone(),
                    seen: held.map_or_else(String::new, Holding::mark),
                    ..typed.clone()
                },
                (None, Some(held)) => held.form(key.clone()),
                (None, None) => GrantForm::new(key.clone()),
            };
            GrantFields::of(form, holdings, home, about(Part::Grant))
        });
    let fields_problem = about(Part::Change);
    let form = match said.form {
        // What is sent next has been looked at beside what is entered now.
        Some(form) => PersonForm {
            key,
            seen: mark(&place.person),
            ..form
        },
        None => PersonForm::of(key, &place.person, &found.department),
    };
    let elsewhere = departments
        .iter()
        .filter(|one| one.as_str() != found.department);
    let one = OnePerson {
        frame: Frame::of(service, me, Here::People),
        tabs: Tabs::of(me, Tab::People),
        id: encoded(id),
        address: format!("/people/{}", encoded(id)),
        name: found.name.clone(),
        email: found.email.clone(),
        role: found.role.clone(),
        is_active: is_active(found, today()),
        department: found.department.clone(),
        guest_in: others.collect(),
        from: found.from_date.map(shown_day),
        until: found.until_date.map(shown_day),
        last_day: found.left_on.map(shown_day),
        region: found.region.clone(),
        schedule: found.schedule.clone(),
        tags: found.tags.clone(),
        changes: known.changeable(service, me).is_some(),
        departments: elsewhere
            .map(|one| Choice {
                name: one.to_string(),
                is_chosen: one.as_str() == said.to,
            })
            .collect(),
        to_mistake: mistake("to"),
        leaves_on: said.last_day,
        leaves_on_mistake: mistake("last_day"),
        sees_home: known
            .places
            .iter()
            .any(|place| place.is_home && me.sees(place.partition)),
        holdings,
        grants: grants.is_some(),
        grant,
        part: said.part,
        refusal: said_of(problem),
        notice: said.done.map(Done::notice),
        history,
        is_cut,
        fields: Fields::of(form, fields_problem),
    };
    let status = problem.map_or(StatusCode::OK, Problem::status);
    Ok(page(status, &one))
}

/// What has happened to them where whoever looks is an admin, and whether there is more.
async fn history(service: &Service, me: &Me, id: &str) -> Result<(Vec<ShownEvent>, bool), Problem> {
    let (asked, places) = (id.to_owned(), me.clone());
    let (events, names, is_cut) = service
        .reading
        .ask(move |queries| {
            let found = queries.events_of(Events::Person(&asked), &PageRequest::first(EVENTS))?;
            let is_cut = found.next.is_some();
            let mut events = found.rows;
            events.retain(|event| places.is_admin_in(event.partition));
            let of = |event: &Event| {
                let ids = [&event.by, &event.person, &event.other_person];
                ids.map(Clone::clone).into_iter().flatten()
            };
            let ids: Vec<String> = events.iter().flat_map(of).collect();
            Ok((events, names_of_people(queries, ids)?, is_cut))
        })
        .await?;
    Ok((told(service, id, events, &names), is_cut))
}
