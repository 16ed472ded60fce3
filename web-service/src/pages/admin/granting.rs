//! Granting somebody leave by hand, and correcting what was granted.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_ledger::{Date, Entitlement, EntitlementId, Request, Step, minutes_of_hours};
use timeoff_models::{Department, LeaveType};

use super::changing::after;
use super::done::Done;
use super::holdings::{Holding, Holdings};
use super::known::Known;
use super::person::{Part, Said};
use super::person_form::day_of;
use crate::api::{Came, Form, Id, IdempotencyKey, ask_all, new_entitlement};
use crate::problem::{FieldError, Problem};
use crate::service::{Service, now};
use crate::who::Me;

/// What is typed of an entitlement.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct GrantForm {
    /// What is sent twice with it is done once.
    pub(super) key: String,
    /// Id of the one that is corrected; empty of a new one.
    #[serde(default)]
    pub(super) entitlement: String,
    /// The entitlement as the form was filled with. Empty of a new one.
    #[serde(default)]
    pub(super) seen: String,
    pub(super) r#type: String,
    pub(super) hours: String,
    pub(super) minutes: String,
    pub(super) from: String,
    pub(super) until: String,
}

/// What a form says, if nothing is wrong with it.
struct Typed {
    leave_type: LeaveType,
    minutes: u32,
    from: Date,
    until: Date,
}

impl GrantForm {
    /// A form for a new one, for the rest of this year.
    pub(super) fn new(key: String) -> GrantForm {
        let year = Date::of(now()).year();
        GrantForm {
            key,
            from: format!("{year:04}-01-01"),
            until: format!("{year:04}-12-31"),
            ..GrantForm::default()
        }
    }

    /// What was typed. Nothing can be granted by 0 minutes, but something can be taken back.
    ///
    /// # Errors
    ///
    /// A problem of status 422 that says what is wrong with which field.
    fn read(&self) -> Result<Typed, Problem> {
        let mut wrong = Vec::new();
        let leave_type = self.r#type.parse::<LeaveType>();
        let leave_type = leave_type.map_err(|error| {
            wrong.push(FieldError::new("type", "text", error));
        });
        let hours = match self.hours.trim() {
            "" => Ok(0),
            hours => minutes_of_hours(hours),
        };
        let hours = hours.map_err(|error| wrong.push(FieldError::new("hours", "number", error)));
        let minutes = match self.minutes.trim() {
            "" => Ok(0),
            minutes => minutes.parse::<u32>(),
        };
        let minutes = minutes.map_err(|_| {
            let message = "minutes are a whole number, such as 30".to_owned();
            wrong.push(FieldError::said("minutes", "number", message));
        });
        let from = day_of(&mut wrong, "from", &self.from);
        let until = day_of(&mut wrong, "until", &self.until);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let message = format!("{until} is before {from}, the first day");
            wrong.push(FieldError::said("until", "order", message));
        }
        let all = match (hours, minutes) {
            (Ok(hours), Ok(minutes)) => hours.checked_add(minutes),
            _ => None,
        };
        if all == Some(0) && self.entitlement.is_empty() {
            let message = "nothing is granted by 0 hours".to_owned();
            wrong.push(FieldError::said("hours", "range", message));
        }
        match (leave_type, all, from, until) {
            (Ok(leave_type), Some(minutes), Some(from), Some(until)) if wrong.is_empty() => {
                Ok(Typed {
                    leave_type,
                    minutes,
                    from,
                    until,
                })
            }
            _ if wrong.is_empty() => {
                let message = "this is more than can be granted".to_owned();
                Err(Problem::mistakes(vec![FieldError::said(
                    "hours", "range", message,
                )]))
            }
            _ => Err(Problem::mistakes(wrong)),
        }
    }
}

pub(super) async fn grant(
    State(service): State<Arc<Service>>,
    me: Me,
    Id(id): Id,
    Form(form): Form<GrantForm>,
) -> Result<Response, Problem> {
    let known = Known::of(&service, &me, &id).await?;
    let granted = granted(&service, &me, &known, &form).await;
    let said = |problem| Said {
        key: form.key.clone(),
        grant: Some(form.clone()),
        ..Said::problem(Part::Grant, problem)
    };
    after(&service, &me, &id, granted, said).await
}

/// Where a person is at home, if whoever looks grants leave there.
pub(super) fn grantable<'a>(
    service: &Service,
    me: &Me,
    known: &'a Known,
) -> Option<(&'a timeoff_ledger::Place, Department)> {
    let home = known.places.first().filter(|place| place.is_home)?;
    let department = service.contract.departments().at(home.partition)?.clone();
    me.is_admin_in(home.partition).then_some((home, department))
}

async fn granted(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &GrantForm,
) -> Result<(Came, Done), Problem> {
    let key = IdempotencyKey::of_text(&form.key)?;
    let (home, _) = grantable(service, me, known).ok_or_else(|| {
        let detail = "Only an admin of the department where somebody is at home grants them leave.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    })?;
    let typed = form.read()?;
    let entitlement = |id| Entitlement {
        id,
        person: home.person.id,
        leave_type: typed.leave_type.clone(),
        minutes: typed.minutes,
        from: typed.from,
        until: typed.until,
    };
    let (entitlement, done) = match form.entitlement.is_empty() {
        true => (entitlement(new_entitlement(&key, me)), Done::Granted),
        false => {
            let held = held(service, me, known, form).await?;
            let id: Option<EntitlementId> = held.id.parse().ok();
            let id = id.ok_or_else(no_such_entitlement)?;
            let is_as_wanted = held.minutes == typed.minutes
                && (held.from, held.until) == (typed.from, typed.until);
            if is_as_wanted {
                // Clicked twice: the first has corrected it.
                let done = match form.seen == held.mark() {
                    true => Done::Same,
                    false => Done::Corrected,
                };
                return Ok((Came::default(), done));
            }
            if form.seen != held.mark() {
                let detail = "Somebody has corrected this entitlement since you opened the form. What it is now is above, \
                              and what you typed is in the form: send it again if it is still to be so.";
                return Err(Problem::new(StatusCode::CONFLICT, detail));
            }
            (entitlement(id), Done::Corrected)
        }
    };
    let request = Request::GrantEntitlement {
        entitlement: Box::new(entitlement),
    };
    let partition = home.partition;
    let came = ask_all(service, me, &key, &[Step { partition, request }]).await?;
    Ok((came, done))
}

/// The entitlement that is corrected: a mistyped id would grant a second one.
async fn held(
    service: &Service,
    me: &Me,
    known: &Known,
    form: &GrantForm,
) -> Result<Holding, Problem> {
    let holdings = holdings(service, me, known).await?;
    let rows = holdings.map_or_else(Vec::new, |all| all.rows);
    let held = rows.into_iter().find(|row| row.id == form.entitlement);
    held.ok_or_else(no_such_entitlement)
}

fn no_such_entitlement() -> Problem {
    let detail = "This person has no such entitlement: open the form again.";
    Problem::new(StatusCode::CONFLICT, detail)
}

/// What a person has been granted where they are at home; `None` where no policy has been set, or whoever looks may not
/// see it.
pub(super) async fn holdings(
    service: &Service,
    me: &Me,
    known: &Known,
) -> Result<Option<Holdings>, Problem> {
    let home = known.places.iter().zip(&known.found);
    let seen = |place: &timeoff_ledger::Place| place.is_home && me.sees(place.partition);
    let Some((place, found)) = home.into_iter().find(|(place, _)| seen(place)) else {
        return Ok(None);
    };
    let (place, found) = (place.clone(), found.clone());
    let departments = service.contract.departments().clone();
    let today = Date::of(now());
    service
        .reading
        .ask(move |queries| Holdings::of(queries, &departments, &place, &found, today))
        .await
}

#[cfg(test)]
mod tests {
    use super::GrantForm;

    fn form(hours: &str, minutes: &str) -> GrantForm {
        GrantForm {
            r#type: "annual".to_owned(),
            hours: hours.to_owned(),
            minutes: minutes.to_owned(),
            from: "2027-01-01".to_owned(),
            until: "2027-12-31".to_owned(),
            ..GrantForm::default()
        }
    }

    #[test]
    fn hours_and_minutes_add_up() {
        for (hours, minutes, all) in [("7.5", "", 450), ("120", "10", 7210), ("", "30", 30)] {
            let read = form(hours, minutes).read().ok().map(|typed| typed.minutes);
            assert_eq!(read, Some(all), "{hours} {minutes}");
        }
    }

    #[test]
    fn every_mistake_is_said_at_its_field() {
        let wrong = GrantForm {
            r#type: "No Such Type!".to_owned(),
            from: "soon".to_owned(),
            ..form("many", "few")
        };
        let problem = wrong.read().err().expect("it is wrong");
        let said = ["type", "hours", "minutes", "from", "until"]
            .map(|field| problem.mistake_in(field).is_some());
        assert_eq!(said, [true, true, true, true, false]);
        let backwards = GrantForm {
            until: "2026-12-31".to_owned(),
            ..form("8", "")
        };
        let problem = backwards.read().err().expect("it is wrong");
        assert!(problem.mistake_in("until").is_some());
    }

    #[test]
    fn nothing_is_granted_by_nothing_and_everything_can_be_taken_back() {
        for (hours, minutes) in [("0", ""), ("", ""), ("71582788", "4294967295")] {
            assert!(form(hours, minutes).read().is_err(), "{hours} {minutes}");
        }
        let taken_back = GrantForm {
            entitlement: "01a22983-5104-7492-a50c-d4dbea440560".to_owned(),
            ..form("0", "")
        };
        assert_eq!(taken_back.read().ok().map(|typed| typed.minutes), Some(0));
    }
}
