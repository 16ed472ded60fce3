//! What is typed of a person, and what it says.

use std::error::Error;
use std::str::FromStr;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use serde::Deserialize;
use timeoff_ledger::{Date, Person, PersonId, Place, Role, Tags};
use timeoff_models::{Departments, Ticks};
use timeoff_views as views;

use super::super::shown::in_field;
use crate::problem::{FieldError, Problem};
use crate::who::hash;

/// What is typed of a person. A department only of one who is new.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct PersonForm {
    /// What is sent twice with it is done once.
    pub(super) key: String,
    /// The person as the form was filled with: see [`mark`]. Empty of one who is new.
    #[serde(default)]
    pub(super) seen: String,
    #[serde(default)]
    pub(super) department: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) tags: String,
}

impl PersonForm {
    /// A form that is filled with what is entered of somebody.
    pub(super) fn of(key: String, person: &Person, department: &str) -> PersonForm {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        PersonForm {
            key,
            seen: mark(person),
            department: department.to_owned(),
            name: person.name.to_string(),
            email: person.email.to_string(),
            role: person.role.to_string(),
            from: day(person.from),
            until: day(person.until),
            tags: person.tags.as_str().to_owned(),
        }
    }

    /// The person as the form has them. What it does not show stays as it was before; of one who is new, there is none.
    ///
    /// # Errors
    ///
    /// A problem of status 422 that says what is wrong with which field.
    pub(super) fn person(&self, id: PersonId, before: Option<&Person>) -> Result<Person, Problem> {
        let mut wrong = Vec::new();
        let name = read(&mut wrong, "name", &self.name);
        let email = read(&mut wrong, "email", &self.email);
        let role = read::<Role>(&mut wrong, "role", &self.role);
        let tags = read::<Tags>(&mut wrong, "tags", &self.tags);
        let from = some_day(&mut wrong, "from", &self.from);
        let until = some_day(&mut wrong, "until", &self.until);
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until < from
        {
            let message = format!("{until} is before {from}, the first day");
            wrong.push(FieldError::said("until", "order", message));
        }
        match (name, email, role, tags, from, until) {
            (Some(name), Some(email), Some(role), Some(tags), Some(from), Some(until))
                if wrong.is_empty() =>
            {
                Ok(Person {
                    id,
                    email,
                    name,
                    role,
                    region: before.and_then(|before| before.region.clone()),
                    schedule: before.and_then(|before| before.schedule),
                    from,
                    until,
                    tags,
                    earlier: None,
                })
            }
            _ => Err(Problem::mistakes(wrong)),
        }
    }
}

/// The fields of a form about a person, with what is wrong.
pub(super) struct Fields {
    pub(super) form: PersonForm,
    pub(super) name_mistake: Option<String>,
    pub(super) email_mistake: Option<String>,
    pub(super) role_mistake: Option<String>,
    pub(super) from_mistake: Option<String>,
    pub(super) until_mistake: Option<String>,
    pub(super) tags_mistake: Option<String>,
}

impl Fields {
    pub(super) fn of(form: PersonForm, problem: Option<&Problem>) -> Fields {
        let mistake =
            |field, typed: &str| problem.and_then(|problem| in_field(problem, field, typed));
        Fields {
            name_mistake: mistake("name", &form.name),
            email_mistake: mistake("email", &form.email),
            role_mistake: mistake("role", &form.role),
            from_mistake: mistake("from", &form.from),
            until_mistake: mistake("until", &form.until),
            tags_mistake: mistake("tags", &form.tags),
            form,
        }
    }
}

fn read<T: FromStr<Err: Error + 'static>>(
    wrong: &mut Vec<FieldError>,
    field: &'static str,
    text: &str,
) -> Option<T> {
    let read = text
        .parse()
        .map_err(|error| FieldError::new(field, "text", error));
    read.map_err(|error| wrong.push(error)).ok()
}

/// A day, or none.
fn some_day(wrong: &mut Vec<FieldError>, field: &'static str, text: &str) -> Option<Option<Date>> {
    match text.trim() {
        "" => Some(None),
        _ => day_of(wrong, field, text).map(Some),
    }
}

/// A day that must be there.
pub(super) fn day_of(wrong: &mut Vec<FieldError>, field: &'static str, text: &str) -> Option<Date> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    let day = day.and_then(|day| Date::try_from(day).ok());
    if day.is_none() {
        let message = "a day must be written YYYY-MM-DD, such as 2027-07-01".to_owned();
        wrong.push(FieldError::said(field, "date", message));
    }
    day
}

/// What distinguishes what is entered of somebody from anything else that could be: whoever has looked at it and sends a
/// change has looked at this.
pub(super) fn mark(person: &Person) -> String {
    let Person {
        id,
        email,
        name,
        role,
        region,
        schedule,
        from,
        until,
        tags,
        earlier: _,
    } = person;
    let region = region.as_ref().map(|region| region.as_str());
    let text = format!(
        "{id}\0{email}\0{name}\0{role}\0{region:?}\0{schedule:?}\0{from:?}\0{until:?}\0{}",
        tags.as_str()
    );
    URL_SAFE_NO_PAD.encode(hash(&text))
}

/// What a department has entered of somebody.
///
/// # Errors
///
/// A problem of status 500 if a value is impossible: no owner of a partition writes such a one.
pub(super) fn place_of(found: &views::Person, departments: &Departments) -> Result<Place, Problem> {
    let person = || -> Option<Person> {
        let day = |ticks: Option<i64>| ticks.map(Date::try_from).transpose().ok();
        Some(Person {
            id: found.id.parse().ok()?,
            email: found.email.parse().ok()?,
            name: found.name.parse().ok()?,
            role: found.role.parse().ok()?,
            region: found.region.as_deref().map(str::parse).transpose().ok()?,
            schedule: found.schedule.as_deref().map(str::parse).transpose().ok()?,
            from: day(found.from_date)?,
            until: day(found.until_date)?,
            tags: found.tags.parse().ok()?,
            earlier: None,
        })
    };
    let home = departments.at(found.partition);
    let place = person().map(|person| Place {
        partition: found.partition,
        is_home: home.is_some_and(|home| home.as_str() == found.department),
        person,
    });
    place.ok_or_else(|| {
        let detail = "What is entered of this person has an impossible value: change them by timeoff-admin people import.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })
}

/// A day, given as the ticks of its midnight: `1 Jul 2027`.
pub(super) fn shown_day(ticks: i64) -> String {
    let day = Ticks::try_from(ticks).ok();
    day.map_or_else(String::new, |day| {
        day.date().format("%-d %b %Y").to_string()
    })
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Person, Role, Tags};

    use super::{PersonForm, mark};

    fn ada() -> Person {
        Person {
            id: "01a22983-5104-7492-a50c-d4dbea440560"
                .parse()
                .expect("an id"),
            email: "ada@example.com".parse().expect("an address"),
            name: "Ada".parse().expect("a name"),
            role: Role::Employee,
            region: "DE-BY".parse().ok(),
            schedule: "480 480 480 480 240 0 0".parse().ok(),
            from: None,
            until: None,
            tags: Tags::default(),
            earlier: None,
        }
    }

    #[test]
    fn what_the_form_does_not_show_stays_as_it_was() {
        let form = PersonForm::of("key".to_owned(), &ada(), "IT");
        assert_eq!(form.person(ada().id, Some(&ada())).ok(), Some(ada()));
        let typed = PersonForm {
            role: "approver".to_owned(),
            from: " 2027-01-01 ".to_owned(),
            ..form.clone()
        };
        let changed = typed.person(ada().id, Some(&ada())).ok();
        let changed = changed.expect("nothing is wrong with it");
        assert_eq!(
            (changed.role, changed.region.clone()),
            (Role::Approver, ada().region)
        );
        assert_ne!(mark(&changed), form.seen);
    }

    #[test]
    fn every_mistake_is_said_at_its_field() {
        let form = PersonForm {
            name: " ".to_owned(),
            email: "ada".to_owned(),
            role: "boss".to_owned(),
            from: "2027-02-30".to_owned(),
            ..PersonForm::default()
        };
        let problem = form.person(ada().id, None).expect_err("it is wrong");
        let wrong = ["name", "email", "role", "from", "until", "tags"]
            .map(|field| problem.mistake_in(field).is_some());
        assert_eq!(wrong, [true, true, true, true, false, false]);
        let form = PersonForm {
            from: "2027-07-01".to_owned(),
            until: "2027-06-30".to_owned(),
            ..PersonForm::of(String::new(), &ada(), "IT")
        };
        let problem = form.person(ada().id, None).expect_err("it is wrong");
        assert_eq!(
            problem.mistake_in("until").as_deref(),
            Some("2027-06-30 is before 2027-07-01, the first day")
        );
    }
}
