//! What may be taken, and what is left.

mod any;
mod examples;
mod histories;
pub(super) mod max_flow;
mod properties;
mod speed;

use crate::Date;
use crate::account::{Account, Claim, Entitlement, Leave};
use uuid::Uuid;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn entitlement(number: u32, minutes: u32, from: &str, until: &str) -> Entitlement {
    Entitlement {
        id: Uuid::from_u128(number.into()).try_into().unwrap(),
        minutes,
        from: date(from),
        until: date(until),
    }
}

/// Leave of 480 minutes on each of these dates.
fn days(dates: &[&str]) -> Vec<(Date, u32)> {
    dates.iter().map(|text| (date(text), 480)).collect()
}

fn leave(number: u32, days: &[(Date, u32)]) -> Leave<'_> {
    Leave { number, days }
}

fn claim(number: u32, days: &[(Date, u32)]) -> Claim<'_> {
    let leave = leave(number, days);
    let replaces = None;
    Claim { leave, replaces }
}

fn account(entitlements: &[Entitlement], booked: &[Leave<'_>]) -> Account {
    Account::new(entitlements.to_vec(), booked.iter().copied())
}
