//! What is shown of people.

use super::office::{Office, day, department, id, leave, move_to, noon};
use crate::{Request, StandsIn};

#[test]
fn whoever_has_been_entered_is_shown_as_they_are_now() {
    let mut office = Office::staffed();
    office.done("ada", leave(3, day(9)));
    office.done("ada", move_to(4, "HR"));
    let entered: Vec<_> = office.state.entered().collect();
    let names: Vec<&str> = entered
        .iter()
        .map(|one| one.person().name.as_str())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(entered.iter().all(|one| *one.home() == department("IT")));
    let [_, grace, linus, ken, _] = entered[..] else {
        panic!("{names:?}");
    };
    assert_eq!((grace.last_date(), linus.last_date()), (None, Some(day(9))));
    assert!(linus.is_here(), "who has left is still shown");
    assert_eq!(
        [9, 10].map(|date| linus.has_not_left(noon(date))),
        [true, false]
    );
    assert!(!ken.is_here());
    assert!(!ken.has_not_left(noon(1)));
    let found = office.state.entered_as(id(3)).unwrap();
    assert_eq!(found.person().id, id(3));
    assert!(office.state.entered_as(id(9)).is_none());
}

#[test]
fn whoever_stands_in_is_shown_with_the_days() {
    let mut office = Office::staffed();
    let request = Request::DelegateApproval {
        from: id(2),
        to: id(4),
        from_date: day(5),
        until_date: day(8),
    };
    office.done("grace", request);
    let stands_in = |number| -> Vec<StandsIn> {
        let entered = office.state.entered_as(id(number)).unwrap();
        entered.stands_in().collect()
    };
    assert_eq!(stands_in(2), []);
    assert_eq!(
        stands_in(4),
        [StandsIn {
            for_person: id(2),
            from_date: day(5),
            until_date: day(8),
        }]
    );
}
