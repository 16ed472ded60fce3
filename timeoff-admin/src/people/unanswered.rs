//! Commands about people that have no answer yet. As long as there are any, nobody knows what a file still differs in.

use std::ops::ControlFlow;

use timeoff_cli::understand;
use timeoff_contract::{AnyCommand, ReceivedCommand};
use timeoff_ledger::{Command, Request};

use crate::office::{Errand, Office};
use crate::topic::read_through;

/// The commands that are on the log and would change what is entered of people once they are carried out, in the order of
/// their partitions.
///
/// # Errors
///
/// If the commands cannot be read.
pub(super) async fn unanswered(office: &Office) -> anyhow::Result<Vec<Errand>> {
    let (contract, notices) = (&office.contract, &office.notices);
    let mut unanswered = Vec::new();
    read_through(
        contract,
        &contract.topics().commands,
        notices,
        async |record| {
            let understood = understand(|| contract.read_command(record), notices).await?;
            // What cannot be understood is refused or becomes a dead letter: it changes nobody.
            if let Ok(ReceivedCommand {
                command: AnyCommand::Known(command),
                ..
            }) = understood
                && let Ok(command) = Command::from_record(command, contract.departments())
                && changes_people(&command.request)
            {
                let partition = record.position.partition;
                let id = command.asked.command_id;
                if !office.books.has_answered(partition, id) {
                    unanswered.push(Errand { partition, command });
                }
            }
            Ok(ControlFlow::Continue(()))
        },
    )
    .await?;
    Ok(unanswered)
}

fn changes_people(request: &Request) -> bool {
    match request {
        Request::NameFirstAdmin { .. }
        | Request::EnterPerson { .. }
        | Request::ChangePerson { .. }
        | Request::MovePerson { .. }
        | Request::AdmitPerson { .. }
        | Request::EndEmployment { .. } => true,
        Request::DelegateApproval { .. }
        | Request::DecideApplication { .. }
        | Request::WithdrawApplication { .. }
        | Request::GrantEntitlement { .. }
        | Request::SetPolicy { .. }
        | Request::AskToCancel { .. }
        | Request::DecideCancellation { .. }
        | Request::RecalculateLeave { .. }
        | Request::AdmitEntitlement { .. }
        | Request::AdmitLeave { .. } => false,
    }
}
