//! What is missing, and why a leave cannot be approved.

use std::collections::BTreeMap;

use super::{
    Demand, Entitlement, Leave, Standing, insert, missing_minutes, spread, with_available,
};
use crate::Date;

/// Minutes that find no entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The date on which they are taken.
    pub date: Date,
    /// The number of the leave that takes them.
    pub leave: u32,
    /// How many, at least 1.
    pub minutes: u64,
}

impl Missing {
    /// All that is missing, by date.
    pub(super) fn all(entitlements: &[Entitlement], demands: &[Demand]) -> Vec<Self> {
        let mut all = Vec::new();
        spread(entitlements, demands, |demand, entitlement, minutes| {
            if entitlement.is_none() {
                all.push(Self::of(demand, minutes));
            }
        });
        all
    }

    pub(super) fn of(demand: &Demand, minutes: u64) -> Self {
        Self {
            date: demand.date,
            leave: demand.leave,
            minutes,
        }
    }
}

/// Minutes that can be taken, and the last date on which they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usable {
    /// The last date.
    pub until: Date,
    /// How many, at least 1.
    pub minutes: u64,
}

/// Why a leave cannot be approved. If it replaces another one, that is released in all of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// How many minutes are asked for.
    pub asked: u64,
    /// The dates of the leave that lack minutes, and how many, if its dates are covered as far as possible one after
    /// the other. The rest of what is asked for could be approved.
    pub missing: Vec<(Date, u64)>,
    /// The first date of the leave.
    pub first_date: Date,
    /// What can be taken on that first date, by the last date on which it can.
    pub usable: Vec<Usable>,
}

impl Shortfall {
    /// `demands` are all others. The leave has a day, or nothing would be missing.
    pub(super) fn of(
        leave: Leave<'_>,
        entitlements: &[Entitlement],
        mut demands: Vec<Demand>,
    ) -> Self {
        let mut days: Vec<_> = Demand::of(leave, Standing::Asked).collect();
        days.sort_by_key(|day| day.date);
        let first = days.first().expect("a leave that lacks minutes has a day");
        let first_date = first.date;
        let usable = usable_on(first_date, entitlements, &demands);
        let mut missing = Vec::new();
        let mut before = missing_minutes(entitlements, &demands);
        for &day in &days {
            insert(&mut demands, [day]);
            let after = missing_minutes(entitlements, &demands);
            if after > before {
                missing.push((day.date, after - before));
            }
            before = after;
        }
        Self {
            asked: days.iter().map(|day| day.minutes).sum(),
            missing,
            first_date,
            usable,
        }
    }

    /// What is missing on all dates.
    #[must_use]
    pub fn missing_minutes(&self) -> u64 {
        self.missing.iter().map(|(_, minutes)| minutes).sum()
    }

    /// What is available on the first date.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.usable.iter().map(|usable| usable.minutes).sum()
    }
}

fn usable_on(date: Date, entitlements: &[Entitlement], demands: &[Demand]) -> Vec<Usable> {
    let demands = with_available(entitlements, demands, date);
    let mut by_end = BTreeMap::new();
    spread(entitlements, &demands, |demand, entitlement, minutes| {
        if demand.standing == Standing::Asked
            && let Some(index) = entitlement
        {
            *by_end.entry(entitlements[index].until).or_default() += minutes;
        }
    });
    let usable = |(until, minutes)| Usable { until, minutes };
    by_end.into_iter().map(usable).collect()
}
