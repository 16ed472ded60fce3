//! Commands about the policy, and about leave that is booked by it.

use timeoff_models::{ApplicationId, Outcome};

use super::rights::Right;
use crate::policy::Policy;
use crate::state::{Booked, Fate, PersonIndex, State};
use crate::{Asked, Calendar, Days, Fact, PolicyText, Refusal, Uncountable};

impl State {
    pub(super) fn set_policy(
        &self,
        asked: &Asked,
        policy: &PolicyText,
        expected_version: Option<u32>,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        Policy::read_to_set(&policy.0).map_err(|why| Refusal::InvalidPolicy {
            why: why.to_string(),
        })?;
        let version = self.policy_version();
        if let Some(expected) = expected_version.filter(|&expected| expected != version) {
            return Err(Refusal::OtherPolicy {
                expected,
                actual: version,
            });
        }
        Ok(Fact::PolicySet {
            version: version + 1,
            policy: policy.clone(),
        })
    }

    /// The employee asks for booked leave of theirs to be cancelled.
    pub(super) fn ask_to_cancel(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
    ) -> Result<Fact<'static>, Refusal> {
        let asker = self.asker(&asked.by, asked.date())?;
        let (of, booked) = self.booked_leave(id)?;
        if of != asker {
            return Err(Refusal::NotTheEmployee);
        }
        if booked.is_to_be_cancelled {
            return Err(Refusal::CancellationWaits);
        }
        Ok(Fact::CancellationAsked {
            application: id.clone().into_owned(),
            person: self.people.at(of).person.id,
            known_offset: None,
        })
    }

    /// An approver gives back what is still to come; days that are over are given back by an admin only. An admin needs
    /// nobody to have asked for it.
    pub(super) fn decide_cancellation(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
        outcome: Outcome,
    ) -> Result<Fact<'static>, Refusal> {
        let date = asked.date();
        let decider = self.approver(&asked.by, date)?;
        let (of, booked) = self.booked_leave(id)?;
        let right = self.right_over(decider, of, date)?;
        let is_admin = self.people.at(decider).is_admin_on(date);
        let needs_no_request = is_admin && outcome == Outcome::Approved;
        if !booked.is_to_be_cancelled && !needs_no_request {
            return Err(Refusal::CancellationNotAsked);
        }
        let (application, person) = (id.clone().into_owned(), self.people.at(of).person.id);
        let on_behalf_of = self.id_of_delegator(&right);
        if outcome == Outcome::Declined {
            return Ok(Fact::CancellationDeclined {
                application,
                person,
                on_behalf_of,
                known_offset: None,
            });
        }
        let all = booked.days.minutes();
        let over = booked.days.before(date).minutes();
        let from_date = (over > 0 && !is_admin).then_some(date);
        let minutes = match from_date {
            Some(_) => all - over,
            None => all,
        };
        if minutes == 0 {
            return Err(Refusal::LeaveIsOver {
                department: self.department.clone(),
            });
        }
        Ok(Fact::LeaveReleased {
            application,
            person,
            on_behalf_of,
            from_date,
            minutes,
            known_offset: None,
        })
    }

    /// Booked leave, counted by schedule and calendar as they are now.
    pub(super) fn recalculate(
        &self,
        asked: &Asked,
        id: &ApplicationId<'_>,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        let (of, booked) = self.booked_leave(id)?;
        let Some((version, policy)) = self.policy_in_force()? else {
            return Err(Refusal::NoPolicy {
                department: self.department.clone(),
            });
        };
        let days = self.recalculated(of, booked, policy);
        if days == booked.days {
            return Err(Refusal::SameAsBefore);
        }
        if days.minutes() == 0 {
            return Err(Refusal::NothingLeft);
        }
        // Leave that was given in hours may lie over more days than leave can take.
        if days.as_slice().len() > Days::MOST {
            let why = Uncountable::TooLong;
            return Err(Refusal::Uncountable { why });
        }
        self.check_recounted(of, policy, booked, &days)?;
        Ok(Fact::LeaveRecalculated {
            application: id.clone().into_owned(),
            person: self.people.at(of).person.id,
            days,
            policy_version: Some(version),
            calendar: Some(Calendar::embedded().version().into()),
            known_offset: None,
        })
    }

    /// What booked leave would take if it were counted now. No day is added: what is booked is counted anew, each day on
    /// which something was taken and each between the first and the last that is a working day now.
    pub(crate) fn recalculated(&self, of: PersonIndex, booked: &Booked, policy: &Policy) -> Days {
        let entry = self.people.at(of);
        booked
            .days
            .recounted(|date| self.works(entry, Some(policy), date))
    }

    pub(super) fn booked_leave(
        &self,
        id: &ApplicationId<'_>,
    ) -> Result<(PersonIndex, &Booked), Refusal> {
        let decided = self.applications.get(id);
        decided
            .filter(|decided| decided.fate == Fate::Approved)
            .and_then(|decided| {
                let of = decided.of?;
                let booked = self.people.at(of).holdings.booked(id.as_str())?;
                Some((of, booked))
            })
            .ok_or_else(|| Refusal::NoSuchLeave {
                department: self.department.clone(),
            })
    }

    /// The right to decide on booked leave of this person.
    fn right_over(
        &self,
        decider: PersonIndex,
        of: PersonIndex,
        date: crate::Date,
    ) -> Result<Right, Refusal> {
        let right = self.right_over_leave_of(decider, date, |index| index == of)?;
        self.approver_only(&right, date)?;
        Ok(right)
    }
}
