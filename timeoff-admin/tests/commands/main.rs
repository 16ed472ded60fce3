//! The built program, with a real manager where an answer is needed: what it prints, where, and with which exit code.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod balances;
mod decisions;
mod import;
mod init;
mod moves;
mod office;
mod policies;
mod recalculate;
mod sent;
mod unanswered;
mod usage;
mod what_if;
