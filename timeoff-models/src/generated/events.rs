//! The records on the ledger.

use super::commands::POLICY_KEY;
use super::records::records;
use super::types::{
    ApprovalDelegated, CancellationAsked, CancellationDeclined, CommandRefused, EntitlementGranted,
    LeaveAdmitted, LeaveBooked, LeaveDeclined, LeaveRecalculated, LeaveReleased, LeaveWithdrawn,
    PersonChanged, PersonEntered, PersonLeft, PersonMoved, PolicySet, StageApproved,
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
        EntitlementGranted,
        PolicySet,
        StageApproved,
        CancellationAsked,
        LeaveReleased,
        CancellationDeclined,
        LeaveRecalculated,
        LeaveAdmitted,
        CommandRefused,
    }
}

impl LedgerRecord<'_> {
    /// The key of its record: the application's id if it is about one, else the person's; `policy` for a policy. Of a delegation, that is the
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
            LedgerRecord::EntitlementGranted(event) => Some(&event.person_id),
            LedgerRecord::PolicySet(_) => Some(POLICY_KEY),
            LedgerRecord::StageApproved(event) => Some(&event.application_id),
            LedgerRecord::CancellationAsked(event) => Some(&event.application_id),
            LedgerRecord::LeaveReleased(event) => Some(&event.application_id),
            LedgerRecord::CancellationDeclined(event) => Some(&event.application_id),
            LedgerRecord::LeaveRecalculated(event) => Some(&event.application_id),
            LedgerRecord::LeaveAdmitted(event) => Some(&event.application_id),
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
            LedgerRecord::EntitlementGranted(event) => event.command_id.as_deref(),
            LedgerRecord::PolicySet(event) => event.command_id.as_deref(),
            LedgerRecord::StageApproved(event) => event.command_id.as_deref(),
            LedgerRecord::CancellationAsked(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveReleased(event) => event.command_id.as_deref(),
            LedgerRecord::CancellationDeclined(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveRecalculated(event) => event.command_id.as_deref(),
            LedgerRecord::LeaveAdmitted(event) => event.command_id.as_deref(),
            LedgerRecord::CommandRefused(event) => event.command_id.as_deref(),
        }
    }
}
