//! Events in and out of their records.

use std::borrow::Cow;

use timeoff_models::generated::{self, LedgerRecord};
use timeoff_models::{ApplicationId, Departments};

use super::entitlement::{ReadEntitlement as _, wire_minutes};
use super::person::{ReadPerson as _, record_of_person};
use crate::field::{
    date, minutes, past_department, read, read_some, some_date, stage, ticks, version,
};
use crate::{
    AdmittedLeave, Cause, Date, Days, Event, Fact, InvalidField, Judged, LeaveDecided, PolicyText,
    Reason,
};

impl<'a> Event<'a> {
    /// Understands a record of the ledger. Its texts are kept, not copied. Departments need not be configured any more.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] for the first field that has an impossible value.
    pub fn from_record(
        record: LedgerRecord<'a>,
        departments: &Departments,
    ) -> Result<Self, InvalidField> {
        let cause = cause_of(&record)?;
        let fact = match record {
            LedgerRecord::PersonEntered(event) => Fact::PersonEntered {
                person: Box::new(event.read_person()?),
                department: past_department("Department", &event.department, departments)?,
                moved_from: event
                    .moved_from
                    .map(|from| past_department("MovedFrom", &from, departments))
                    .transpose()?,
                left: some_date("LastDateTicks", event.last_date_ticks)?,
            },
            LedgerRecord::PersonChanged(event) => Fact::PersonChanged {
                person: Box::new(event.read_person()?),
            },
            LedgerRecord::PersonMoved(event) => Fact::PersonMoved {
                person: read("PersonId", &event.person_id)?,
                to: past_department("ToDepartment", &event.to_department, departments)?,
            },
            LedgerRecord::PersonLeft(event) => Fact::PersonLeft {
                person: read("PersonId", &event.person_id)?,
                last_date: date("LastDateTicks", event.last_date_ticks)?,
            },
            LedgerRecord::ApprovalDelegated(event) => Fact::ApprovalDelegated {
                from: read("FromPersonId", &event.from_person_id)?,
                to: read("ToPersonId", &event.to_person_id)?,
                from_date: date("FromDateTicks", event.from_date_ticks)?,
                until_date: date("UntilDateTicks", event.until_date_ticks)?,
            },
            LedgerRecord::LeaveBooked(event) => Fact::LeaveBooked(LeaveDecided {
                person: read_some("PersonId", event.person_id.as_deref())?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                policy: event.policy,
                known_offset: event.known_offset,
                judged: said(Judged {
                    leave_type: read_some("LeaveType", event.leave_type.as_deref())?,
                    minutes: some_minutes("Minutes", event.minutes)?,
                    days: read_some("Days", event.days.as_deref())?,
                    available: some_available(event.available_minutes)?,
                    policy_version: version("PolicyVersion", event.policy_version)?,
                    calendar: event.calendar,
                    warnings: event.warnings.map(Reason),
                    replaces: event.replaces.map(ApplicationId::from_key),
                    reason: None,
                }),
            }),
            LedgerRecord::LeaveDeclined(event) => Fact::LeaveDeclined(LeaveDecided {
                person: read_some("PersonId", event.person_id.as_deref())?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                policy: event.policy,
                known_offset: event.known_offset,
                judged: said(Judged {
                    leave_type: read_some("LeaveType", event.leave_type.as_deref())?,
                    minutes: some_minutes("Minutes", event.minutes)?,
                    available: some_available(event.available_minutes)?,
                    policy_version: version("PolicyVersion", event.policy_version)?,
                    calendar: event.calendar,
                    reason: event.reason.map(Reason),
                    ..Judged::default()
                }),
            }),
            LedgerRecord::LeaveWithdrawn(event) => Fact::LeaveWithdrawn {
                person: read_some("PersonId", event.person_id.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                known_offset: event.known_offset,
            },
            LedgerRecord::EntitlementGranted(event) => Fact::EntitlementGranted {
                entitlement: Box::new(event.read_entitlement()?),
                moved_from: event
                    .moved_from
                    .map(|from| past_department("MovedFrom", &from, departments))
                    .transpose()?,
            },
            LedgerRecord::PolicySet(event) => Fact::PolicySet {
                version: version("Version", Some(event.version))?.unwrap_or_default(),
                policy: PolicyText(event.policy.into()),
            },
            LedgerRecord::StageApproved(event) => Fact::StageApproved {
                person: read_some("PersonId", event.person_id.as_deref())?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                stage: stage("Stage", event.stage)?,
                stages: stage("Stages", event.stages)?,
                policy_version: version("PolicyVersion", event.policy_version)?,
                known_offset: event.known_offset,
            },
            LedgerRecord::CancellationAsked(event) => Fact::CancellationAsked {
                person: read("PersonId", &event.person_id)?,
                application: ApplicationId::from_key(event.application_id),
                known_offset: event.known_offset,
            },
            LedgerRecord::LeaveReleased(event) => Fact::LeaveReleased {
                person: read("PersonId", &event.person_id)?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                from_date: some_date("FromDateTicks", event.from_date_ticks)?,
                minutes: minutes("Minutes", event.minutes)?,
                known_offset: event.known_offset,
            },
            LedgerRecord::CancellationDeclined(event) => Fact::CancellationDeclined {
                person: read("PersonId", &event.person_id)?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                known_offset: event.known_offset,
            },
            LedgerRecord::LeaveRecalculated(event) => Fact::LeaveRecalculated {
                person: read("PersonId", &event.person_id)?,
                days: read("Days", &event.days)?,
                application: ApplicationId::from_key(event.application_id),
                policy_version: version("PolicyVersion", event.policy_version)?,
                calendar: event.calendar,
                known_offset: event.known_offset,
            },
            LedgerRecord::LeaveAdmitted(event) => Fact::LeaveAdmitted {
                moved_from: past_department("MovedFrom", &event.moved_from, departments)?,
                leave: Box::new(AdmittedLeave {
                    person: read("PersonId", &event.person_id)?,
                    leave_type: read_some("LeaveType", event.leave_type.as_deref())?,
                    days: read("Days", &event.days)?,
                    application: ApplicationId::from_key(event.application_id).into_owned(),
                }),
            },
            LedgerRecord::CommandRefused(event) => Fact::CommandRefused {
                person: read_some("PersonId", event.person_id.as_deref())?,
                application: event.application_id.map(ApplicationId::from_key),
                reason: Reason(event.reason),
                known_offset: event.known_offset,
                policy_version: version("PolicyVersion", event.policy_version)?,
                calendar: event.calendar,
            },
        };
        Ok(Self { cause, fact })
    }

    /// The record that goes onto the ledger.
    #[must_use]
    pub fn to_record(&self) -> LedgerRecord<'_> {
        macro_rules! record {
            ($record:ident { $($field:ident: $value:expr),* $(,)? }) => {
                generated::$record {
                    command_id: text_of(self.cause.command_id),
                    by: text_of(self.cause.by),
                    at_ticks: self.cause.at.get(),
                    $($field: $value,)*
                }
                .into()
            };
        }
        macro_rules! record_with {
            ($person:ident, $record:ident { $($field:ident: $value:expr),* $(,)? }) => {
                record_of_person!($record, $person, {
                    command_id: text_of(self.cause.command_id),
                    by: text_of(self.cause.by),
                    at_ticks: self.cause.at.get(),
                    $($field: $value),*
                })
                .into()
            };
        }
        macro_rules! decided {
            ($record:ident, $decided:ident, { $($field:ident: $value:expr),* $(,)? }) => {
                record!($record {
                    application_id: $decided.application.as_str().into(),
                    person_id: text_of($decided.person),
                    on_behalf_of: text_of($decided.on_behalf_of),
                    policy: $decided.policy.as_deref().map(Cow::Borrowed),
                    known_offset: $decided.known_offset,
                    leave_type: $decided.judged().leave_type.as_ref().map(|of| of.as_str().into()),
                    minutes: $decided.judged().minutes.map(wire_minutes),
                    available_minutes: $decided.judged().available.map(i64::from),
                    policy_version: $decided.judged().policy_version.map(i64::from),
                    calendar: $decided.judged().calendar.as_deref().map(Cow::Borrowed),
                    $($field: $value,)*
                })
            };
        }
        match &self.fact {
            Fact::PersonEntered {
                person,
                department,
                moved_from,
                left,
            } => record_with!(
                person,
                PersonEntered {
                    department: department.as_str().into(),
                    moved_from: moved_from.as_ref().map(|from| from.as_str().into()),
                    last_date_ticks: left.map(|date| date.midnight().get()),
                }
            ),
            Fact::PersonChanged { person } => record_with!(person, PersonChanged {}),
            Fact::PersonMoved { person, to } => record!(PersonMoved {
                person_id: person.to_string().into(),
                to_department: to.as_str().into(),
            }),
            Fact::PersonLeft { person, last_date } => record!(PersonLeft {
                person_id: person.to_string().into(),
                last_date_ticks: last_date.midnight().get(),
            }),
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            } => record!(ApprovalDelegated {
                from_person_id: from.to_string().into(),
                to_person_id: to.to_string().into(),
                from_date_ticks: from_date.midnight().get(),
                until_date_ticks: until_date.midnight().get(),
            }),
            Fact::LeaveBooked(decided) => decided!(LeaveBooked, decided, {
                first_date_ticks: ticks_of(decided.judged().days.as_ref().and_then(Days::first)),
                last_date_ticks: ticks_of(decided.judged().days.as_ref().and_then(Days::last)),
                days: text_of(decided.judged().days.as_ref()),
                warnings: decided.judged().warnings.as_ref().map(|text| Cow::Borrowed(&*text.0)),
                replaces: decided.judged().replaces.as_ref().map(|id| id.as_str().into()),
            }),
            Fact::LeaveDeclined(decided) => decided!(LeaveDeclined, decided, {
                reason: decided.judged().reason.as_ref().map(|text| Cow::Borrowed(&*text.0)),
            }),
            Fact::LeaveWithdrawn {
                application,
                person,
                known_offset,
            } => record!(LeaveWithdrawn {
                application_id: application.as_str().into(),
                person_id: text_of(*person),
                known_offset: *known_offset,
            }),
            Fact::EntitlementGranted {
                entitlement,
                moved_from,
            } => record!(EntitlementGranted {
                entitlement_id: entitlement.id.to_string().into(),
                person_id: entitlement.person.to_string().into(),
                leave_type: entitlement.leave_type.as_str().into(),
                minutes: wire_minutes(entitlement.minutes),
                from_date_ticks: entitlement.from.midnight().get(),
                until_date_ticks: entitlement.until.midnight().get(),
                moved_from: moved_from.as_ref().map(|from| from.as_str().into()),
            }),
            Fact::PolicySet { version, policy } => record!(PolicySet {
                version: i64::from(*version),
                policy: Cow::Borrowed(&*policy.0),
            }),
            Fact::StageApproved {
                application,
                person,
                on_behalf_of,
                stage,
                stages,
                policy_version,
                known_offset,
            } => record!(StageApproved {
                application_id: application.as_str().into(),
                person_id: text_of(*person),
                on_behalf_of: text_of(*on_behalf_of),
                stage: i32::from(*stage),
                stages: i32::from(*stages),
                policy_version: policy_version.map(i64::from),
                known_offset: *known_offset,
            }),
            Fact::CancellationAsked {
                application,
                person,
                known_offset,
            } => record!(CancellationAsked {
                application_id: application.as_str().into(),
                person_id: person.to_string().into(),
                known_offset: *known_offset,
            }),
            Fact::LeaveReleased {
                application,
                person,
                on_behalf_of,
                from_date,
                minutes,
                known_offset,
            } => record!(LeaveReleased {
                application_id: application.as_str().into(),
                person_id: person.to_string().into(),
                on_behalf_of: text_of(*on_behalf_of),
                from_date_ticks: ticks_of(*from_date),
                minutes: wire_minutes(*minutes),
                known_offset: *known_offset,
            }),
            Fact::CancellationDeclined {
                application,
                person,
                on_behalf_of,
                known_offset,
            } => record!(CancellationDeclined {
                application_id: application.as_str().into(),
                person_id: person.to_string().into(),
                on_behalf_of: text_of(*on_behalf_of),
                known_offset: *known_offset,
            }),
            Fact::LeaveRecalculated {
                application,
                person,
                days,
                policy_version,
                calendar,
                known_offset,
            } => record!(LeaveRecalculated {
                application_id: application.as_str().into(),
                person_id: person.to_string().into(),
                minutes: wire_minutes(days.minutes()),
                days: days.to_string().into(),
                policy_version: policy_version.map(i64::from),
                calendar: calendar.as_deref().map(Cow::Borrowed),
                known_offset: *known_offset,
            }),
            Fact::LeaveAdmitted { leave, moved_from } => record!(LeaveAdmitted {
                application_id: leave.application.as_str().into(),
                person_id: leave.person.to_string().into(),
                leave_type: leave.leave_type.as_ref().map(|of| of.as_str().into()),
                days: leave.days.to_string().into(),
                moved_from: moved_from.as_str().into(),
            }),
            Fact::CommandRefused {
                application,
                person,
                reason,
                known_offset,
                policy_version,
                calendar,
            } => record!(CommandRefused {
                application_id: application.as_ref().map(|id| id.as_str().into()),
                person_id: text_of(*person),
                reason: Cow::Borrowed(&*reason.0),
                known_offset: *known_offset,
                policy_version: policy_version.map(i64::from),
                calendar: calendar.as_deref().map(Cow::Borrowed),
            }),
        }
    }
}

fn cause_of(record: &LedgerRecord<'_>) -> Result<Cause, InvalidField> {
    macro_rules! cause {
        ($($record:ident),*) => {
            match record {
                $(LedgerRecord::$record(event) => Ok(Cause {
                    command_id: read_some("CommandId", event.command_id.as_deref())?,
                    by: read_some("By", event.by.as_deref())?,
                    at: ticks("AtTicks", event.at_ticks)?,
                }),)*
            }
        };
    }
    cause!(
        PersonEntered,
        PersonChanged,
        PersonMoved,
        PersonLeft,
        ApprovalDelegated,
        LeaveBooked,
        LeaveDeclined,
        LeaveWithdrawn,
        EntitlementGranted,
        PolicySet,
        StageApproved,
        CancellationAsked,
        LeaveReleased,
        CancellationDeclined,
        LeaveRecalculated,
        LeaveAdmitted,
        CommandRefused
    )
}

/// What an event says was known, unless it says nothing: then it is of an earlier version.
fn said(judged: Judged<'_>) -> Option<Box<Judged<'_>>> {
    (judged != Judged::default()).then(|| Box::new(judged))
}

fn some_minutes(field: &'static str, number: Option<i32>) -> Result<Option<u32>, InvalidField> {
    number.map(|number| minutes(field, number)).transpose()
}

fn some_available(number: Option<i64>) -> Result<Option<u32>, InvalidField> {
    version("AvailableMinutes", number)
}

fn ticks_of(date: Option<Date>) -> Option<i64> {
    date.map(|date| date.midnight().get())
}

fn text_of(id: Option<impl ToString>) -> Option<Cow<'static, str>> {
    id.map(|id| id.to_string().into())
}
