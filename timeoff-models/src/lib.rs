//! The wire contract of TimeOff and the domain types behind it. No I/O.
//!
//! Records travel as Avro, and programs that are not ours write and read them too. So a [`generated`] value holds
//! whatever somebody wrote. The other types are valid by construction: an [`Email`] is an address, a [`LeaveHours`] is in range.
//! The two meet here only:
//!
//! ```text
//! what a person typed ──FromStr──▶ LeaveApplication ──From──▶ LeaveApplicationReceived ──▶ the log
//! the log ──▶ LeaveApplicationReceived ──LeaveApplication::from_wire──▶ LeaveApplication
//!             LeaveApplicationReceived + Decision ──Decision::on──▶ LeaveApplicationProcessed
//! the log ──▶ LeaveApplicationProcessed ──LeaveResult::from_wire──▶ LeaveResult
//! ```
//!
//! E-mail addresses and comments are personal data: `Debug` of every type outside [`generated`] leaves them out.
//!
//! # Changing the wire
//!
//! `schemas/*.avsc` is the only hand-written definition. After a change to it, generate the Rust types anew:
//!
//! ```sh
//! cargo run --manifest-path schemas/generator/Cargo.toml
//! ```
//!
//! With `-- --check`, the generator fails if they differ; CI runs it that way. `tests/published/` holds every schema
//! that other programs may speak; the compatibility test checks the current ones against all of them. Publish a version
//! by adding its text there.

mod application_id;
mod counted;
mod date;
mod day_part;
mod decision;
mod department;
mod email;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod generated;
mod leave_application;
mod leave_hours;
mod leave_result;
mod leave_start;
mod leave_type;
mod ticks;
mod trim;
mod utc_time;

pub use application_id::ApplicationId;
pub use counted::counted;
pub use date::{Date, InvalidDate};
pub use day_part::{DayPart, InvalidDayPart};
pub use decision::{
    Comment, Decision, InvalidComment, InvalidManagerName, ManagerName, Outcome, Withdrawal,
};
pub use department::{
    DEFAULT_DEPARTMENTS, Department, Departments, InvalidDepartment, InvalidDepartments,
    UnknownDepartment,
};
pub use email::{Email, EmailRule, InvalidEmail};
pub use leave_application::{InvalidRecord, LeaveApplication, LeaveDetails};
pub use leave_hours::{InvalidLeaveHours, LeaveHours};
pub use leave_result::LeaveResult;
pub use leave_start::{InvalidLeaveStart, LeaveStart};
pub use leave_type::{InvalidLeaveType, LeaveType};
pub use ticks::{InvalidTicks, TickClock, Ticks};
pub use utc_time::UtcTime;
