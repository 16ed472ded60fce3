//! Looking at leave without deciding on it.

use super::office::{Office, application, noon};
use crate::{PolicyText, Request};

#[test]
fn where_only_some_people_are_known_leave_is_looked_at_without_cover() {
    let mut office = Office::staffed();
    let text = r#"
        default_type = "sick"
        [types.sick]
        label = "Sick leave"
        needs_entitlement = false
        [[cover]]
        least_present = 100
        then = "block"
    "#;
    let policy = PolicyText(text.into());
    office.done(
        "ada",
        Request::SetPolicy {
            policy,
            expected_version: None,
        },
    );
    let against = |office: &Office| {
        let look = office.state.look_at(&application("ken"), noon(1)).unwrap();
        look.unwrap().against
    };
    assert!(against(&office).is_some_and(|refusal| refusal.reason().contains("would be present")));
    office.state.leave_out_cover();
    assert_eq!(against(&office), None);
}
