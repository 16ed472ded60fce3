//! What a policy grants for a year is granted once, and corrected after a later policy or another employment.

use super::office::{Office, decide, id, leave, person};
use crate::{GrantByPolicy, PersonId, PolicyText, Request, Role};
use timeoff_models::Outcome;

const TYPES: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
";
const KEN: u32 = 4;

fn set_policy(rules: &str) -> Request {
    Request::SetPolicy {
        policy: PolicyText(format!("{TYPES}{rules}").into()),
        expected_version: None,
    }
}

fn a_year(minutes: u32, carried_over: u32) -> Request {
    set_policy(&format!(
        "[[entitlements]]\ntype = 'annual'\nminutes_a_year = {minutes}\ncarry_over_minutes = {carried_over}\n\
         carry_over_until = '03-31'\n"
    ))
}

fn grants(office: &Office) -> Vec<GrantByPolicy> {
    office.state.grants_by_policy(id(KEN), 2027)
}

/// Grants what is not held yet, one after the other, and says what it was: before and after, in minutes.
fn grant(office: &mut Office) -> Vec<(Option<u32>, u32)> {
    let grants = grants(office);
    let new: Vec<_> = grants.iter().filter(|grant| !grant.is_held()).collect();
    for grant in &new {
        let entitlement = Box::new(grant.entitlement.clone());
        office.done("ada", Request::GrantEntitlement { entitlement });
    }
    new.iter()
        .map(|grant| {
            let before = grant.held.as_ref().map(|held| held.minutes);
            (before, grant.entitlement.minutes)
        })
        .collect()
}

fn office_with(policy: Request) -> Office {
    let mut office = Office::staffed();
    office.done("ada", policy);
    office
}

#[test]
fn what_is_granted_again_changes_nothing() {
    let mut office = office_with(a_year(14400, 2400));
    assert_eq!(grant(&mut office), [(None, 12000), (None, 2400)]);
    assert_eq!(grant(&mut office), []);
    let held = office.state.entitlements_of(id(KEN));
    assert_eq!(held.len(), 2);
    assert!(grants(&office).iter().all(GrantByPolicy::is_held));
}

#[test]
fn every_person_year_and_part_has_an_id_which_never_changes() {
    let office = office_with(a_year(14400, 2400));
    let of = |person: u32, year| -> Vec<String> {
        let grants = office.state.grants_by_policy(id(person), year);
        let ids = grants.iter().map(|grant| grant.entitlement.id.to_string());
        ids.collect()
    };
    let mut ids: Vec<_> = [of(KEN, 2027), of(KEN, 2028), of(5, 2027)].concat();
    // On somebody's ledger they stand for ever.
    assert_eq!(ids[0], "3162502d-93ec-530c-85d3-fbe54469c8ce");
    assert_eq!(ids[1], "b5517249-aee3-5591-94fe-0ef1be61e23f");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn a_later_policy_corrects_and_gives_before_it_takes() {
    let mut office = office_with(set_policy(
        "[[entitlements]]\ntype = 'annual'\nminutes_a_year = 480\n",
    ));
    assert_eq!(grant(&mut office), [(None, 480)]);
    office.done("grace", decide("ken", Outcome::Approved));
    // All of it is booked. A half can be carried over now, and must be there before the other half goes.
    office.done("ada", a_year(480, 240));
    assert_eq!(grant(&mut office), [(None, 240), (Some(480), 240)]);
    assert_eq!(grant(&mut office), []);
}

#[test]
fn who_leaves_keeps_the_share_of_the_year_until_then() {
    let mut office = office_with(a_year(3650, 1000));
    assert_eq!(grant(&mut office), [(None, 2650), (None, 1000)]);
    office.done("ada", leave(KEN, super::office::day(31)));
    // 310 of 3650 minutes, and all of them could be carried over.
    assert_eq!(grant(&mut office), [(Some(1000), 310), (Some(2650), 0)]);
    assert_eq!(office.state.grants_by_policy(id(KEN), 2028), []);
}

#[test]
fn who_is_not_here_is_granted_nothing_and_so_is_nobody_without_a_policy() {
    let none: [GrantByPolicy; 0] = [];
    let office = Office::staffed();
    assert_eq!(grants(&office), none);
    let office = office_with(a_year(480, 240));
    let stranger: PersonId = person(99, "eve", Role::Employee).id;
    assert_eq!(office.state.grants_by_policy(stranger, 2027), none);
    assert_eq!(office.state.entitlements_of(stranger), []);
}
