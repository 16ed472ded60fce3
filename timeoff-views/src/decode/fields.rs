//! Commands and ledger events as changes.

use std::borrow::Cow;

use serde::Serialize;
use timeoff_contract::{AnyCommand, ReceivedCommand};
use timeoff_ledger::{Date, Days};
use timeoff_models::Department;
use timeoff_models::generated::{CommandRecord, LedgerRecord, PersonChanged, PersonEntered};
use uuid::Uuid;

use super::change::{Command, Delegation, Effect, Event, LeaveChange, PersonChange, PersonValues};

/// The record's fields under their names on the wire.
pub(crate) fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("texts and numbers under text names are JSON")
}

fn owned(text: &Option<Cow<'_, str>>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}

/// A UUID in the form that the ledger has it in, however it was written. What is none is left as it is.
pub(crate) fn uniform(id: &str) -> String {
    Uuid::try_parse(id).map_or_else(|_| id.to_owned(), |id| id.to_string())
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
                id: uniform(&unknown.command_id),
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
        CommandRecord::DecideApplication(_)
        | CommandRecord::WithdrawApplication(_)
        | CommandRecord::AskToCancel(_)
        | CommandRecord::DecideCancellation(_)
        | CommandRecord::RecalculateLeave(_)
        | CommandRecord::AdmitLeave(_) => (Some(key), None),
        CommandRecord::SetPolicy(_) => (None, None),
        _ => (None, Some(uniform(&key))),
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
            WithdrawApplication,
            GrantEntitlement,
            SetPolicy,
            AskToCancel,
            DecideCancellation,
            RecalculateLeave,
            AdmitEntitlement,
            AdmitLeave
        ],
        |record, name| Command {
            id: uniform(&record.command_id),
            kind: name.to_owned(),
            asked_by: record.asked_by.as_ref().to_owned(),
            asked_at: record.asked_at_ticks,
            application,
            person,
            fields: Some(json(record)),
        }
    )
}

fn person(change: PersonChange) -> Effect {
    Effect::Person(Box::new(change))
}

/// The days of booked leave. What no ledger would say changes nothing.
fn days(text: &str) -> Option<Days> {
    text.parse().ok()
}

/// `department`: the one whose partition it is in.
pub(super) fn event(record: &LedgerRecord<'_>, department: Option<&Department>) -> Event {
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
            EntitlementGranted,
            PolicySet,
            StageApproved,
            CancellationAsked,
            LeaveReleased,
            CancellationDeclined,
            LeaveRecalculated,
            LeaveAdmitted,
            CommandRefused
        ],
        |record, name| Event {
            kind: name,
            at: record.at_ticks,
            by: owned(&record.by),
            command: record.command_id.as_deref().map(uniform),
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
            event.person = Some(uniform(&entered.person_id));
            event.effect = person(PersonChange::Entered {
                department: entered.department.as_ref().to_owned(),
                is_guest: department.is_none_or(|here| here.as_str() != entered.department),
                values: of_entered(entered),
                left_on: entered.last_date_ticks,
            });
        }
        LedgerRecord::PersonChanged(changed) => {
            event.person = Some(uniform(&changed.person_id));
            event.effect = person(PersonChange::Changed(of_changed(changed)));
        }
        LedgerRecord::PersonMoved(moved) => {
            event.person = Some(uniform(&moved.person_id));
            event.effect = person(PersonChange::Moved {
                to_department: moved.to_department.as_ref().to_owned(),
            });
        }
        LedgerRecord::PersonLeft(left) => {
            event.person = Some(uniform(&left.person_id));
            event.effect = person(PersonChange::Left {
                last_date: left.last_date_ticks,
            });
        }
        LedgerRecord::ApprovalDelegated(delegated) => {
            event.person = Some(uniform(&delegated.from_person_id));
            event.other_person = Some(uniform(&delegated.to_person_id));
            event.effect = Effect::Delegation(Delegation {
                from_date: delegated.from_date_ticks,
                until_date: delegated.until_date_ticks,
            });
        }
        LedgerRecord::LeaveBooked(booked) => {
            event.application = Some(booked.application_id.as_ref().to_owned());
            event.person = booked.person_id.as_deref().map(uniform);
            event.effect = Effect::Leave(LeaveChange::Booked {
                days: booked.days.as_deref().and_then(days),
                replaces: owned(&booked.replaces),
            });
        }
        LedgerRecord::LeaveDeclined(declined) => {
            event.application = Some(declined.application_id.as_ref().to_owned());
            event.person = declined.person_id.as_deref().map(uniform);
        }
        LedgerRecord::LeaveWithdrawn(withdrawn) => {
            event.application = Some(withdrawn.application_id.as_ref().to_owned());
            event.person = withdrawn.person_id.as_deref().map(uniform);
            event.effect = Effect::Withdrawn;
        }
        LedgerRecord::EntitlementGranted(granted) => {
            event.person = Some(uniform(&granted.person_id));
        }
        LedgerRecord::PolicySet(_) => {}
        LedgerRecord::StageApproved(approved) => {
            event.application = Some(approved.application_id.as_ref().to_owned());
            event.person = approved.person_id.as_deref().map(uniform);
        }
        LedgerRecord::CancellationAsked(asked) => {
            event.application = Some(asked.application_id.as_ref().to_owned());
            event.person = Some(uniform(&asked.person_id));
        }
        LedgerRecord::LeaveReleased(released) => {
            event.application = Some(released.application_id.as_ref().to_owned());
            event.person = Some(uniform(&released.person_id));
            let from = released.from_date_ticks.map(Date::try_from).transpose();
            event.effect = from.map_or(Effect::None, |from| {
                Effect::Leave(LeaveChange::Released { from })
            });
        }
        LedgerRecord::CancellationDeclined(declined) => {
            event.application = Some(declined.application_id.as_ref().to_owned());
            event.person = Some(uniform(&declined.person_id));
        }
        LedgerRecord::LeaveRecalculated(recalculated) => {
            event.application = Some(recalculated.application_id.as_ref().to_owned());
            event.person = Some(uniform(&recalculated.person_id));
            event.effect = days(&recalculated.days).map_or(Effect::None, |days| {
                Effect::Leave(LeaveChange::Recalculated { days })
            });
        }
        LedgerRecord::LeaveAdmitted(admitted) => {
            event.application = Some(admitted.application_id.as_ref().to_owned());
            event.person = Some(uniform(&admitted.person_id));
            event.effect = days(&admitted.days).map_or(Effect::None, |days| {
                Effect::Leave(LeaveChange::Admitted { days })
            });
        }
        LedgerRecord::CommandRefused(refused) => {
            event.application = owned(&refused.application_id);
            event.person = refused.person_id.as_deref().map(uniform);
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
            earlier_terms: owned(&$record.earlier_terms),
        }
    };
}

fn of_entered(record: &PersonEntered<'_>) -> PersonValues {
    person_values!(record)
}

fn of_changed(record: &PersonChanged<'_>) -> PersonValues {
    person_values!(record)
}
