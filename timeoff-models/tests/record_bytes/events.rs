//! An event of each type, with its optional fields and without.

use timeoff_models::generated::{
    ApprovalDelegated, CommandRefused, LeaveBooked, LeaveDeclined, LeaveWithdrawn, LedgerRecord,
    PersonChanged, PersonEntered, PersonLeft, PersonMoved,
};

use crate::{DAY, DAY_BYTES, check};

/// The first two fields of every event here that says them.
const CAUSED: &[u8] = b"\x02\x04c1\x02\x04p9";

#[test]
fn a_person_has_been_entered() {
    let event = PersonEntered {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
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
        moved_from: Some("HR".into()),
        last_date_ticks: Some(DAY),
        earlier_terms: Some("until 2023-12-31".into()),
    };
    check(
        PersonEntered::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver",
            b"\x02\x0aDE-BY\x02.480 480 480 480 240 0 0\x02",
            DAY_BYTES,
            b"\x02",
            DAY_BYTES,
            b" first-aid driver\x02\x04HR\x02",
            DAY_BYTES,
            b"\x02 until 2023-12-31",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = PersonEntered {
        command_id: None,
        by: None,
        region: None,
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        moved_from: None,
        last_date_ticks: None,
        earlier_terms: None,
        ..event
    };
    check(
        PersonEntered::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x04IT\x10approver\x00\x00",
            b"\x00\x00 first-aid driver\x00\x00\x00",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn a_person_has_changed() {
    let event = PersonChanged {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
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
        PersonChanged::SCHEMA,
        &event,
        &[
            CAUSED,
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
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = PersonChanged {
        command_id: None,
        by: None,
        region: None,
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        earlier_terms: None,
        ..event
    };
    check(
        PersonChanged::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x04p1\x1ebob@example.com\x06Bob\x10approver\x00\x00\x00\x00",
            b" first-aid driver\x00",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn a_person_has_moved() {
    let event = PersonMoved {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        person_id: "p1".into(),
        to_department: "SALES".into(),
    };
    check(
        PersonMoved::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x04p1\x0aSALES"],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = PersonMoved {
        command_id: None,
        by: None,
        ..event
    };
    check(
        PersonMoved::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x04p1\x0aSALES"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn a_person_has_left() {
    let event = PersonLeft {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        person_id: "p1".into(),
        last_date_ticks: DAY,
    };
    check(
        PersonLeft::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x04p1", DAY_BYTES],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = PersonLeft {
        command_id: None,
        by: None,
        ..event
    };
    check(
        PersonLeft::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x04p1", DAY_BYTES],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn approval_has_been_delegated() {
    let event = ApprovalDelegated {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        from_person_id: "p1".into(),
        to_person_id: "p2".into(),
        from_date_ticks: DAY,
        until_date_ticks: DAY,
    };
    check(
        ApprovalDelegated::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x04p1\x04p2", DAY_BYTES, DAY_BYTES],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = ApprovalDelegated {
        command_id: None,
        by: None,
        ..event
    };
    check(
        ApprovalDelegated::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x04p1\x04p2",
            DAY_BYTES,
            DAY_BYTES,
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn leave_has_been_booked() {
    let event = LeaveBooked {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: Some("p1".into()),
        on_behalf_of: Some("p3".into()),
        policy: Some("short leave".into()),
        known_offset: Some(41),
        leave_type: Some("annual".into()),
        first_date_ticks: Some(DAY),
        last_date_ticks: Some(DAY),
        minutes: Some(480),
        days: Some("2024-01-01 480".into()),
        available_minutes: Some(240),
        policy_version: Some(3),
        calendar: Some("0.99".into()),
        warnings: Some("Late.".into()),
        replaces: Some("ada-0".into()),
    };
    check(
        LeaveBooked::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x02\x04p1\x02\x04p3\x02\x16short leave\x02R",
            b"\x02\x0cannual\x02",
            DAY_BYTES,
            b"\x02",
            DAY_BYTES,
            b"\x02\xc0\x07\x02\x1c2024-01-01 480\x02\xe0\x03\x02\x06",
            b"\x02\x080.99\x02\x0aLate.\x02\x0aada-0",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveBooked {
        command_id: None,
        by: None,
        person_id: None,
        on_behalf_of: None,
        policy: None,
        known_offset: None,
        leave_type: None,
        first_date_ticks: None,
        last_date_ticks: None,
        minutes: None,
        days: None,
        available_minutes: None,
        policy_version: None,
        calendar: None,
        warnings: None,
        replaces: None,
        ..event
    };
    check(
        LeaveBooked::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1", &[0; 14]],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn leave_has_been_declined() {
    let event = LeaveDeclined {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: Some("p1".into()),
        on_behalf_of: Some("p3".into()),
        policy: Some("short leave".into()),
        known_offset: Some(41),
        leave_type: Some("annual".into()),
        minutes: Some(480),
        available_minutes: Some(240),
        policy_version: Some(3),
        calendar: Some("0.99".into()),
        reason: Some("Full.".into()),
    };
    check(
        LeaveDeclined::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x02\x04p1\x02\x04p3\x02\x16short leave\x02R",
            b"\x02\x0cannual\x02\xc0\x07\x02\xe0\x03\x02\x06",
            b"\x02\x080.99\x02\x0aFull.",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveDeclined {
        command_id: None,
        by: None,
        person_id: None,
        on_behalf_of: None,
        policy: None,
        known_offset: None,
        leave_type: None,
        minutes: None,
        available_minutes: None,
        policy_version: None,
        calendar: None,
        reason: None,
        ..event
    };
    check(
        LeaveDeclined::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1", &[0; 10]],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn leave_has_been_withdrawn() {
    let event = LeaveWithdrawn {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: Some("p1".into()),
        known_offset: Some(41),
    };
    check(
        LeaveWithdrawn::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x0aada-1\x02\x04p1\x02R"],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveWithdrawn {
        command_id: None,
        by: None,
        person_id: None,
        known_offset: None,
        ..event
    };
    check(
        LeaveWithdrawn::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1\x00\x00"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn a_command_has_been_refused() {
    let event = CommandRefused {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: Some("ada-1".into()),
        person_id: Some("p1".into()),
        reason: "No.".into(),
        known_offset: Some(41),
        policy_version: Some(3),
        calendar: Some("0.99".into()),
    };
    check(
        CommandRefused::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x02\x0aada-1\x02\x04p1\x06No.\x02R",
            b"\x02\x06\x02\x080.99",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = CommandRefused {
        command_id: None,
        by: None,
        application_id: None,
        person_id: None,
        known_offset: None,
        policy_version: None,
        calendar: None,
        ..event
    };
    check(
        CommandRefused::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x00\x00\x06No.\x00\x00\x00"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (None, None));
}
