//! Worked examples, Monday to Friday 480 minutes a day.

use super::*;
use crate::account::{Missing, Share, Shortfall, Usable, Use};

/// 2027 with 14,400 minutes, of which 2,400 can be carried over until the end of March.
fn carried_over() -> [Entitlement; 2] {
    [
        entitlement(1, 12_000, "2027-01-01", "2027-12-31"),
        entitlement(1, 2_400, "2027-01-01", "2028-03-31"),
    ]
}

#[test]
fn only_what_is_carried_over_can_be_used_in_the_next_year() {
    let account = account(&carried_over(), &[]);
    let six_days = days(&[
        "2028-02-07",
        "2028-02-08",
        "2028-02-09",
        "2028-02-10",
        "2028-02-11",
        "2028-02-14",
    ]);
    let shortfall = account.check(&claim(1, &six_days)).unwrap_err();
    let expected = Shortfall {
        asked: 2_880,
        missing: vec![(date("2028-02-14"), 480)],
        first_date: date("2028-02-07"),
        usable: vec![Usable {
            until: date("2028-03-31"),
            minutes: 2_400,
        }],
    };
    assert_eq!(shortfall, expected);
    assert_eq!(shortfall.missing_minutes(), 480);
    assert_eq!(shortfall.available(), 2_400);
    assert_eq!(account.check(&claim(1, &six_days[..5])), Ok(()));
    assert_eq!(account.available_on(date("2027-12-31")), 14_400);
    assert_eq!(account.available_on(date("2028-03-31")), 2_400);
    assert_eq!(account.available_on(date("2028-04-01")), 0);
}

#[test]
fn leave_across_the_end_of_a_carry_over_uses_both_years() {
    let [rest, carried] = carried_over();
    let next_year = entitlement(2, 14_400, "2028-01-01", "2028-12-31");
    let two_weeks = days(&[
        "2028-03-27",
        "2028-03-28",
        "2028-03-29",
        "2028-03-30",
        "2028-03-31",
        "2028-04-03",
        "2028-04-04",
        "2028-04-05",
        "2028-04-06",
        "2028-04-07",
    ]);
    let entitlements = [rest, carried, next_year];
    assert_eq!(
        account(&entitlements, &[]).check(&claim(1, &two_weeks)),
        Ok(())
    );

    let explanation = account(&entitlements, &[leave(1, &two_weeks)]).explain(date("2028-04-08"));
    let [of_rest, of_carried, of_next_year] = explanation.shares.as_slice() else {
        panic!("{explanation:?}");
    };
    assert_eq!(of_rest.expired, 12_000);
    let uses = |days: &[(Date, u32)]| -> Vec<_> {
        let used = |&(date, minutes): &(Date, u32)| Use {
            leave: 1,
            date,
            minutes: minutes.into(),
        };
        days.iter().map(used).collect()
    };
    assert_eq!(of_carried.booked, uses(&two_weeks[..5]));
    assert_eq!((of_carried.available, of_carried.expired), (0, 0));
    assert_eq!(of_next_year.booked, uses(&two_weeks[5..]));
    assert_eq!(of_next_year.available, 12_000);
    assert_eq!(explanation.available(), 12_000);
}

#[test]
fn leave_over_the_end_of_a_year_is_taken_from_both_years() {
    let three_days = days(&["2027-12-30", "2027-12-31", "2028-01-03"]);
    let next_year = entitlement(2, 480, "2028-01-01", "2028-12-31");
    let with_this_year = |minutes| {
        let this_year = entitlement(1, minutes, "2027-01-01", "2027-12-31");
        account(&[this_year, next_year], &[]).check(&claim(1, &three_days))
    };
    let shortfall = with_this_year(480).unwrap_err();
    assert_eq!(shortfall.asked, 1_440);
    assert_eq!(shortfall.missing, [(date("2027-12-31"), 480)]);
    assert_eq!(shortfall.available(), 480);
    assert_eq!(with_this_year(960), Ok(()));
}

/// Four days are asked for one after the other; whoever decides on one holds it against what was booked before it.
#[test]
fn of_four_days_with_minutes_for_three_the_fourth_is_refused() {
    let granted = [entitlement(1, 1_440, "2027-01-01", "2027-12-31")];
    let asked = days(&["2027-03-01", "2027-03-02", "2027-03-03", "2027-03-04"]);
    let mut booked = Vec::new();
    let mut refused = Vec::new();
    for (number, day) in (1..).zip(asked.chunks(1)) {
        match account(&granted, &booked).check(&claim(number, day)) {
            Ok(()) => booked.push(leave(number, day)),
            Err(shortfall) => refused.push((number, shortfall)),
        }
    }
    assert_eq!(booked.len(), 3);
    let [(4, shortfall)] = refused.as_slice() else {
        panic!("{refused:?}");
    };
    assert_eq!((shortfall.asked, shortfall.available()), (480, 0));
    assert_eq!(shortfall.missing, [(date("2027-03-04"), 480)]);
}

#[test]
fn only_the_difference_to_a_replaced_leave_is_held_against_the_account() {
    let granted = [entitlement(1, 1_440, "2027-01-01", "2027-12-31")];
    let two_days = days(&["2027-03-01", "2027-03-02"]);
    let three_days = days(&["2027-03-01", "2027-03-02", "2027-03-03"]);
    let account = account(&granted, &[leave(1, &two_days)]);
    assert_eq!(account.available_on(date("2027-03-03")), 480);
    let replacing = |replaces| Claim {
        replaces,
        ..claim(2, &three_days)
    };
    assert_eq!(account.check(&replacing(Some(1))), Ok(()));
    let shortfall = account.check(&replacing(None)).unwrap_err();
    assert_eq!(shortfall.missing_minutes(), 960);
    assert!(account.check(&replacing(Some(7))).is_err());
}

#[test]
fn an_edit_that_waits_reserves_only_the_difference() {
    let granted = [entitlement(1, 1_920, "2027-01-01", "2027-12-31")];
    let two_days = days(&["2027-03-01", "2027-03-02"]);
    let three_days = days(&["2027-03-01", "2027-03-02", "2027-03-03"]);
    let mut account = account(&granted, &[leave(1, &two_days)]);
    let edit = Claim {
        replaces: Some(1),
        ..claim(2, &three_days)
    };
    assert!(account.reserve(&edit));
    assert_eq!(account.available_on(date("2027-06-01")), 480);
    let explanation = account.explain(date("2027-06-01"));
    let reserved = Use {
        leave: 2,
        date: date("2027-03-03"),
        minutes: 480,
    };
    assert_eq!(explanation.shares[0].reserved, [reserved]);
    assert_eq!(explanation.shares[0].booked.len(), 2);
}

#[test]
fn whoever_waits_longer_reserves_first_and_what_does_not_fit_reserves_nothing() {
    let granted = [entitlement(1, 960, "2027-01-01", "2027-12-31")];
    let three_days = days(&["2027-03-01", "2027-03-02", "2027-03-03"]);
    let one_day = days(&["2027-04-01"]);
    let two_days = days(&["2027-05-03", "2027-05-04"]);
    let mut account = account(&granted, &[]);
    assert!(!account.reserve(&claim(1, &three_days)));
    assert!(account.reserve(&claim(2, &one_day)));
    assert!(!account.reserve(&claim(3, &two_days)));
    let shortfall = account.check(&claim(3, &two_days)).unwrap_err();
    assert_eq!(shortfall.missing, [(date("2027-05-04"), 480)]);
    assert_eq!(account.check(&claim(4, &two_days[..1])), Ok(()));
}

#[test]
fn leave_without_an_entitlement_does_not_block_leave_that_has_its_own() {
    let next_year = entitlement(1, 960, "2028-01-01", "2028-12-31");
    let uncovered = days(&["2027-06-01", "2027-06-02"]);
    let covered = days(&["2028-06-01", "2028-06-02", "2028-06-05"]);
    let account = account(&[next_year], &[leave(1, &uncovered)]);
    let missing: Vec<_> = account.missing().iter().map(|one| one.date).collect();
    assert_eq!(missing, [date("2027-06-01"), date("2027-06-02")]);
    assert_eq!(account.check(&claim(2, &covered[..2])), Ok(()));
    let shortfall = account.check(&claim(2, &covered)).unwrap_err();
    assert_eq!(shortfall.missing, [(date("2028-06-05"), 480)]);

    let shorter = Claim {
        replaces: Some(1),
        ..claim(3, &uncovered[1..])
    };
    assert_eq!(account.check(&shorter), Ok(()));
}

#[test]
fn leave_may_not_take_what_later_leave_needs() {
    let granted = [
        entitlement(1, 480, "2027-01-01", "2027-12-31"),
        entitlement(2, 480, "2027-01-01", "2027-03-31"),
    ];
    let booked = days(&["2027-03-01", "2027-11-02"]);
    let account = account(&granted, &[leave(1, &booked)]);
    let earlier = days(&["2027-02-01"]);
    let shortfall = account.check(&claim(2, &earlier)).unwrap_err();
    assert_eq!(shortfall.missing, [(date("2027-02-01"), 480)]);
    assert!(shortfall.usable.is_empty());
}

#[test]
fn an_entitlement_cannot_be_corrected_below_what_is_booked() {
    let granted = entitlement(1, 1_440, "2027-01-01", "2027-12-31");
    let booked = days(&["2027-03-01", "2027-03-02"]);
    let waits = days(&["2027-03-03"]);
    let mut account = account(&[granted], &[leave(1, &booked)]);
    assert!(account.reserve(&claim(2, &waits)));
    let with = |minutes, until: &str| {
        let until = date(until);
        account.check_entitlements(&[Entitlement {
            minutes,
            until,
            ..granted
        }])
    };
    assert_eq!(with(960, "2027-12-31"), Ok(()));
    let lacks = |number: usize, minutes| Missing {
        date: booked[number].0,
        leave: 1,
        minutes,
    };
    assert_eq!(with(959, "2027-12-31"), Err(vec![lacks(1, 1)]));
    assert_eq!(with(960, "2027-03-01"), Err(vec![lacks(1, 480)]));
    assert_eq!(
        account.check_entitlements(&[]),
        Err(vec![lacks(0, 480), lacks(1, 480)])
    );
}

#[test]
fn of_entitlements_that_end_together_the_older_one_is_used_first() {
    let granted = [
        entitlement(2, 480, "2027-02-01", "2027-12-31"),
        entitlement(1, 480, "2027-01-01", "2027-12-31"),
        entitlement(3, 480, "2027-01-01", "2028-12-31"),
    ];
    let booked = [(date("2027-03-01"), 700)];
    let explanation = account(&granted, &[leave(1, &booked)]).explain(date("2027-01-15"));
    let of = |share: &Share| {
        let booked: u64 = share.booked.iter().map(|used| used.minutes).sum();
        (booked, share.available, share.later)
    };
    let shares: Vec<_> = explanation.shares.iter().map(of).collect();
    // On 15 January the second and third can be used up, except for what March takes beyond the first.
    assert_eq!(shares, [(480, 0, 0), (0, 480, 0), (220, 260, 0)]);
    let explanation = account(&granted, &[leave(1, &booked)]).explain(date("2027-04-01"));
    let shares: Vec<_> = explanation.shares.iter().map(of).collect();
    assert_eq!(shares, [(480, 0, 0), (220, 260, 0), (0, 480, 0)]);
}

#[test]
fn an_entitlement_counts_on_its_first_and_its_last_date() {
    let account = account(
        &[
            entitlement(1, 5, "2027-02-02", "2027-02-03"),
            entitlement(2, 7, "2027-02-05", "2027-02-04"),
        ],
        &[],
    );
    let available = [
        "2027-02-01",
        "2027-02-02",
        "2027-02-03",
        "2027-02-04",
        "2027-02-05",
    ]
    .map(|text| account.available_on(date(text)));
    assert_eq!(available, [0, 5, 5, 0, 0]);
    let explanation = account.explain(date("2027-02-04"));
    assert_eq!(explanation.shares[0].expired, 5);
    assert_eq!(explanation.shares[1].later, 7);
}

#[test]
fn on_one_date_the_leave_that_was_booked_first_is_covered_first() {
    let granted = [
        entitlement(1, 480, "2027-01-01", "2027-03-31"),
        entitlement(2, 480, "2027-01-01", "2027-12-31"),
    ];
    let day = [(date("2027-03-01"), 400)];
    let with_two = account(&granted, &[leave(1, &day), leave(2, &day)]);
    assert_eq!(with_two.available_on(day[0].0), 160);
    let with_three = account(&granted, &[leave(1, &day), leave(2, &day), leave(3, &day)]);
    let lacks = Missing {
        date: day[0].0,
        leave: 3,
        minutes: 240,
    };
    assert_eq!(with_three.missing(), [lacks]);

    let mut account = account(&granted, &[leave(1, &day)]);
    assert!(account.reserve(&claim(2, &day)));
    let explanation = account.explain(day[0].0);
    let uses = |leave, minutes| Use {
        leave,
        date: day[0].0,
        minutes,
    };
    let [ends_first, ends_last] = explanation.shares.as_slice() else {
        panic!("{explanation:?}");
    };
    assert_eq!(ends_first.booked, [uses(1, 400)]);
    assert_eq!(ends_first.reserved, [uses(2, 80)]);
    assert_eq!(ends_last.reserved, [uses(2, 320)]);
    assert_eq!((ends_first.available, ends_last.available), (0, 160));
    let shortfall = account.check(&claim(3, &day)).unwrap_err();
    let until = date("2027-12-31");
    let minutes = 160;
    assert_eq!(shortfall.usable, [Usable { until, minutes }]);
}
