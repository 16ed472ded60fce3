//! Commands that cannot be understood.

use super::office::{Office, day, id, leave};
use crate::Answer;

#[test]
fn a_command_of_an_unknown_type_or_with_an_impossible_value_is_answered() {
    let mut office = Office::staffed();
    let asked = office.command("ken", 1, leave(4, day(1))).asked;
    let Answer::Refused { event, refusal } = office.state.refuse_unknown_type(&asked, "GrantLeave")
    else {
        panic!("not refused");
    };
    assert_eq!(
        refusal.to_string(),
        "This version does not know commands of the type GrantLeave: have the manager's service of IT updated, and \
         ask again."
    );
    assert_eq!(event.cause.by, Some(id(4)));
    office.state.evolve(&event);
    assert_eq!(
        office.state.refuse_unknown_type(&asked, "GrantLeave"),
        Answer::Repeated
    );

    let asked = office.command("ken", 1, leave(4, day(1))).asked;
    let error = crate::InvalidField {
        field: "Role",
        rule: crate::InvalidRole.into(),
    };
    let Answer::Refused { refusal, .. } = office.state.refuse_unreadable(&asked, error) else {
        panic!("not refused");
    };
    assert_eq!(
        refusal.to_string(),
        "The command cannot be understood: Role: a role must be employee, approver or admin."
    );
}
