//! Who stands in for whom, and what they may do.

use timeoff_models::Outcome;

use super::office::{Office, change, day, decide, enter, id, person};
use crate::{Fact, LeaveDecided, Request, Role};

/// Somebody stands in from the 5th to the 8th.
fn delegate(from: u32, to: u32) -> Request {
    Request::DelegateApproval {
        from: id(from),
        to: id(to),
        from_date: day(5),
        until_date: day(8),
    }
}

#[test]
fn a_delegate_decides_on_the_days_of_the_delegation_and_the_event_says_for_whom() {
    let mut office = Office::staffed();
    let done = office.done("grace", delegate(2, 4));
    assert_eq!(
        done.event.fact,
        Fact::ApprovalDelegated {
            from: id(2),
            to: id(4),
            from_date: day(5),
            until_date: day(8),
        }
    );
    for date in [4, 9] {
        assert!(
            office
                .refusal_on(date, "ken", decide("joan", Outcome::Approved))
                .starts_with("Only an approver or an admin of IT, or somebody who stands in")
        );
    }
    for (date, name) in [(5, "joan"), (8, "linus")] {
        let done = office.done_on(date, "ken", decide(name, Outcome::Approved));
        let Fact::LeaveBooked(LeaveDecided { on_behalf_of, .. }) = done.event.fact else {
            panic!("not booked");
        };
        assert_eq!(done.event.cause.by, Some(id(4)));
        assert_eq!(on_behalf_of, Some(id(2)));
        assert_eq!(done.result.unwrap().by, Some("ken".parse().unwrap()));
    }
}

#[test]
fn a_delegate_decides_neither_on_their_own_leave_nor_on_that_of_who_delegated() {
    let mut office = Office::staffed();
    office.done("grace", delegate(2, 4));
    assert_eq!(
        office.refusal_on(5, "ken", decide("ken", Outcome::Approved)),
        "Nobody decides on their own leave: ask another approver or an admin of IT."
    );
    assert_eq!(
        office.refusal_on(5, "ken", decide("grace", Outcome::Approved)),
        "You stand in for the one whose leave this is, so you cannot decide on it: ask another approver or an admin \
         of IT."
    );
    // In the place of another approver they may.
    office.done("linus", delegate(3, 4));
    let done = office.done_on(5, "ken", decide("grace", Outcome::Approved));
    let Fact::LeaveBooked(decided) = done.event.fact else {
        panic!("not booked");
    };
    assert_eq!(decided.on_behalf_of, Some(id(3)));
}

#[test]
fn an_approver_who_stands_in_decides_by_their_own_right() {
    let mut office = Office::staffed();
    office.done("grace", delegate(2, 3));
    let done = office.done_on(5, "linus", decide("grace", Outcome::Approved));
    let Fact::LeaveBooked(decided) = done.event.fact else {
        panic!("not booked");
    };
    assert_eq!(decided.on_behalf_of, None);
}

#[test]
fn a_delegation_ends_with_the_right_of_who_delegated() {
    let mut office = Office::staffed();
    office.done("grace", delegate(2, 4));
    office.done("ada", change(person(2, "grace", Role::Employee)));
    assert!(
        office
            .refusal_on(5, "ken", decide("joan", Outcome::Approved))
            .starts_with("Only an approver")
    );
    office.done("ada", change(person(2, "grace", Role::Approver)));
    office.done_on(5, "ken", decide("joan", Outcome::Approved));
}

#[test]
fn a_delegate_does_not_delegate() {
    let mut office = Office::staffed();
    office.done("grace", delegate(2, 4));
    assert_eq!(
        office.refusal_on(5, "ken", delegate(4, 5)),
        "Only for an active approver or admin of IT can somebody stand in, and this person is none."
    );
    assert_eq!(
        office.refusal_on(5, "ken", delegate(2, 5)),
        "Only the approver themself or an admin of IT can say who stands in for them."
    );
}

#[test]
fn an_admin_delegates_for_an_approver_and_for_themself() {
    let mut office = Office::staffed();
    office.done("ada", delegate(2, 4));
    office.done("ada", delegate(1, 5));
    office.done_on(5, "joan", decide("grace", Outcome::Approved));
}

#[test]
fn a_delegation_needs_two_people_and_a_period() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Employee);
    newcomer.from = Some(day(5));
    office.done("ada", enter(newcomer));
    assert_eq!(
        office.refusal("grace", delegate(2, 2)),
        "Nobody stands in for themself: name somebody else."
    );
    for to in [9, 77] {
        assert_eq!(
            office.refusal("grace", delegate(2, to)),
            "Whoever stands in must be active in IT: enter them there first."
        );
    }
    assert!(
        office
            .refusal("ada", delegate(77, 4))
            .starts_with("Only for an active approver")
    );
    let backwards = Request::DelegateApproval {
        from: id(2),
        to: id(4),
        from_date: day(8),
        until_date: day(5),
    };
    assert_eq!(
        office.refusal("grace", backwards),
        "The last day is before the first one: give a later last day."
    );
}
