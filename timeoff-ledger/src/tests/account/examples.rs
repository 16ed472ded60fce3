//! Worked examples, Monday to Friday 480 minutes a day.

use super::*;
use crate::{Shortfall, Usable};

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
