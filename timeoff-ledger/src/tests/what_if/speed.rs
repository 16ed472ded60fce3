//! How long it takes to fold a large department, to decide in it, and to judge its past by another policy.

use std::time::Instant;

use timeoff_models::Departments;

use super::company::Past;
use crate::state::{Absences, PersonIndex};
use crate::{Event, Policy, State, WhatIf};

const POLICY: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[[cover]]
tag = 'on-call'
least_present = 1
then = 'block'
[[cover]]
largest_share_absent_percent = 50
then = 'block'
[[windows]]
notice_days = 3
then = 'warn'
";

/// The absences that the booked leave of a department has.
fn absences(state: &State) -> Absences {
    let mut absences = Absences::default();
    for (index, entry) in state.people.iter() {
        let add = |booked: &crate::state::Booked| absences.add(index, &booked.days);
        entry.holdings.leave.iter().for_each(add);
    }
    absences
}

#[test]
fn the_absences_are_those_of_the_booked_leave() {
    let past = Past::of(12, 2, POLICY, 7);
    assert!(!past.refused.is_empty(), "a department where nothing meets");
    let expected = absences(&past.state).sorted();
    assert!(expected.len() > 500);
    assert_eq!(past.state.absences.sorted(), expected);
    let on = |date: &str| {
        let date = date.parse().unwrap();
        past.state.absences.on(date, crate::Half::Morning)
    };
    assert_eq!(on("2019-01-01"), [PersonIndex(0); 0]);
}

#[test]
fn a_generated_past_is_the_same_under_its_own_policy() {
    let past = Past::of(12, 2, POLICY, 7);
    let comparison = what_if(past, POLICY);
    assert_eq!(comparison.differences, []);
    assert!(comparison.unchanged > 400, "{}", comparison.unchanged);
}

fn what_if(past: Past, policy: &str) -> crate::Comparison {
    let policy = Policy::read(policy, |_| true).unwrap();
    let department = past.state.department().clone();
    let mut what_if = WhatIf::of(department, policy, None, past.queued, past.refused);
    past.events.iter().for_each(|event| what_if.take(event));
    what_if.finish()
}

/// Two thousand people in eight departments, ten years:
/// `cargo test --release -p timeoff-ledger a_company -- --ignored --nocapture`
#[test]
#[ignore = "not a test: it prints how long each takes"]
fn a_company_of_two_thousand_over_ten_years() {
    let mut all = std::time::Duration::ZERO;
    let mut leaves = 0;
    for (department, people) in (1..).zip([600, 300, 250, 200, 200, 150, 150, 150]) {
        let mut past = Past::of(people, 10, POLICY, department);
        leaves += past.queued.len();
        println!(
            "{people} people, {} applications, {} refused",
            past.queued.len(),
            past.refused.len()
        );
        past.decisions.sort_unstable();
        let at = |percent: usize| past.decisions[past.decisions.len() * percent / 100];
        println!("  a decision: median {:?}, p99 {:?}", at(50), at(99));
        let departments = Departments::default();
        let records: Vec<_> = past.events.iter().map(Event::to_record).collect();
        let start = Instant::now();
        let mut folded = State::of(past.state.department().clone());
        for record in records {
            folded.evolve(&Event::from_record(record, &departments).unwrap());
        }
        println!("  folded from its records in {:?}", start.elapsed());
        drop(folded);
        let stricter = POLICY.replace("percent = 50", "percent = 20");
        let start = Instant::now();
        let comparison = what_if(past, &stricter);
        let took = start.elapsed();
        all += took;
        println!(
            "  what-if: {took:?}, {} decided differently",
            comparison.decided_differently
        );
    }
    println!("what-if of {leaves} applications: {all:?}");
}
