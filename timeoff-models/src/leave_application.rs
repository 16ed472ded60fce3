//! An application, and the reasons why a record from the log cannot be understood as one.

use thiserror::Error;

use crate::{
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
        Ok(Self {
            email: Email::check(&record.emp_email)?,
            department: department.clone(),
            hours: read_hours(record.leave_duration_in_hours)?,
            start: read_start(record.leave_start_date_ticks)?,
        })
    }
}

impl<'a> From<&'a LeaveApplication> for generated::LeaveApplicationReceived<'a> {
    fn from(application: &'a LeaveApplication) -> Self {
        Self::version_1(
            application.email.as_str(),
            application.department.as_str(),
            application.hours.get(),
            application.start.ticks().get(),
        )
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
