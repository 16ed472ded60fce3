//! The records as they are on the log: schema texts and the Rust types generated from them.
//!
//! `schemas/*.avsc` is the only hand-written definition; the types of the records are generated from it. They hold
//! whatever a producer wrote, so they stay at the edge: turn them into a
//! [`LeaveApplication`](crate::LeaveApplication), a [`LeaveResult`](crate::LeaveResult) or another domain type before
//! looking at a value. Their `Debug` prints personal data: not for logs.
//!
//! Applications and results have a topic each. Those of commands and of the ledger have records of several types, which
//! [`CommandRecord`] and [`LedgerRecord`] list.

mod commands;
mod events;
mod records;
#[rustfmt::skip] // byte for byte what the generator wrote, so that the drift test can compare
mod types;

use std::borrow::Cow;

pub use commands::CommandRecord;
pub use events::LedgerRecord;
pub use types::*;

impl<'a> LeaveApplicationReceived<'a> {
    /// An application as version 1 has it: nothing is said of what came later.
    pub fn version_1(
        emp_email: impl Into<Cow<'a, str>>,
        emp_department: impl Into<Cow<'a, str>>,
        leave_duration_in_hours: i32,
        leave_start_date_ticks: i64,
    ) -> LeaveApplicationReceived<'a> {
        LeaveApplicationReceived {
            emp_email: emp_email.into(),
            emp_department: emp_department.into(),
            leave_duration_in_hours,
            leave_start_date_ticks,
            leave_type: None,
            leave_end_date_ticks: None,
            first_day: None,
            last_day: None,
            leave_minutes: None,
            note: None,
            substitute: None,
            submitted_by: None,
            replaces: None,
        }
    }
}

/// Avro schema of every record key: the application's id, or the person's, as a plain string.
pub const KEY_SCHEMA: &str = r#""string""#;

/// Avro schema (JSON) of the values on the applications topic.
pub const LEAVE_APPLICATION_RECEIVED_SCHEMA: &str =
    include_str!("../../../schemas/LeaveApplicationReceived.avsc");

/// Avro schema (JSON) of the values on the results topic.
pub const LEAVE_APPLICATION_PROCESSED_SCHEMA: &str =
    include_str!("../../../schemas/LeaveApplicationProcessed.avsc");
