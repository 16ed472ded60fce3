//! What a person and the policy have in common: deliveries become applications, decisions become settlements.

use std::time::SystemTime;

use timeoff_cli::Notices;
use timeoff_log::{Contract, Delivery, LogError, ReceivedApplication, ResultWriter, Settlement};
use timeoff_models::{Comment, Decision, ManagerName, Outcome, Ticks};

/// An application that waits for a decision.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The delivery that a decision settles.
    pub delivery: Delivery,
    /// What it asks for.
    pub received: ReceivedApplication,
}

/// What a manager decides about one application.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// Approved or declined.
    pub outcome: Outcome,
    /// A word to the employee.
    pub comment: Option<Comment>,
}

/// Turns deliveries into applications and decisions into settlements.
pub(crate) struct Desk {
    contract: Contract,
    writer: ResultWriter,
    name: Option<ManagerName>,
}

impl Desk {
    /// A desk on a log. Without a name, a decision is by `Manager #<partition>`.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the schemas cannot be registered.
    pub(crate) async fn open(
        contract: Contract,
        name: Option<ManagerName>,
    ) -> Result<Desk, LogError> {
        let writer = contract.result_writer().await?;
        Ok(Desk {
            contract,
            writer,
            name,
        })
    }

    /// The log and what is on it.
    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Understands a delivery. One that cannot be understood comes back as the settlement that makes it a dead letter.
    ///
    /// Waits while the schema registry does not answer.
    pub(crate) async fn take_in(
        &self,
        delivery: Delivery,
        notices: &Notices,
    ) -> Result<Waiting, Settlement> {
        let record = delivery.record();
        let read =
            timeoff_cli::understand(|| self.contract.read_application(record), notices).await;
        match read {
            Ok(received) => Ok(Waiting { delivery, received }),
            Err(reason) => {
                notices.say(&format!(
                    "{} cannot be understood and becomes a dead letter: {reason}.",
                    delivery.position()
                ));
                let letter = self.contract.dead_letter(record, &reason);
                Err(delivery.settle_with(vec![letter]))
            }
        }
    }

    /// The settlement that records a verdict, decided now.
    pub(crate) fn decide(&self, waiting: Waiting, verdict: Verdict) -> Settlement {
        let Waiting { delivery, received } = waiting;
        let decision = Decision {
            outcome: verdict.outcome,
            by: self
                .name
                .clone()
                .unwrap_or_else(|| ManagerName::of_partition(received.partition)),
            at: Ticks::of(SystemTime::now().into()),
            comment: verdict.comment,
        };
        let result = self.writer.record(received, decision);
        delivery.settle_with(vec![result])
    }
}
