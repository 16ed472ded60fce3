//! The spread of what is taken over the entitlements.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Entitlement, Leave};
use crate::Date;

/// How firmly a minute is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Booked,
    Reserved,
    Asked,
}

/// Minutes that are taken on a date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    pub(super) date: Date,
    pub(super) leave: u32,
    pub(super) minutes: u64,
    pub(super) standing: Standing,
}

impl Demand {
    /// One for each date of a leave.
    pub(super) fn of(leave: Leave<'_>, standing: Standing) -> impl Iterator<Item = Self> {
        leave.days.iter().map(move |&(date, minutes)| Self {
            date,
            leave: leave.number,
            minutes: minutes.into(),
            standing,
        })
    }

    /// What somebody might ask for on a date, as no particular leave.
    pub(super) fn asked_on(date: Date, minutes: u64) -> Self {
        Self {
            date,
            leave: 0,
            minutes,
            standing: Standing::Asked,
        }
    }

    pub(super) fn is_booked_as(&self, number: u32) -> bool {
        self.standing == Standing::Booked && self.leave == number
    }
}

/// Spreads demands, which are sorted by date, over the entitlements. `place` is told where minutes of a demand go: the
/// index of an entitlement, or `None` for what is missing.
pub(super) fn spread(
    entitlements: &[Entitlement],
    demands: &[Demand],
    mut place: impl FnMut(&Demand, Option<usize>, u64),
) {
    let mut to_come: Vec<_> = (0..entitlements.len()).collect();
    to_come.sort_unstable_by_key(|&index| Reverse(entitlements[index].from));
    let mut unused: Vec<_> = entitlements
        .iter()
        .map(|all| u64::from(all.minutes))
        .collect();
    // The one that ends first is on top, then the one that was granted first.
    let mut open = BinaryHeap::with_capacity(entitlements.len());
    for demand in demands {
        while let Some(index) = to_come.pop_if(|index| entitlements[*index].from <= demand.date) {
            open.push(Reverse((entitlements[index].until, index)));
        }
        let mut wanted = demand.minutes;
        while wanted > 0
            && let Some(&Reverse((until, index))) = open.peek()
        {
            let used = wanted.min(unused[index]);
            if until < demand.date || used == 0 {
                open.pop();
                continue;
            }
            unused[index] -= used;
            wanted -= used;
            place(demand, Some(index), used);
        }
        if wanted > 0 {
            place(demand, None, wanted);
        }
    }
}

/// How much is missing, on all dates together.
pub(super) fn missing_minutes(entitlements: &[Entitlement], demands: &[Demand]) -> u64 {
    let mut missing = 0;
    spread(entitlements, demands, |_, entitlement, minutes| {
        if entitlement.is_none() {
            missing += minutes;
        }
    });
    missing
}
