//! Commands about applications.

use std::borrow::Cow;

use timeoff_models::{ApplicationId, Comment, Outcome};

use super::leave::Leeway;
use super::rights::Right;
use super::{Accepted, Ruling, Verdict};
use crate::state::{Fate, PersonIndex, State};
use crate::{Application, Asked, Date, Fact, Judged, LeaveDecided, PersonId, Reason, Refusal};

/// What a decider wants.
pub(super) struct Wanted<'a> {
    pub(super) outcome: Outcome,
    pub(super) comment: Option<&'a Comment>,
    pub(super) expected_version: Option<u32>,
    pub(super) accepts_warnings: bool,
}

/// A decision as it stands on the ledger.
pub(super) struct OnLedger {
    pub(super) fact: Fact<'static>,
    /// Not if it is only a stage.
    pub(super) is_final: bool,
}

impl State {
    pub(super) fn decide_application(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
        application: Option<&Application<'_>>,
        wanted: &Wanted<'_>,
    ) -> Result<Verdict, Refusal> {
        let date = asked.date();
        let decider = self.approver(&asked.by, date)?;
        self.check_undecided(id)?;
        let actual = self.version_of(id);
        if let Some(expected) = wanted.expected_version.filter(|&one| one != actual) {
            return Err(Refusal::UnexpectedVersion { expected, actual });
        }
        let Some(application) = application else {
            return Ok(Verdict::NeedsApplication);
        };
        let decided = self.decide_as(decider, application, wanted, date)?;
        let decider = &self.people.at(decider).person;
        let result = match decided.is_final {
            false => None,
            true => Some(Ruling {
                fate: match wanted.outcome {
                    Outcome::Approved => Fate::Approved,
                    Outcome::Declined => Fate::Declined,
                },
                comment: wanted.comment.cloned(),
                by: Some(decider.name.clone()),
            }),
        };
        Ok(Verdict::Done(Box::new(Accepted {
            by: Some(decider.id),
            result,
            admit: Vec::new(),
            fact: decided.fact,
        })))
    }

    /// The decision of somebody who may decide on some leave.
    pub(super) fn decide_as(
        &self,
        decider: PersonIndex,
        application: &Application<'_>,
        wanted: &Wanted<'_>,
        date: Date,
    ) -> Result<OnLedger, Refusal> {
        let right = self.right_to_decide(decider, application, date)?;
        match wanted.outcome {
            // Whatever cannot be approved can be declined.
            Outcome::Declined => {
                if let Ok(Some(assessed)) = self.assess(application) {
                    self.right_at_stage(&right, application, &assessed, date)?;
                    let judged = self.judged(&assessed, &application.earlier);
                    return Ok(self.decided(
                        Outcome::Declined,
                        application,
                        (Some(&right), None),
                        Some(judged),
                    ));
                }
                self.approver_only(&right, date)?;
                Ok(self.decided(Outcome::Declined, application, (Some(&right), None), None))
            }
            Outcome::Approved => {
                let Some(assessed) = self.assess(application)? else {
                    self.approver_only(&right, date)?;
                    return Ok(self.decided(
                        Outcome::Approved,
                        application,
                        (Some(&right), None),
                        None,
                    ));
                };
                let (stage, stages) = self.right_at_stage(&right, application, &assessed, date)?;
                let leeway = Leeway {
                    accepts_warnings: wanted.accepts_warnings,
                    gives_back_past: self.people.at(decider).is_admin_on(date),
                };
                let judged = self.judge_approval(application, &assessed, leeway, date)?;
                if stage < stages {
                    return Ok(OnLedger {
                        is_final: false,
                        fact: Fact::StageApproved {
                            application: application.id.clone().into_owned(),
                            person: self.id_of_applicant(application),
                            on_behalf_of: self.id_of_delegator(&right),
                            stage,
                            stages,
                            policy_version: judged.policy_version,
                            known_offset: None,
                        },
                    });
                }
                Ok(self.decided(
                    Outcome::Approved,
                    application,
                    (Some(&right), None),
                    Some(judged),
                ))
            }
        }
    }

    /// The decision of a rule that is not of the policy: `manager-service auto`. What the policy lets nobody approve is
    /// declined with the reason. What needs a person's word (a stage, a warning) is left to one.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for what is left.
    pub(super) fn decide_by_rule(
        &self,
        application: &Application<'_>,
        outcome: Outcome,
        rule: &str,
        date: Date,
    ) -> Result<(Outcome, OnLedger), Refusal> {
        let declined = |judged| {
            let declined = self.decided(Outcome::Declined, application, (None, Some(rule)), judged);
            Ok((Outcome::Declined, declined))
        };
        let assessed = match self.assess(application) {
            Ok(Some(assessed)) => assessed,
            Ok(None) if outcome == Outcome::Approved => {
                let booked = self.decided(Outcome::Approved, application, (None, Some(rule)), None);
                return Ok((Outcome::Approved, booked));
            }
            Ok(None) => return declined(None),
            Err(refusal @ (Refusal::PolicyUnreadable | Refusal::UnknownApplicant { .. })) => {
                return Err(refusal);
            }
            Err(refusal) => {
                let version = self.policy.as_ref().map(|in_force| in_force.version);
                return declined(Some(Judged {
                    policy_version: version,
                    reason: Some(Reason(refusal.reason())),
                    ..Judged::default()
                }));
            }
        };
        if outcome == Outcome::Declined {
            return declined(Some(self.judged(&assessed, &application.earlier)));
        }
        self.no_further_stage(&assessed)?;
        match self.judge_approval(application, &assessed, Leeway::default(), date) {
            Ok(judged) => {
                let booked = self.decided(
                    Outcome::Approved,
                    application,
                    (None, Some(rule)),
                    Some(judged),
                );
                Ok((Outcome::Approved, booked))
            }
            Err(refusal @ (Refusal::Warned { .. } | Refusal::ReplacesPast { .. })) => Err(refusal),
            Err(refusal) => declined(Some(Judged {
                reason: Some(Reason(refusal.reason())),
                ..self.judged(&assessed, &application.earlier)
            })),
        }
    }

    /// The employee takes the application back, whether or not they have been entered, and even if they have left.
    pub(super) fn withdraw_application(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
        application: Option<&Application<'_>>,
    ) -> Result<Verdict, Refusal> {
        self.check_undecided(id)?;
        let Some(application) = application else {
            return Ok(Verdict::NeedsApplication);
        };
        let address = &application.leave.email;
        let applicant = self.people.applicant(&application.id, address);
        // An address may have gone to somebody else since, and the employee may have another one.
        let active = self.people.active(&asked.by, asked.date());
        let is_the_employee = match active.or_else(|| self.people.latest_with(&asked.by)) {
            None => *address == asked.by,
            asker => asker == applicant,
        };
        if !is_the_employee {
            return Err(Refusal::NotTheEmployee);
        }
        let employee = applicant.map(|index| &self.people.at(index).person);
        let person = employee.map(|employee| employee.id);
        Ok(Verdict::Done(Box::new(Accepted {
            fact: Fact::LeaveWithdrawn {
                application: application.id.clone().into_owned(),
                person,
                known_offset: None,
            },
            by: person,
            result: Some(Ruling {
                fate: Fate::Withdrawn,
                comment: None,
                by: employee.map(|employee| employee.name.clone()),
            }),
            admit: Vec::new(),
        })))
    }

    /// The decision as it stands on the ledger.
    fn decided(
        &self,
        outcome: Outcome,
        application: &Application<'_>,
        (right, rule): (Option<&Right>, Option<&str>),
        judged: Option<Judged<'static>>,
    ) -> OnLedger {
        let decided = LeaveDecided {
            application: application.id.clone().into_owned(),
            person: self.id_of_applicant(application),
            on_behalf_of: right.and_then(|right| self.id_of_delegator(right)),
            policy: rule.map(|rule| Cow::Owned(rule.to_owned())),
            known_offset: None,
            judged: judged.map(Box::new),
        };
        OnLedger {
            is_final: true,
            fact: match outcome {
                Outcome::Approved => Fact::LeaveBooked(decided),
                Outcome::Declined => Fact::LeaveDeclined(decided),
            },
        }
    }

    fn id_of_applicant(&self, application: &Application<'_>) -> Option<PersonId> {
        self.applicant(&application.id, &application.leave.email)
    }

    pub(super) fn id_of_delegator(&self, right: &Right) -> Option<PersonId> {
        Some(self.people.at(right.on_behalf_of?).person.id)
    }
}
