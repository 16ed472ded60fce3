//! Commands that cannot be understood.

use timeoff_models::{ApplicationId, Outcome};

use super::office::{Office, day, id, leave};
use crate::{Answer, Fact, Request};

#[test]
fn an_application_with_a_very_long_id_is_not_named() {
    let mut office = Office::staffed();
    for (length, is_named) in [(1024, true), (1025, false), (600_000, false)] {
        let id = ApplicationId::from_key("a".repeat(length));
        for request in [
            Request::WithdrawApplication {
                application: id.clone(),
            },
            Request::DecideApplication {
                application: id.clone(),
                outcome: Outcome::Approved,
                comment: None,
                expected_version: None,
                accept_warnings: false,
            },
        ] {
            let command = office.command("grace", 1, request);
            let answer = match office.state.carry_out(&command, None) {
                Answer::NeedsApplication => office.state.refuse_unknown_application(&command),
                answer => answer,
            };
            let Answer::Refused { event, .. } = answer else {
                panic!("not refused");
            };
            let Fact::CommandRefused { application, .. } = event.fact else {
                panic!("another event");
            };
            assert_eq!(application, is_named.then(|| id.clone()));
        }
    }
}

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
