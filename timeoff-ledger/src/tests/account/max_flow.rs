//! The most minutes that can find an entitlement, found in another way: by augmenting paths from dates to
//! entitlements.

use crate::Date;
use crate::account::Entitlement;

/// What is moved from dates to entitlements.
struct Flow<'a> {
    days: &'a [(Date, u64)],
    entitlements: &'a [Entitlement],
    /// What each date still wants.
    wanted: Vec<u64>,
    /// What each entitlement still has.
    unused: Vec<u64>,
    /// By date and entitlement.
    moved: Vec<Vec<u64>>,
}

pub(in crate::tests) fn max_flow(entitlements: &[Entitlement], days: &[(Date, u64)]) -> u64 {
    let mut flow = Flow {
        days,
        entitlements,
        wanted: days.iter().map(|(_, minutes)| *minutes).collect(),
        unused: entitlements.iter().map(|one| one.minutes.into()).collect(),
        moved: vec![vec![0; entitlements.len()]; days.len()],
    };
    let mut total = 0;
    for day in 0..days.len() {
        loop {
            let mut seen = vec![false; days.len()];
            let more = flow.augment(day, flow.wanted[day], &mut seen);
            if more == 0 {
                break;
            }
            flow.wanted[day] -= more;
            total += more;
        }
    }
    total
}

impl Flow<'_> {
    /// Has a date take up to `most` more, by any path to an entitlement that has minutes. Gives how many.
    fn augment(&mut self, day: usize, most: u64, seen: &mut [bool]) -> u64 {
        if most == 0 || std::mem::replace(&mut seen[day], true) {
            return 0;
        }
        let date = self.days[day].0;
        for index in 0..self.entitlements.len() {
            let Entitlement { from, until, .. } = self.entitlements[index];
            if date < from || until < date {
                continue;
            }
            let more = most.min(self.unused[index]);
            if more > 0 {
                self.unused[index] -= more;
                self.moved[day][index] += more;
                return more;
            }
            for other in 0..self.days.len() {
                let most = most.min(self.moved[other][index]);
                let more = self.augment(other, most, seen);
                if more > 0 {
                    self.moved[other][index] -= more;
                    self.moved[day][index] += more;
                    return more;
                }
            }
        }
        0
    }
}
