//! The records on the commands topic.

use super::records::records;
use super::types::{
    AdmitEntitlement, AdmitLeave, AdmitPerson, AskToCancel, ChangePerson, DecideApplication,
    DecideCancellation, DelegateApproval, EndEmployment, EnterPerson, GrantEntitlement, MovePerson,
    NameFirstAdmin, RecalculateLeave, SetPolicy, WithdrawApplication,
};

records! {
    /// Any record on the commands topic: what somebody wants.
    CommandRecord {
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
        AdmitLeave,
    }
}

/// The key of records about the policy of a department, which are about no person and no application.
pub(super) const POLICY_KEY: &str = "policy";

impl CommandRecord<'_> {
    /// The key of its record: the application's id if it is about one, else the person's; `policy` for a policy. Of a delegation, that is the
    /// approver who is stood in for.
    pub fn key(&self) -> &str {
        match self {
            CommandRecord::NameFirstAdmin(command) => &command.person_id,
            CommandRecord::EnterPerson(command) => &command.person_id,
            CommandRecord::ChangePerson(command) => &command.person_id,
            CommandRecord::MovePerson(command) => &command.person_id,
            CommandRecord::AdmitPerson(command) => &command.person_id,
            CommandRecord::EndEmployment(command) => &command.person_id,
            CommandRecord::DelegateApproval(command) => &command.from_person_id,
            CommandRecord::DecideApplication(command) => &command.application_id,
            CommandRecord::WithdrawApplication(command) => &command.application_id,
            CommandRecord::GrantEntitlement(command) => &command.person_id,
            CommandRecord::SetPolicy(_) => POLICY_KEY,
            CommandRecord::AskToCancel(command) => &command.application_id,
            CommandRecord::DecideCancellation(command) => &command.application_id,
            CommandRecord::RecalculateLeave(command) => &command.application_id,
            CommandRecord::AdmitEntitlement(command) => &command.person_id,
            CommandRecord::AdmitLeave(command) => &command.application_id,
        }
    }

    /// The id of the command.
    pub fn command_id(&self) -> &str {
        match self {
            CommandRecord::NameFirstAdmin(command) => &command.command_id,
            CommandRecord::EnterPerson(command) => &command.command_id,
            CommandRecord::ChangePerson(command) => &command.command_id,
            CommandRecord::MovePerson(command) => &command.command_id,
            CommandRecord::AdmitPerson(command) => &command.command_id,
            CommandRecord::EndEmployment(command) => &command.command_id,
            CommandRecord::DelegateApproval(command) => &command.command_id,
            CommandRecord::DecideApplication(command) => &command.command_id,
            CommandRecord::WithdrawApplication(command) => &command.command_id,
            CommandRecord::GrantEntitlement(command) => &command.command_id,
            CommandRecord::SetPolicy(command) => &command.command_id,
            CommandRecord::AskToCancel(command) => &command.command_id,
            CommandRecord::DecideCancellation(command) => &command.command_id,
            CommandRecord::RecalculateLeave(command) => &command.command_id,
            CommandRecord::AdmitEntitlement(command) => &command.command_id,
            CommandRecord::AdmitLeave(command) => &command.command_id,
        }
    }
}
