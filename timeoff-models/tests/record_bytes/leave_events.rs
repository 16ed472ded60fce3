//! Events about what people can take: entitlements, the policy and booked leave.

use timeoff_models::generated::{
    CancellationAsked, CancellationDeclined, EntitlementGranted, LeaveAdmitted, LeaveRecalculated,
    LeaveReleased, LedgerRecord, PolicySet, StageApproved,
};

use crate::{DAY, DAY_BYTES, check};

/// The first two fields of every event here that says them.
const CAUSED: &[u8] = b"\x02\x04c1\x02\x04p9";

#[test]
fn an_entitlement_has_been_granted() {
    let event = EntitlementGranted {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        entitlement_id: "e1".into(),
        person_id: "p1".into(),
        leave_type: "annual".into(),
        minutes: 14400,
        from_date_ticks: DAY,
        until_date_ticks: DAY,
        moved_from: Some("HR".into()),
    };
    check(
        EntitlementGranted::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x04e1\x04p1\x0cannual\x80\xe1\x01",
            DAY_BYTES,
            DAY_BYTES,
            b"\x02\x04HR",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("p1"), Some("c1")));
    let event = EntitlementGranted {
        command_id: None,
        by: None,
        moved_from: None,
        ..event
    };
    check(
        EntitlementGranted::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x04e1\x04p1\x0cannual\x80\xe1\x01",
            DAY_BYTES,
            DAY_BYTES,
            b"\x00",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("p1"), None));
}

#[test]
fn a_policy_has_been_set() {
    let event = PolicySet {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        version: 3,
        policy: "types".into(),
    };
    check(
        PolicySet::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x06\x0atypes"],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("policy"), Some("c1")));
    let event = PolicySet {
        command_id: None,
        by: None,
        ..event
    };
    check(
        PolicySet::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x06\x0atypes"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("policy"), None));
}

#[test]
fn a_stage_has_been_approved() {
    let event = StageApproved {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: Some("p1".into()),
        on_behalf_of: Some("p3".into()),
        stage: 1,
        stages: 2,
        policy_version: Some(3),
        known_offset: Some(41),
    };
    check(
        StageApproved::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x02\x04p1\x02\x04p3\x02\x04\x02\x06\x02R",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = StageApproved {
        command_id: None,
        by: None,
        person_id: None,
        on_behalf_of: None,
        policy_version: None,
        known_offset: None,
        ..event
    };
    check(
        StageApproved::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1\x00\x00\x02\x04\x00\x00"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn a_cancellation_has_been_asked_for() {
    let event = CancellationAsked {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        known_offset: Some(41),
    };
    check(
        CancellationAsked::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x0aada-1\x04p1\x02R"],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = CancellationAsked {
        command_id: None,
        by: None,
        known_offset: None,
        ..event
    };
    check(
        CancellationAsked::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1\x04p1\x00"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn leave_has_been_released() {
    let event = LeaveReleased {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        on_behalf_of: Some("p3".into()),
        from_date_ticks: Some(DAY),
        minutes: 480,
        known_offset: Some(41),
    };
    check(
        LeaveReleased::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x04p1\x02\x04p3\x02",
            DAY_BYTES,
            b"\xc0\x07\x02R",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveReleased {
        command_id: None,
        by: None,
        on_behalf_of: None,
        from_date_ticks: None,
        known_offset: None,
        ..event
    };
    check(
        LeaveReleased::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x0aada-1\x04p1\x00\x00\xc0\x07\x00",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn a_cancellation_has_been_declined() {
    let event = CancellationDeclined {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        on_behalf_of: Some("p3".into()),
        known_offset: Some(41),
    };
    check(
        CancellationDeclined::SCHEMA,
        &event,
        &[CAUSED, DAY_BYTES, b"\x0aada-1\x04p1\x02\x04p3\x02R"],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = CancellationDeclined {
        command_id: None,
        by: None,
        on_behalf_of: None,
        known_offset: None,
        ..event
    };
    check(
        CancellationDeclined::SCHEMA,
        &event,
        &[b"\x00\x00", DAY_BYTES, b"\x0aada-1\x04p1\x00\x00"],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn leave_has_been_counted_anew() {
    let event = LeaveRecalculated {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        minutes: 480,
        days: "2024-01-01 480".into(),
        policy_version: Some(3),
        calendar: Some("0.99".into()),
        known_offset: Some(41),
    };
    check(
        LeaveRecalculated::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x04p1\xc0\x07\x1c2024-01-01 480\x02\x06\x02\x080.99\x02R",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveRecalculated {
        command_id: None,
        by: None,
        policy_version: None,
        calendar: None,
        known_offset: None,
        ..event
    };
    check(
        LeaveRecalculated::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x0aada-1\x04p1\xc0\x07\x1c2024-01-01 480\x00\x00\x00",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}

#[test]
fn leave_has_been_admitted() {
    let event = LeaveAdmitted {
        command_id: Some("c1".into()),
        by: Some("p9".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: "p1".into(),
        leave_type: Some("annual".into()),
        days: "2024-01-01 480".into(),
        moved_from: "HR".into(),
    };
    check(
        LeaveAdmitted::SCHEMA,
        &event,
        &[
            CAUSED,
            DAY_BYTES,
            b"\x0aada-1\x04p1\x02\x0cannual\x1c2024-01-01 480\x04HR",
        ],
    );
    let any = LedgerRecord::from(event.clone());
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), Some("c1")));
    let event = LeaveAdmitted {
        command_id: None,
        by: None,
        leave_type: None,
        ..event
    };
    check(
        LeaveAdmitted::SCHEMA,
        &event,
        &[
            b"\x00\x00",
            DAY_BYTES,
            b"\x0aada-1\x04p1\x00\x1c2024-01-01 480\x04HR",
        ],
    );
    let any = LedgerRecord::from(event);
    assert_eq!((any.key(), any.command_id()), (Some("ada-1"), None));
}
