//! Who may do what.

use timeoff_models::{ApplicationId, Email};

use super::leave::Assessed;
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
        let decides = self.people.at(index).decides_on(date)
            || self.delegators(index, date).next().is_some()
            || self.decides_at_a_stage(index);
        if decides {
            Ok(index)
        } else {
            Err(Refusal::NotApprover {
                department: self.department.clone(),
            })
        }
    }

    /// The right of an [`approver`](Self::approver) to decide on this application, at some stage of it.
    ///
    /// A person may have had several addresses, and an address several people: whoever may be the applicant does not
    /// decide.
    pub(super) fn right_to_decide(
        &self,
        decider: PersonIndex,
        application: &Application<'_>,
        date: Date,
    ) -> Result<Right, Refusal> {
        self.right_over_leave_of(decider, date, |index| {
            self.people
                .may_be_applicant(index, &application.leave.email)
        })
    }

    /// As [`right_to_decide`](Self::right_to_decide), where `is_applicant` says whose leave it may be.
    pub(super) fn right_over_leave_of(
        &self,
        decider: PersonIndex,
        date: Date,
        is_applicant: impl Fn(PersonIndex) -> bool,
    ) -> Result<Right, Refusal> {
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
        let mut delegators = self.delegators(decider, date).peekable();
        if delegators.peek().is_none() {
            // Who decides at a later stage only.
            return Ok(Right {
                decider,
                on_behalf_of: None,
            });
        }
        let delegator = delegators
            .find(|&delegator| !is_applicant(delegator))
            .ok_or_else(|| Refusal::LeaveOfDelegator {
                department: self.department.clone(),
            })?;
        Ok(Right {
            decider,
            on_behalf_of: Some(delegator),
        })
    }

    /// Whether the policy names somebody as one who decides at a stage after the approver's.
    fn decides_at_a_stage(&self, index: PersonIndex) -> bool {
        let person = &self.people.at(index).person;
        self.policy()
            .is_some_and(|(_, policy)| policy.later_deciders().any(|tag| tag.picks(person)))
    }

    /// Fails for who decides at a later stage only.
    pub(super) fn approver_only(&self, right: &Right, date: Date) -> Result<(), Refusal> {
        if right.on_behalf_of.is_some() || self.people.at(right.decider).decides_on(date) {
            return Ok(());
        }
        Err(Refusal::NotApprover {
            department: self.department.clone(),
        })
    }

    /// Which stage an application is at, from 1, and how many there are. Fails for whoever may not decide at it.
    pub(super) fn right_at_stage(
        &self,
        right: &Right,
        application: &Application<'_>,
        assessed: &Assessed<'_>,
        date: Date,
    ) -> Result<(u8, u8), Refusal> {
        let done = self.stages.of(&application.id);
        let later = assessed.stages();
        let stages = number(1 + later.len());
        // A policy that came meanwhile may have fewer stages: then this decision is the last.
        let stage = number(1 + done.len()).min(stages);
        if done.contains(&right.decider) && stages > 1 {
            return Err(Refusal::OnePersonForTwoStages);
        }
        match usize::from(stage)
            .checked_sub(2)
            .and_then(|place| later.get(place))
        {
            None => self.approver_only(right, date)?,
            Some(tag) if tag.picks(&self.people.at(right.decider).person) => {}
            Some(tag) => {
                return Err(Refusal::WaitsForStage {
                    tag: tag.as_str().to_owned(),
                });
            }
        }
        Ok((stage, stages))
    }

    /// Fails if leave needs more than an approver's word.
    pub(super) fn no_further_stage(&self, assessed: &Assessed<'_>) -> Result<(), Refusal> {
        match assessed.stages().first() {
            None => Ok(()),
            Some(tag) => Err(Refusal::WaitsForStage {
                tag: tag.as_str().to_owned(),
            }),
        }
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
            (Fate::Released, _) => PastDecider::Somebody,
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

/// As many stages as anybody counts.
fn number(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}
