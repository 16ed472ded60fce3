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

/// Who has decided, and what.
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

    /// Whether all that was gained are departments' partitions. If not, a department was added since this manager was
    /// started: it must not decide there, where it would take every application for impossible.
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

    /// A sentence, if results show that somebody has decided in departments that were gained and in which the group has no
    /// position. If that cannot be found out, nothing is said.
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

    /// The result of an application, if there is one now. `since` says for partitions of the results where to begin.
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
                    // What is not understood is no result of this application.
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

    /// Understands a delivery, or returns why it cannot be understood: then it is to become a [dead letter](Desk::bury).
    /// Waits while the schema registry does not answer.
    ///
    /// # Errors
    ///
    /// If no waiting mends it; see [`timeoff_cli::understand`].
    pub(crate) async fn read<'a>(
        &self,
        delivery: &'a Delivery,
        notices: &Notices,
    ) -> Result<Result<ReceivedApplication<'a>, String>, LogError> {
        let record = delivery.record();
        timeoff_cli::understand(|| self.contract.read_application(record), notices).await
    }

    /// The settlement that makes a delivery a dead letter, which is said.
    pub(crate) fn bury(&self, delivery: Delivery, reason: &str, notices: &Notices) -> Settlement {
        notices.say(&format!(
            "{} becomes a dead letter: {reason}.",
            delivery.position()
        ));
        let letter = self.contract.dead_letter(delivery.record(), reason);
        delivery.settle_with(vec![letter])
    }

    /// The result that a verdict makes of an application, decided now.
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
