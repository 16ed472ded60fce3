//! Commands about what people can take: entitlements, the policy and booked leave.

use timeoff_models::generated::{
    AdmitEntitlement, AdmitLeave, AskToCancel, CommandRecord, DecideCancellation, GrantEntitlement,
    RecalculateLeave, SetPolicy,
};

use crate::{DAY, DAY_BYTES, check};

/// The first two fields of every command here.
const ASKED: &[u8] = b"\x04c1\x1eada@example.com";

#[test]
fn an_entitlement_is_granted() {
    let command = GrantEntitlement {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        entitlement_id: "e1".into(),
        person_id: "p1".into(),
        leave_type: "annual".into(),
        minutes: 14400,
        from_date_ticks: DAY,
        until_date_ticks: DAY,
    };
    check(
        GrantEntitlement::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04e1\x04p1\x0cannual\x80\xe1\x01",
            DAY_BYTES,
            DAY_BYTES,
        ],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn a_policy_is_set() {
    let command = SetPolicy {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        policy: "types".into(),
        expected_version: Some(3),
    };
    check(
        SetPolicy::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0atypes\x02\x06"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("policy", "c1"));
}

#[test]
fn a_cancellation_is_asked_for() {
    let command = AskToCancel {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
    };
    check(
        AskToCancel::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0aada-1"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
}

#[test]
fn a_cancellation_is_decided() {
    let command = DecideCancellation {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
        outcome: "decline".into(),
    };
    check(
        DecideCancellation::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0aada-1\x0edecline"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
}

#[test]
fn booked_leave_is_counted_anew() {
    let command = RecalculateLeave {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
    };
    check(
        RecalculateLeave::SCHEMA,
        &command,
        &[ASKED, DAY_BYTES, b"\x0aada-1"],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
}

#[test]
fn an_entitlement_is_admitted() {
    let command = AdmitEntitlement {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        entitlement_id: "e1".into(),
        person_id: "p1".into(),
        leave_type: "annual".into(),
        minutes: 14400,
        from_date_ticks: DAY,
        until_date_ticks: DAY,
        from_department: "HR".into(),
    };
    check(
        AdmitEntitlement::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x04e1\x04p1\x0cannual\x80\xe1\x01",
            DAY_BYTES,
            DAY_BYTES,
            b"\x04HR",
        ],
    );
    let any = CommandRecord::from(command);
    assert_eq!((any.key(), any.command_id()), ("p1", "c1"));
}

#[test]
fn booked_leave_is_admitted() {
    let command = AdmitLeave {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        leave_type: Some("annual".into()),
        days: "2024-01-01 480".into(),
        from_department: "HR".into(),
    };
    check(
        AdmitLeave::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x0aada-1\x04p1\x02\x0cannual\x1c2024-01-01 480\x04HR",
        ],
    );
    let any = CommandRecord::from(command.clone());
    assert_eq!((any.key(), any.command_id()), ("ada-1", "c1"));
    let command = AdmitLeave {
        leave_type: None,
        ..command
    };
    check(
        AdmitLeave::SCHEMA,
        &command,
        &[
            ASKED,
            DAY_BYTES,
            b"\x0aada-1\x04p1\x00\x1c2024-01-01 480\x04HR",
        ],
    );
}
