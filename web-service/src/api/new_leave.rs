//! Leave that is asked for: what texts say of it, and the application that it becomes.

use axum::http::StatusCode;
use timeoff_models::{
    ApplicationId, Comment, Date, DayPart, Department, Departments, InvalidRecord,
    LeaveApplication, LeaveDetails, LeaveHours, LeaveStart, LeaveType,
};
use timeoff_views as views;

use crate::employee::usual_days;
use crate::problem::{FieldError, Problem};
use crate::service::Service;
use crate::who::Me;

/// What was typed. A text without a letter or digit is none.
#[derive(Default)]
pub(crate) struct Texts<'a> {
    pub(crate) department: Option<&'a str>,
    pub(crate) start: &'a str,
    pub(crate) hours: Option<&'a str>,
    pub(crate) minutes: Option<&'a str>,
    pub(crate) leave_type: Option<&'a str>,
    pub(crate) last_day: Option<&'a str>,
    pub(crate) first_day_part: Option<&'a str>,
    pub(crate) last_day_part: Option<&'a str>,
    pub(crate) note: Option<&'a str>,
    pub(crate) replaces: Option<&'a str>,
}

/// What a request asks for, as far as it can be said without knowing where somebody is at home.
pub(crate) struct Asked {
    department: Option<Department>,
    start: LeaveStart,
    /// `None`: they follow from the days or minutes.
    hours: Option<LeaveHours>,
    details: LeaveDetails,
}

impl Asked {
    /// What these texts ask for.
    ///
    /// # Errors
    ///
    /// A problem of status 422 that says what is wrong with which.
    pub(crate) fn of_texts(texts: &Texts<'_>, departments: &Departments) -> Result<Asked, Problem> {
        let mut errors = Vec::new();
        let department = texts.department.map(|name| departments.parse(name));
        let department = department.transpose().unwrap_or_else(|error| {
            errors.push(FieldError::new("department", "known", error));
            None
        });
        let is_given = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
        let has_length = is_given(texts.last_day) || is_given(texts.minutes);
        let hours = match has_length && !is_given(texts.hours) {
            true => None,
            false => {
                let text = texts.hours.unwrap_or_default().trim();
                let hours = text.parse::<LeaveHours>();
                hours
                    .map_err(|error| errors.push(FieldError::new("hours", "range", error)))
                    .ok()
            }
        };
        let start = texts.start.trim().parse::<LeaveStart>();
        let start = start
            .map_err(|error| errors.push(FieldError::new("start", "date", error)))
            .ok();
        let mut read = Reading(&mut errors);
        let details = LeaveDetails {
            leave_type: read.of::<LeaveType>(("type", "name"), texts.leave_type),
            last_date: read.of::<Date>(("last_day", "date"), texts.last_day),
            first_day: read
                .of::<DayPart>(("first_day_part", "part"), texts.first_day_part)
                .unwrap_or_default(),
            last_day: read
                .of::<DayPart>(("last_day_part", "part"), texts.last_day_part)
                .unwrap_or_default(),
            minutes: read.minutes(texts.minutes),
            note: read.of::<Comment>(("note", "text"), texts.note),
            substitute: None,
            submitted_by: None,
            replaces: texts
                .replaces
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(|id| ApplicationId::from_key(id.to_owned())),
        };
        if let (Some(start), true) = (start, errors.is_empty())
            && let Err(wrong) = details.check(start)
        {
            errors.push(misfit(&wrong));
        }
        match start {
            Some(start) if errors.is_empty() => Ok(Asked {
                department,
                start,
                hours,
                details,
            }),
            _ => Err(Problem::mistakes(errors)),
        }
    }

    /// The application of somebody in their own department.
    ///
    /// # Errors
    ///
    /// A problem of status 403 if they are at home nowhere, or in another department than the one that is named.
    pub(crate) fn of(self, service: &Service, me: &Me) -> Result<LeaveApplication, Problem> {
        let Some(home) = me.home(service) else {
            let detail = "You are at home in no department, so nobody could decide on your leave.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        };
        if let Some(other) = self.department.as_ref().filter(|named| *named != home) {
            let detail = format!("You are not at home in {other}: apply in your own department.");
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        let hours = match self.hours {
            Some(hours) => hours,
            None => self.usual_hours(me, home),
        };
        Ok(LeaveApplication {
            email: me.email.clone(),
            department: home.clone(),
            hours,
            start: self.start,
            details: (self.details != LeaveDetails::default()).then(|| Box::new(self.details)),
        })
    }

    /// What older programs go by: the working hours of the days without holidays, rounded up.
    fn usual_hours(&self, me: &Me, home: &Department) -> LeaveHours {
        let leave = LeaveApplication {
            email: me.email.clone(),
            department: home.clone(),
            hours: LeaveHours::MAX,
            start: self.start,
            details: Some(Box::new(self.details.clone())),
        };
        let minutes = match self.details.minutes {
            Some(minutes) => minutes.into(),
            None => usual_days(me.schedule(home), &leave).map_or(0, |days| days.minutes()),
        };
        let hours = i32::try_from(minutes.div_ceil(60)).unwrap_or(i32::MAX);
        LeaveHours::try_from(hours.max(1)).unwrap_or(LeaveHours::MAX)
    }

    /// Whether this application is what was asked for. A department that is not named was the one at home then.
    pub(super) fn is(&self, there: &views::Application) -> bool {
        let department = self.department.as_ref().map(Department::as_str);
        let LeaveDetails {
            leave_type,
            last_date,
            first_day,
            last_day,
            minutes,
            note,
            replaces,
            substitute: _,
            submitted_by: _,
        } = &self.details;
        let part = |part: DayPart| (part != DayPart::Whole).then(|| part.as_str());
        department.is_none_or(|department| department == there.department)
            && self.hours.is_none_or(|hours| there.hours == hours.get())
            && there.start == self.start.ticks().get()
            && there.leave_type.as_deref() == leave_type.as_ref().map(LeaveType::as_str)
            && there.end == last_date.map(|date| date.midnight().get())
            && there.first_day.as_deref() == part(*first_day)
            && there.last_day.as_deref() == part(*last_day)
            && there.minutes == minutes.map(i32::from)
            && there.note.as_deref() == note.as_ref().map(Comment::as_str)
            && there.replaces.as_deref() == replaces.as_ref().map(ApplicationId::as_str)
    }
}

impl From<LeaveApplication> for Asked {
    fn from(application: LeaveApplication) -> Asked {
        Asked {
            department: Some(application.department),
            hours: Some(application.hours),
            start: application.start,
            details: application.details.map(|all| *all).unwrap_or_default(),
        }
    }
}

/// Reads texts, and keeps what is wrong with them.
struct Reading<'a>(&'a mut Vec<FieldError>);

impl Reading<'_> {
    fn of<T: std::str::FromStr<Err: std::error::Error + 'static>>(
        &mut self,
        (field, rule): (&'static str, &'static str),
        text: Option<&str>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let read = text.parse();
        read.map_err(|error| self.0.push(FieldError::new(field, rule, error)))
            .ok()
    }

    fn minutes(&mut self, text: Option<&str>) -> Option<u16> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let minutes = text.parse().ok().filter(|one| (1..=1440).contains(one));
        if minutes.is_none() {
            let message = format!("{text} is not from 1 to 1440 minutes");
            self.0.push(FieldError::said("minutes", "range", message));
        }
        minutes
    }
}

/// What does not fit together, at the field where that can be mended.
fn misfit(wrong: &InvalidRecord) -> FieldError {
    match wrong {
        InvalidRecord::MinutesOfSeveral => {
            let message = "minutes are only for leave on a single day, without halves";
            FieldError::said("minutes", "days", message.to_owned())
        }
        InvalidRecord::HalvesWithoutEnd => {
            let message = "halves of days need a last day, which may be the first";
            FieldError::said("last_day", "halves", message.to_owned())
        }
        InvalidRecord::Gap => FieldError::said("last_day_part", "gap", wrong.to_string()),
        other => FieldError::said("last_day", "days", other.to_string()),
    }
}
