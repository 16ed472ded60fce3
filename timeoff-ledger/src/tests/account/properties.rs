//! What holds for every account, held against the maximum flow.

use proptest::prelude::*;

use super::any::{Scene, any_date, any_days, any_entitlement, any_scene, widened};
use super::max_flow::max_flow;
use super::{Claim, Date, claim};
use crate::account::{Account, Use};

/// The account with all reservations, and the days that they reserve.
fn with_reservations(scene: &Scene) -> (Account, Vec<(Date, u64)>) {
    let mut account = scene.account();
    let mut reserved = Vec::new();
    for (number, days) in (100..).zip(&scene.waiting) {
        if account.reserve(&claim(number, days)) {
            reserved.extend(widened(days));
        }
    }
    (account, reserved)
}

fn total(days: &[(Date, u64)]) -> u64 {
    days.iter().map(|(_, minutes)| minutes).sum()
}

proptest! {
    #[test]
    fn no_spread_leaves_less_missing(scene in any_scene()) {
        let days = scene.booked_days();
        let missing = scene.account().missing();
        let missing: u64 = missing.iter().map(|one| one.minutes).sum();
        prop_assert_eq!(total(&days) - missing, max_flow(&scene.entitlements, &days));
    }

    #[test]
    fn a_leave_can_be_approved_if_the_maximum_flow_has_all_of_it(
        scene in any_scene(),
        asked in any_days(),
    ) {
        let (account, reserved) = with_reservations(&scene);
        let mut days = scene.booked_days();
        days.extend(reserved);
        let before = max_flow(&scene.entitlements, &days);
        days.extend(widened(&asked));
        let more = max_flow(&scene.entitlements, &days) - before;
        let wanted = widened(&asked).map(|(_, minutes)| minutes).sum::<u64>();
        match account.check(&claim(999, &asked)) {
            Ok(()) => prop_assert_eq!(more, wanted),
            Err(shortfall) => {
                prop_assert!(more < wanted);
                prop_assert_eq!(shortfall.asked, wanted);
                prop_assert_eq!(shortfall.missing_minutes(), wanted - more);
                let first = asked[0].0;
                prop_assert_eq!(shortfall.first_date, first);
                prop_assert_eq!(shortfall.available(), account.available_on(first));
                // What is not missing can be approved.
                let mut rest = asked;
                for (date, minutes) in &mut rest {
                    let lacks = shortfall.missing.iter().find(|(lacks, _)| lacks == date);
                    *minutes -= lacks.map_or(0, |&(_, lacks)| lacks as u32);
                }
                prop_assert_eq!(account.check(&claim(999, &rest)), Ok(()));
            }
        }
    }

    #[test]
    fn of_a_leave_that_replaces_another_only_the_difference_counts(
        scene in any_scene(),
        asked in any_days(),
        number in 0..5_usize,
    ) {
        let missing = |scene: &Scene| {
            let days = scene.booked_days();
            total(&days) - max_flow(&scene.entitlements, &days)
        };
        let mut changed = scene.clone();
        if number < changed.booked.len() {
            changed.booked.remove(number);
        }
        changed.booked.push(asked.clone());
        let claim = Claim { replaces: Some(number as u32), ..claim(999, &asked) };
        prop_assert_eq!(
            scene.account().check(&claim).is_ok(),
            missing(&changed) <= missing(&scene)
        );
    }

    #[test]
    fn entitlements_can_be_corrected_if_no_more_is_missing(
        scene in any_scene(),
        corrected in prop::collection::vec(any_entitlement(), 0..5),
    ) {
        let (account, _) = with_reservations(&scene);
        let days = scene.booked_days();
        let is_feasible = max_flow(&corrected, &days) >= max_flow(&scene.entitlements, &days);
        match account.check_entitlements(&corrected) {
            Ok(()) => prop_assert!(is_feasible),
            Err(missing) => {
                prop_assert!(!is_feasible);
                let missing: u64 = missing.iter().map(|one| one.minutes).sum();
                prop_assert_eq!(missing, total(&days) - max_flow(&corrected, &days));
            }
        }
    }

    #[test]
    fn an_explanation_accounts_for_every_minute(scene in any_scene(), date in any_date()) {
        let (account, reserved) = with_reservations(&scene);
        let explanation = account.explain(date);
        prop_assert_eq!(explanation.available(), account.available_on(date));
        prop_assert_eq!(&explanation.missing, &account.missing());
        prop_assert_eq!(explanation.shares.len(), scene.entitlements.len());
        let sum = |uses: &[Use]| uses.iter().map(|used| used.minutes).sum::<u64>();
        let (mut all_booked, mut all_reserved) = (0, 0);
        for (share, entitlement) in explanation.shares.iter().zip(&scene.entitlements) {
            prop_assert_eq!(&share.entitlement, entitlement);
            let uses = sum(&share.booked) + sum(&share.reserved);
            let rest = share.available + share.expired + share.later;
            prop_assert_eq!(uses + rest, u64::from(entitlement.minutes));
            for used in share.booked.iter().chain(&share.reserved) {
                prop_assert!(entitlement.from <= used.date && used.date <= entitlement.until);
                prop_assert!(used.minutes > 0);
            }
            let is_usable = entitlement.from <= date && date <= entitlement.until;
            prop_assert!(share.available == 0 || is_usable);
            prop_assert!(share.expired == 0 || entitlement.until < date);
            prop_assert!(share.later == 0 || date < entitlement.from);
            all_booked += sum(&share.booked);
            all_reserved += sum(&share.reserved);
        }
        let missing: u64 = explanation.missing.iter().map(|one| one.minutes).sum();
        prop_assert_eq!(all_booked + missing, total(&scene.booked_days()));
        prop_assert_eq!(all_reserved, total(&reserved));
    }

    #[test]
    fn what_is_available_can_be_taken_and_a_minute_more_cannot(
        scene in any_scene(),
        date in any_date(),
    ) {
        let (account, reserved) = with_reservations(&scene);
        let mut days = scene.booked_days();
        days.extend(reserved);
        let before = max_flow(&scene.entitlements, &days);
        let fits = |minutes: u32| {
            let mut days = days.clone();
            days.push((date, minutes.into()));
            max_flow(&scene.entitlements, &days) == before + u64::from(minutes)
        };
        let most = (1..).find(|minutes| !fits(*minutes)).unwrap() - 1;
        prop_assert_eq!(account.available_on(date), u64::from(most));
        prop_assert_eq!(account.check(&claim(999, &[(date, most)])), Ok(()));
        prop_assert!(account.check(&claim(999, &[(date, most + 1)])).is_err());
    }

    /// If all can be approved in one order, so they can in any.
    #[test]
    fn what_fits_altogether_fits_in_any_order(
        scene in any_scene(),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
    ) {
        let reserved_in = |order: &[usize]| {
            let mut account = scene.account();
            let waiting = order.iter().filter_map(|&at| Some((at, scene.waiting.get(at)?)));
            let reserved = waiting.filter(|(at, days)| account.reserve(&claim(*at as u32, days)));
            reserved.count()
        };
        if reserved_in(&[0, 1, 2, 3]) == scene.waiting.len() {
            prop_assert_eq!(reserved_in(&order), scene.waiting.len());
        }
    }

    #[test]
    fn nothing_can_be_approved_only_because_others_reserve(
        scene in any_scene(),
        asked in any_days(),
    ) {
        let (account, _) = with_reservations(&scene);
        if account.check(&claim(999, &asked)).is_ok() {
            prop_assert_eq!(scene.account().check(&claim(999, &asked)), Ok(()));
        }
        prop_assert_eq!(account.missing(), scene.account().missing());
    }

    /// Nobody loses minutes to a leave that is approved, even if the account lacks some.
    #[test]
    fn with_an_approved_leave_the_same_is_missing_on_the_same_dates(
        mut scene in any_scene(),
        asked in any_days(),
    ) {
        let account = scene.account();
        if account.check(&claim(999, &asked)).is_ok() {
            scene.booked.push(asked);
            prop_assert_eq!(scene.account().missing(), account.missing());
        }
    }
}
