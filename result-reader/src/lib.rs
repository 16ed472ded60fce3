//! Shows what became of leave applications.
//!
//! A group reads each result once. A result is marked as read only after it was printed and written out, so a kill may
//! repeat the last ones but never swallows one.

mod commands;
mod format;
mod group;
#[cfg(test)]
mod instructions;
mod share;
mod text;
mod whole;

pub use commands::{Arguments, run};
pub use format::Format;
