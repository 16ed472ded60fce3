//! Random accounts, on so few dates that entitlements and leave meet.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{Date, Entitlement, Leave, date, entitlement};
use crate::account::Account;

/// The dates on which everything happens.
pub(super) const DATES: u32 = 10;

pub(super) fn day(number: u32) -> Date {
    date("2027-12-27").plus(number).unwrap()
}

pub(super) fn any_date() -> impl Strategy<Value = Date> {
    (0..DATES).prop_map(day)
}

pub(super) fn any_entitlement() -> impl Strategy<Value = Entitlement> {
    (0..12_u32, any_date(), any_date()).prop_map(|(minutes, one, other)| Entitlement {
        from: one.min(other),
        until: one.max(other),
        ..entitlement(1, minutes, "2027-01-01", "2027-01-01")
    })
}

/// The days of a leave.
pub(super) type Days = Vec<(Date, u32)>;

pub(super) fn any_days() -> impl Strategy<Value = Days> {
    btree_map(any_date(), 1..5_u32, 1..4).prop_map(|days| days.into_iter().collect())
}

/// What there is, whether or not there is enough.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) entitlements: Vec<Entitlement>,
    pub(super) booked: Vec<Days>,
    pub(super) waiting: Vec<Days>,
}

pub(super) fn any_scene() -> impl Strategy<Value = Scene> {
    let entitlements = vec(any_entitlement(), 0..5);
    let scene = (entitlements, vec(any_days(), 0..5), vec(any_days(), 0..4));
    scene.prop_map(|(entitlements, booked, waiting)| Scene {
        entitlements,
        booked,
        waiting,
    })
}

impl Scene {
    /// The account with what is booked.
    pub(super) fn account(&self) -> Account {
        let booked = (0..).zip(&self.booked);
        let booked = booked.map(|(number, days)| Leave { number, days });
        Account::new(self.entitlements.clone(), booked)
    }

    /// All booked days.
    pub(super) fn booked_days(&self) -> Vec<(Date, u64)> {
        self.booked.iter().flat_map(|days| widened(days)).collect()
    }
}

pub(super) fn widened(days: &[(Date, u32)]) -> impl Iterator<Item = (Date, u64)> {
    days.iter().map(|&(date, minutes)| (date, minutes.into()))
}
