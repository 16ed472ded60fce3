//! What becomes of a command, and of a decision at the inbox.

mod again;
mod applications;
mod by_policy;
mod cover;
mod delegation;
mod entitlements;
mod here;
mod leave;
mod look;
mod people;
mod policy;
mod rights;

use std::borrow::Cow;

use timeoff_models::{ApplicationId, Comment, LeaveApplication};

pub use again::Recount;
pub(crate) use again::approved_automatically;
pub use by_policy::GrantByPolicy;
pub use here::{DecidedHere, Decider};
pub use look::{Available, Away, Balance, BookedLeave, Look};

use crate::decide::applications::Wanted;
use crate::refusal::NAMED_ID_MAX;
use crate::state::{Fate, State};
use crate::{
    Asked, Calendar, Cause, Command, Event, Fact, InvalidField, PersonId, PersonName, Reason,
    Refusal, Request,
};

/// An application that waits, as far as the rules want to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application<'a> {
    /// Its id.
    pub id: ApplicationId<'a>,
    /// What it asks for.
    pub leave: Cow<'a, LeaveApplication>,
    /// Applications of the same person that were queued earlier in the department and wait, in the order in which they
    /// were: all that bear one of the [`State::addresses_of_applicant`]. They may reserve what they ask for, as far as
    /// they are the person's.
    pub earlier: Vec<(ApplicationId<'a>, Cow<'a, LeaveApplication>)>,
}

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has had its answer, which stands on the ledger. There is nothing to write.
    Repeated,
    /// It is carried out once all of this is on the log, together.
    Done {
        /// What goes onto the ledger: one event, which is the answer.
        events: Vec<Event<'static>>,
        /// What becomes of the application that it is about, if it is about one.
        result: Option<Ruling>,
        /// What goes to the owner of another partition: that of the department to which a person moves. First
        /// their booked leave and their entitlements, then the person: so all of it is there when they are. Last the
        /// cancellations that they had asked for, which wait there now.
        admit: Vec<Command>,
    },
    /// It is not carried out.
    Refused {
        /// What goes onto the ledger.
        event: Event<'static>,
        /// The same for the person who asked, in more words.
        refusal: Refusal,
    },
    /// It is about an application that is not decided and was not given. Find it and ask again; if it does not wait
    /// here, ask [`State::refuse_unknown_application`].
    NeedsApplication,
}

/// What becomes of an application: what its result says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether the leave is granted.
    pub fate: Fate,
    /// What the employee is told.
    pub comment: Option<Comment>,
    /// Who decided; `None` for an employee who withdraws and has not been entered.
    pub by: Option<PersonName>,
}

/// What a command becomes if nothing stands against it.
enum Verdict {
    Done(Box<Accepted>),
    NeedsApplication,
}

struct Accepted {
    fact: Fact<'static>,
    by: Option<PersonId>,
    result: Option<Ruling>,
    admit: Vec<Command>,
}

impl State {
    /// What becomes of a command. `application` is the one that it is about, if the caller has it at hand; another one
    /// counts as none.
    ///
    /// Nothing changes before the events come back by [`State::evolve`]. Every command that is not repeated leaves one
    /// event that bears its id.
    #[must_use]
    pub fn carry_out(&self, command: &Command, application: Option<&Application<'_>>) -> Answer {
        let Command { asked, request } = command;
        if self.answered.contains(&asked.command_id) {
            return Answer::Repeated;
        }
        match self.judge(asked, request, application) {
            Ok(Verdict::NeedsApplication) => Answer::NeedsApplication,
            Ok(Verdict::Done(accepted)) => {
                let Accepted {
                    fact,
                    by,
                    result,
                    admit,
                } = *accepted;
                let cause = Cause {
                    command_id: Some(asked.command_id),
                    by,
                    at: asked.at,
                };
                Answer::Done {
                    events: vec![Event { cause, fact }],
                    result,
                    admit,
                }
            }
            Err(refusal) => self.refused(asked, Some(request), refusal),
        }
    }

    /// The answer to a command about an application that does not wait here.
    #[must_use]
    pub fn refuse_unknown_application(&self, command: &Command) -> Answer {
        let refusal = Refusal::NoSuchApplication {
            department: self.department.clone(),
        };
        self.refused(&command.asked, Some(&command.request), refusal)
    }

    /// The answer to a command of a type that this version does not know, by the name of its record.
    #[must_use]
    pub fn refuse_unknown_type(&self, asked: &Asked, name: &str) -> Answer {
        let refusal = Refusal::UnknownType {
            department: self.department.clone(),
            name: name.to_owned(),
        };
        self.refused(asked, None, refusal)
    }

    /// The answer to a command with an impossible value, where it is known at least who asked.
    #[must_use]
    pub fn refuse_unreadable(&self, asked: &Asked, error: InvalidField) -> Answer {
        self.refused(asked, None, Refusal::Unreadable { error })
    }

    fn judge(
        &self,
        asked: &Asked,
        request: &Request,
        application: Option<&Application<'_>>,
    ) -> Result<Verdict, Refusal> {
        // What somebody brings with them was booked already.
        let is_brought = matches!(request, Request::AdmitLeave { .. });
        if !is_brought && request.application().is_some_and(is_too_long) {
            return Err(Refusal::IdTooLong);
        }
        let mut admit = Vec::new();
        let fact = match request {
            Request::NameFirstAdmin {
                person,
                email,
                name,
                department,
            } => self.name_first_admin(asked, *person, email, name, department)?,
            Request::EnterPerson { person, department } => {
                self.enter_person(asked, person, department)?
            }
            Request::ChangePerson { person } => self.change_person(asked, person)?,
            Request::MovePerson { person, to } => {
                let (moved, admission) = self.move_person(asked, *person, to)?;
                admit = admission;
                moved
            }
            Request::AdmitPerson {
                person,
                department,
                from,
                left,
            } => self.admit_person(asked, person, department, from, *left),
            Request::EndEmployment { person, last_date } => {
                self.end_employment(asked, *person, *last_date)?
            }
            Request::DelegateApproval {
                from,
                to,
                from_date,
                until_date,
            } => self.delegate_approval(asked, *from, *to, *from_date, *until_date)?,
            Request::DecideApplication {
                application: id,
                outcome,
                comment,
                expected_version,
                accept_warnings,
            } => {
                let application = application.filter(|given| given.id == *id);
                return self.decide_application(
                    asked,
                    id,
                    application,
                    &Wanted {
                        outcome: *outcome,
                        comment: comment.as_ref(),
                        expected_version: *expected_version,
                        accepts_warnings: *accept_warnings,
                    },
                );
            }
            Request::WithdrawApplication { application: id } => {
                let application = application.filter(|given| given.id == *id);
                return self.withdraw_application(asked, id, application);
            }
            Request::GrantEntitlement { entitlement } => self.grant(asked, entitlement)?,
            Request::AdmitEntitlement { entitlement, from } => Fact::EntitlementGranted {
                entitlement: entitlement.clone(),
                moved_from: Some(from.clone()),
            },
            Request::AdmitLeave { leave, from } => Fact::LeaveAdmitted {
                leave: leave.clone(),
                moved_from: from.clone(),
            },
            Request::SetPolicy {
                policy,
                expected_version,
            } => self.set_policy(asked, policy, *expected_version)?,
            Request::AskToCancel { application } => self.ask_to_cancel(asked, application)?,
            Request::DecideCancellation {
                application,
                outcome,
            } => self.decide_cancellation(asked, application, *outcome)?,
            Request::RecalculateLeave { application } => self.recalculate(asked, application)?,
        };
        Ok(Verdict::Done(Box::new(Accepted {
            fact,
            by: self.id_of_asker(asked),
            result: None,
            admit,
        })))
    }

    fn refused(&self, asked: &Asked, request: Option<&Request>, refusal: Refusal) -> Answer {
        if self.answered.contains(&asked.command_id) {
            return Answer::Repeated;
        }
        let event = Event {
            cause: Cause {
                command_id: Some(asked.command_id),
                by: self.id_of_asker(asked),
                at: asked.at,
            },
            fact: Fact::CommandRefused {
                application: request
                    .and_then(Request::application)
                    .filter(|id| !is_too_long(id))
                    .cloned(),
                person: request.and_then(Request::person),
                reason: Reason(refusal.reason()),
                known_offset: None,
                policy_version: self.policy.as_ref().map(|in_force| in_force.version),
                calendar: self
                    .policy
                    .as_ref()
                    .map(|_| Calendar::embedded().version().into()),
            },
        };
        Answer::Refused { event, refusal }
    }

    fn id_of_asker(&self, asked: &Asked) -> Option<PersonId> {
        let index = self.people.active(&asked.by, asked.date())?;
        Some(self.people.at(index).person.id)
    }
}

fn is_too_long(id: &ApplicationId<'_>) -> bool {
    id.as_str().len() > NAMED_ID_MAX
}
