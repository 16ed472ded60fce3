//! Who may do what.

use timeoff_models::{ApplicationId, Email};

use crate::state::{DecidedBy, Entry, Fate, PersonIndex, State};
use crate::{Application, Asked, Date, PastDecider, PersonId, Refusal};

/// Why somebody may decide on an application.
pub(super) struct Right {
    pub(super) decider: PersonIndex,
    /// The approver for whom they stand in.
    pub(super) on_behalf_of: Option<PersonIndex>,
}

impl State {
    /// The person who asks.
    pub(super) fn asker(&self, email: &Email, date: Date) -> Result<PersonIndex, Refusal> {
        let department = self.department.clone();
        if self.is_without_people() {
            return Err(Refusal::NobodyEntered { department });
        }
        self.people
            .active(email, date)
            .ok_or(Refusal::UnknownAsker { department })
    }

    /// Fails unless an admin asks.
    pub(super) fn check_admin(&self, asked: &Asked) -> Result<(), Refusal> {
        let asker = self.people.at(self.asker(&asked.by, asked.date())?);
        if asker.is_admin_on(asked.date()) {
            Ok(())
        } else {
            Err(Refusal::NotAdmin {
                department: self.department.clone(),
                role: asker.person.role,
            })
        }
    }

    /// Somebody who may decide on some leave, if not on all.
    pub(super) fn approver(&self, email: &Email, date: Date) -> Result<PersonIndex, Refusal> {
        let index = self.asker(email, date)?;
        if self.people.at(index).decides_on(date) || self.delegators(index, date).next().is_some() {
            Ok(index)
        } else {
            Err(Refusal::NotApprover {
                department: self.department.clone(),
            })
        }
    }

    /// The right of an [`approver`](Self::approver) to decide on this application.
    ///
    /// A person may have had several addresses, and an address several people: whoever may be the applicant does not
    /// decide.
    pub(super) fn right_to_decide(
        &self,
        decider: PersonIndex,
        application: &Application<'_>,
        date: Date,
    ) -> Result<Right, Refusal> {
        let is_applicant = |index| self.people.may_be_applicant(index, &application.email);
        if is_applicant(decider) {
            return Err(Refusal::OwnLeave {
                department: self.department.clone(),
            });
        }
        if self.people.at(decider).decides_on(date) {
            return Ok(Right {
                decider,
                on_behalf_of: None,
            });
        }
        let delegator = self
            .delegators(decider, date)
            .find(|&delegator| !is_applicant(delegator))
            .ok_or_else(|| Refusal::LeaveOfDelegator {
                department: self.department.clone(),
            })?;
        Ok(Right {
            decider,
            on_behalf_of: Some(delegator),
        })
    }

    /// Those in whose place a person may decide on that day, in the order in which they said so.
    fn delegators(&self, index: PersonIndex, date: Date) -> impl Iterator<Item = PersonIndex> {
        self.people
            .at(index)
            .delegations
            .iter()
            .filter(move |delegation| delegation.holds_on(date))
            .map(|delegation| delegation.from)
            .filter(move |&from| self.people.at(from).decides_on(date))
    }

    /// Fails if the application is decided, with how.
    pub(super) fn check_undecided(&self, id: &ApplicationId<'_>) -> Result<(), Refusal> {
        let Some(decided) = self.applications.get(id) else {
            return Ok(());
        };
        let decider = match (decided.fate, decided.by) {
            (Fate::Withdrawn, _) => PastDecider::Employee,
            (_, DecidedBy::Person(index)) => {
                PastDecider::Person(self.people.at(index).person.name.clone())
            }
            (_, DecidedBy::Policy) => PastDecider::Policy,
            (_, DecidedBy::Nobody) => PastDecider::Somebody,
        };
        Err(Refusal::AlreadyDecided {
            fate: decided.fate,
            decider,
        })
    }

    /// Fails if a change of one person shortens the time for which the department is sure of an admin: until the last of
    /// this day's admins leaves. `after` is the person after the change; `None` if they are gone.
    pub(super) fn check_admin_remains(
        &self,
        changed: PersonIndex,
        after: Option<&Entry>,
        date: Date,
    ) -> Result<(), Refusal> {
        let until = |admins: &mut dyn Iterator<Item = &Entry>| {
            admins
                .filter(|entry| entry.is_admin_on(date))
                .map(|entry| entry.last_date().unwrap_or(Date::MAX))
                .max()
        };
        let before = until(&mut self.people.iter().map(|(_, entry)| entry));
        let others = self.people.iter().filter(|&(index, _)| index != changed);
        let afterwards = until(&mut others.map(|(_, entry)| entry).chain(after));
        if afterwards < before {
            return Err(Refusal::LastAdmin {
                department: self.department.clone(),
            });
        }
        Ok(())
    }

    /// The person of that id who is here.
    pub(super) fn person_here(&self, id: PersonId) -> Result<PersonIndex, Refusal> {
        self.people.here(id).ok_or_else(|| Refusal::NoSuchPerson {
            department: self.department.clone(),
        })
    }

    /// Fails if somebody other than `except` has the address.
    pub(super) fn check_address_is_free(
        &self,
        address: &Email,
        except: Option<PersonIndex>,
        date: Date,
    ) -> Result<(), Refusal> {
        if self.people.has_other_holder(address, except, date) {
            return Err(Refusal::AddressTaken {
                department: self.department.clone(),
            });
        }
        Ok(())
    }
}
