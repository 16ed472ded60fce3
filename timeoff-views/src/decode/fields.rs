//! Commands and ledger events as changes.

use std::borrow::Cow;

use serde::Serialize;
use timeoff_contract::{AnyCommand, ReceivedCommand};
use timeoff_models::generated::{CommandRecord, LedgerRecord, PersonChanged, PersonEntered};

use super::change::{Command, Delegation, Effect, Event, PersonChange, PersonValues};

/// The record's fields under their names on the wire.
fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("texts and numbers under text names are JSON")
}

fn owned(text: &Option<Cow<'_, str>>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}

/// Runs `$body` with the record of whichever variant, and the record's name.
macro_rules! each {
    ($any:ident, $value:expr, [$($variant:ident),*], |$record:ident, $name:ident| $body:expr) => {
        match $value {
            $($any::$variant($record) => {
                let $name = stringify!($variant);
                $body
            })*
        }
    };
}

pub(super) fn command(received: ReceivedCommand<'_>) -> Command {
    let command = match received.command {
        AnyCommand::Known(command) => command,
        AnyCommand::Unknown(unknown) => {
            return Command {
                id: unknown.command_id,
                kind: unknown.type_name,
                asked_by: unknown.asked_by,
                asked_at: unknown.asked_at_ticks,
                application: None,
                person: None,
                fields: None,
            };
        }
    };
    let key = command.key().to_owned();
    let (application, person) = match &command {
        CommandRecord::DecideApplication(_) | CommandRecord::WithdrawApplication(_) => {
            (Some(key), None)
        }
        _ => (None, Some(key)),
    };
    each!(
        CommandRecord,
        &command,
        [
            NameFirstAdmin,
            EnterPerson,
            ChangePerson,
            MovePerson,
            AdmitPerson,
            EndEmployment,
            DelegateApproval,
            DecideApplication,
            WithdrawApplication
        ],
        |record, name| Command {
            id: record.command_id.as_ref().to_owned(),
            kind: name.to_owned(),
            asked_by: record.asked_by.as_ref().to_owned(),
            asked_at: record.asked_at_ticks,
            application,
            person,
            fields: Some(json(record)),
        }
    )
}

pub(super) fn event(record: &LedgerRecord<'_>) -> Event {
    let mut event = each!(
        LedgerRecord,
        record,
        [
            PersonEntered,
            PersonChanged,
            PersonMoved,
            PersonLeft,
            ApprovalDelegated,
            LeaveBooked,
            LeaveDeclined,
            LeaveWithdrawn,
            CommandRefused
        ],
        |record, name| Event {
            kind: name,
            at: record.at_ticks,
            by: owned(&record.by),
            command: owned(&record.command_id),
            application: None,
            person: None,
            other_person: None,
            reason: None,
            fields: json(record),
            effect: Effect::None,
        }
    );
    match record {
        LedgerRecord::PersonEntered(entered) => {
            event.person = Some(entered.person_id.as_ref().to_owned());
            event.effect = Effect::Person(PersonChange::Entered {
                department: entered.department.as_ref().to_owned(),
                values: of_entered(entered),
                left_on: entered.last_date_ticks,
            });
        }
        LedgerRecord::PersonChanged(changed) => {
            event.person = Some(changed.person_id.as_ref().to_owned());
            event.effect = Effect::Person(PersonChange::Changed(of_changed(changed)));
        }
        LedgerRecord::PersonMoved(moved) => {
            event.person = Some(moved.person_id.as_ref().to_owned());
            event.effect = Effect::Person(PersonChange::Moved {
                to_department: moved.to_department.as_ref().to_owned(),
            });
        }
        LedgerRecord::PersonLeft(left) => {
            event.person = Some(left.person_id.as_ref().to_owned());
            event.effect = Effect::Person(PersonChange::Left {
                last_date: left.last_date_ticks,
            });
        }
        LedgerRecord::ApprovalDelegated(delegated) => {
            event.person = Some(delegated.from_person_id.as_ref().to_owned());
            event.other_person = Some(delegated.to_person_id.as_ref().to_owned());
            event.effect = Effect::Delegation(Delegation {
                from_date: delegated.from_date_ticks,
                until_date: delegated.until_date_ticks,
            });
        }
        LedgerRecord::LeaveBooked(booked) => {
            event.application = Some(booked.application_id.as_ref().to_owned());
            event.person = owned(&booked.person_id);
        }
        LedgerRecord::LeaveDeclined(declined) => {
            event.application = Some(declined.application_id.as_ref().to_owned());
            event.person = owned(&declined.person_id);
        }
        LedgerRecord::LeaveWithdrawn(withdrawn) => {
            event.application = Some(withdrawn.application_id.as_ref().to_owned());
            event.person = owned(&withdrawn.person_id);
            event.effect = Effect::Withdrawn;
        }
        LedgerRecord::CommandRefused(refused) => {
            event.application = owned(&refused.application_id);
            event.person = owned(&refused.person_id);
            event.reason = Some(refused.reason.as_ref().to_owned());
        }
    }
    event
}

/// The values that an entered and a changed person both have.
macro_rules! person_values {
    ($record:expr) => {
        PersonValues {
            email: $record.email.as_ref().to_owned(),
            name: $record.name.as_ref().to_owned(),
            role: $record.role.as_ref().to_owned(),
            region: owned(&$record.region),
            schedule: owned(&$record.schedule),
            from_date: $record.from_date_ticks,
            until_date: $record.until_date_ticks,
            tags: $record.tags.as_ref().to_owned(),
        }
    };
}

fn of_entered(record: &PersonEntered<'_>) -> PersonValues {
    person_values!(record)
}

fn of_changed(record: &PersonChanged<'_>) -> PersonValues {
    person_values!(record)
}
