//! What a person can take, and what is booked for them.

use timeoff_models::LeaveType;

use crate::policy::{LeaveKind, Policy};
use crate::{Date, Days, Entitlement, EntitlementId};

/// Entitlements and booked leave of one person.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Holdings {
    /// In the order in which they were granted.
    pub(crate) entitlements: Vec<Entitlement>,
    /// In the order in which it was booked.
    pub(crate) leave: Vec<Booked>,
}

/// Booked leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Booked {
    /// Its application.
    pub(crate) application: Box<str>,
    /// `None`: the type that the policy takes for granted.
    pub(crate) leave_type: Option<LeaveType>,
    pub(crate) days: Days,
    /// Whether its cancellation has been asked for, and not decided.
    pub(crate) is_to_be_cancelled: bool,
}

impl Booked {
    /// Whether it is this application's. The ids of one person begin alike, and so they are compared from their ends.
    pub(crate) fn is_by(&self, application: &str) -> bool {
        self.application.len() == application.len()
            && self.application.bytes().rev().eq(application.bytes().rev())
    }

    /// Whether it is leave of that type. Leave without a type is of the one that the policy takes for granted.
    pub(crate) fn is_of(&self, kind: &LeaveKind, policy: &Policy) -> bool {
        let name = self.leave_type.as_ref();
        *name.unwrap_or(&policy.default_type().name) == kind.name
    }
}

impl Holdings {
    /// Grants an entitlement, or corrects it: then it keeps its place. Says whether it is a new one.
    pub(crate) fn grant(&mut self, granted: Entitlement) -> bool {
        match self.entitlement_mut(granted.id) {
            Some(before) => {
                *before = granted;
                false
            }
            None => {
                self.entitlements.push(granted);
                true
            }
        }
    }

    fn entitlement_mut(&mut self, id: EntitlementId) -> Option<&mut Entitlement> {
        self.entitlements.iter_mut().find(|one| one.id == id)
    }

    /// Books leave, or books it anew. Returns the days that were booked by its application before.
    pub(crate) fn book(&mut self, booked: Booked) -> Days {
        match self.booked_mut(&booked.application) {
            Some(before) => std::mem::replace(before, booked).days,
            None => {
                self.leave.push(booked);
                Days::default()
            }
        }
    }

    pub(crate) fn booked(&self, application: &str) -> Option<&Booked> {
        // The latest is asked for most.
        let mut latest = self.leave.iter().rev();
        latest.find(|booked| booked.is_by(application))
    }

    pub(crate) fn booked_mut(&mut self, application: &str) -> Option<&mut Booked> {
        let mut latest = self.leave.iter_mut().rev();
        latest.find(|booked| booked.is_by(application))
    }

    /// Gives leave back: all of it, or what is from that day on. Returns the days that were booked before.
    pub(crate) fn release(&mut self, application: &str, from: Option<Date>) -> Days {
        if let (Some(from), Some(booked)) = (from, self.booked_mut(application)) {
            booked.is_to_be_cancelled = false;
            let remaining = booked.days.before(from);
            return std::mem::replace(&mut booked.days, remaining);
        }
        let is_it = |booked: &Booked| booked.is_by(application);
        match self.leave.iter().position(is_it) {
            Some(place) => self.leave.remove(place).days,
            None => Days::default(),
        }
    }
}

#[cfg(test)]
impl Holdings {
    pub(crate) fn size(&self) -> usize {
        let of_leave =
            |booked: &Booked| booked.application.len() + size_of_val(booked.days.as_slice());
        self.entitlements.capacity() * size_of::<Entitlement>()
            + self.leave.capacity() * size_of::<Booked>()
            + self.leave.iter().map(of_leave).sum::<usize>()
    }
}
