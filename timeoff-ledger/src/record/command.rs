//! Commands in and out of their records.

use std::borrow::Cow;

use timeoff_models::generated::{self, CommandRecord};
use timeoff_models::{ApplicationId, Departments};

use super::entitlement::{ReadEntitlement as _, wire_minutes};
use super::person::{ReadPerson as _, record_of_person};
use crate::field::{
    comment, date, department, email, outcome, outcome_text, read, read_some, some_date, ticks,
    version,
};
use crate::{AdmittedLeave, Asked, Command, InvalidField, PolicyText, Request};

impl Asked {
    /// What a command begins with. Whoever cannot read the rest can still be answered.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] for the first of the three fields that has an impossible value.
    pub fn from_record(record: &CommandRecord<'_>) -> Result<Self, InvalidField> {
        macro_rules! asked {
            ($($record:ident),*) => {
                match record {
                    $(CommandRecord::$record(command) => Self::from_fields(
                        &command.command_id,
                        &command.asked_by,
                        command.asked_at_ticks,
                    ),)*
                }
            };
        }
        asked!(
            NameFirstAdmin,
            EnterPerson,
            ChangePerson,
            MovePerson,
            AdmitPerson,
            EndEmployment,
            DelegateApproval,
            DecideApplication,
            WithdrawApplication,
            GrantEntitlement,
            SetPolicy,
            AskToCancel,
            DecideCancellation,
            RecalculateLeave,
            AdmitEntitlement,
            AdmitLeave
        )
    }

    /// As [`from_record`](Self::from_record), from the three fields: those of a record whose type is not known.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn from_fields(
        command_id: &str,
        asked_by: &str,
        asked_at_ticks: i64,
    ) -> Result<Self, InvalidField> {
        Ok(Self {
            command_id: read("CommandId", command_id)?,
            by: email("AskedBy", asked_by)?,
            at: ticks("AskedAtTicks", asked_at_ticks)?,
        })
    }
}

impl Command {
    /// Understands a record from the commands topic, whichever program wrote it. Departments must be configured ones.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] for the first field that has an impossible value.
    pub fn from_record(
        record: CommandRecord<'_>,
        departments: &Departments,
    ) -> Result<Self, InvalidField> {
        let asked = Asked::from_record(&record)?;
        let request = match record {
            CommandRecord::NameFirstAdmin(command) => Request::NameFirstAdmin {
                person: read("PersonId", &command.person_id)?,
                email: email("Email", &command.email)?,
                name: read("Name", &command.name)?,
                department: department("Department", &command.department, departments)?,
            },
            CommandRecord::EnterPerson(command) => Request::EnterPerson {
                person: Box::new(command.read_person()?),
                department: department("Department", &command.department, departments)?,
            },
            CommandRecord::ChangePerson(command) => Request::ChangePerson {
                person: Box::new(command.read_person()?),
            },
            CommandRecord::MovePerson(command) => Request::MovePerson {
                person: read("PersonId", &command.person_id)?,
                to: department("ToDepartment", &command.to_department, departments)?,
            },
            CommandRecord::AdmitPerson(command) => Request::AdmitPerson {
                person: Box::new(command.read_person()?),
                department: department("Department", &command.department, departments)?,
                from: department("FromDepartment", &command.from_department, departments)?,
                left: some_date("LastDateTicks", command.last_date_ticks)?,
            },
            CommandRecord::EndEmployment(command) => Request::EndEmployment {
                person: read("PersonId", &command.person_id)?,
                last_date: date("LastDateTicks", command.last_date_ticks)?,
            },
            CommandRecord::DelegateApproval(command) => Request::DelegateApproval {
                from: read("FromPersonId", &command.from_person_id)?,
                to: read("ToPersonId", &command.to_person_id)?,
                from_date: date("FromDateTicks", command.from_date_ticks)?,
                until_date: date("UntilDateTicks", command.until_date_ticks)?,
            },
            CommandRecord::DecideApplication(command) => Request::DecideApplication {
                outcome: outcome("Outcome", &command.outcome)?,
                comment: comment("Comment", command.comment.as_deref())?,
                expected_version: version("ExpectedVersion", command.expected_version)?,
                application: ApplicationId::from_key(command.application_id).into_owned(),
                accept_warnings: command.accept_warnings.unwrap_or(false),
            },
            CommandRecord::WithdrawApplication(command) => Request::WithdrawApplication {
                application: ApplicationId::from_key(command.application_id).into_owned(),
            },
            CommandRecord::GrantEntitlement(command) => Request::GrantEntitlement {
                entitlement: Box::new(command.read_entitlement()?),
            },
            CommandRecord::AdmitEntitlement(command) => Request::AdmitEntitlement {
                entitlement: Box::new(command.read_entitlement()?),
                from: department("FromDepartment", &command.from_department, departments)?,
            },
            CommandRecord::AdmitLeave(command) => Request::AdmitLeave {
                leave: Box::new(AdmittedLeave {
                    person: read("PersonId", &command.person_id)?,
                    leave_type: read_some("LeaveType", command.leave_type.as_deref())?,
                    days: read("Days", &command.days)?,
                    application: ApplicationId::from_key(command.application_id).into_owned(),
                }),
                from: department("FromDepartment", &command.from_department, departments)?,
            },
            CommandRecord::SetPolicy(command) => Request::SetPolicy {
                policy: PolicyText(command.policy.into()),
                expected_version: version("ExpectedVersion", command.expected_version)?,
            },
            CommandRecord::AskToCancel(command) => Request::AskToCancel {
                application: ApplicationId::from_key(command.application_id).into_owned(),
            },
            CommandRecord::DecideCancellation(command) => Request::DecideCancellation {
                outcome: outcome("Outcome", &command.outcome)?,
                application: ApplicationId::from_key(command.application_id).into_owned(),
            },
            CommandRecord::RecalculateLeave(command) => Request::RecalculateLeave {
                application: ApplicationId::from_key(command.application_id).into_owned(),
            },
        };
        Ok(Self { asked, request })
    }

    /// The record that goes onto the commands topic.
    #[must_use]
    pub fn to_record(&self) -> CommandRecord<'_> {
        macro_rules! record {
            ($record:ident { $($field:ident: $value:expr),* $(,)? }) => {
                generated::$record {
                    command_id: self.asked.command_id.to_string().into(),
                    asked_by: self.asked.by.as_str().into(),
                    asked_at_ticks: self.asked.at.get(),
                    $($field: $value,)*
                }
                .into()
            };
        }
        macro_rules! record_with {
            ($person:ident, $record:ident { $($field:ident: $value:expr),* $(,)? }) => {
                record_of_person!($record, $person, {
                    command_id: self.asked.command_id.to_string().into(),
                    asked_by: self.asked.by.as_str().into(),
                    asked_at_ticks: self.asked.at.get(),
                    $($field: $value),*
                })
                .into()
            };
        }
        match &self.request {
            Request::NameFirstAdmin {
                person,
                email,
                name,
                department,
            } => record!(NameFirstAdmin {
                person_id: person.to_string().into(),
                email: email.as_str().into(),
                name: name.as_str().into(),
                department: department.as_str().into(),
            }),
            Request::EnterPerson { person, department } => record_with!(
                person,
                EnterPerson {
                    department: department.as_str().into(),
                }
            ),
            Request::ChangePerson { person } => record_with!(person, ChangePerson {}),
            Request::MovePerson { person, to } => record!(MovePerson {
                person_id: person.to_string().into(),
                to_department: to.as_str().into(),
            }),
            Request::AdmitPerson {
                person,
                department,
                from,
                left,
            } => record_with!(
                person,
                AdmitPerson {
                    department: department.as_str().into(),
                    from_department: from.as_str().into(),
                    last_date_ticks: left.map(|date| date.midnight().get()),
                }
            ),
            Request::EndEmployment { person, last_date } => record!(EndEmployment {
                person_id: person.to_string().into(),
                last_date_ticks: last_date.midnight().get(),
            }),
            Request::DelegateApproval {
                from,
                to,
                from_date,
                until_date,
            } => record!(DelegateApproval {
                from_person_id: from.to_string().into(),
                to_person_id: to.to_string().into(),
                from_date_ticks: from_date.midnight().get(),
                until_date_ticks: until_date.midnight().get(),
            }),
            Request::DecideApplication {
                application,
                outcome,
                comment,
                expected_version,
                accept_warnings,
            } => record!(DecideApplication {
                application_id: application.as_str().into(),
                outcome: outcome_text(*outcome).into(),
                comment: comment.as_ref().map(|comment| comment.as_str().into()),
                expected_version: expected_version.map(i64::from),
                accept_warnings: accept_warnings.then_some(true),
            }),
            Request::WithdrawApplication { application } => record!(WithdrawApplication {
                application_id: application.as_str().into(),
            }),
            Request::GrantEntitlement { entitlement } => record!(GrantEntitlement {
                entitlement_id: entitlement.id.to_string().into(),
                person_id: entitlement.person.to_string().into(),
                leave_type: entitlement.leave_type.as_str().into(),
                minutes: wire_minutes(entitlement.minutes),
                from_date_ticks: entitlement.from.midnight().get(),
                until_date_ticks: entitlement.until.midnight().get(),
            }),
            Request::AdmitEntitlement { entitlement, from } => record!(AdmitEntitlement {
                entitlement_id: entitlement.id.to_string().into(),
                person_id: entitlement.person.to_string().into(),
                leave_type: entitlement.leave_type.as_str().into(),
                minutes: wire_minutes(entitlement.minutes),
                from_date_ticks: entitlement.from.midnight().get(),
                until_date_ticks: entitlement.until.midnight().get(),
                from_department: from.as_str().into(),
            }),
            Request::AdmitLeave { leave, from } => record!(AdmitLeave {
                application_id: leave.application.as_str().into(),
                person_id: leave.person.to_string().into(),
                leave_type: leave.leave_type.as_ref().map(|of| of.as_str().into()),
                days: leave.days.to_string().into(),
                from_department: from.as_str().into(),
            }),
            Request::SetPolicy {
                policy,
                expected_version,
            } => record!(SetPolicy {
                policy: Cow::Borrowed(&*policy.0),
                expected_version: expected_version.map(i64::from),
            }),
            Request::AskToCancel { application } => record!(AskToCancel {
                application_id: application.as_str().into(),
            }),
            Request::DecideCancellation {
                application,
                outcome,
            } => record!(DecideCancellation {
                application_id: application.as_str().into(),
                outcome: outcome_text(*outcome).into(),
            }),
            Request::RecalculateLeave { application } => record!(RecalculateLeave {
                application_id: application.as_str().into(),
            }),
        }
    }
}
