//! Commands about applications.

use std::borrow::Cow;

use timeoff_models::{ApplicationId, Comment, Outcome};

use super::rights::Right;
use super::{Accepted, Ruling, Verdict};
use crate::state::{Fate, State};
use crate::{Application, Asked, Date, Fact, LeaveDecided, PersonId, Refusal};

impl State {
    pub(super) fn decide_application(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
        application: Option<&Application<'_>>,
        outcome: Outcome,
        comment: Option<&Comment>,
        expected_version: Option<u32>,
    ) -> Result<Verdict, Refusal> {
        let date = asked.date();
        let decider = self.approver(&asked.by, date)?;
        self.check_undecided(id)?;
        let actual = self.version_of(id);
        if let Some(expected) = expected_version.filter(|&expected| expected != actual) {
            return Err(Refusal::UnexpectedVersion { expected, actual });
        }
        let Some(application) = application else {
            return Ok(Verdict::NeedsApplication);
        };
        let right = self.right_to_decide(decider, application, date)?;
        let decider = &self.people.at(right.decider).person;
        Ok(Verdict::Done(Box::new(Accepted {
            by: Some(decider.id),
            result: Some(Ruling {
                fate: match outcome {
                    Outcome::Approved => Fate::Approved,
                    Outcome::Declined => Fate::Declined,
                },
                comment: comment.cloned(),
                by: Some(decider.name.clone()),
            }),
            admit: None,
            fact: self.decision_on(application, outcome, Some(&right), None, date),
        })))
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
        let date = asked.date();
        let applicant = self.people.applicant(&application.email, date);
        let has_changed_address =
            applicant.is_some() && applicant == self.people.active(&asked.by, date);
        if application.email != asked.by && !has_changed_address {
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
            admit: None,
        })))
    }

    /// The decision as it stands on the ledger.
    pub(super) fn decision_on(
        &self,
        application: &Application<'_>,
        outcome: Outcome,
        right: Option<&Right>,
        policy: Option<&str>,
        date: Date,
    ) -> Fact<'static> {
        let id_of = |index| -> PersonId { self.people.at(index).person.id };
        let decided = LeaveDecided {
            application: application.id.clone().into_owned(),
            person: self.people.applicant(&application.email, date).map(id_of),
            on_behalf_of: right.and_then(|right| right.on_behalf_of).map(id_of),
            policy: policy.map(|policy| Cow::Owned(policy.to_owned())),
            known_offset: None,
        };
        match outcome {
            Outcome::Approved => Fact::LeaveBooked(decided),
            Outcome::Declined => Fact::LeaveDeclined(decided),
        }
    }
}
