//! How long a check takes.

use std::hint::black_box;
use std::time::Instant;

use super::{Date, Entitlement, claim, date, entitlement, leave};
use crate::account::Account;

const ROUNDS: u32 = 20_000;

/// Ten years, each with a rest and what is carried over from it.
fn twenty_entitlements() -> Vec<Entitlement> {
    let of_year = |year: u32| {
        let from = format!("{year}-01-01");
        [
            entitlement(year, 12_000, &from, &format!("{year}-12-31")),
            entitlement(year, 2_400, &from, &format!("{}-03-31", year + 1)),
        ]
    };
    (2027..2037).flat_map(of_year).collect()
}

fn measure(what: &str, mut run: impl FnMut()) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        run();
    }
    let each = start.elapsed().as_nanos() / u128::from(ROUNDS);
    println!("{what}: {each} ns");
}

/// `cargo test --release -p timeoff-ledger speed -- --ignored --nocapture`
#[test]
#[ignore = "not a test: it prints how long each takes"]
fn two_hundred_booked_days_and_twenty_entitlements() {
    let entitlements = twenty_entitlements();
    // Twenty days in each year.
    let weeks: Vec<Vec<(Date, u32)>> = (0..40)
        .map(|week| {
            let monday = date("2027-02-01").plus(week * 91).unwrap();
            (0..5).map(|day| (monday.plus(day).unwrap(), 480)).collect()
        })
        .collect();
    let open = || {
        let booked = (0..).zip(&weeks).map(|(number, days)| leave(number, days));
        Account::new(entitlements.clone(), booked)
    };
    let account = open();
    assert!(account.missing().is_empty());
    let next: Vec<_> = (0..5)
        .map(|day| (date("2032-05-03").plus(day).unwrap(), 480))
        .collect();
    assert!(account.check(&claim(99, &next)).is_ok());
    let mut long = next.clone();
    long.extend((0..40).map(|day| (date("2032-06-01").plus(day).unwrap(), 480)));
    assert!(account.check(&claim(99, &long)).is_err());

    measure("open the account", || {
        black_box(open());
    });
    measure("check five days", || {
        let _ = black_box(account.check(black_box(&claim(99, &next))));
    });
    measure("refuse forty-five days", || {
        let _ = black_box(account.check(black_box(&claim(99, &long))));
    });
    measure("available on a date", || {
        black_box(account.available_on(black_box(next[0].0)));
    });
    measure("explain", || {
        black_box(account.explain(black_box(next[0].0)));
    });
}
