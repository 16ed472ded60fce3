//! The records as they are on the log: schema texts and the Rust types generated from them.
//!
//! `schemas/*.avsc` is the only hand-written definition; [`LeaveApplicationReceived`] and
//! [`LeaveApplicationProcessed`] are generated from it. They hold whatever a producer wrote, so they stay at
//! the edge: turn them into a [`LeaveApplication`](crate::LeaveApplication) or a
//! [`LeaveResult`](crate::LeaveResult) before looking at a value. Their `Debug` prints personal data: not for
//! logs.

#[rustfmt::skip] // byte for byte what the generator wrote, so that the drift test can compare
mod types;

pub use types::{LeaveApplicationProcessed, LeaveApplicationReceived};

impl LeaveApplicationReceived<'_> {
    /// The same record, able to outlive the bytes that it was read from.
    #[must_use]
    pub fn into_owned(self) -> LeaveApplicationReceived<'static> {
        LeaveApplicationReceived {
            emp_email: self.emp_email.into_owned().into(),
            emp_department: self.emp_department.into_owned().into(),
            leave_duration_in_hours: self.leave_duration_in_hours,
            leave_start_date_ticks: self.leave_start_date_ticks,
        }
    }
}

/// Avro schema of every record key: the application's id as a plain string.
pub const KEY_SCHEMA: &str = r#""string""#;

/// Avro schema (JSON) of the values on the applications topic.
pub const LEAVE_APPLICATION_RECEIVED_SCHEMA: &str =
    include_str!("../../../schemas/LeaveApplicationReceived.avsc");

/// Avro schema (JSON) of the values on the results topic.
pub const LEAVE_APPLICATION_PROCESSED_SCHEMA: &str =
    include_str!("../../../schemas/LeaveApplicationProcessed.avsc");
