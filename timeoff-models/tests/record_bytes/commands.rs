//! A command of each type, with its optional fields and without.

use timeoff_models::generated::{
    AdmitPerson, ChangePerson, CommandRecord, DecideApplication, DelegateApproval, EndEmployment,
    EnterPerson, MovePerson, NameFirstAdmin, WithdrawApplication,
};

use crate::{DAY, DAY_BYTES, check};

/// The first two fields of every command here.
const ASKED: &[u8] = b"\x04c1\x1eada@example.com";

#[test]
fn a_first_admin_is_named() {
    let command = NameFirstAdmin {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        email: "bob@example.com".into(),
        name: "Bob".into(),
        department: "IT".into(),
    };
    check(
        NameFirstAdmin::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x04p1\x1ebob@example.com\x06Bob\x04IT"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn a_person_is_entered() {
    let command = EnterPerson {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        email: "bob@example.com".into(),
        name: "Bob".into(),
        department: "IT".into(),
        role: "approver".into(),
        region: Some("DE-BY".into()),
        schedule: Some("480 480 480 480 240 0 0".into()),
        from_date_ticks: Some(DAY),
        until_date_ticks: Some(DAY),
        tags: "first-aid driver".into(),
        earlier_terms: Some("until 2023-12-31".into()),
    };
    check(
        EnterPerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver",
            b"\x02\x0aDE-BY\x02.480 480 480 480 240 0 0\x02",
            DAY_BYTES,
            b"\x02",
            DAY_BYTES,
            b" first-aid driver",
            b"\x02 until 2023-12-31",
        ],
    );
    let any = CommandRecord::from(command.clone());
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
    let command = EnterPerson {
        region: None,
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        earlier_terms: None,
        ..command
    };
    check(
        EnterPerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver\x00\x00",
            b"\x00\x00 first-aid driver\x00",
        ],
    );
}

#[test]
fn a_person_is_changed() {
    let command = ChangePerson {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        email: "bob@example.com".into(),
        name: "Bob".into(),
        role: "approver".into(),
        region: Some("DE-BY".into()),
        schedule: Some("480 480 480 480 240 0 0".into()),
        from_date_ticks: Some(DAY),
        until_date_ticks: Some(DAY),
        tags: "first-aid driver".into(),
        earlier_terms: Some("until 2023-12-31".into()),
    };
    check(
        ChangePerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x10approver\x02\x0aDE-BY",
            b"\x02.480 480 480 480 240 0 0\x02",
            DAY_BYTES,
            b"\x02",
            DAY_BYTES,
            b" first-aid driver",
            b"\x02 until 2023-12-31",
        ],
    );
    let any = CommandRecord::from(command.clone());
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
    let command = ChangePerson {
        region: None,
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        earlier_terms: None,
        ..command
    };
    check(
        ChangePerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x10approver\x00\x00\x00\x00",
            b" first-aid driver\x00",
        ],
    );
}

#[test]
fn a_person_is_moved() {
    let command = MovePerson {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        to_department: "SALES".into(),
    };
    check(
        MovePerson::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x04p1\x0aSALES"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn a_person_is_admitted() {
    let command = AdmitPerson {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        email: "bob@example.com".into(),
        name: "Bob".into(),
        department: "IT".into(),
        role: "approver".into(),
        region: Some("DE-BY".into()),
        schedule: Some("480 480 480 480 240 0 0".into()),
        from_date_ticks: Some(DAY),
        until_date_ticks: Some(DAY),
        tags: "first-aid driver".into(),
        from_department: "HR".into(),
        last_date_ticks: Some(DAY),
        earlier_terms: Some("until 2023-12-31".into()),
    };
    check(
        AdmitPerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver",
            b"\x02\x0aDE-BY\x02.480 480 480 480 240 0 0\x02",
            DAY_BYTES,
            b"\x02",
            DAY_BYTES,
            b" first-aid driver\x04HR\x02",
            DAY_BYTES,
            b"\x02 until 2023-12-31",
        ],
    );
    let any = CommandRecord::from(command.clone());
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
    let command = AdmitPerson {
        region: None,
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        last_date_ticks: None,
        earlier_terms: None,
        ..command
    };
    check(
        AdmitPerson::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver\x00\x00",
            b"\x00\x00 first-aid driver\x04HR\x00\x00",
        ],
    );
}

#[test]
fn an_employment_is_ended() {
    let command = EndEmployment {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        person_id: "p1".into(),
        last_date_ticks: DAY,
    };
    check(
        EndEmployment::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x04p1", DAY_BYTES],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn approval_is_delegated() {
    let command = DelegateApproval {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        from_person_id: "p1".into(),
        to_person_id: "p2".into(),
        from_date_ticks: DAY,
        until_date_ticks: DAY,
    };
    check(
        DelegateApproval::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x04p1\x04p2", DAY_BYTES, DAY_BYTES],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn an_application_is_decided() {
    let command = DecideApplication {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
        outcome: "approve".into(),
        comment: Some("Enjoy".into()),
        expected_version: Some(2),
        accept_warnings: Some(true),
    };
    check(
        DecideApplication::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x0aada-1\x0eapprove\x02\x0aEnjoy\x02\x04\x02\x01",
        ],
    );
    let any = CommandRecord::from(command.clone());
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
    let command = DecideApplication {
        comment: None,
        expected_version: None,
        accept_warnings: None,
        ..command
    };
    check(
        DecideApplication::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0aada-1\x0eapprove\x00\x00\x00"],
    );
}

#[test]
fn an_application_is_withdrawn() {
    let command = WithdrawApplication {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
    };
    check(
        WithdrawApplication::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0aada-1"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
}
