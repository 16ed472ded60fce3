//! A department gets its first admin, and does not lose its last.

use super::office::{
    Office, admit, change, day, department, enter, first_admin, leave, move_to, person,
};
use crate::{Fact, Role};

#[test]
fn a_first_admin_is_named_where_nobody_has_been_entered() {
    let mut office = Office::empty();
    assert!(office.state.is_without_people());
    let done = office.done("ada", first_admin(1, "ada"));
    assert_eq!(
        done.event.fact,
        Fact::PersonEntered {
            person: Box::new(person(1, "ada", Role::Admin)),
            department: department("IT"),
            moved_from: None,
            left: None,
        }
    );
    assert!(!office.state.is_without_people());
}

#[test]
fn a_first_admin_who_is_named_again_is_repeated_under_the_first_id() {
    let mut office = Office::staffed();
    let before = office.state.clone();
    let done = office.done("ada", first_admin(77, "ada"));
    let expected = Fact::PersonChanged {
        person: Box::new(person(1, "ada", Role::Admin)),
    };
    assert_eq!(done.event.fact, expected);
    assert_eq!(office.state.people, before.people);
}

#[test]
fn nobody_else_becomes_first_admin() {
    let mut office = Office::staffed();
    for name in ["eve", "grace"] {
        let (refusal, reason) = office.refusal_and_reason(1, name, first_admin(77, name));
        assert_eq!(
            refusal,
            "ada is an admin of IT already: ask them to enter you."
        );
        assert_eq!(reason, "IT has an admin already: ask them to enter you.");
    }
}

#[test]
fn people_who_moved_to_a_department_without_an_admin_do_not_keep_it_from_getting_one() {
    let mut office = Office::empty();
    office.done("ada", admit(person(4, "ken", Role::Employee), "HR"));
    assert!(!office.state.is_without_people());
    let done = office.done("ken", first_admin(77, "ken"));
    let expected = Fact::PersonChanged {
        person: Box::new(person(4, "ken", Role::Admin)),
    };
    assert_eq!(done.event.fact, expected);
}

#[test]
fn a_department_whose_admins_have_all_left_gets_a_first_admin_again() {
    let mut office = Office::empty();
    let mut ken = person(4, "ken", Role::Employee);
    ken.until = Some(day(10));
    office.done("ada", admit(ken, "HR"));
    office.done("ken", first_admin(77, "ken"));
    assert!(
        office
            .refusal_on(10, "grace", first_admin(2, "grace"))
            .starts_with("ken is an admin of IT already")
    );
    let done = office.done_on(11, "grace", first_admin(2, "grace"));
    let expected = Fact::PersonEntered {
        person: Box::new(person(2, "grace", Role::Admin)),
        department: department("IT"),
        moved_from: None,
        left: None,
    };
    assert_eq!(done.event.fact, expected);
}

#[test]
fn an_admin_who_has_yet_to_begin_is_one() {
    let mut office = Office::empty();
    let mut joan = person(5, "joan", Role::Admin);
    joan.from = Some(day(20));
    office.done("ada", admit(joan, "HR"));
    assert!(
        office
            .refusal("eve", first_admin(77, "eve"))
            .starts_with("joan is an admin of IT already")
    );
}

#[test]
fn a_first_admin_takes_nobodys_id_and_nobodys_address() {
    let mut office = Office::empty();
    office.done("ada", admit(person(4, "ken", Role::Employee), "HR"));
    let mut later = person(5, "joan", Role::Employee);
    later.from = Some(day(20));
    office.done("ada", admit(later, "HR"));
    assert_eq!(
        office.refusal("eve", first_admin(4, "eve")),
        "This person has been entered in IT already: change them instead."
    );
    assert!(
        office
            .refusal("eve", first_admin(77, "joan"))
            .starts_with("Another person in IT has this e-mail address")
    );
}

#[test]
fn the_last_admin_stays() {
    let mut office = Office::staffed();
    let mut late = person(1, "ada", Role::Admin);
    late.from = Some(day(2));
    let mut short = person(1, "ada", Role::Admin);
    short.until = Some(day(20));
    let losses = || {
        [
            change(person(1, "ada", Role::Approver)),
            change(late.clone()),
            change(short.clone()),
            move_to(1, "HR"),
            leave(1, day(30)),
        ]
    };
    for loss in losses() {
        assert_eq!(
            office.refusal("ada", loss),
            "This would leave IT without an admin: enter another admin first."
        );
    }
    office.done("ada", change(person(1, "lovelace", Role::Admin)));
    office.done("lovelace", change(person(1, "ada", Role::Admin)));

    // One who leaves first does not replace them.
    let mut temporary = person(8, "tom", Role::Admin);
    temporary.until = Some(day(15));
    office.done("ada", enter(temporary));
    for loss in losses() {
        assert!(office.refusal("ada", loss).starts_with("This would leave"));
    }
    office.done("ada", enter(person(9, "tim", Role::Admin)));
    office.done("tim", leave(1, day(30)));
    office.done("ada", move_to(1, "HR"));
    assert!(
        office
            .refusal("tim", leave(9, day(30)))
            .starts_with("This would leave")
    );
}
