//! What a person is granted for a year.

use proptest::prelude::*;

use super::{EXAMPLE, date, read, with};
use crate::tests::office::person;
use crate::{Date, Entitled, Person, Role};

fn worker(from: Option<&str>, until: Option<&str>, tags: &str) -> Person {
    Person {
        from: from.map(date),
        until: until.map(date),
        tags: tags.parse().unwrap(),
        ..person(1, "ken", Role::Employee)
    }
}

fn days(granted: &[Entitled]) -> Vec<(u32, String)> {
    granted
        .iter()
        .map(|one| (one.minutes, format!("{}/{}", one.from, one.until)))
        .collect()
}

fn of_year(person: &Person, year: u16) -> Vec<(u32, String)> {
    days(&read(EXAMPLE).unwrap().entitlements(person, year))
}

#[test]
fn what_can_be_carried_over_is_an_entitlement_that_ends_later() {
    assert_eq!(
        of_year(&worker(None, None, ""), 2027),
        [
            (12000, "2027-01-01/2027-12-31".to_owned()),
            (2400, "2027-01-01/2028-03-31".to_owned())
        ]
    );
}

#[test]
fn the_first_rule_that_fits_a_person_is_theirs() {
    let minutes = |tags| -> u32 {
        let granted = of_year(&worker(None, None, tags), 2027);
        granted.iter().map(|(minutes, _)| minutes).sum()
    };
    assert_eq!(minutes("nights part-time"), 7200);
    assert_eq!(minutes("Part-Time"), 14400);
}

#[test]
fn who_begins_or_leaves_within_the_year_gets_the_share_of_its_days_rounded_up() {
    let minutes = |from, until, year| -> Vec<u32> {
        let granted = of_year(&worker(from, until, ""), year);
        granted.iter().map(|(minutes, _)| *minutes).collect()
    };
    // 184 of 365 days: 7259.2 minutes.
    assert_eq!(minutes(Some("2027-07-01"), None, 2027), [4860, 2400]);
    // 182 of 366 days: 7160.7 minutes.
    assert_eq!(minutes(None, Some("2028-06-30"), 2028), [4761, 2400]);
    // One day: 39.5 minutes, all of which can be carried over.
    assert_eq!(minutes(Some("2027-12-31"), None, 2027), [40]);
    assert_eq!(minutes(Some("2027-12-31"), None, 2028), [12000, 2400]);
    assert!(minutes(Some("2028-01-01"), None, 2027).is_empty());
    assert!(minutes(None, Some("2026-12-31"), 2027).is_empty());
    assert!(minutes(Some("2027-06-02"), Some("2027-06-01"), 2027).is_empty());
}

#[test]
fn without_pro_rata_it_is_the_whole_amount() {
    let policy =
        with("[[entitlements]]\ntype = 'annual'\nminutes_a_year = 480\npro_rata = false").unwrap();
    let begins = worker(Some("2027-12-31"), None, "");
    assert_eq!(
        days(&policy.entitlements(&begins, 2027)),
        [(480, "2027-01-01/2027-12-31".to_owned())]
    );
    assert!(policy.entitlements(&begins, 2026).is_empty());
}

#[test]
fn there_is_nothing_in_a_year_without_days() {
    let somebody = worker(None, None, "");
    assert!(of_year(&somebody, 0).is_empty());
    assert!(of_year(&somebody, 10_000).is_empty());
    let last = of_year(&somebody, 9999);
    assert_eq!(last[1], (2400, "9999-01-01/9999-12-31".to_owned()));
}

proptest! {
    #[test]
    fn two_parts_of_a_year_are_at_least_the_whole_and_at_most_a_minute_more(
        year in 1_u16..=9999,
        split in 1_u32..365,
    ) {
        let policy = read(EXAMPLE).unwrap();
        let total = |from: Option<Date>, until: Option<Date>| -> u32 {
            let person = Person { from, until, ..worker(None, None, "") };
            policy.entitlements(&person, year).iter().map(|one| one.minutes).sum()
        };
        let first = date(&format!("{year:04}-01-01"));
        let second_begins = first.plus(split).unwrap();
        let parts = total(None, second_begins.minus(1)) + total(Some(second_begins), None);
        prop_assert!((14400..=14401).contains(&parts), "{parts}");
        prop_assert_eq!(total(None, None), 14400);
    }
}
