//! Decisions that are made again: under another policy, or by a calendar that has changed. Nothing is carried out by it.

use timeoff_models::{ApplicationId, LeaveType, Outcome};

use super::applications::Wanted;
use crate::policy::Policy;
use crate::state::State;
use crate::{Application, Date, Days, Fact, PersonId, Refusal};

/// Booked leave that would take something else if it were counted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    /// Its application.
    pub application: ApplicationId<'static>,
    /// Whose leave it is.
    pub person: PersonId,
    /// What kind of leave; `None` where it was booked without a type.
    pub leave_type: Option<LeaveType>,
    /// What it takes.
    pub booked: Days,
    /// What it would take.
    pub counted: Days,
}

impl State {
    /// The booked leave of everybody who is here, or of one person, that begins on or after a day and would take
    /// something else by schedule, policy and calendar as they are now. People are in the order in which they were
    /// entered, and leave in the order in which it was booked.
    ///
    /// # Errors
    ///
    /// [`Refusal`] without a policy, or if it cannot be read.
    pub fn recounts(&self, person: Option<PersonId>, from: Date) -> Result<Vec<Recount>, Refusal> {
        let Some((_, policy)) = self.policy_in_force()? else {
            return Err(Refusal::NoPolicy {
                department: self.department.clone(),
            });
        };
        let people = self.people.iter().filter(|(_, entry)| {
            entry.is_here && person.is_none_or(|person| person == entry.person.id)
        });
        let leave = people.flat_map(|(index, entry)| {
            let booked = entry.holdings.leave.iter();
            booked.map(move |booked| (index, entry, booked))
        });
        Ok(leave
            .filter(|(_, _, booked)| booked.days.first().is_some_and(|first| from <= first))
            .filter_map(|(index, entry, booked)| {
                let counted = self.recalculated(index, booked, policy);
                (counted != booked.days).then(|| Recount {
                    application: ApplicationId::from_key(booked.application.to_string()),
                    person: entry.person.id,
                    leave_type: booked.leave_type.clone(),
                    booked: booked.days.clone(),
                    counted,
                })
            })
            .collect())
    }

    /// The approval of a person, whether or not it is the last stage.
    pub(crate) fn approve_by(
        &self,
        decider: Option<PersonId>,
        application: &Application<'_>,
        accepts_warnings: bool,
        date: Date,
    ) -> Result<Fact<'static>, Refusal> {
        let decider = decider.and_then(|id| self.people.here(id));
        let decider = decider.ok_or_else(|| Refusal::UnknownAsker {
            department: self.department.clone(),
        })?;
        let wanted = Wanted {
            outcome: Outcome::Approved,
            comment: None,
            expected_version: None,
            accepts_warnings,
        };
        let decided = self.decide_as(decider, application, &wanted, date)?;
        Ok(decided.fact)
    }

    /// The approval of a rule, which may have to decline.
    pub(crate) fn approve_by_rule(
        &self,
        application: &Application<'_>,
        rule: &str,
        date: Date,
    ) -> Result<Fact<'static>, Refusal> {
        let (_, decided) = self.decide_by_rule(application, Outcome::Approved, rule, date)?;
        Ok(decided.fact)
    }

    /// What an application takes, if it can be counted.
    pub(crate) fn minutes_of(&self, application: &Application<'_>) -> Option<u32> {
        let assessed = self.assess(application).ok()??;
        Some(assessed.days.minutes())
    }

    /// What booked leave takes if it is counted now; `None` if it is not booked here, or without a policy.
    pub(crate) fn recounted(&self, application: &ApplicationId<'_>) -> Option<Days> {
        let (of, booked) = self.booked_leave(application).ok()?;
        let (_, policy) = self.policy()?;
        Some(self.recalculated(of, booked, policy))
    }
}

/// The rule that an automatic approval by this policy names, for each of its types.
pub(crate) fn approved_automatically(policy: &Policy) -> impl Iterator<Item = String> {
    policy.types().iter().map(super::here::automatic_rule)
}
