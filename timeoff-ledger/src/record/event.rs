//! Events in and out of their records.

use std::borrow::Cow;

use timeoff_models::generated::{self, LedgerRecord};
use timeoff_models::{ApplicationId, Departments};

use super::person::{ReadPerson as _, record_of_person};
use crate::field::{date, past_department, read, read_some, some_date, ticks};
use crate::{Cause, Event, Fact, InvalidField, LeaveDecided, Reason};

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
            }),
            LedgerRecord::LeaveDeclined(event) => Fact::LeaveDeclined(LeaveDecided {
                person: read_some("PersonId", event.person_id.as_deref())?,
                on_behalf_of: read_some("OnBehalfOf", event.on_behalf_of.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                policy: event.policy,
                known_offset: event.known_offset,
            }),
            LedgerRecord::LeaveWithdrawn(event) => Fact::LeaveWithdrawn {
                person: read_some("PersonId", event.person_id.as_deref())?,
                application: ApplicationId::from_key(event.application_id),
                known_offset: event.known_offset,
            },
            LedgerRecord::CommandRefused(event) => Fact::CommandRefused {
                person: read_some("PersonId", event.person_id.as_deref())?,
                application: event.application_id.map(ApplicationId::from_key),
                reason: Reason(event.reason),
                known_offset: event.known_offset,
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
            ($record:ident, $decided:ident) => {
                record!($record {
                    application_id: $decided.application.as_str().into(),
                    person_id: text_of($decided.person),
                    on_behalf_of: text_of($decided.on_behalf_of),
                    policy: $decided.policy.as_deref().map(Cow::Borrowed),
                    known_offset: $decided.known_offset,
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
            Fact::LeaveBooked(decided) => decided!(LeaveBooked, decided),
            Fact::LeaveDeclined(decided) => decided!(LeaveDeclined, decided),
            Fact::LeaveWithdrawn {
                application,
                person,
                known_offset,
            } => record!(LeaveWithdrawn {
                application_id: application.as_str().into(),
                person_id: text_of(*person),
                known_offset: *known_offset,
            }),
            Fact::CommandRefused {
                application,
                person,
                reason,
                known_offset,
            } => record!(CommandRefused {
                application_id: application.as_ref().map(|id| id.as_str().into()),
                person_id: text_of(*person),
                reason: Cow::Borrowed(&*reason.0),
                known_offset: *known_offset,
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
        CommandRefused
    )
}

fn text_of(id: Option<impl ToString>) -> Option<Cow<'static, str>> {
    id.map(|id| id.to_string().into())
}
