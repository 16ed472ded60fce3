//! Decisions on applications.

use timeoff_models::{ApplicationId, Email, Outcome, Ticks};

use super::Model;
use crate::{
    Answer, Application, Cause, Command, Date, Decider, Event, Fact, Fate, LeaveDecided,
    PastDecider, Person, PersonId, Refusal, Request, Ruling,
};

impl Model {
    pub(super) fn decisions(
        &self,
        id: &ApplicationId<'_>,
    ) -> Vec<(Fate, &Event<'static>, Option<&str>)> {
        let decision = |event: &'_ Event<'static>| match &event.fact {
            Fact::LeaveBooked(decided) => Some((Fate::Approved, decided.application.clone())),
            Fact::LeaveDeclined(decided) => Some((Fate::Declined, decided.application.clone())),
            Fact::LeaveWithdrawn { application, .. } => {
                Some((Fate::Withdrawn, application.clone()))
            }
            _ => None,
        };
        self.ledger
            .iter()
            .filter_map(|event| {
                let (fate, application) = decision(event)?;
                let policy = match &event.fact {
                    Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
                        decided.policy.as_deref()
                    }
                    _ => None,
                };
                (application == *id).then_some((fate, event, policy))
            })
            .collect()
    }

    pub(super) fn undecided(&self, id: &ApplicationId<'_>) -> Result<(), Refusal> {
        match self.decisions(id).last() {
            None => Ok(()),
            Some(&(fate, event, policy)) => Err(Refusal::AlreadyDecided {
                fate,
                decider: if fate == Fate::Withdrawn {
                    PastDecider::Employee
                } else if policy.is_some() {
                    PastDecider::Policy
                } else {
                    let by = event.cause.by.and_then(|id| self.known(id));
                    by.map_or(PastDecider::Somebody, |known| {
                        PastDecider::Person(known.person.name)
                    })
                },
            }),
        }
    }

    /// Somebody who may decide on some leave.
    pub(super) fn approver(&self, email: &Email, date: Date) -> Result<Person, Refusal> {
        let asker = self.asker(email, date)?;
        if self.decides(asker.id, date) || !self.delegators(asker.id, date).is_empty() {
            return Ok(asker);
        }
        Err(Refusal::NotApprover {
            department: self.department.clone(),
        })
    }

    /// For whom the approver decides, if they may.
    pub(super) fn right(
        &self,
        approver: &Person,
        application: &Application<'_>,
        date: Date,
    ) -> Result<Option<PersonId>, Refusal> {
        let department = self.department.clone();
        if self.ever_had(approver.id, &application.leave.email) {
            return Err(Refusal::OwnLeave { department });
        }
        if self.decides(approver.id, date) {
            return Ok(None);
        }
        let delegators = self.delegators(approver.id, date).into_iter();
        delegators
            .filter(|&from| !self.ever_had(from, &application.leave.email))
            .map(Some)
            .next()
            .ok_or(Refusal::LeaveOfDelegator { department })
    }

    pub(super) fn leave(
        &self,
        application: &Application<'_>,
        outcome: Outcome,
        on_behalf_of: Option<PersonId>,
        policy: Option<&str>,
    ) -> Fact<'static> {
        let decided = LeaveDecided {
            application: application.id.clone().into_owned(),
            person: self.applicant(application).map(|person| person.id),
            on_behalf_of,
            policy: policy.map(|policy| policy.to_owned().into()),
            known_offset: None,
            judged: None,
        };
        match outcome {
            Outcome::Approved => Fact::LeaveBooked(decided),
            Outcome::Declined => Fact::LeaveDeclined(decided),
        }
    }

    pub(super) fn decided(
        &self,
        command: &Command,
        application: Option<&Application<'_>>,
    ) -> Result<Answer, Refusal> {
        let Request::DecideApplication {
            application: id,
            outcome,
            comment,
            expected_version,
            accept_warnings: _,
        } = &command.request
        else {
            unreachable!("nothing is decided");
        };
        let date = command.asked.date();
        let approver = self.approver(&command.asked.by, date)?;
        self.undecided(id)?;
        if let Some(expected @ 1..) = *expected_version {
            return Err(Refusal::UnexpectedVersion {
                expected,
                actual: 0,
            });
        }
        let Some(application) = application else {
            return Ok(Answer::NeedsApplication);
        };
        let on_behalf_of = self.right(&approver, application, date)?;
        Ok(Answer::Done {
            events: vec![Event {
                cause: Cause {
                    command_id: Some(command.asked.command_id),
                    by: Some(approver.id),
                    at: command.asked.at,
                },
                fact: self.leave(application, *outcome, on_behalf_of, None),
            }],
            result: Some(Ruling {
                fate: match outcome {
                    Outcome::Approved => Fate::Approved,
                    Outcome::Declined => Fate::Declined,
                },
                comment: comment.clone(),
                by: Some(approver.name),
            }),
            admit: Vec::new(),
        })
    }

    pub(super) fn withdrawn(
        &self,
        command: &Command,
        application: Option<&Application<'_>>,
    ) -> Result<Answer, Refusal> {
        let asked = &command.asked;
        let id = command.request.application().unwrap();
        self.undecided(id)?;
        let Some(application) = application else {
            return Ok(Answer::NeedsApplication);
        };
        let employee = self.applicant(application);
        let asker = self.active(&asked.by, asked.date());
        let latest = self.holders(&asked.by).last().map(|(id, _)| *id);
        let is_employee = match asker.map(|asker| asker.id).or(latest) {
            Some(asker) => employee.as_ref().is_some_and(|one| one.id == asker),
            None => asked.by == application.leave.email,
        };
        if !is_employee {
            return Err(Refusal::NotTheEmployee);
        }
        let person = employee.as_ref().map(|employee| employee.id);
        Ok(Answer::Done {
            events: vec![Event {
                cause: Cause {
                    command_id: Some(asked.command_id),
                    by: person,
                    at: asked.at,
                },
                fact: Fact::LeaveWithdrawn {
                    application: id.clone(),
                    person,
                    known_offset: None,
                },
            }],
            result: Some(Ruling {
                fate: Fate::Withdrawn,
                comment: None,
                by: employee.map(|employee| employee.name),
            }),
            admit: Vec::new(),
        })
    }

    pub(in crate::tests) fn decide_here(
        &self,
        application: &Application<'_>,
        decider: &Decider,
        outcome: Outcome,
        at: Ticks,
    ) -> Result<Vec<Event<'static>>, Refusal> {
        self.undecided(&application.id)?;
        if self.people().is_empty() {
            return Ok(Vec::new());
        }
        let date = Date::of(at);
        let (by, on_behalf_of, policy) = match decider {
            Decider::Unnamed => {
                return Err(Refusal::Unnamed {
                    department: self.department.clone(),
                });
            }
            Decider::Policy(policy) => (None, None, Some(policy.as_str())),
            Decider::Person { email, .. } => {
                let approver = self.approver(email, date)?;
                let on_behalf_of = self.right(&approver, application, date)?;
                (Some(approver.id), on_behalf_of, None)
            }
        };
        Ok(vec![Event {
            cause: Cause {
                command_id: None,
                by,
                at,
            },
            fact: self.leave(application, outcome, on_behalf_of, policy),
        }])
    }
}
