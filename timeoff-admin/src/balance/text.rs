//! Balances for people: each entitlement, what became of it, and what is left. Every column adds up.

use std::io::{self, Write};

use timeoff_cli::escaped;
use timeoff_ledger::account::{Explanation, Share, Use};
use timeoff_ledger::{Balance, hours};
use timeoff_models::ApplicationId;

use super::Account;
use super::amount::{Amounts, Run};

/// The columns of a terminal that a line may have. Only an application's id is never cut.
const WIDTH: usize = 80;

/// Writes the whole account.
///
/// # Errors
///
/// Those of the destination.
pub(super) fn write(out: &mut impl Write, account: &Account<'_>) -> io::Result<()> {
    let amounts = Amounts::of(account.person);
    let name = escaped(account.person.name.as_str());
    let day = amounts.day().map(|day| format!(", a day is {day}"));
    writeln!(
        out,
        "{name}, {}, on {} by policy {}{}",
        account.department,
        account.date,
        account.policy_version,
        day.unwrap_or_default()
    )?;
    for balance in &account.balances {
        writeln!(out)?;
        Page {
            out,
            amounts,
            balance,
        }
        .write()?;
    }
    if !account.unreserved.is_empty() {
        writeln!(out, "\nWaiting, and reserving nothing")?;
        for (id, why) in &account.unreserved {
            writeln!(out, "  {}", escaped(id.as_str()))?;
            for line in wrapped(&escaped(why), WIDTH - 4) {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}

/// One type of leave.
struct Page<'a, W> {
    out: &'a mut W,
    amounts: Amounts,
    balance: &'a Balance,
}

impl<W: Write> Page<'_, W> {
    fn write(&mut self) -> io::Result<()> {
        let label = escaped(&self.balance.label).into_owned();
        match &self.balance.explanation {
            Some(explanation) => self.write_explained(&label, explanation),
            None => self.write_unlimited(&label),
        }
    }

    fn write_explained(&mut self, label: &str, explanation: &Explanation) -> io::Result<()> {
        let left = self.amounts.both(explanation.available());
        writeln!(self.out, "{label}: {left} left")?;
        let mut shares: Vec<&Share> = explanation.shares.iter().collect();
        // What was taken back is nothing to anybody.
        shares.retain(|share| share.entitlement.minutes > 0);
        shares.sort_by_key(|share| share.entitlement.until);
        if shares.is_empty() {
            writeln!(self.out, "  Nothing has been granted.")?;
        }
        for share in &shares {
            self.write_share(share)?;
        }
        if shares.len() > 1 {
            let all = explanation.available();
            self.line("  All together", &hours(all), self.amounts.days(all))?;
        }
        if !explanation.missing.is_empty() {
            let uses = explanation.missing.iter().map(|missing| Use {
                leave: missing.leave,
                date: missing.date,
                minutes: missing.minutes,
            });
            let uses: Vec<Use> = uses.collect();
            let all: u64 = uses.iter().map(|one| one.minutes).sum();
            self.line(
                "  Booked without an entitlement",
                &hours(all),
                self.amounts.days(all),
            )?;
            self.write_uses("missing", "", &uses)?;
        }
        Ok(())
    }

    /// What is granted, less all that cannot be taken on the day, is what is left.
    fn write_share(&mut self, share: &Share) -> io::Result<()> {
        let one = &share.entitlement;
        let minutes = u64::from(one.minutes);
        let label = format!("  Granted for {} to {}", one.from, one.until);
        self.line(&label, &hours(minutes), self.amounts.days(minutes))?;
        self.write_uses("booked", "- ", &share.booked)?;
        self.write_uses("waiting", "- ", &share.reserved)?;
        for (label, minutes) in [
            ("    expired, not used", share.expired),
            ("    cannot be used before that day", share.later),
        ] {
            if minutes > 0 {
                self.less(label, "- ", minutes)?;
            }
        }
        self.line(
            "    left",
            &hours(share.available),
            self.amounts.days(share.available),
        )
    }

    fn write_uses(&mut self, what: &str, sign: &str, uses: &[Use]) -> io::Result<()> {
        let mut application_before = None;
        for run in Run::all(uses) {
            self.less(&format!("    {what:<8} {}", run.days()), sign, run.minutes)?;
            if application_before != Some(run.leave) {
                application_before = Some(run.leave);
                let application = self.application(run.leave);
                writeln!(self.out, "             {application}")?;
            }
        }
        Ok(())
    }

    /// The application of a leave in the explanation.
    fn application(&self, leave: u32) -> String {
        let index = usize::try_from(leave).unwrap_or(usize::MAX);
        let booked = self.balance.booked.get(index);
        let waits = || {
            let place = index.checked_sub(self.balance.booked.len())?;
            self.balance.reserved.get(place)
        };
        let id = booked.map(|booked| &booked.application).or_else(waits);
        let id = escaped(id.map_or("", ApplicationId::as_str)).into_owned();
        match booked {
            Some(booked) if booked.is_to_be_cancelled => format!("{id} (to be cancelled)"),
            _ => id,
        }
    }

    fn write_unlimited(&mut self, label: &str) -> io::Result<()> {
        writeln!(self.out, "{label}: needs no entitlement")?;
        let booked = (0..).zip(&self.balance.booked);
        let uses = booked.flat_map(|(leave, booked)| {
            booked.days.iter().map(move |day| Use {
                leave,
                date: day.date,
                minutes: day.minutes.into(),
            })
        });
        let mut uses: Vec<Use> = uses.collect();
        uses.sort_by_key(|one| one.date);
        self.write_uses("booked", "", &uses)
    }

    fn less(&mut self, label: &str, sign: &str, minutes: u64) -> io::Result<()> {
        let days = self
            .amounts
            .days(minutes)
            .map(|days| format!("{sign}{days}"));
        self.line(label, &format!("{sign}{}", hours(minutes)), days)
    }

    fn line(&mut self, label: &str, amount: &str, days: Option<String>) -> io::Result<()> {
        let line = format!("{label:<48}{amount:>16}{:>15}", days.unwrap_or_default());
        writeln!(self.out, "{}", line.trim_end())
    }
}

/// A text in lines of at most so many characters, unless a word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
