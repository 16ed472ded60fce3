//! Who may enter and change people, and what becomes of it.

use super::office::{Office, change, day, email, enter, id, leave, move_to, noon, person};
use crate::Role;

#[test]
fn people_are_entered_and_changed_by_an_active_admin_only() {
    let mut office = Office::staffed();
    let newcomer = || person(9, "new", Role::Employee);
    for request in [
        enter(newcomer()),
        change(person(4, "ken", Role::Approver)),
        move_to(4, "HR"),
        leave(4, day(9)),
    ] {
        assert_eq!(
            office.refusal("grace", request.clone()),
            "Only an admin of IT can do this, and you are an approver: ask an admin."
        );
        assert_eq!(
            office.refusal("eve", request),
            "Nobody with your e-mail address is active in IT: ask an admin to enter you there."
        );
    }
    assert_eq!(
        Office::empty().refusal("ada", enter(newcomer())),
        "Nobody has been entered in IT yet: name its first admin first."
    );
    let done = office.done("ada", enter(newcomer()));
    assert_eq!(done.event.cause.by, Some(id(1)));
}

#[test]
fn nobody_is_entered_twice() {
    let mut office = Office::staffed();
    assert_eq!(
        office.refusal("ada", enter(person(4, "other", Role::Employee))),
        "This person has been entered in IT already: change them instead."
    );
    assert_eq!(
        office.refusal("ada", enter(person(9, "ken", Role::Employee))),
        "Another person in IT has this e-mail address: give another one, or say which day was their last first."
    );
}

#[test]
fn an_address_is_free_once_its_holder_has_left() {
    let mut office = Office::staffed();
    office.done("ada", leave(4, day(9)));
    let successor = || enter(person(9, "ken", Role::Approver));
    assert!(
        office
            .refusal_on(9, "ada", successor())
            .contains("e-mail address")
    );
    office.done_on(10, "ada", successor());
    let active = office.state.person_at(&email("ken"), noon(10)).unwrap();
    assert_eq!(active.id, id(9));
    // And their predecessor cannot come back under it.
    assert!(
        office
            .refusal_on(10, "ada", leave(4, day(30)))
            .contains("e-mail address")
    );
    let mut renamed = person(4, "ken", Role::Employee);
    renamed.name = "Kenneth".parse().unwrap();
    office.done_on(10, "ada", change(renamed));
    let active = office.state.person_at(&email("ken"), noon(10)).unwrap();
    assert_eq!(active.id, id(9));
}

#[test]
fn a_last_day_before_the_first_is_refused() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Employee);
    (newcomer.from, newcomer.until) = (Some(day(9)), Some(day(8)));
    let mut ken = newcomer.clone();
    (ken.id, ken.email) = (id(4), email("ken"));
    for request in [enter(newcomer), change(ken)] {
        assert_eq!(
            office.refusal("ada", request),
            "The last day is before the first one: give a later last day."
        );
    }
}

#[test]
fn a_person_is_changed_as_a_whole() {
    let mut office = Office::staffed();
    let mut ken = person(4, "kenneth", Role::Approver);
    ken.region = Some("DE-BY".parse().unwrap());
    office.done("ada", change(ken.clone()));
    assert_eq!(
        office.state.person_at(&email("kenneth"), noon(1)),
        Some(&ken)
    );
    assert_eq!(office.state.person_at(&email("ken"), noon(1)), None);
    assert_eq!(
        office.refusal("ada", change(person(9, "new", Role::Employee))),
        "No such person is in IT: enter them first, or ask in their department."
    );
    assert!(
        office
            .refusal("ada", change(person(4, "grace", Role::Employee)))
            .contains("e-mail address")
    );
}

#[test]
fn a_person_is_active_from_their_first_day_to_their_last() {
    let mut office = Office::staffed();
    let mut newcomer = person(9, "new", Role::Employee);
    (newcomer.from, newcomer.until) = (Some(day(5)), Some(day(20)));
    office.done("ada", enter(newcomer));
    let active =
        |office: &Office, date| office.state.person_at(&email("new"), noon(date)).is_some();
    let days: Vec<u32> = (1..=31).filter(|&date| active(&office, date)).collect();
    assert_eq!(days, (5..=20).collect::<Vec<_>>());
    office.done("ada", leave(9, day(10)));
    let days: Vec<u32> = (1..=31).filter(|&date| active(&office, date)).collect();
    assert_eq!(days, (5..=10).collect::<Vec<_>>());
}

#[test]
fn a_last_day_after_the_one_that_is_entered_is_refused() {
    let mut office = Office::staffed();
    let mut eve = person(9, "eve", Role::Employee);
    eve.until = Some(day(20));
    office.done("ada", enter(eve.clone()));
    assert_eq!(
        office.refusal("ada", leave(9, day(21))),
        "This person is entered with 2027-01-20 as their last day, which would hold all the same: change that first \
         (until), or give a day that is not after it."
    );
    office.done("ada", leave(9, day(10)));
    office.done("ada", leave(9, day(20)));
    eve.until = Some(day(25));
    office.done("ada", change(eve));
    office.done("ada", leave(9, day(25)));
    assert!(office.state.person_at(&email("eve"), noon(25)).is_some());
}

#[test]
fn a_change_does_not_bring_back_a_person_who_has_left() {
    let mut office = Office::staffed();
    office.done("ada", leave(2, day(1)));
    office.done_on(2, "ada", change(person(2, "grace", Role::Approver)));
    assert_eq!(office.state.person_at(&email("grace"), noon(2)), None);
    office.done_on(2, "ada", leave(2, day(20)));
    assert!(office.state.person_at(&email("grace"), noon(2)).is_some());
}
