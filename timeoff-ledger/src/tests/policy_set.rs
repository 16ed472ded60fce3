//! Setting a policy.

use super::office::Office;
use crate::{Fact, PolicyText, Request};

fn set(label: &str, expected_version: Option<u32>) -> Request {
    let text = format!(
        "default_type = \"annual\"\n[types.annual]\nlabel = \"{label}\"\nneeds_entitlement = true\n"
    );
    Request::SetPolicy {
        policy: PolicyText(text.into()),
        expected_version,
    }
}

#[test]
fn a_policy_that_somebody_has_set_meanwhile_is_not_overruled_unseen() {
    let mut office = Office::staffed();
    let version = |fact: &Fact<'_>| match fact {
        Fact::PolicySet { version, .. } => *version,
        other => panic!("{other:?}"),
    };
    // Both have seen that there is none.
    let first = office.done("ada", set("Holiday", Some(0)));
    assert_eq!(version(&first.event.fact), 1);
    let refusal = office.refusal("ada", set("Vacation", Some(0)));
    assert_eq!(
        refusal,
        "You expected no policy, and policy 1 is in force: look at it, and then set yours."
    );
    let second = office.done("ada", set("Vacation", Some(1)));
    assert_eq!(version(&second.event.fact), 2);
    // Whoever expects nothing sets it in any case.
    let third = office.done("ada", set("Leave", None));
    assert_eq!(version(&third.event.fact), 3);
}
