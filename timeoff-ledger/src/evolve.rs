//! What an event changes.

use crate::state::{DecidedBy, Delegation, Fate, State};
use crate::{Event, Fact, LeaveDecided, PersonId};

impl State {
    /// Takes in the next event of the ledger.
    ///
    /// It never fails: the ledger is what has happened, whether or not the rules of this version would have let it
    /// happen. What an event says of people who are not here is passed over.
    pub fn evolve(&mut self, event: &Event<'_>) {
        if let Some(command_id) = event.cause.command_id {
            self.answered.insert(command_id);
        }
        match &event.fact {
            Fact::PersonEntered {
                person,
                department,
                left,
                ..
            } => self
                .people
                .enter((**person).clone(), department.clone(), *left),
            Fact::PersonChanged { person } => self.people.change((**person).clone()),
            Fact::PersonMoved { person, .. } => {
                if let Some(index) = self.people.find(*person) {
                    self.people.at_mut(index).is_here = false;
                }
            }
            Fact::PersonLeft { person, last_date } => {
                if let Some(index) = self.people.find(*person) {
                    self.people.at_mut(index).left = Some(*last_date);
                }
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
            Fact::LeaveWithdrawn { application, .. } => {
                let by = self.decided_by(event.cause.by);
                self.applications.decide(application, Fate::Withdrawn, by);
            }
            Fact::CommandRefused { .. } => {}
        }
    }

    fn leave_decided(&mut self, decided: &LeaveDecided<'_>, fate: Fate, event: &Event<'_>) {
        let by = match decided.policy {
            Some(_) => DecidedBy::Policy,
            None => self.decided_by(event.cause.by),
        };
        self.applications.decide(&decided.application, fate, by);
    }

    fn decided_by(&self, person: Option<PersonId>) -> DecidedBy {
        person
            .and_then(|id| self.people.find(id))
            .map_or(DecidedBy::Nobody, DecidedBy::Person)
    }
}
