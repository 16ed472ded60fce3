//! An application of version 2.

use timeoff_models::generated::{LEAVE_APPLICATION_RECEIVED_SCHEMA, LeaveApplicationReceived};

use crate::{DAY, DAY_BYTES, check};

/// The fields of version 1.
const VERSION_1: &[u8] = b"\x1eada@example.com\x04IT\x10";

#[test]
fn an_application_may_say_more_than_version_1_does() {
    let application = LeaveApplicationReceived {
        leave_type: Some("annual".into()),
        leave_end_date_ticks: Some(DAY),
        first_day: Some("afternoon".into()),
        last_day: Some("morning".into()),
        leave_minutes: Some(240),
        note: Some("Sea".into()),
        substitute: Some("bob@example.com".into()),
        submitted_by: Some("eve@example.com".into()),
        replaces: Some("ada-1".into()),
        ..LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, DAY)
    };
    check(
        LEAVE_APPLICATION_RECEIVED_SCHEMA,
        &application,
        &[
            VERSION_1,
            DAY_BYTES,
            b"\x02\x0cannual\x02",
            DAY_BYTES,
            b"\x02\x12afternoon\x02\x0emorning\x02\xe0\x03\x02\x06Sea",
            b"\x02\x1ebob@example.com\x02\x1eeve@example.com\x02\x0aada-1",
        ],
    );
}

#[test]
fn an_application_that_says_no_more_is_version_1_and_nine_nulls() {
    check(
        LEAVE_APPLICATION_RECEIVED_SCHEMA,
        &LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, DAY),
        &[VERSION_1, DAY_BYTES, &[0; 9]],
    );
}
