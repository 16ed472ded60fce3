//! What a person and the policy have in common: deliveries become applications, decisions become settlements.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use timeoff_cli::Notices;
use timeoff_contract::{
    CommandWriter, Contract, ContractError, LedgerWriter, ReceivedApplication, ResultWriter,
};
use timeoff_ledger::{Application, Command, Decider, Event, Fate, Refusal, Request, Ruling, State};
use timeoff_log::{
    Assignment, BYTES_IN_HAND, Delivery, LogError, Membership, NewRecord, ReadEvent, ReadFrom,
    Settlement,
};
use timeoff_models::{
    ApplicationId, Comment, Decision, Email, ManagerName, Outcome, Ticks, Withdrawal,
};
use tokio::sync::OnceCell;

use crate::books::Books;
use crate::notices::decided_before;
use crate::patience::patiently;
use crate::waits::Waits;

/// How often to look for the topics of commands and the ledger where there are none: a log on which nobody is entered does
/// without them, and whoever enters people makes them.
const LOOK_FOR_COMMANDS: Duration = Duration::from_secs(3);

/// An application that waits for a decision.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The delivery that a decision settles.
    pub delivery: Delivery,
    /// What it asks for.
    pub received: ReceivedApplication<'static>,
}

impl Waiting {
    /// Its partition and offset.
    pub(crate) fn place(&self) -> (i32, i64) {
        let position = self.delivery.position();
        (position.partition, position.offset)
    }

    /// What the rules want to know of it.
    pub(crate) fn application<'a>(&'a self, state: &State, waits: &'a Waits) -> Application<'a> {
        application_of(&self.received, self.place(), state, waits)
    }
}

fn application_of<'a>(
    received: &'a ReceivedApplication<'_>,
    place: (i32, i64),
    state: &State,
    waits: &'a Waits,
) -> Application<'a> {
    Application {
        id: ApplicationId::from_key(received.id.as_str()),
        leave: Cow::Borrowed(&received.application),
        earlier: waits.before(state, place, (&received.id, &received.application.email)),
    }
}

/// The time now, for what is decided here.
pub(crate) fn now() -> Ticks {
    Ticks::of(SystemTime::now().into())
}

/// What a manager decides about one application.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// Approved or declined.
    pub outcome: Outcome,
    /// A word to the employee.
    pub comment: Option<Comment>,
    /// Whether what the policy only warns of is accepted.
    pub accepts_warnings: bool,
}

/// An application that was not decided.
#[derive(Debug)]
pub(crate) struct NotDecided<'a> {
    /// The application.
    pub received: ReceivedApplication<'a>,
    /// Why.
    pub refusal: Refusal,
}

/// What a decision becomes on the log.
#[derive(Debug)]
pub(crate) struct Outputs {
    /// The result and, where people have been entered, an event.
    pub records: Vec<NewRecord>,
    /// What was decided: a rule may have to decline what it would approve.
    pub outcome: Outcome,
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
    /// Who decides here, if they have said so.
    email: Option<Email>,
    /// What is needed where people have been entered or commands come. A log without either never has these schemas.
    ledger: OnceCell<LedgerWriters>,
}

struct LedgerWriters {
    events: LedgerWriter,
    commands: CommandWriter,
}

/// Who decides without a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// The person at the inbox.
    Person,
    /// A rule, in words.
    Policy(&'a str),
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
        email: Option<Email>,
    ) -> Result<Desk, ContractError> {
        let writer = contract.result_writer().await?;
        Ok(Desk {
            contract,
            writer,
            name,
            email,
            ledger: OnceCell::new(),
        })
    }

    /// Registers the schemas of what is written onto the ledger, if that has not been done. Waits while the schema
    /// registry does not answer.
    ///
    /// # Errors
    ///
    /// If waiting does not help.
    pub(crate) async fn prepare_for_the_ledger(&self, notices: &Notices) -> Result<(), LogError> {
        let writers = async || -> Result<LedgerWriters, LogError> {
            Ok(LedgerWriters {
                events: self.contract.ledger_writer().await?,
                commands: self.contract.command_writer().await?,
            })
        };
        let prepare = async || self.ledger.get_or_try_init(writers).await.map(drop);
        patiently(notices, prepare).await
    }

    /// Whether there are topics of commands and the ledger. Waits while the log does not answer.
    ///
    /// # Errors
    ///
    /// [`ContractError::LedgerLagsBehind`], or if waiting does not help.
    pub(crate) async fn has_commands(&self, notices: &Notices) -> Result<bool, ContractError> {
        let look = async || match self.look_for_commands().await {
            Err(ContractError::Log(error)) => Err(error),
            known => Ok(known),
        };
        patiently(notices, look).await?
    }

    /// Waits until there are topics of commands and the ledger; for ever if they are known. Safe to cancel.
    ///
    /// # Errors
    ///
    /// [`ContractError::LedgerLagsBehind`].
    pub(crate) async fn commands_come(&self, are_known: bool) -> Result<(), ContractError> {
        if are_known {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(LOOK_FOR_COMMANDS).await;
            match self.look_for_commands().await {
                Ok(true) => return Ok(()),
                Err(error @ ContractError::LedgerLagsBehind { .. }) => return Err(error),
                // Whatever keeps the log from answering is reported by the subscription.
                Ok(false) | Err(_) => {}
            }
        }
    }

    /// Whether the topics are there. Where only part of them is, somebody may be making them just now: looks once more.
    async fn look_for_commands(&self) -> Result<bool, ContractError> {
        match self.contract.has_ledger().await {
            Err(ContractError::LedgerLagsBehind { .. }) => {
                tokio::time::sleep(LOOK_FOR_COMMANDS).await;
                self.contract.has_ledger().await
            }
            known => known,
        }
    }

    /// What the members of the managers' group are handed: applications, and commands alongside if there is a topic of
    /// them.
    pub(crate) fn membership(
        &self,
        group: &str,
        max_in_hand: usize,
        has_commands: bool,
    ) -> Membership {
        let topics = self.contract.topics();
        let commands = has_commands.then(|| topics.commands.clone());
        Membership {
            group: group.to_owned(),
            topic: topics.applications.clone(),
            alongside: commands.into_iter().collect(),
            max_in_hand,
            max_bytes_in_hand: BYTES_IN_HAND,
            announce_caught_up: false,
        }
    }

    /// Whether a delivery is a command.
    pub(crate) fn is_command(&self, delivery: &Delivery) -> bool {
        delivery.position().topic == self.contract.topics().commands
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

    /// What records that an application is decided now: its result and, where people have been entered, an event, which
    /// has been folded already. `offset` is where the application is.
    ///
    /// # Errors
    ///
    /// [`NotDecided`] if whoever decides may not, the application is decided, or it cannot be approved.
    pub(crate) fn decide<'a>(
        &self,
        books: &mut Books,
        waits: &Waits,
        (received, offset): (ReceivedApplication<'a>, i64),
        mut verdict: Verdict,
        by: By<'_>,
    ) -> Result<Outputs, Box<NotDecided<'a>>> {
        let (partition, at) = (received.partition, now());
        let mut name = self.name.clone();
        let mut of_ledger = Vec::new();
        if let Some(state) = books.state(partition) {
            let application = application_of(&received, (partition, offset), state, waits);
            let decider = match (by, &self.email) {
                (By::Policy(rule), _) => Decider::Policy(rule.to_owned()),
                (By::Person, Some(email)) => {
                    let person = state.person_at(email, at);
                    name = person
                        .map(|person| person.name.as_manager_name().clone())
                        .or(name);
                    Decider::Person {
                        email: email.clone(),
                        accepts_warnings: verdict.accepts_warnings,
                    }
                }
                (By::Person, None) => Decider::Unnamed,
            };
            let decided = match state.decide_here(&application, &decider, verdict.outcome, at) {
                Ok(decided) => decided,
                Err(refusal) => {
                    drop(application);
                    return Err(Box::new(NotDecided { received, refusal }));
                }
            };
            verdict.outcome = decided.outcome;
            if let Some(reason) = decided.reason {
                verdict.comment = reason.parse().ok();
            }
            let (id, events) = (application.id.as_str(), decided.events);
            of_ledger = self.enter_events(books, partition, id, events);
        }
        let decision = Decision {
            outcome: verdict.outcome,
            by: name.unwrap_or_else(|| ManagerName::of_partition(partition)),
            at,
            comment: verdict.comment,
        };
        let mut records = Vec::with_capacity(1 + of_ledger.len());
        records.push(self.writer.record(received, &decision));
        records.extend(of_ledger);
        Ok(Outputs {
            records,
            outcome: verdict.outcome,
        })
    }

    /// What records that the policy of a department approves an application by itself; `None` if it does not.
    pub(crate) fn approve_automatically(
        &self,
        books: &mut Books,
        waits: &Waits,
        received: &ReceivedApplication<'_>,
        offset: i64,
    ) -> Option<Vec<NewRecord>> {
        let (partition, at) = (received.partition, now());
        let state = books.state(partition)?;
        let application = application_of(received, (partition, offset), state, waits);
        let event = state.approve_automatically(&application, at)?;
        let id = application.id.as_str();
        let of_ledger = self.enter_events(books, partition, id, vec![event]);
        let decision = Decision {
            outcome: Outcome::Approved,
            by: ManagerName::of_partition(partition),
            at,
            comment: None,
        };
        let mut records = vec![self.writer.record(received.clone(), &decision)];
        records.extend(of_ledger);
        Some(records)
    }

    /// The result of an application that a command decides.
    pub(crate) fn result_of_ruling(
        &self,
        received: ReceivedApplication<'_>,
        ruling: Ruling,
    ) -> NewRecord {
        let by = ruling.by.map(|name| name.as_manager_name().clone());
        let outcome = match ruling.fate {
            // No command releases an application that waits.
            Fate::Withdrawn | Fate::Released => {
                let withdrawal = Withdrawal { by, at: now() };
                return self.writer.withdrawal(received, &withdrawal);
            }
            Fate::Approved => Outcome::Approved,
            Fate::Declined => Outcome::Declined,
        };
        let decision = Decision {
            outcome,
            by: by.unwrap_or_else(|| ManagerName::of_partition(received.partition)),
            at: now(),
            comment: ruling.comment,
        };
        self.writer.record(received, &decision)
    }

    /// Folds events, and returns their records. `key` is that of an event that has none of its own.
    pub(crate) fn enter_events(
        &self,
        books: &mut Books,
        partition: i32,
        key: &str,
        events: Vec<Event<'_>>,
    ) -> Vec<NewRecord> {
        if events.is_empty() {
            return Vec::new();
        }
        let writer = &self
            .ledger
            .get()
            .expect("there are events only where people or commands have come")
            .events;
        let known_offset = books.last_offset(partition);
        // On a ledger that is empty, as far as is known, the first event says who keeps it.
        let is_empty = known_offset.is_none();
        let record = |event: Event<'_>| {
            let event = event.with_known_offset(known_offset);
            books.evolve(partition, &event);
            let record = event.to_record();
            let key = record.key().unwrap_or(key);
            match is_empty {
                true => writer.first_record(partition, key, &record, books.group()),
                false => writer.record(partition, key, &record),
            }
        };
        events.into_iter().map(record).collect()
    }

    /// The records of commands to the owner of another partition: one of them says to which department somebody moves.
    pub(crate) fn admissions(&self, commands: &[Command]) -> Option<Vec<NewRecord>> {
        let department = commands.iter().find_map(|command| match &command.request {
            Request::AdmitPerson { department, .. } => Some(department),
            _ => None,
        })?;
        let partition = self.contract.departments().partition_of(department)?;
        let writer = &self.ledger.get()?.commands;
        let record = |command: &Command| writer.record(partition, &command.to_record());
        Some(commands.iter().map(record).collect())
    }
}
