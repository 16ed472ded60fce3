//! The records on the ledger.

use super::records::records;
use super::types::{
    ApprovalDelegated, CommandRefused, LeaveBooked, LeaveDeclined, LeaveWithdrawn, PersonChanged,
    PersonEntered, PersonLeft, PersonMoved,
};

records! {
    /// Any record on the ledger: what has happened.
    LedgerRecord {
        PersonEntered,
        PersonChanged,
        PersonMoved,
        PersonLeft,
        ApprovalDelegated,
        LeaveBooked,
        LeaveDeclined,
        LeaveWithdrawn,
        CommandRefused,
    }
}

impl LedgerRecord<'_> {
    /// The key of its record: the application's id if it is about one, else the person's. Of a delegation, that is the
    /// approver who is stood in for.
    ///
    /// `None` for a refused command that names neither: such a record has the key of its command.
    pub fn key(&self) -> Option<&str> {
        match self {
            LedgerRecord::PersonEntered(event) => Some(&event.person_id),
            LedgerRecord::PersonChanged(event) => Some(&event.person_id),
            LedgerRecord::PersonMoved(event) => Some(&event.person_id),
            LedgerRecord::PersonLeft(event) => Some(&event.person_id),
            LedgerRecord::ApprovalDelegated(event) => Some(&event.from_person_id),
            LedgerRecord::LeaveBooked(event) => Some(&event.application_id),
            LedgerRecord::LeaveDeclined(event) => Some(&event.application_id),
            LedgerRecord::LeaveWithdrawn(event) => Some(&event.application_id),
            LedgerRecord::CommandRefused(event) => {
                let key = event.application_id.as_deref();
                key.or(event.person_id.as_deref())
            }
        }
    }

    /// The id of the command that caused it, if one did.
    pub fn command_id(&self) -> Option<&str> {
        match self {
            LedgerRecord::PersonEntered(event) => event.command_id.as_deref(),
            LedgerRecord::PersonChanged(event) => event.command_id.as_deref(),
            LedgerRecord::PersonMoved(event) => event.command_id.as_deref(),
            LedgerRecord::PersonLeft(event) => event.command_id.as_deref(),
            LedgerRecord::ApprovalDelegated(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveBooked(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveDeclined(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveWithdrawn(event) => event.command_id.as_deref(),
            LedgerRecord::CommandRefused(event) => event.command_id.as_deref(),
        }
    }
}
