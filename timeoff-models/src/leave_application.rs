//! An application, and the reasons why a record from the log cannot be understood as one.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{
    ApplicationId, Comment, Date, DayPart, LeaveType,
    department::{Department, Departments},
    email::{Email, EmailRule},
    generated,
    leave_hours::LeaveHours,
    leave_start::LeaveStart,
    ticks::Ticks,
};

/// One request for leave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaveApplication {
    /// The employee who asks.
    pub email: Email,
    /// The department whose manager decides.
    pub department: Department,
    /// How long the leave is.
    pub hours: LeaveHours,
    /// When it starts.
    pub start: LeaveStart,
    /// What else is said of it; `None`: nothing, as in version 1 of the record. Boxed, because most have none.
    pub details: Option<Box<LeaveDetails>>,
}

/// What an application can say since version 2 of its record. Then the leave is that of the days from the start to
/// `last_date`, and `hours` is what older programs go by.
///
/// Who it is for, and what somebody wrote, are personal data: `Debug` leaves them out.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct LeaveDetails {
    /// What kind of leave; `None`: the one that the policy takes for granted.
    pub leave_type: Option<LeaveType>,
    /// The last day; `None`: as far as the hours go.
    pub last_date: Option<Date>,
    /// How much of the first day, which may be the only one.
    pub first_day: DayPart,
    /// How much of the last day.
    pub last_day: DayPart,
    /// Working minutes, 1 to 1440, of leave on a single day.
    pub minutes: Option<u16>,
    /// What the employee wrote to the approver.
    pub note: Option<Comment>,
    /// Who stands in for the employee.
    pub substitute: Option<Email>,
    /// Who queued it for the employee.
    pub submitted_by: Option<Email>,
    /// The application that this one replaces.
    pub replaces: Option<ApplicationId<'static>>,
}

impl fmt::Debug for LeaveDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaveDetails")
            .field("last_date", &self.last_date)
            .field("first_day", &self.first_day)
            .field("last_day", &self.last_day)
            .field("minutes", &self.minutes)
            .finish_non_exhaustive()
    }
}

impl LeaveApplication {
    /// Understands a record from the applications topic, whichever program wrote it: e-mail and department
    /// may come in any case.
    ///
    /// The department must be one of `departments`. It need not be the one of the record's partition.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] for the first field that has an impossible value.
    pub fn from_wire(
        record: &generated::LeaveApplicationReceived<'_>,
        departments: &Departments,
    ) -> Result<Self, InvalidRecord> {
        let department = departments.find(&record.emp_department).ok_or_else(|| {
            InvalidRecord::UnknownDepartment {
                known: departments.clone(),
            }
        })?;
        let start = read_start(record.leave_start_date_ticks)?;
        Ok(Self {
            email: Email::check(&record.emp_email)?,
            department: department.clone(),
            hours: read_hours(record.leave_duration_in_hours)?,
            start,
            details: LeaveDetails::from_wire(record, start)?.map(Box::new),
        })
    }

    /// What kind of leave it says it is.
    #[must_use]
    pub fn leave_type(&self) -> Option<&LeaveType> {
        self.details.as_ref()?.leave_type.as_ref()
    }

    /// The application that it replaces, if it says so.
    #[must_use]
    pub fn replaces(&self) -> Option<&ApplicationId<'static>> {
        self.details.as_ref()?.replaces.as_ref()
    }
}

/// The longest leave that days can name, in days from the first to the last: a leap year.
const DAYS_MAX: i64 = 366;

/// The most minutes of a day.
const MINUTES_OF_A_DAY: u16 = 24 * 60;

impl LeaveDetails {
    fn from_wire(
        record: &generated::LeaveApplicationReceived<'_>,
        start: LeaveStart,
    ) -> Result<Option<Self>, InvalidRecord> {
        let generated::LeaveApplicationReceived {
            emp_email: _,
            emp_department: _,
            leave_duration_in_hours: _,
            leave_start_date_ticks: _,
            leave_type,
            leave_end_date_ticks,
            first_day,
            last_day,
            leave_minutes,
            note,
            substitute,
            submitted_by,
            replaces,
        } = record;
        let texts = [
            leave_type,
            first_day,
            last_day,
            note,
            substitute,
            submitted_by,
            replaces,
        ];
        if texts.iter().all(|text| text.is_none())
            && leave_end_date_ticks.is_none()
            && leave_minutes.is_none()
        {
            return Ok(None);
        }
        let details = Self {
            leave_type: read("LeaveType", leave_type.as_deref())?,
            last_date: leave_end_date_ticks
                .map(|ticks| Date::try_from(ticks).map_err(|_| InvalidRecord::End { ticks }))
                .transpose()?,
            first_day: read("FirstDay", first_day.as_deref())?.unwrap_or_default(),
            last_day: read("LastDay", last_day.as_deref())?.unwrap_or_default(),
            minutes: leave_minutes
                .map(|minutes| {
                    u16::try_from(minutes)
                        .ok()
                        .filter(|minutes| (1..=MINUTES_OF_A_DAY).contains(minutes))
                        .ok_or(InvalidRecord::Minutes { minutes })
                })
                .transpose()?,
            note: read("Note", note.as_deref())?,
            substitute: read_email("Substitute", substitute.as_deref())?,
            submitted_by: read_email("SubmittedBy", submitted_by.as_deref())?,
            replaces: replaces
                .as_deref()
                .map(|id| ApplicationId::from_key(id.to_owned())),
        };
        details.check(start)?;
        // That the first and the last day are whole is what is meant anyway.
        Ok(Some(details).filter(|details| *details != Self::default()))
    }

    /// Checks that the days, halves and minutes fit together.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] when the last day is before the first or more than 366 days from it, minutes are given for
    /// several days or with a half, or the halves leave a gap: a leave of several days begins in the afternoon at the
    /// latest and ends in the morning at the earliest, and one of a single day has no gap at noon.
    pub fn check(&self, start: LeaveStart) -> Result<(), InvalidRecord> {
        let first = Date::of(start.ticks());
        let days = self.last_date.map_or(1, |last| last.days_since(first) + 1);
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(InvalidRecord::Days);
        }
        let is_whole = self.first_day == DayPart::Whole && self.last_day == DayPart::Whole;
        if self.minutes.is_some() && (days > 1 || !is_whole) {
            return Err(InvalidRecord::MinutesOfSeveral);
        }
        let has_gap = match (days, self.last_date) {
            (1, _) => {
                self.first_day != DayPart::Whole
                    && self.last_day != DayPart::Whole
                    && self.first_day != self.last_day
            }
            _ => self.first_day == DayPart::Morning || self.last_day == DayPart::Afternoon,
        };
        if has_gap {
            return Err(InvalidRecord::Gap);
        }
        if self.last_date.is_none() && !is_whole {
            return Err(InvalidRecord::HalvesWithoutEnd);
        }
        Ok(())
    }

    fn onto<'a>(&'a self, record: &mut generated::LeaveApplicationReceived<'a>) {
        let part = |part: DayPart| (part != DayPart::Whole).then(|| part.as_str().into());
        record.leave_type = self.leave_type.as_ref().map(|of| of.as_str().into());
        record.leave_end_date_ticks = self.last_date.map(|date| date.midnight().get());
        record.first_day = part(self.first_day);
        record.last_day = part(self.last_day);
        record.leave_minutes = self.minutes.map(i32::from);
        record.note = self.note.as_ref().map(|note| note.as_str().into());
        record.substitute = self.substitute.as_ref().map(|email| email.as_str().into());
        record.submitted_by = self
            .submitted_by
            .as_ref()
            .map(|email| email.as_str().into());
        record.replaces = self.replaces.as_ref().map(|id| id.as_str().into());
    }
}

fn read<T: FromStr<Err: fmt::Display>>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, InvalidRecord> {
    let read = |text: &str| {
        text.parse().map_err(|error: T::Err| InvalidRecord::Field {
            field,
            rule: error.to_string(),
        })
    };
    text.map(read).transpose()
}

fn read_email(field: &'static str, text: Option<&str>) -> Result<Option<Email>, InvalidRecord> {
    text.map(Email::check)
        .transpose()
        .map_err(|rule| InvalidRecord::Field {
            field,
            rule: rule.to_string(),
        })
}

impl<'a> From<&'a LeaveApplication> for generated::LeaveApplicationReceived<'a> {
    fn from(application: &'a LeaveApplication) -> Self {
        let mut record = Self::version_1(
            application.email.as_str(),
            application.department.as_str(),
            application.hours.get(),
            application.start.ticks().get(),
        );
        if let Some(details) = &application.details {
            details.onto(&mut record);
        }
        record
    }
}

impl From<EmailRule> for InvalidRecord {
    fn from(rule: EmailRule) -> Self {
        Self::Email { rule }
    }
}

pub(crate) fn read_hours(hours: i32) -> Result<LeaveHours, InvalidRecord> {
    LeaveHours::try_from(hours).map_err(|_| InvalidRecord::Hours { hours })
}

pub(crate) fn read_start(ticks: i64) -> Result<LeaveStart, InvalidRecord> {
    Ticks::try_from(ticks)
        .map(LeaveStart::from)
        .map_err(|_| InvalidRecord::Start { ticks })
}

/// A record that is well-formed Avro but has an impossible value: a dead letter.
///
/// `Display` is the reason that goes with the dead letter and into logs: it names the wire's field and the
/// rule, never the e-mail address, the comment or any other text of the record. Nor does `Debug`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidRecord {
    /// `EmpEmail` is not an address.
    #[error("EmpEmail is not an e-mail address: {rule}")]
    Email {
        /// The first rule it breaks.
        rule: EmailRule,
    },
    /// `EmpDepartment` is not one of the configured departments.
    #[error("EmpDepartment must be one of {known}")]
    UnknownDepartment {
        /// The departments that are configured.
        known: Departments,
    },
    /// `EmpDepartment` cannot be the name of a department.
    #[error("EmpDepartment must be a name of letters a-z, digits, - and _")]
    DepartmentName,
    /// `LeaveDurationInHours` is out of range.
    #[error(
        "LeaveDurationInHours must be from {} to {}",
        LeaveHours::MIN,
        LeaveHours::MAX
    )]
    Hours {
        /// The number in the record.
        hours: i32,
    },
    /// `LeaveStartDateTicks` is not a date.
    #[error("LeaveStartDateTicks must be from {} to {}", Ticks::MIN, Ticks::MAX)]
    Start {
        /// The number in the record.
        ticks: i64,
    },
    /// `LeaveEndDateTicks` is not a date.
    #[error("LeaveEndDateTicks must be the midnight of a day from 0001-01-01 to 9999-12-31")]
    End {
        /// The number in the record.
        ticks: i64,
    },
    /// `LeaveMinutes` is out of range.
    #[error("LeaveMinutes must be from 1 to {MINUTES_OF_A_DAY}")]
    Minutes {
        /// The number in the record.
        minutes: i32,
    },
    /// A text breaks its rule.
    #[error("{field}: {rule}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// Its rule.
        rule: String,
    },
    /// The last day is before the first, or far behind it.
    #[error("the last day must not be before the first, nor more than {DAYS_MAX} days from it")]
    Days,
    /// Minutes of a leave that has halves or several days.
    #[error("LeaveMinutes is only for leave on a single day, without halves")]
    MinutesOfSeveral,
    /// A half is missing in the middle.
    #[error(
        "leave of several days cannot begin with a morning alone or end with an afternoon alone, and that of one day \
         cannot begin and end with different halves"
    )]
    Gap,
    /// Halves of a leave whose last day is not said.
    #[error("FirstDay and LastDay are only for leave with LeaveEndDateTicks")]
    HalvesWithoutEnd,
    /// `Result` does not say the outcome.
    #[error("Result must start with Approved: or Declined:")]
    Outcome,
    /// `DecidedAtTicks` is not a date.
    #[error("DecidedAtTicks must be from {} to {}", Ticks::MIN, Ticks::MAX)]
    DecidedAt {
        /// The number in the record.
        ticks: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> generated::LeaveApplicationReceived<'static> {
        generated::LeaveApplicationReceived::version_1(
            "Ada@Example.com",
            "it",
            8,
            638_396_640_000_000_000,
        )
    }

    fn read(
        record: &generated::LeaveApplicationReceived<'_>,
    ) -> Result<LeaveApplication, InvalidRecord> {
        LeaveApplication::from_wire(record, &Departments::default())
    }

    #[test]
    fn a_record_in_another_case_is_accepted_and_normalised() {
        let application = read(&record()).unwrap();
        assert_eq!(application.email.as_str(), "ada@example.com");
        assert_eq!(application.department.as_str(), "IT");
        assert_eq!(application.hours.get(), 8);
        assert_eq!(application.start.to_string(), "2024-01-01");
    }

    #[test]
    fn an_application_survives_the_wire() {
        let application = read(&record()).unwrap();
        assert_eq!(read(&(&application).into()), Ok(application));
    }

    #[test]
    fn an_impossible_value_is_refused_by_the_name_of_its_field_without_repeating_it() {
        let secret = "secret ada";
        let with = |change: fn(&mut generated::LeaveApplicationReceived<'_>)| {
            let mut record = record();
            change(&mut record);
            read(&record).unwrap_err()
        };
        let errors = [
            ("EmpEmail", with(|r| r.emp_email = "secret ada".into())),
            (
                "EmpDepartment",
                with(|r| r.emp_department = "secret ada".into()),
            ),
            (
                "LeaveDurationInHours",
                with(|r| r.leave_duration_in_hours = 0),
            ),
            (
                "LeaveStartDateTicks",
                with(|r| r.leave_start_date_ticks = -1),
            ),
        ];
        for (field, error) in errors {
            let text = error.to_string();
            assert!(text.starts_with(field), "{text}");
            assert!(!text.contains(secret), "{text}");
            assert!(!format!("{error:?}").contains(secret), "{text}");
        }
    }
}
