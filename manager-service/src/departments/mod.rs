//! The departments and their partitions: showing them, and adding one.
//!
//! A department's place in the list is its partition, so a new one comes at the end, and gets the partition behind the
//! last. Topics only grow. The applications topic grows last: until then nothing has changed for anybody, and an
//! interrupted command is simply repeated.
//!
//! | file | what it does |
//! |---|---|
//! | `commands` | the command line, and carrying it out |
//! | `growth` | which topics need another partition; no I/O |

mod commands;
mod growth;

pub(crate) use commands::{DepartmentsArgs, run};
