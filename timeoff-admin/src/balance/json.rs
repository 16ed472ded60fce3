//! Balances for programs: a line for each amount. The lines of an entitlement add up to its minutes.

use std::io::{self, Write};

use timeoff_cli::{Field, write_json_line};
use timeoff_ledger::account::{Entitlement, Share, Use};
use timeoff_ledger::{Balance, Date};
use timeoff_models::ApplicationId;

use super::Account;

/// One amount.
struct Line<'a> {
    entry: &'static str,
    minutes: u64,
    entitlement: Option<&'a Entitlement>,
    date: Option<Date>,
    application: Option<&'a ApplicationId<'a>>,
}

/// Writes the whole account.
///
/// # Errors
///
/// Those of the destination.
pub(super) fn write(out: &mut impl Write, account: &Account<'_>) -> io::Result<()> {
    for balance in &account.balances {
        for line in lines(balance) {
            write_line(out, account, balance, &line)?;
        }
    }
    Ok(())
}

fn lines(balance: &Balance) -> Vec<Line<'_>> {
    let application = |leave: u32| {
        let index = usize::try_from(leave).unwrap_or(usize::MAX);
        let booked = balance.booked.get(index).map(|booked| &booked.application);
        booked.or_else(|| {
            balance
                .reserved
                .get(index.checked_sub(balance.booked.len())?)
        })
    };
    let mut lines = Vec::new();
    let Some(explanation) = &balance.explanation else {
        for booked in &balance.booked {
            lines.extend(booked.days.iter().map(|day| Line {
                entry: "booked",
                minutes: day.minutes.into(),
                entitlement: None,
                date: Some(day.date),
                application: Some(&booked.application),
            }));
        }
        return lines;
    };
    lines.push(Line {
        entry: "balance",
        minutes: explanation.available(),
        entitlement: None,
        date: None,
        application: None,
    });
    for share in &explanation.shares {
        let whole = |entry, minutes| Line {
            entry,
            minutes,
            entitlement: Some(&share.entitlement),
            date: None,
            application: None,
        };
        lines.push(whole("granted", share.entitlement.minutes.into()));
        for (entry, uses) in uses(share) {
            lines.extend(uses.iter().map(|one| Line {
                date: Some(one.date),
                application: application(one.leave),
                ..whole(entry, one.minutes)
            }));
        }
        let rest = [
            ("expired", share.expired),
            ("later", share.later),
            ("left", share.available),
        ];
        lines.extend(rest.map(|(entry, minutes)| whole(entry, minutes)));
    }
    lines.extend(explanation.missing.iter().map(|missing| Line {
        entry: "missing",
        minutes: missing.minutes,
        entitlement: None,
        date: Some(missing.date),
        application: application(missing.leave),
    }));
    lines
}

fn uses(share: &Share) -> [(&'static str, &[Use]); 2] {
    [("booked", &share.booked), ("waiting", &share.reserved)]
}

fn write_line(
    out: &mut impl Write,
    account: &Account<'_>,
    balance: &Balance,
    line: &Line<'_>,
) -> io::Result<()> {
    let (person, at) = (account.person.id.to_string(), account.date.to_string());
    let id = line.entitlement.map(|one| one.id.to_string());
    let first = line.entitlement.map(|one| one.from.to_string());
    let last = line.entitlement.map(|one| one.until.to_string());
    let date = line.date.map(|date| date.to_string());
    write_json_line(
        out,
        &[
            ("person_id", person.as_str().into()),
            ("at", at.as_str().into()),
            ("policy_version", i64::from(account.policy_version).into()),
            ("leave_type", balance.leave_type.as_str().into()),
            ("entry", line.entry.into()),
            (
                "minutes",
                Field::from(i64::try_from(line.minutes).unwrap_or(i64::MAX)),
            ),
            ("entitlement_id", id.as_deref().into()),
            ("first_day", first.as_deref().into()),
            ("last_day", last.as_deref().into()),
            ("date", date.as_deref().into()),
            (
                "application_id",
                line.application.map(ApplicationId::as_str).into(),
            ),
        ],
    )
}
