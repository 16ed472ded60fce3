//! What a person and the policy have in common: deliveries become applications, decisions become settlements.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use timeoff_cli::Notices;
use timeoff_contract::{Contract, ContractError, ReceivedApplication, ResultWriter};
use timeoff_log::{Assignment, Delivery, LogError, NewRecord, ReadEvent, ReadFrom, Settlement};
use timeoff_models::{Comment, Decision, ManagerName, Outcome, Ticks};

use crate::notices::decided_before;

/// An application that waits for a decision.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The delivery that a decision settles.
    pub delivery: Delivery,
    /// What it asks for.
    pub received: ReceivedApplication<'static>,
}

/// What a manager decides about one application.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// Approved or declined.
    pub outcome: Outcome,
    /// A word to the employee.
    pub comment: Option<Comment>,
}

/// A manager's recorded decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    by: String,
    outcome: Outcome,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} it meanwhile.", self.by, self.outcome)
    }
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
    /// [`ContractError`] if a department is missing, or the schemas cannot be registered.
    pub(crate) async fn open(
        contract: Contract,
        name: Option<ManagerName>,
    ) -> Result<Desk, ContractError> {
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

    /// Checks that every partition gained has a department. If one has none, a department was added after this manager
    /// started. The manager must not decide there: it would take every application for an impossible one.
    ///
    /// # Errors
    ///
    /// [`ContractError::TooFewDepartments`].
    pub(crate) fn check_they_are_departments(
        &self,
        assignment: &Assignment,
    ) -> Result<(), ContractError> {
        assignment
            .gained
            .iter()
            .try_for_each(|&partition| self.contract.check_it_has_a_department(partition))
    }

    /// The notice to show if the results have records in departments that were gained and in which the group has no
    /// position: somebody has decided there before. `None` if there are none, or if this cannot be found out.
    pub(crate) async fn decided_before(
        &self,
        group: &str,
        assignment: &Assignment,
    ) -> Option<String> {
        if assignment.unsettled.is_empty() {
            return None;
        }
        let (log, results) = (self.contract.log(), &self.contract.topics().results);
        let decided = log
            .with_records(results, &assignment.unsettled)
            .await
            .ok()?;
        let departments = self.contract.departments();
        (!decided.is_empty()).then(|| decided_before(departments, &decided, group))
    }

    /// The result of an application, if there is one by now. `since` gives, for partitions of the results, the offset
    /// to begin at.
    ///
    /// # Errors
    ///
    /// If the results cannot be read.
    pub(crate) async fn result_of(
        &self,
        received: &ReceivedApplication<'_>,
        since: BTreeMap<i32, i64>,
    ) -> Result<Option<Decided>, LogError> {
        let results = &self.contract.topics().results;
        let log = self.contract.log();
        let mut reader = log.read(results, ReadFrom::Offsets(since)).await?;
        let mut decided = None;
        loop {
            match reader.next().await? {
                ReadEvent::Record(record) => {
                    // A record that cannot be understood is no result of this application.
                    if let Ok((id, result)) = self.contract.read_result(&record).await
                        && id == received.id
                    {
                        decided = Some(Decided {
                            by: result.processed_by.into_owned(),
                            outcome: result.outcome,
                        });
                    }
                }
                ReadEvent::CaughtUp => return Ok(decided),
                ReadEvent::Hidden { .. } | ReadEvent::Unreachable { .. } | ReadEvent::Reachable => {
                }
            }
        }
    }

    /// Understands a delivery, or returns why it cannot be understood and is to become a dead letter (see
    /// [`Desk::bury`]). Waits while the schema registry does not answer.
    ///
    /// # Errors
    ///
    /// If waiting does not help; see [`timeoff_cli::understand`].
    pub(crate) async fn read<'a>(
        &self,
        delivery: &'a Delivery,
        notices: &Notices,
    ) -> Result<Result<ReceivedApplication<'a>, String>, LogError> {
        let record = delivery.record();
        timeoff_cli::understand(|| self.contract.read_application(record), notices).await
    }

    /// Reports that a delivery becomes a dead letter, and returns the settlement that makes it one.
    pub(crate) fn bury(&self, delivery: Delivery, reason: &str, notices: &Notices) -> Settlement {
        notices.say(&format!(
            "{} becomes a dead letter: {reason}.",
            delivery.position()
        ));
        let letter = self.contract.dead_letter(delivery.record(), reason);
        delivery.settle_with(vec![letter])
    }

    /// The result record for an application and its verdict, decided now.
    pub(crate) fn decide(&self, received: ReceivedApplication<'_>, verdict: Verdict) -> NewRecord {
        let name = self.name.clone();
        let decision = Decision {
            outcome: verdict.outcome,
            by: name.unwrap_or_else(|| ManagerName::of_partition(received.partition)),
            at: Ticks::of(SystemTime::now().into()),
            comment: verdict.comment,
        };
        self.writer.record(received, &decision)
    }
}
