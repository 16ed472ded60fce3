//! One's own leave.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Days;
use serde::Deserialize;
use timeoff_ledger::Date;
use timeoff_views::ApplicationFilter;

use super::asset::Asset;
use super::balance::ShownBalance;
use super::frame::{Frame, Here, page};
use super::shown::{Done, Notice, Others, Shown};
use crate::account::Account;
use crate::api::{CaughtUp, Query, page_request};
use crate::away::{Period, spans};
use crate::employee::Employee;
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// How many days it is said for who else is away.
const SOON: Days = Days::new(13);

#[derive(Deserialize)]
pub(super) struct HomeQuery {
    cursor: Option<String>,
    done: Option<Done>,
    /// Id of the application with which it was done.
    of: Option<String>,
}

/// Who of a department is away soon.
struct Team {
    department: String,
    others: Others,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    /// Of those that were applied for last, the latest leave first.
    applications: Vec<Shown>,
    /// What can be taken today, of types that need an entitlement; none where no policy has been set.
    balances: Vec<ShownBalance>,
    /// Who of the department is away soon.
    team: Option<Team>,
    /// Whether it is the first page.
    is_first: bool,
    notice: Option<Notice>,
    /// The cursor of the next page.
    next: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<HomeQuery>,
) -> Result<Response, Problem> {
    let request = page_request(None, asked.cursor.as_deref())?;
    let filter = ApplicationFilter {
        email: Some(me.email.to_string()),
        ..ApplicationFilter::default()
    };
    let home = me.home(&service);
    let place = me.home_lane(&service);
    let today = now().date();
    let soon = Period {
        first: today,
        last: today.checked_add_days(SOON).unwrap_or(today),
    };
    let own = me.home_place(&service).cloned();
    let departments = service.contract.departments().clone();
    let (email, partition) = (me.email.to_string(), me.partition(&service));
    let (found, spans, account, employee) = service
        .reading
        .ask(move |queries| {
            let found = queries.applications(&filter, &request)?;
            let spans = match &place {
                Some((partition, department)) => spans(queries, (*partition, department), soon)?,
                None => None,
            };
            let account = match &own {
                Some(own) => Account::of(queries, &departments, own)?,
                None => None,
            };
            let employee = Employee::of(queries, &email, partition)?;
            Ok((found, spans, account, employee))
        })
        .await?;
    let email = me.email.to_string();
    let team = home.zip(spans).map(|(home, spans)| Team {
        department: home.as_str().to_owned(),
        others: Others::in_period(&spans, &email, soon),
    });
    let account = account.as_ref();
    let balances = account.map_or_else(Vec::new, |account| account.balances(Date::of(now())));
    let applications = found.rows.into_iter();
    let mut applications: Vec<Shown> = applications
        .map(|found| {
            let departments = service.contract.departments();
            let days = account.and_then(|account| account.days_of(&found, departments));
            let shown = Shown::of(&service, found, employee.clone());
            shown.known_to(account).counted(days.as_ref())
        })
        .collect();
    applications.sort_by_key(|shown| Reverse(shown.period.map(|period| period.first)));
    let home = Home {
        frame: Frame::of(&service, &me, Here::Home),
        applications,
        balances: balances
            .iter()
            .filter(|balance| balance.explanation.is_some())
            .map(ShownBalance::of)
            .collect(),
        team,
        is_first: asked.cursor.is_none(),
        notice: Notice::of(&service, &me, asked.done, asked.of).await,
        next: found.next.map(|cursor| cursor.to_string()),
    };
    Ok(page(StatusCode::OK, &home))
}
