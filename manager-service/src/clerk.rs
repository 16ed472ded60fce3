//! What becomes of a command that was handed out: its answer, and what it takes to record it.

use std::fmt;

use timeoff_cli::Notices;
use timeoff_contract::{AnyCommand, ReceivedCommand, UnknownCommand};
use timeoff_ledger::{
    Answer, Application, Asked, Command, CommandId, Event, Fact, Fate, PersonName,
};
use timeoff_log::{Delivery, LogError, NewRecord, Settlement};
use timeoff_models::{ApplicationId, Departments, Ticks};

use crate::books::Books;
use crate::desk::{Desk, Waiting};
use crate::sabotage;

/// A command in hand, and its delivery.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) delivery: Delivery,
    /// The record's key.
    key: String,
    wanted: Wanted,
}

/// What is wanted, as far as it is understood.
#[derive(Debug)]
enum Wanted {
    /// A command.
    Command(Box<Command>),
    /// A command of a type that this version does not know.
    UnknownType { asked: Asked, name: String },
    /// A command with an impossible value.
    Unreadable {
        asked: Asked,
        error: timeoff_ledger::InvalidField,
    },
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) command_id: CommandId,
    /// The partition of the command and of its answer.
    pub(crate) partition: i32,
    /// What happened to it.
    pub(crate) how: How,
    /// What became of the application that it was about, if it decided one.
    pub(crate) decided: Option<DecidedByCommand>,
}

/// What became of an application by a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecidedByCommand {
    by: Option<PersonName>,
    fate: Fate,
}

impl fmt::Display for DecidedByCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.as_ref().map_or("the employee", PersonName::as_str);
        write!(f, "{} by {by}, by a command", self.fate.as_verb())
    }
}

/// How a command was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// It has been carried out: this is what the ledger calls it.
    Done(&'static str),
    /// It has not, for this reason.
    Refused(String),
    /// It had its answer before.
    Repeated,
}

/// What comes of trying to answer a command.
pub(crate) enum Attempt {
    /// This records the answer. It has been folded already.
    Answer(Settlement, Answered),
    /// It is about an application that is not at hand. Find it, and try again.
    NeedsApplication(Errand),
    /// The partition is not held any more.
    NotHeld,
}

impl Errand {
    /// The partition that it came from.
    pub(crate) fn partition(&self) -> i32 {
        self.delivery.position().partition
    }

    /// The application that it is about, if it is about one.
    pub(crate) fn application(&self) -> Option<&ApplicationId<'static>> {
        match &self.wanted {
            Wanted::Command(command) => command.request.application(),
            Wanted::UnknownType { .. } | Wanted::Unreadable { .. } => None,
        }
    }
}

impl Wanted {
    fn of(command: AnyCommand<'_>, departments: &Departments) -> Result<Wanted, String> {
        match command {
            AnyCommand::Known(record) => {
                let asked = Asked::from_record(&record).map_err(|error| error.to_string())?;
                Ok(match Command::from_record(record, departments) {
                    Ok(command) => Wanted::Command(Box::new(command)),
                    Err(error) => Wanted::Unreadable { asked, error },
                })
            }
            AnyCommand::Unknown(UnknownCommand {
                type_name,
                command_id,
                asked_by,
                asked_at_ticks,
            }) => Asked::from_fields(&command_id, &asked_by, asked_at_ticks)
                .map(|asked| Wanted::UnknownType {
                    asked,
                    name: type_name,
                })
                .map_err(|error| error.to_string()),
        }
    }

    fn asked(&self) -> &Asked {
        match self {
            Wanted::Command(command) => &command.asked,
            Wanted::UnknownType { asked, .. } | Wanted::Unreadable { asked, .. } => asked,
        }
    }
}

impl Desk {
    /// Understands a command, or returns the settlement that makes it a dead letter.
    ///
    /// # Errors
    ///
    /// As [`Desk::read`].
    pub(crate) async fn errand(
        &self,
        delivery: Delivery,
        notices: &Notices,
    ) -> Result<Result<Errand, Settlement>, LogError> {
        self.prepare_for_the_ledger(notices).await?;
        let record = delivery.record();
        let read =
            timeoff_cli::understand(|| self.contract().read_command(record), notices).await?;
        let departments = self.contract().departments();
        let understood = read.and_then(|ReceivedCommand { key, command }| {
            Ok((key.into_owned(), Wanted::of(command, departments)?))
        });
        Ok(match understood {
            Ok((key, wanted)) => Ok(Errand {
                delivery,
                key,
                wanted,
            }),
            Err(reason) => Err(self.bury(delivery, &reason, notices)),
        })
    }

    /// Answers a command. `waiting` is the application that it is about, if it is at hand; it comes back if it is not
    /// decided by this.
    pub(crate) fn answer(
        &self,
        books: &mut Books,
        errand: Errand,
        waiting: Option<Waiting>,
    ) -> (Attempt, Option<Waiting>) {
        let Some(state) = books.state(errand.partition()) else {
            return (Attempt::NotHeld, waiting);
        };
        let application = waiting.as_ref().map(Waiting::application);
        let answer = match &errand.wanted {
            Wanted::Command(command) => sabotage::answer(command, |command| {
                state.carry_out(command, application.as_ref())
            }),
            Wanted::UnknownType { asked, name } => state.refuse_unknown_type(asked, name),
            Wanted::Unreadable { asked, error } => state.refuse_unreadable(asked, error.clone()),
        };
        self.record(books, errand, answer, waiting)
    }

    /// Refuses a command about an application that does not wait here.
    pub(crate) fn refuse_without_application(&self, books: &mut Books, errand: Errand) -> Attempt {
        let Some(state) = books.state(errand.partition()) else {
            return Attempt::NotHeld;
        };
        let Wanted::Command(command) = &errand.wanted else {
            return Attempt::NeedsApplication(errand);
        };
        let answer = state.refuse_unknown_application(command);
        self.record(books, errand, answer, None).0
    }

    /// The settlement that records an answer.
    fn record(
        &self,
        books: &mut Books,
        errand: Errand,
        answer: Answer,
        waiting: Option<Waiting>,
    ) -> (Attempt, Option<Waiting>) {
        let partition = errand.partition();
        let mut answered = Answered {
            command_id: errand.wanted.asked().command_id,
            partition,
            how: How::Repeated,
            decided: None,
        };
        let (events, result, admit) = match answer {
            Answer::NeedsApplication => return (Attempt::NeedsApplication(errand), waiting),
            Answer::Repeated => (Vec::new(), None, None),
            Answer::Refused { event, refusal } => {
                answered.how = How::Refused(refusal.to_string());
                (vec![event], None, None)
            }
            Answer::Done {
                events,
                result,
                admit,
            } => {
                answered.how = How::Done(events.first().map_or("nothing", name));
                (events, result, admit)
            }
        };
        let mut outputs: Vec<NewRecord> = Vec::new();
        let (decided, left) = match (result, waiting) {
            (Some(ruling), Some(waiting)) => {
                answered.decided = Some(DecidedByCommand {
                    by: ruling.by.clone(),
                    fate: ruling.fate,
                });
                let Waiting { delivery, received } = waiting;
                outputs.push(self.result_of_ruling(received, ruling));
                (Some(delivery), None)
            }
            (_, waiting) => (None, waiting),
        };
        let known = books.last_offset(partition);
        outputs.extend(self.ledger_records(partition, &errand.key, &events, known));
        outputs.extend(admit.and_then(|command| self.admission(&command)));
        books.evolve(partition, &events);
        let settlement = errand.delivery.settle_with(outputs);
        let settlement = match decided {
            Some(delivery) => settlement.and(delivery),
            None => settlement,
        };
        (Attempt::Answer(settlement, answered), left)
    }
}

impl Waiting {
    /// What the rules want to know of it.
    pub(crate) fn application(&self) -> Application<'_> {
        Application {
            id: ApplicationId::from_key(self.received.id.as_str()),
            email: self.received.application.email.clone(),
        }
    }
}

/// What the ledger calls an event.
fn name(event: &Event<'_>) -> &'static str {
    match event.fact {
        Fact::PersonEntered { .. } => "PersonEntered",
        Fact::PersonChanged { .. } => "PersonChanged",
        Fact::PersonMoved { .. } => "PersonMoved",
        Fact::PersonLeft { .. } => "PersonLeft",
        Fact::ApprovalDelegated { .. } => "ApprovalDelegated",
        Fact::LeaveBooked(_) => "LeaveBooked",
        Fact::LeaveDeclined(_) => "LeaveDeclined",
        Fact::LeaveWithdrawn { .. } => "LeaveWithdrawn",
        Fact::CommandRefused { .. } => "CommandRefused",
    }
}

/// The time now, for what is decided here.
pub(crate) fn now() -> Ticks {
    Ticks::of(std::time::SystemTime::now().into())
}
