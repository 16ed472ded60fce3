//! Where each minute of each entitlement is.

use super::{Demand, Entitlement, Missing, Standing, spread, with_available};
use crate::Date;

/// Minutes of an entitlement that a leave uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The number of the leave.
    pub leave: u32,
    /// The date on which it uses them.
    pub date: Date,
    /// How many, at least 1.
    pub minutes: u64,
}

/// Where the minutes of one entitlement are. What is booked, reserved, available, expired and later adds up to what it
/// gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The entitlement.
    pub entitlement: Entitlement,
    /// What booked leave uses, by date.
    pub booked: Vec<Use>,
    /// What waiting applications reserve, by date.
    pub reserved: Vec<Use>,
    /// Minutes that can still be taken on the date in question.
    pub available: u64,
    /// Minutes that nobody used and that ended before that date.
    pub expired: u64,
    /// Minutes that can be used only after that date.
    pub later: u64,
}

/// An account as it looks from one date.
///
/// It is the spread in which all that is available is taken on that date. So it is another spread for another date: a
/// later leave may use an entitlement that ends later, as this leaves more for the date in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The date in question.
    pub date: Date,
    /// The entitlements, in the order in which they were granted.
    pub shares: Vec<Share>,
    /// Booked minutes without an entitlement, by date.
    pub missing: Vec<Missing>,
}

impl Explanation {
    pub(super) fn of(entitlements: &[Entitlement], demands: &[Demand], date: Date) -> Self {
        let demands = with_available(entitlements, demands, date);
        let mut shares: Vec<_> = entitlements.iter().copied().map(Share::unused).collect();
        let mut missing = Vec::new();
        spread(
            entitlements,
            &demands,
            |demand, entitlement, minutes| match entitlement {
                Some(index) => shares[index].add(demand, minutes),
                None => missing.push(Missing::of(demand, minutes)),
            },
        );
        for share in &mut shares {
            let rest = u64::from(share.entitlement.minutes) - share.placed();
            if share.entitlement.until < date {
                share.expired = rest;
            } else {
                share.later = rest;
            }
        }
        Self {
            date,
            shares,
            missing,
        }
    }

    /// What is available on the date in question: the same as [`Account::available_on`](super::Account::available_on).
    #[must_use]
    pub fn available(&self) -> u64 {
        self.shares.iter().map(|share| share.available).sum()
    }
}

impl Share {
    fn unused(entitlement: Entitlement) -> Self {
        Self {
            entitlement,
            booked: Vec::new(),
            reserved: Vec::new(),
            available: 0,
            expired: 0,
            later: 0,
        }
    }

    fn add(&mut self, demand: &Demand, minutes: u64) {
        let used = Use {
            leave: demand.leave,
            date: demand.date,
            minutes,
        };
        match demand.standing {
            Standing::Booked => self.booked.push(used),
            Standing::Reserved => self.reserved.push(used),
            Standing::Asked => self.available += minutes,
        }
    }

    /// What is booked, reserved or available.
    fn placed(&self) -> u64 {
        let uses = self.booked.iter().chain(&self.reserved);
        uses.map(|used| used.minutes).sum::<u64>() + self.available
    }
}
