//! Employees submit leave applications: one by one in a form or by options, or many from a CSV file.
//!
//! An application is called queued only when the log has it on disk. Nothing invalid gets that far: the form asks again,
//! the options and the file are refused with the reason.

mod commands;
mod form;
mod import;
mod rows;
mod submit;

pub use commands::{Arguments, run};
