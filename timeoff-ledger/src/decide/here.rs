//! Decisions that nobody asked for by a command: at the inbox, or by a policy.

use timeoff_models::{Email, Outcome, Ticks};

use crate::state::State;
use crate::{Application, Cause, Date, Event, Refusal};

/// Who decides without a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A person at the inbox who has said who they are.
    Person(Email),
    /// A person at the inbox who has not.
    Unnamed,
    /// A rule, in words.
    Policy(String),
}

impl State {
    /// What a decision on an application that waits here writes onto the ledger, beside its result. Where nobody has
    /// been entered, that is nothing, and everybody may decide.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when the application is decided already, or the decider may not decide on it.
    pub fn decide_here(
        &self,
        application: &Application<'_>,
        decider: &Decider,
        outcome: Outcome,
        at: Ticks,
    ) -> Result<Vec<Event<'static>>, Refusal> {
        // Even without people an employee can have withdrawn it.
        self.check_undecided(&application.id)?;
        if self.is_without_people() {
            return Ok(Vec::new());
        }
        let date = Date::of(at);
        let (by, fact) = match decider {
            Decider::Unnamed => {
                return Err(Refusal::Unnamed {
                    department: self.department.clone(),
                });
            }
            Decider::Policy(policy) => (
                None,
                self.decision_on(application, outcome, None, Some(policy), date),
            ),
            Decider::Person(email) => {
                let decider = self.approver(email, date)?;
                let right = self.right_to_decide(decider, application, date)?;
                (
                    Some(self.people.at(decider).person.id),
                    self.decision_on(application, outcome, Some(&right), None, date),
                )
            }
        };
        let cause = Cause {
            command_id: None,
            by,
            at,
        };
        Ok(vec![Event { cause, fact }])
    }
}
