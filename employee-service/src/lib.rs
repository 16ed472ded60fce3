//! Employees submit leave applications: one by one in a form or by options, or many from a CSV file.
//!
//! An application is called queued only when the log has it on disk. Nothing invalid gets that far: the form asks
//! again; options and files are refused with the reason.
//!
//! | file | what it does |
//! |---|---|
//! | `commands` | the command line |
//! | `form` | asks a person at a terminal |
//! | `submit` | options → application; queues one |
//! | `parts` | what can be said of a leave beside whose it is, where and when it begins |
//! | `ledger` | what the ledger of a department says of a leave before it is queued |
//! | `import` | checks a file, then has it queued |
//! | `source` | a file that is read twice |
//! | `dialect`, `records` | how a file is written; its records, split into fields |
//! | `columns`, `rows` | the columns that a file must have; its rows as applications |
//! | `check` | checks all rows and reports the bad ones |
//! | `remarks` | what is worth a second look in a file, though it can be queued |
//! | `queue` | queues the good rows, reports how far it came |

mod check;
mod columns;
mod commands;
mod dialect;
mod form;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod import;
#[cfg(test)]
mod instructions;
mod ledger;
mod parts;
mod queue;
mod records;
mod remarks;
mod rows;
mod source;
mod submit;

pub use commands::{Arguments, run};
