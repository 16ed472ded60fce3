//! Decisions that nobody asked for by a command: at the inbox, or by a policy.

use timeoff_models::{Email, Outcome, Ticks};

use super::applications::{OnLedger, Wanted};
use crate::policy::LeaveKind;
use crate::state::State;
use crate::{Application, Cause, Date, Event, Fact, Reason, Refusal};

/// Who decides without a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A person at the inbox who has said who they are.
    Person {
        /// Who.
        email: Email,
        /// Whether they accept what the policy only warns of.
        accepts_warnings: bool,
    },
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
    /// [`Refusal`] when the application is decided already, the decider may not decide on it, or it cannot be approved.
    pub fn decide_here(
        &self,
        application: &Application<'_>,
        decider: &Decider,
        outcome: Outcome,
        at: Ticks,
    ) -> Result<DecidedHere, Refusal> {
        // Even without people an employee can have withdrawn it.
        self.check_undecided(&application.id)?;
        if self.is_without_people() {
            return Ok(DecidedHere {
                events: Vec::new(),
                outcome,
                reason: None,
            });
        }
        let date = Date::of(at);
        let (by, outcome, on_ledger) = match decider {
            Decider::Unnamed => {
                return Err(Refusal::Unnamed {
                    department: self.department.clone(),
                });
            }
            Decider::Policy(rule) => {
                let (outcome, on_ledger) = self.decide_by_rule(application, outcome, rule, date)?;
                (None, outcome, on_ledger)
            }
            Decider::Person {
                email,
                accepts_warnings,
            } => {
                let decider = self.approver(email, date)?;
                let wanted = Wanted {
                    outcome,
                    comment: None,
                    expected_version: None,
                    accepts_warnings: *accepts_warnings,
                };
                let on_ledger = self.decide_as(decider, application, &wanted, date)?;
                (Some(self.people.at(decider).person.id), outcome, on_ledger)
            }
        };
        let OnLedger { fact, is_final } = on_ledger;
        if !is_final {
            // Nothing but a command can approve a stage: at the inbox, a decision is its result.
            return Err(Refusal::StagesByCommand);
        }
        let reason = match &fact {
            Fact::LeaveDeclined(declined) => declined.judged().reason.clone(),
            _ => None,
        };
        let cause = Cause {
            command_id: None,
            by,
            at,
        };
        Ok(DecidedHere {
            events: vec![Event { cause, fact }],
            outcome,
            reason: reason.map(|Reason(text)| text.into_owned()),
        })
    }

    /// What the policy says of an application that waits here, where it approves leave of its type and length
    /// automatically: `None` if it does not, or somebody has to look at it.
    #[must_use]
    pub fn approve_automatically(
        &self,
        application: &Application<'_>,
        at: Ticks,
    ) -> Option<Event<'static>> {
        let date = Date::of(at);
        // First, as most departments that have no policy have nothing else to look up.
        let assessed = self.assess(application).ok()??;
        self.check_undecided(&application.id).ok()?;
        if !assessed.is_approved_automatically() {
            return None;
        }
        let rule = automatic_rule(assessed.kind);
        let decided = self.decide_by_rule(application, Outcome::Approved, &rule, date);
        let (Outcome::Approved, OnLedger { fact, .. }) = decided.ok()? else {
            return None;
        };
        let cause = Cause {
            command_id: None,
            by: None,
            at,
        };
        Some(Event { cause, fact })
    }
}

/// What the ledger calls the rule by which the policy itself approves leave of a type.
pub(super) fn automatic_rule(kind: &LeaveKind) -> String {
    format!("{} is approved automatically", kind.label.as_str())
}

/// What a decision at the inbox, or by a rule, becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedHere {
    /// What goes onto the ledger.
    pub events: Vec<Event<'static>>,
    /// What the result says. A rule may have to decline what it was to approve.
    pub outcome: Outcome,
    /// Why a rule of the policy declined it, for the employee.
    pub reason: Option<String>,
}
