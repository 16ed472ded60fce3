//! The account of one person for one type of leave: what they may take, what they have taken, what is left.
//!
//! A leave takes minutes on dates. An entitlement gives minutes that can be used from a first to a last date. What is
//! taken is spread over the entitlements date by date: on each date the entitlement that ends first is used first, and
//! of two that end together the one that was granted first. Nothing is stored of that: every question spreads anew, so
//! a late booking, a cancellation or a further grant moves the rest by itself.
//!
//! What finds no entitlement is *missing*. No other spread leaves less missing, on all dates together or up to any
//! date (Glover, 1967: points matched to intervals). So two numbers decide everything: what is missing now, and what
//! would be.
//!
//! **A change is feasible if it leaves no more missing than there is.** An account may lack minutes already, for
//! instance since leave was booked before its type needed an entitlement. That must not block a leave which has an
//! entitlement elsewhere, nor may such a leave take what others use. Both follow: sets of minutes that can all find an
//! entitlement are the independent sets of a matroid, so if nothing more is missing with a leave, all of it is covered,
//! and the same minutes are missing on the same dates as before.
//!
//! What is available on a date is the most that can be taken there without more being missing.
//!
//! | where | what it has |
//! |---|---|
//! | `spread` | the spread itself |
//! | `shortfall` | why a leave cannot be approved |
//! | `explain` | where each minute of each entitlement is |

mod explain;
mod shortfall;
mod spread;

pub use explain::{Explanation, Share, Use};
pub use shortfall::{Missing, Shortfall, Usable};

use crate::{Date, EntitlementId};
use spread::{Demand, Standing, missing_minutes, spread};

/// Minutes that can be used from one date to another, both included. With `until` before `from` they cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Names it. An annual entitlement with a carry-over is two.
    pub id: EntitlementId,
    /// How much it gives, in minutes.
    pub minutes: u32,
    /// The first date on which it can be used.
    pub from: Date,
    /// The last date on which it can be used.
    pub until: Date,
}

/// What a leave takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave<'a> {
    /// The caller's name for it. No two leaves of an account share it.
    pub number: u32,
    /// Dates in any order, each at most once, and the minutes that are taken there.
    pub days: &'a [(Date, u32)],
}

/// A leave that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The leave.
    pub leave: Leave<'a>,
    /// The booked leave that is released when this one is approved. A number that is not booked releases nothing.
    pub replaces: Option<u32>,
}

/// Entitlements, booked leave, and what waiting applications reserve.
#[derive(Clone, Debug)]
pub struct Account {
    /// In the order in which they were granted.
    entitlements: Vec<Entitlement>,
    /// By date; on the same date booked before reserved, each in the order in which they were added.
    demands: Vec<Demand>,
    /// How many minutes of `demands` are missing. Reservations never change it.
    missing: u64,
}

impl Account {
    /// The account with this booked leave, and nothing reserved. `entitlements` come in the order in which they were
    /// granted.
    #[must_use]
    pub fn new<'a>(
        entitlements: Vec<Entitlement>,
        booked: impl IntoIterator<Item = Leave<'a>>,
    ) -> Self {
        let booked = booked.into_iter();
        let mut demands: Vec<_> = booked
            .flat_map(|leave| Demand::of(leave, Standing::Booked))
            .collect();
        demands.sort_by_key(|demand| demand.date);
        let missing = missing_minutes(&entitlements, &demands);
        Self {
            entitlements,
            demands,
            missing,
        }
    }

    /// Reserves minutes for a waiting application, and says whether it did: one that could not be approved now
    /// reserves nothing. Call it for applications in the order of their queue.
    ///
    /// An application that replaces a booked leave reserves only what it takes beyond that leave, date by date. The
    /// booked leave keeps its own minutes, as nobody knows yet whether it will be released.
    pub fn reserve(&mut self, claim: &Claim<'_>) -> bool {
        let excess = Demand::of(claim.leave, Standing::Reserved).map(|day| {
            let held = claim
                .replaces
                .map_or(0, |number| self.booked(number, day.date));
            let minutes = day.minutes.saturating_sub(held);
            Demand { minutes, ..day }
        });
        let mut demands = self.demands.clone();
        insert(&mut demands, excess);
        let is_feasible = missing_minutes(&self.entitlements, &demands) <= self.missing;
        if is_feasible {
            self.demands = demands;
        }
        is_feasible
    }

    /// Books a leave, and releases the one that it replaces. It does not check that it can be approved.
    pub fn book(&mut self, claim: &Claim<'_>) {
        self.demands = self.without(claim.replaces);
        insert(&mut self.demands, Demand::of(claim.leave, Standing::Booked));
        self.missing = missing_minutes(&self.entitlements, &self.demands);
    }

    /// Checks that a leave can be approved: with it booked, and the leave that it replaces released, nothing more is
    /// missing. What is reserved counts as taken.
    ///
    /// Only the difference to a replaced leave is held against the account. So a booked leave that lacks minutes can be
    /// replaced by one that lacks no more of them, also on other dates.
    ///
    /// # Errors
    ///
    /// [`Shortfall`] when more would be missing.
    pub fn check(&self, claim: &Claim<'_>) -> Result<(), Shortfall> {
        let mut demands = self.without(claim.replaces);
        insert(&mut demands, Demand::of(claim.leave, Standing::Asked));
        if missing_minutes(&self.entitlements, &demands) <= self.missing {
            return Ok(());
        }
        let others = self.without(claim.replaces);
        Err(Shortfall::of(claim.leave, &self.entitlements, others))
    }

    /// Checks that the entitlements can be corrected to others: booked leave lacks no more with them. They are given
    /// whole, as a correction of a grant with a carry-over changes two.
    ///
    /// What is reserved does not stand in the way: a waiting application may lose what it reserves.
    ///
    /// # Errors
    ///
    /// What would be missing, including what is missing already, when that is more than now.
    pub fn check_entitlements(&self, corrected: &[Entitlement]) -> Result<(), Vec<Missing>> {
        let mut booked = self.demands.clone();
        booked.retain(|demand| demand.standing == Standing::Booked);
        if missing_minutes(corrected, &booked) <= self.missing {
            return Ok(());
        }
        Err(Missing::all(corrected, &booked))
    }

    /// The most minutes that can still be taken on a date, while all that is booked or reserved keeps its own.
    #[must_use]
    pub fn available_on(&self, date: Date) -> u64 {
        available(&self.entitlements, &self.demands, date)
    }

    /// Booked minutes without an entitlement, by date. Of several leaves on a date, the one that was given last lacks
    /// them first.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        Missing::all(&self.entitlements, &self.demands)
    }

    /// Where each minute of each entitlement is, and which are available on this date.
    #[must_use]
    pub fn explain(&self, date: Date) -> Explanation {
        Explanation::of(&self.entitlements, &self.demands, date)
    }

    /// How much a booked leave takes on a date.
    fn booked(&self, number: u32, date: Date) -> u64 {
        let first = self.demands.partition_point(|demand| demand.date < date);
        let on_date = self.demands[first..]
            .iter()
            .take_while(|demand| demand.date == date);
        let mut of_leave = on_date.filter(|demand| demand.is_booked_as(number));
        of_leave.next().map_or(0, |demand| demand.minutes)
    }

    /// All but a leave that is replaced.
    fn without(&self, replaced: Option<u32>) -> Vec<Demand> {
        let mut demands = self.demands.clone();
        if let Some(number) = replaced {
            demands.retain(|demand| !demand.is_booked_as(number));
        }
        demands
    }
}

/// Adds demands, each behind all others of its date.
fn insert(demands: &mut Vec<Demand>, further: impl IntoIterator<Item = Demand>) {
    for demand in further {
        let place = demands.partition_point(|other| other.date <= demand.date);
        demands.insert(place, demand);
    }
}

/// The most that a further demand on this date can have while nothing more is missing: as much as an unbounded one
/// gets.
fn available(entitlements: &[Entitlement], demands: &[Demand], date: Date) -> u64 {
    let granted = entitlements.iter().map(|one| u64::from(one.minutes)).sum();
    let mut with_unbounded = demands.to_vec();
    insert(&mut with_unbounded, [Demand::asked_on(date, granted)]);
    let missing = missing_minutes(entitlements, demands);
    granted - (missing_minutes(entitlements, &with_unbounded) - missing)
}

/// The demands, and one more that takes all that is available on this date. The spread finds an entitlement for all of
/// it, and so says which minutes are available.
fn with_available(entitlements: &[Entitlement], demands: &[Demand], date: Date) -> Vec<Demand> {
    let most = available(entitlements, demands, date);
    let mut demands = demands.to_vec();
    insert(&mut demands, [Demand::asked_on(date, most)]);
    demands
}
