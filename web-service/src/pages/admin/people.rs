//! A table of people.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;
use serde::Deserialize;
use timeoff_views::{self as views, PersonFilter};

use super::super::asset::Asset;
use super::super::frame::{Frame, Here, page};
use super::done::Done;
use super::office::{Choice, Office, Tab, Tabs};
use super::person_form::shown_day;
use crate::api::{CaughtUp, Query, encoded, page_request};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, today};

#[derive(Deserialize)]
pub(super) struct PeopleQuery {
    department: Option<String>,
    /// What is looked for.
    text: Option<String>,
    /// Those who have left, too.
    left: Option<String>,
    cursor: Option<String>,
    done: Option<Done>,
}

/// A person in the table.
struct Row {
    /// Where there is more about them, for those who may see it.
    address: Option<String>,
    name: String,
    email: String,
    role: String,
    from: Option<String>,
    until: Option<String>,
    last_day: Option<String>,
    tags: String,
}

impl Row {
    fn of(person: views::Person, is_admin: bool) -> Row {
        Row {
            address: is_admin.then(|| format!("/people/{}", encoded(&person.id))),
            name: person.name,
            email: person.email,
            role: person.role,
            from: person.from_date.map(shown_day),
            until: person.until_date.map(shown_day),
            last_day: person.left_on.map(shown_day),
            tags: person.tags,
        }
    }
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    tabs: Tabs,
    department: String,
    choices: Vec<Choice>,
    /// Whether whoever looks is an admin of the department.
    administers: bool,
    /// Where somebody is entered, if they may do that anywhere.
    entering: Option<String>,
    text: String,
    with_those_who_left: bool,
    people: Vec<Row>,
    is_first: bool,
    /// The address of the next page.
    next: Option<String>,
    notice: Option<&'static str>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<PeopleQuery>,
) -> Result<Response, Problem> {
    let office = Office::of(&service, &me, asked.department.as_deref())?;
    let request = page_request(None, asked.cursor.as_deref())?;
    let text = asked.text.unwrap_or_default().trim().to_owned();
    let administers = me.is_admin_in(office.partition);
    let with_those_who_left = administers && asked.left.is_some();
    let filter = PersonFilter {
        department: Some(office.department.to_string()),
        until: (!with_those_who_left).then(today),
        text: Some(text.clone()).filter(|text| !text.is_empty()),
        by_name: true,
        ..PersonFilter::default()
    };
    let found = service
        .reading
        .ask(move |queries| queries.people(&filter, &request))
        .await?;
    let next = found.next.map(|cursor| {
        let mut query = Serializer::new(String::new());
        query.append_pair("department", office.department.as_str());
        if !text.is_empty() {
            query.append_pair("text", &text);
        }
        if with_those_who_left {
            query.append_pair("left", "1");
        }
        query.append_pair("cursor", &cursor.to_string());
        format!("/people?{}", query.finish())
    });
    let entering = match administers {
        true => format!(
            "/people/new?department={}",
            encoded(office.department.as_str())
        ),
        false => "/people/new".to_owned(),
    };
    let people = People {
        frame: Frame::of(&service, &me, Here::People),
        tabs: Tabs::of(&me, Tab::People),
        department: office.department.to_string(),
        choices: office.choices,
        administers,
        entering: me.is_admin().then_some(entering),
        text,
        with_those_who_left,
        people: found
            .rows
            .into_iter()
            .map(|person| Row::of(person, administers))
            .collect(),
        is_first: asked.cursor.is_none(),
        next,
        notice: asked.done.map(Done::notice),
    };
    Ok(page(StatusCode::OK, &people))
}
