//! Random histories in which everything is checked before it happens: nobody ever takes what they do not have. Each is
//! held against the maximum flow at every step.
//!
//! `TIMEOFF_HISTORIES=1000000 cargo test --release -p timeoff-ledger histories` tries more of them.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::any::{Days, any_days, any_entitlement, widened};
use super::max_flow::max_flow;
use super::{Claim, Entitlement, claim};
use crate::account::Account;

/// How many are tried if `TIMEOFF_HISTORIES` does not say: some two seconds.
const HISTORIES: u32 = 20_000;

/// Something that is wanted. An index counts around what there is.
#[derive(Clone, Debug)]
enum Step {
    Grant(Entitlement),
    Correct(usize, Entitlement),
    Ask(Days),
    /// Asks for leave in place of a booked one.
    AskToReplace(usize, Days),
    /// Decides on one that waits: it is approved if it can be.
    Decide(usize),
    Cancel(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any_entitlement().prop_map(Step::Grant),
        2 => (0..8_usize, any_entitlement()).prop_map(|(at, to)| Step::Correct(at, to)),
        5 => any_days().prop_map(Step::Ask),
        2 => (0..8_usize, any_days()).prop_map(|(at, days)| Step::AskToReplace(at, days)),
        7 => (0..8_usize).prop_map(Step::Decide),
        1 => (0..8_usize).prop_map(Step::Cancel),
    ]
}

/// A leave that is booked or asked for.
#[derive(Clone, Debug)]
struct Held {
    number: u32,
    days: Days,
    replaces: Option<u32>,
}

impl Held {
    fn claim(&self) -> Claim<'_> {
        let replaces = self.replaces;
        Claim {
            replaces,
            ..claim(self.number, &self.days)
        }
    }
}

#[derive(Clone, Debug, Default)]
struct History {
    entitlements: Vec<Entitlement>,
    booked: Vec<Held>,
    waiting: Vec<Held>,
    asked: u32,
}

impl History {
    /// The account before a waiting leave is decided on: the first `earlier` ones reserve.
    fn account(&self, earlier: usize) -> Account {
        let booked = self.booked.iter().map(|held| held.claim().leave);
        let mut account = Account::new(self.entitlements.clone(), booked);
        for held in &self.waiting[..earlier] {
            account.reserve(&held.claim());
        }
        account
    }

    fn carry_out(&mut self, step: &Step) {
        let around = |at: usize, count: usize| at.checked_rem(count);
        match step {
            Step::Grant(entitlement) => self.entitlements.push(*entitlement),
            Step::Correct(at, to) => {
                let Some(at) = around(*at, self.entitlements.len()) else {
                    return;
                };
                let mut corrected = self.entitlements.clone();
                corrected[at] = *to;
                let account = self.account(self.waiting.len());
                if account.check_entitlements(&corrected).is_ok() {
                    self.entitlements = corrected;
                }
            }
            Step::Ask(days) => self.ask(days, None),
            Step::AskToReplace(at, days) => {
                let at = around(*at, self.booked.len());
                self.ask(days, at.map(|at| self.booked[at].number));
            }
            Step::Decide(at) => {
                let Some(at) = around(*at, self.waiting.len()) else {
                    return;
                };
                let account = self.account(at);
                let held = self.waiting.remove(at);
                if account.check(&held.claim()).is_ok() {
                    self.booked.retain(|one| Some(one.number) != held.replaces);
                    self.booked.push(held);
                }
            }
            Step::Cancel(at) => {
                if let Some(at) = around(*at, self.booked.len()) {
                    self.booked.remove(at);
                }
            }
        }
    }

    fn ask(&mut self, days: &Days, replaces: Option<u32>) {
        self.asked += 1;
        self.waiting.push(Held {
            number: self.asked,
            days: days.clone(),
            replaces,
        });
    }

    fn is_covered(&self) -> bool {
        let days = self.booked.iter().flat_map(|held| widened(&held.days));
        let days: Vec<_> = days.collect();
        let total: u64 = days.iter().map(|(_, minutes)| minutes).sum();
        max_flow(&self.entitlements, &days) == total
    }
}

#[test]
fn nobody_ever_takes_what_they_do_not_have() {
    let cases = std::env::var("TIMEOFF_HISTORIES").map_or(HISTORIES, |text| text.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    });
    // How many leaves were booked in the end, and how many of them had replaced others: without any, this would prove
    // nothing.
    let (booked, replacing) = (Cell::new(0), Cell::new(0));
    let histories = (vec(any_entitlement(), 0..6), vec(any_step(), 1..40));
    let outcome = runner.run(&histories, |(entitlements, steps)| {
        let mut history = History {
            entitlements,
            ..History::default()
        };
        for step in &steps {
            history.carry_out(step);
            prop_assert!(history.is_covered(), "{history:?}");
        }
        let replaces = |held: &&Held| held.replaces.is_some();
        booked.set(booked.get() + history.booked.len());
        replacing.set(replacing.get() + history.booked.iter().filter(replaces).count());
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let (booked, replacing, cases) = (booked.get(), replacing.get(), cases as usize);
    let says = format!("{booked} leaves are booked, {replacing} replaced others");
    assert!(booked > cases && replacing > cases / 10, "{says}");
}
