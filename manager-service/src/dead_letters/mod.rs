//! Dead letters: records that could not be understood, and the way back for those that can be now.
//!
//! Putting a letter back is consuming, transforming and producing like any other: a group of its own reads the dead
//! letters, and a letter is settled together with one output, the record as it was. So a kill neither loses a letter
//! nor puts one back twice. What is not put back stays unsettled, and waits for the next time.
//!
//! | file | what it does |
//! |---|---|
//! | `commands` | the command line |
//! | `place` | the name of a letter, `PARTITION:OFFSET` |
//! | `letter` | a letter → the record that it was; no I/O |
//! | `origin` | which records may go back to where they stood; no I/O |
//! | `list` | shows the letters that wait |
//! | `retry` | puts letters back |
//! | `batch` | what is put back together, and how it is told |

mod batch;
mod commands;
mod letter;
mod list;
mod origin;
mod place;
mod retry;

pub(crate) use commands::{DeadLettersArgs, run};

/// The group that puts letters back: one for a topic of letters, whichever group of managers made them. What is put
/// back is there for all.
fn group_of(dead_letters_topic: &str) -> String {
    format!("{dead_letters_topic}-retry")
}
