//! One person: what is entered of them, all that can be changed, and what has happened.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use timeoff_ledger::{Date, Person, Place, Request, Step, Wanted};
use timeoff_models::Department;
use timeoff_views::{self as views, Event, Events, PageRequest};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::super::shown::{ShownEvent, names_of_people};
use super::done::Done;
use super::history::told;
use super::office::{Choice, Tab, Tabs, check_admin};
use super::person_form::{Fields, PersonForm, day_of, mark, place_of, shown_day};
use crate::api::{
    Came, CaughtUp, Form, Id, IdempotencyKey, Query, ask_all, ask_in_turn, encoded,
    nothing_of_that_name,
};
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::{Me, is_active, new_secret, today};

/// How many events of a history are shown.
const EVENTS: u32 = 500;

/// Whether a form is shown again with this problem, and not the problem alone.
pub(super) fn is_shown_at_form(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT | StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// What is said above the forms; what is wrong with a field is said there.
pub(super) fn said_of(problem: Option<&Problem>) -> Option<String> {
    let problem = problem.filter(|problem| !problem.has_mistakes())?;
    Some(problem.detail().to_owned())
}

/// Fails unless they are an admin wherever something is asked for.
pub(super) fn check_rights(service: &Service, me: &Me, steps: &[Step]) -> Result<(), Problem> {
    let departments = service.contract.departments();
    let lacking = steps.iter().map(|step| step.partition);
    let lacking = lacking.filter(|&partition| !me.is_admin_in(partition));
    let lacking: Vec<&str> = lacking
        .filter_map(|partition| Some(departments.at(partition)?.as_str()))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "This has to be asked for in every department where the person is entered, and an admin is entered in every one. \
         You are no admin of {}: nothing was sent. Ask somebody who is an admin of all of them.",
        lacking.join(", ")
    );
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// Which form something is said about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Nothing,
    Change,
    Move,
    LastDay,
}

/// What a page says besides what is on the log.
#[derive(Default)]
struct Said {
    done: Option<Done>,
    problem: Option<Problem>,
    /// What the problem is about.
    part: Part,
    /// What was typed.
    form: Option<PersonForm>,
    to: String,
    last_day: String,
}

impl Said {
    fn problem(part: Part, problem: Problem) -> Said {
        Said {
            part,
            problem: Some(problem),
            ..Said::default()
        }
    }
}

/// A person whom whoever looks may see.
struct Known {
    /// At home first.
    places: Vec<Place>,
    /// The same, as the view has them.
    found: Vec<views::Person>,
}

impl Known {
    /// # Errors
    ///
    /// A problem of status 403 if they are no admin, 404 if there is no such person where they are one.
    async fn of(service: &Service, me: &Me, id: &str) -> Result<Known, Problem> {
        check_admin(me)?;
        let asked = id.to_owned();
        let mut found = service
            .reading
            .ask(move |queries| queries.places_of_person(&asked))
            .await?;
        if !found.iter().any(|place| me.is_admin_in(place.partition)) {
            return Err(nothing_of_that_name("person"));
        }
        let departments = service.contract.departments();
        let is_home = |place: &views::Person| {
            let here = departments.at(place.partition);
            here.is_some_and(|here| here.as_str() == place.department)
        };
        found.sort_by_key(|place| (!is_home(place), !me.is_admin_in(place.partition)));
        let places = found.iter().map(|place| place_of(place, departments));
        Ok(Known {
            places: places.collect::<Result<_, _>>()?,
            found,
        })
    }

    /// What is shown of them: as they are at home, if whoever looks may see that.
    fn shown(&self, me: &Me) -> (&Place, &views::Person) {
        let mut all = self.places.iter().zip(&self.found);
        let seen = all.find(|(place, _)| me.is_admin_in(place.partition));
        seen.expect("they are an admin in one of the places")
    }

    /// Where they are at home, if all that is entered of them can be changed by whoever looks.
    fn changeable(&self, service: &Service, me: &Me) -> Option<(&Place, Department)> {
        let home = self.places.first().filter(|place| place.is_home)?;
        let mut all = self.places.iter();
        let department = service.contract.departments().at(home.partition)?.clone();
        all.all(|place| me.is_admin_in(place.partition))
            .then_some((home, department))
    }

    fn wanted<'a>(&self, person: &'a Person, department: &'a Department) -> Wanted<'a> {
        let today = today();
        let is_over = |day: Option<i64>| day.is_some_and(|day| day < today);
        let leaves_on = self.found.first().and_then(|home| home.left_on);
        Wanted {
            person,
            department,
            leaves_on: leaves_on.and_then(|day| Date::try_from(day).ok()),
            has_left: is_over(leaves_on)
                || is_over(self.found.first().and_then(|home| home.until_date)),
        }
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct OnePerson {
    frame: Frame,
    tabs: Tabs,
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
    part: Part,
    refusal: Option<String>,
    notice: Option<&'static str>,
    history: Vec<ShownEvent>,
    /// Whether more has happened.
    is_cut: bool,
}

#[derive(Deserialize)]
pub(super) struct PersonQuery {
    done: Option<Done>,
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

fn refused(came: &Came) -> Problem {
    let rest = match came.accepted {
        0 => "",
        _ => " The rest is done.",
    };
    let reasons = came.refusals.join(" ");
    Problem::new(StatusCode::CONFLICT, format!("{reasons}{rest}"))
}

async fn shown(
    service: &Service,
    me: &Me,
    id: &str,
    known: &Known,
    said: Said,
) -> Result<Response, Problem> {
    let (history, is_cut) = history(service, me, id).await?;
    let (place, found) = known.shown(me);
    let departments = service.contract.departments();
    let others = known.found.iter().filter_map(|other| {
        let here = departments.at(other.partition)?.as_str();
        (here != other.department).then(|| here.to_owned())
    });
    let problem = said.problem.as_ref();
    let mistake = |field| problem.and_then(|problem| problem.mistake_in(field));
    let form = match said.form {
        // What is sent next has been looked at beside what is entered now.
        Some(form) => PersonForm {
            key: new_secret(),
            seen: mark(&place.person),
            ..form
        },
        None => PersonForm::of(new_secret(), &place.person, &found.department),
    };
    let elsewhere = departments
        .iter()
        .filter(|one| one.as_str() != found.department);
    let one = OnePerson {
        frame: Frame::of(service, me, Here::People),
        tabs: Tabs::of(me, Tab::People),
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
        part: said.part,
        refusal: said_of(problem),
        notice: said.done.map(Done::notice),
        history,
        is_cut,
        fields: Fields::of(form, problem),
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

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<PersonForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let changed = changed(&service, &me, &known, &form).await;
    let said = |problem| Said {
        form: Some(form.clone()),
        ..Said::problem(Part::Change, problem)
    };
    after(&service, &me, &id, changed, said).await
}

/// Fails if this person cannot be changed by them.
fn changeable<'a>(
    service: &Service,
    me: &Me,
    known: &'a Known,
) -> Result<(&'a Place, Department), Problem> {
    known.changeable(service, me).ok_or_else(|| {
        let detail = "Only somebody who is an admin of all departments in which this person is entered changes them.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    })
}

async fn changed(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &PersonForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let (home, department) = changeable(service, me, known)?;
    let person = form.person(home.person.id, Some(&home.person))?;
    let wanted = known.wanted(&person, &department);
    let steps = wanted.steps(&known.places, service.contract.departments());
    let is_as_seen = form.seen == mark(&home.person);
    if steps.is_empty() {
        // Clicked twice: the first has changed it.
        let done = match is_as_seen {
            true => Done::Same,
            false => Done::Changed,
        };
        return Ok((Came::default(), done));
    }
    if !is_as_seen {
        let detail = "Somebody has changed this person since you opened the form. What is entered now is above, and what \
                      you typed is in the form: send it again if it is still to be so.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    check_rights(service, me, &steps)?;
    Ok((ask_in_turn(service, me, &key, &steps).await?, Done::Changed))
}

#[derive(Deserialize)]
pub(super) struct MoveForm {
    key: String,
    to: String,
}

pub(super) async fn move_to(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<MoveForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let moved = moved(&service, &me, &known, &form).await;
    if let Ok((came, done)) = &moved
        && came.refusals.is_empty()
        && !sees(&service, &me, &form.to)
    {
        // They are where whoever has moved them is no admin.
        let done = if came.waiting > 0 { Done::Sent } else { *done };
        let address = done.at("/people", &came.positions);
        return Ok(Redirect::to(&address).into_response());
    }
    let said = |problem| Said {
        to: form.to.clone(),
        ..Said::problem(Part::Move, problem)
    };
    after(&service, &me, &id, moved, said).await
}

fn sees(service: &Service, me: &Me, department: &str) -> bool {
    let departments = service.contract.departments();
    let department = departments.named(department).ok();
    let partition = department.and_then(|department| departments.partition_of(department));
    partition.is_some_and(|partition| me.is_admin_in(partition))
}

async fn moved(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &MoveForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let to = service.contract.departments().parse(&form.to);
    let to =
        to.map_err(|error| Problem::mistakes(vec![FieldError::new("to", "department", error)]))?;
    let (home, _) = changeable(service, me, known)?;
    let wanted = known.wanted(&home.person, &to);
    let steps = wanted.steps(&known.places, service.contract.departments());
    check_rights(service, me, &steps)?;
    Ok((ask_in_turn(service, me, &key, &steps).await?, Done::Moved))
}

#[derive(Deserialize)]
pub(super) struct LastDayForm {
    key: String,
    last_day: String,
}

pub(super) async fn leave(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<LastDayForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let leaves = leaves(&service, &me, &known, &form).await;
    let said = |problem| Said {
        last_day: form.last_day.clone(),
        ..Said::problem(Part::LastDay, problem)
    };
    after(&service, &me, &id, leaves, said).await
}

async fn leaves(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &LastDayForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let (home, _) = changeable(service, me, known)?;
    let mut wrong = Vec::new();
    let last_date = day_of(&mut wrong, "last_day", &form.last_day);
    let last_date = last_date.ok_or_else(|| Problem::mistakes(wrong))?;
    let person = home.person.id;
    // All of them: what one refuses the others may still do.
    let steps: Vec<Step> = known
        .places
        .iter()
        .map(|place| Step {
            partition: place.partition,
            request: Request::EndEmployment { person, last_date },
        })
        .collect();
    Ok((ask_all(service, me, &key, &steps).await?, Done::Leaves))
}

/// Where the browser goes when something was asked for. What was refused is said at the form.
async fn after(
    service: &Service,
    me: &Me,
    id: &str,
    came: Result<(Came, Done), Problem>,
    said: impl FnOnce(Problem) -> Said,
) -> Result<Response, Problem> {
    let problem = match came {
        Ok((came, done)) if came.refusals.is_empty() => {
            let done = if came.waiting > 0 { Done::Sent } else { done };
            let address = done.at(&format!("/people/{}", encoded(id)), &came.positions);
            return Ok(Redirect::to(&address).into_response());
        }
        Ok((came, _)) => refused(&came),
        Err(problem) if is_shown_at_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    // Something may have been done meanwhile.
    let known = Known::of(service, me, id).await?;
    shown(service, me, id, &known, said(problem)).await
}
