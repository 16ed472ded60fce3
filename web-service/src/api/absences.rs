//! Who is away.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use timeoff_ledger::Half;
use utoipa::{IntoParams, ToSchema};

use super::applications::State_;
use super::department_name::DepartmentName;
use super::page::Query;
use super::position::CaughtUp;
use crate::away::{Period, away};
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// How many days are asked for if it is not said how many.
const USUAL_DAYS: u64 = 31;

/// Where, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AbsencesQuery {
    /// The department; without it, one's own.
    #[param(value_type = Option<DepartmentName>)]
    department: Option<String>,
    /// The first day; without it, today (UTC), or thirty days before the last.
    #[param(format = "date", value_type = Option<String>)]
    from: Option<String>,
    /// The last day, at most a year later; without it, thirty days after the first.
    #[param(format = "date", value_type = Option<String>)]
    to: Option<String>,
}

/// Who is away in a department.
#[derive(Serialize, ToSchema)]
pub(super) struct Absences {
    /// The department.
    department: String,
    /// The first day.
    #[schema(format = "date")]
    from: String,
    /// The last day.
    #[schema(format = "date")]
    to: String,
    /// Everybody who is at home there, by their names.
    people: Vec<PersonAway>,
}

/// Somebody, and when they are away.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonAway {
    /// Their e-mail address.
    #[schema(format = "email")]
    email: String,
    /// What they are called.
    name: String,
    /// Their leaves in this time, by their first days.
    leaves: Vec<LeaveAway>,
    /// Their holidays in this time, public ones and those of the company, in order.
    holidays: Vec<HolidayOff>,
}

/// A leave.
#[derive(Serialize, ToSchema)]
pub(super) struct LeaveAway {
    /// Id of the application; null if it is not for whoever asks.
    application: Option<String>,
    /// approved or waiting. What waits is shown to whoever decides it, and to whoever has applied.
    state: State_,
    /// The days on which they are away.
    days: Vec<DayAway>,
}

/// A day on which somebody is away.
#[derive(Serialize, ToSchema)]
pub(super) struct DayAway {
    /// The day.
    #[schema(format = "date")]
    date: String,
    /// How many working minutes of it.
    minutes: u16,
    /// What of it: all of it, a half, or some minutes.
    part: PartAway,
}

/// What of a day is leave.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PartAway {
    Whole,
    Morning,
    Afternoon,
    /// Some of its minutes, no particular half.
    Minutes,
}

/// A holiday of somebody.
#[derive(Serialize, ToSchema)]
struct HolidayOff {
    /// The day.
    #[schema(format = "date")]
    date: String,
    /// What it is called, in English where there is a translation.
    name: String,
    /// How much of the day is off: whole or afternoon.
    part: HolidayPart,
}

/// How much of a day is a holiday.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum HolidayPart {
    Whole,
    Afternoon,
}

/// Who is away in a department: one's own, or one in which one may decide.
///
/// Approved leave is away on the days that are booked: without those that were given back. Leave that waits, or was approved
/// where no policy is set, is counted by the schedule and the holidays of whoever takes it: without a schedule, eight hours from
/// Monday to Friday.
#[utoipa::path(get, path = "/api/v1/absences", operation_id = "list_absences", tag = "people", security(("who" = [])),
    params(AbsencesQuery, CaughtUp),
    responses((status = 200, description = "Who is away", body = Absences),
        Problem))]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<AbsencesQuery>,
) -> Result<Json<Absences>, Problem> {
    let department = me.one_department(&service, asked.department.as_deref())?;
    let from = asked.from.map(|text| day(&text, "from")).transpose()?;
    let to = asked.to.map(|text| day(&text, "to")).transpose()?;
    let usual = Days::new(USUAL_DAYS - 1);
    let (first, last) = match (from, to) {
        (Some(first), Some(last)) => (first, last),
        (None, Some(last)) => (last.checked_sub_days(usual).unwrap_or(last), last),
        (first, None) => {
            let first = first.unwrap_or_else(|| now().date());
            (first, first.checked_add_days(usual).unwrap_or(first))
        }
    };
    let period = Period { first, last };
    let people = away(&service, &me, department, period).await?;
    let people = people.into_iter().map(|row| PersonAway {
        email: row.email,
        name: row.name,
        leaves: row.leaves.into_iter().map(LeaveAway::from).collect(),
        holidays: row.holidays.into_iter().map(HolidayOff::from).collect(),
    });
    Ok(Json(Absences {
        department: department.as_str().to_owned(),
        from: first.to_string(),
        to: last.to_string(),
        people: people.collect(),
    }))
}

impl From<crate::away::Leave> for LeaveAway {
    fn from(leave: crate::away::Leave) -> LeaveAway {
        let days = leave.days.into_iter().map(|day| DayAway {
            date: day.date.to_string(),
            minutes: day.minutes,
            part: match day.half {
                Half::Both => PartAway::Whole,
                Half::Morning => PartAway::Morning,
                Half::Afternoon => PartAway::Afternoon,
                Half::Any => PartAway::Minutes,
            },
        });
        LeaveAway {
            application: leave.application,
            state: match leave.is_waiting {
                true => State_::Waiting,
                false => State_::Approved,
            },
            days: days.collect(),
        }
    }
}

impl From<crate::away::Holiday> for HolidayOff {
    fn from(holiday: crate::away::Holiday) -> HolidayOff {
        HolidayOff {
            date: holiday.date.to_string(),
            name: holiday.name,
            part: match holiday.is_half {
                true => HolidayPart::Afternoon,
                false => HolidayPart::Whole,
            },
        }
    }
}

fn day(text: &str, parameter: &str) -> Result<NaiveDate, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("{parameter} must be a day as YYYY-MM-DD.");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}
