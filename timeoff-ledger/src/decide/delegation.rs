//! Commands about who stands in for whom.

use crate::state::State;
use crate::{Asked, Date, Fact, PersonId, Refusal};

impl State {
    pub(super) fn delegate_approval(
        &self,
        asked: &Asked,
        from: PersonId,
        to: PersonId,
        from_date: Date,
        until_date: Date,
    ) -> Result<Fact<'static>, Refusal> {
        let (date, department) = (asked.date(), || self.department.clone());
        let asker = self.people.at(self.asker(&asked.by, date)?);
        if asker.person.id != from && !asker.is_admin_on(date) {
            return Err(Refusal::NotTheirDelegation {
                department: department(),
            });
        }
        if from == to {
            return Err(Refusal::DelegatesToThemself);
        }
        let find = |id| self.people.here(id).map(|index| self.people.at(index));
        if !find(from).is_some_and(|approver| approver.decides_on(date)) {
            return Err(Refusal::NothingToDelegate {
                department: department(),
            });
        }
        if !find(to).is_some_and(|delegate| delegate.is_active(date)) {
            return Err(Refusal::NoSuchDelegate {
                department: department(),
            });
        }
        if until_date < from_date {
            return Err(Refusal::EndsBeforeItBegins);
        }
        Ok(Fact::ApprovalDelegated {
            from,
            to,
            from_date,
            until_date,
        })
    }
}
