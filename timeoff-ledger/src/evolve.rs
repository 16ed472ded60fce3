//! What an event changes.

use std::sync::Arc;

use timeoff_models::ApplicationId;

use crate::policy::Policy;
use crate::state::{Booked, DecidedBy, Delegation, Fate, Holdings, InForce, PersonIndex, State};
use crate::{Days, Event, Fact, LeaveDecided, PersonId};

impl State {
    /// Takes in the next event of the ledger.
    ///
    /// It never fails: the ledger is what has happened, whether or not the rules of this version would have let it
    /// happen. What an event says of people who are not here is passed over.
    pub fn evolve(&mut self, event: &Event<'_>) {
        if let Some(command_id) = event.cause.command_id {
            self.answered.insert(command_id);
        }
        let at = event.cause.at;
        match &event.fact {
            Fact::PersonEntered {
                person,
                department,
                moved_from,
                left,
            } => {
                self.crews.forget();
                let person = (**person).clone();
                let id = person.id;
                self.people.enter(person, department.clone(), *left, at);
                if moved_from.is_some() {
                    self.hand_over_what_arrived(id);
                }
            }
            Fact::PersonChanged { person } => {
                self.crews.forget();
                self.people.change((**person).clone(), at);
            }
            Fact::PersonMoved { person, .. } => {
                self.crews.forget();
                if let Some(index) = self.people.find(*person) {
                    let holdings = self.people.moves_away(index);
                    for booked in &holdings.leave {
                        self.absences.remove(index, &booked.days);
                    }
                }
            }
            Fact::PersonLeft { person, last_date } => {
                self.crews.forget();
                self.people.leaves(*person, *last_date, at);
            }
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            } => {
                if let (Some(from), Some(to)) = (self.people.find(*from), self.people.find(*to)) {
                    let delegation = Delegation {
                        from,
                        from_date: *from_date,
                        until_date: *until_date,
                    };
                    self.people.at_mut(to).delegations.push(delegation);
                }
            }
            Fact::LeaveBooked(decided) => self.leave_decided(decided, Fate::Approved, event),
            Fact::LeaveDeclined(decided) => self.leave_decided(decided, Fate::Declined, event),
            Fact::LeaveWithdrawn {
                application,
                person,
                ..
            } => {
                let (by, of) = (self.decided_by(event.cause.by), self.index_of(*person));
                self.decide(application, Fate::Withdrawn, by, of);
            }
            Fact::EntitlementGranted {
                entitlement,
                moved_from: Some(_),
            } => {
                let granted = (**entitlement).clone();
                match self.at_home(granted.person) {
                    Some(index) => self.people.grant(index, granted),
                    None => {
                        let arrived = self.arrived.entry(granted.person).or_default();
                        arrived.grant(granted);
                    }
                }
            }
            Fact::EntitlementGranted {
                entitlement,
                moved_from: None,
            } => {
                if let Some(index) = self.index_of(Some(entitlement.person)) {
                    self.people.grant(index, (**entitlement).clone());
                }
            }
            Fact::PolicySet { version, policy } => {
                // It was checked when it was set. Whatever region it names, it stays as it is.
                self.put_in_force(InForce {
                    version: *version,
                    policy: Policy::read(&policy.0, |_| true).ok().map(Arc::new),
                });
            }
            Fact::StageApproved { application, .. } => {
                if let Some(by) = self.index_of(event.cause.by) {
                    self.stages.approve(application, by);
                }
            }
            Fact::CancellationAsked {
                application,
                person,
                ..
            } => {
                self.mark_to_be_cancelled(application, *person, true);
            }
            Fact::CancellationDeclined {
                application,
                person,
                ..
            } => {
                self.mark_to_be_cancelled(application, *person, false);
            }
            Fact::LeaveReleased {
                application,
                person,
                from_date,
                ..
            } => {
                let of = self.index_of(Some(*person));
                if let Some(index) = of {
                    self.change_leave(index, application, |holdings| {
                        holdings.release(application.as_str(), *from_date)
                    });
                }
                match from_date {
                    Some(_) => self.applications.count(application),
                    None => {
                        let by = self.decided_by(event.cause.by);
                        self.decide(application, Fate::Released, by, of);
                    }
                }
            }
            Fact::LeaveRecalculated {
                application,
                person,
                days,
                ..
            } => {
                if let Some(index) = self.index_of(Some(*person)) {
                    self.change_leave(index, application, |holdings| {
                        holdings
                            .booked_mut(application.as_str())
                            .map(|booked| std::mem::replace(&mut booked.days, days.clone()))
                            .unwrap_or_default()
                    });
                }
                self.applications.count(application);
            }
            Fact::LeaveAdmitted { leave, .. } => {
                let of = self.index_of(Some(leave.person));
                let booked = Booked {
                    application: leave.application.as_str().into(),
                    leave_type: leave.leave_type.clone(),
                    days: leave.days.clone(),
                    is_to_be_cancelled: false,
                };
                match self.at_home(leave.person) {
                    Some(index) => {
                        self.change_leave(index, &leave.application, |holdings| {
                            holdings.book(booked)
                        });
                    }
                    None => {
                        self.arrived.entry(leave.person).or_default().book(booked);
                    }
                }
                self.decide(&leave.application, Fate::Approved, DecidedBy::Nobody, of);
            }
            Fact::CommandRefused { .. } => {}
        }
    }

    fn index_of(&self, person: Option<PersonId>) -> Option<PersonIndex> {
        self.people.find(person?)
    }

    /// Changes what is booked by an application. `change` returns the days that were booked before.
    fn change_leave(
        &mut self,
        of: PersonIndex,
        application: &ApplicationId<'_>,
        change: impl FnOnce(&mut Holdings) -> Days,
    ) {
        let holdings = &mut self.people.at_mut(of).holdings;
        let before = change(holdings);
        self.absences.remove(of, &before);
        if let Some(booked) = holdings.booked(application.as_str()) {
            self.absences.add(of, &booked.days);
        }
    }

    /// What somebody brings from another department is theirs as soon as they are at home here; until then it stands
    /// beside the people.
    fn at_home(&self, person: PersonId) -> Option<PersonIndex> {
        let here = self.people.here(person);
        here.filter(|&index| self.people.at(index).department == self.department)
    }

    fn hand_over_what_arrived(&mut self, person: PersonId) {
        let Some(index) = self.people.find(person) else {
            return;
        };
        let Holdings {
            entitlements,
            leave,
        } = self.arrived.remove(&person).unwrap_or_default();
        for entitlement in entitlements {
            self.people.grant(index, entitlement);
        }
        for booked in leave {
            let application = ApplicationId::from_key(&*booked.application);
            self.applications.belongs_to(&application, index);
            self.change_leave(index, &application, |holdings| {
                holdings.book(booked.clone())
            });
        }
    }

    fn mark_to_be_cancelled(
        &mut self,
        application: &ApplicationId<'_>,
        person: PersonId,
        is_to_be_cancelled: bool,
    ) {
        if let Some(index) = self.index_of(Some(person)) {
            let holdings = &mut self.people.at_mut(index).holdings;
            if let Some(booked) = holdings.booked_mut(application.as_str()) {
                booked.is_to_be_cancelled = is_to_be_cancelled;
            }
        }
        self.applications.count(application);
    }

    fn decide(
        &mut self,
        application: &ApplicationId<'_>,
        fate: Fate,
        by: DecidedBy,
        of: Option<PersonIndex>,
    ) {
        let stages = self.stages.close(application) as u16;
        self.applications.decide(application, fate, by, of, stages);
    }

    fn leave_decided(&mut self, decided: &LeaveDecided<'_>, fate: Fate, event: &Event<'_>) {
        let by = match decided.policy {
            Some(_) => DecidedBy::Policy,
            None => self.decided_by(event.cause.by),
        };
        let of = self.index_of(decided.person);
        self.decide(&decided.application, fate, by, of);
        let judged = decided.judged();
        let (Fate::Approved, Some(days)) = (fate, &judged.days) else {
            return;
        };
        let booked = Booked {
            application: decided.application.as_str().into(),
            leave_type: judged.leave_type.clone(),
            days: days.clone(),
            is_to_be_cancelled: false,
        };
        if let Some(index) = of {
            if let Some(replaced) = &judged.replaces {
                self.change_leave(index, replaced, |holdings| {
                    holdings.release(replaced.as_str(), None)
                });
            }
            self.change_leave(index, &decided.application, |holdings| {
                holdings.book(booked)
            });
        }
        if let Some(replaced) = &judged.replaces {
            self.decide(replaced, Fate::Released, by, of);
        }
    }

    fn decided_by(&self, person: Option<PersonId>) -> DecidedBy {
        person
            .and_then(|id| self.people.find(id))
            .map_or(DecidedBy::Nobody, DecidedBy::Person)
    }
}
