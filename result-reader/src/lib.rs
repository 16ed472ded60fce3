//! Shows what became of leave applications.
//!
//! A group reads each result once: one that was printed is marked as read, and not before it was written out, so that
//! a kill may repeat the last ones but never swallow one.

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
