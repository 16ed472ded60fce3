//! Who has been granted what, and where it is, by plain arithmetic over the recorded events.

use timeoff_ledger::{Command, EntitlementId, Event, Fact, Request};

use crate::cast::ken;

/// Ken's account in one department, in minutes. There is one type of leave.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Books {
    /// Each entitlement once, as it was granted last.
    pub granted: Vec<(EntitlementId, u32)>,
    /// Booked leave, by its application: twice if it is booked twice.
    pub booked: Vec<(String, u32)>,
}

impl Books {
    /// Takes in an event of the department's ledger.
    pub fn enter(&mut self, event: &Event<'_>) {
        match &event.fact {
            Fact::EntitlementGranted { entitlement, .. } if entitlement.person == ken() => {
                self.granted.retain(|(id, _)| *id != entitlement.id);
                self.granted.push((entitlement.id, entitlement.minutes));
            }
            Fact::LeaveBooked(decided) => {
                let minutes = decided.judged().minutes.unwrap_or_default();
                self.book(decided.application.as_str(), minutes);
            }
            Fact::LeaveAdmitted { leave, .. } => {
                self.book(leave.application.as_str(), leave.days.minutes());
            }
            Fact::LeaveReleased { application, .. } => self.release(application.as_str()),
            Fact::PersonMoved { person, .. } if *person == ken() => *self = Self::default(),
            _ => {}
        }
    }

    /// Takes in what an admission brings that is on its way.
    pub fn admit(&mut self, command: &Command) {
        match &command.request {
            Request::AdmitEntitlement { entitlement, .. } => {
                self.granted.push((entitlement.id, entitlement.minutes));
            }
            Request::AdmitLeave { leave, .. } => {
                self.book(leave.application.as_str(), leave.days.minutes());
            }
            _ => {}
        }
    }

    /// All that is granted.
    #[must_use]
    pub fn minutes_granted(&self) -> u32 {
        self.granted.iter().map(|(_, minutes)| minutes).sum()
    }

    /// All that is booked.
    #[must_use]
    pub fn minutes_booked(&self) -> u32 {
        self.booked.iter().map(|(_, minutes)| minutes).sum()
    }

    /// Books leave.
    pub fn book(&mut self, application: &str, minutes: u32) {
        self.booked.push((application.to_owned(), minutes));
    }

    /// Gives leave back.
    pub fn release(&mut self, application: &str) {
        self.booked.retain(|(one, _)| one != application);
    }
}
