//! Dead letters: records that could not be understood, and the way back for those that can be now.
//!
//! A retry consumes, transforms and produces like any other service. Its own group reads the dead letters, and a letter
//! is settled together with one output, the record as it was. So a kill neither loses a letter nor puts one back twice.
//! Letters that are not put back stay unsettled, and wait for the next retry.
//!
//! | file | what it does |
//! |---|---|
//! | `commands` | the command line |
//! | `place` | the name of a letter, `PARTITION:OFFSET` |
//! | `origin` | which records may go back to where they stood; no I/O |
//! | `list` | shows the letters that wait |
//! | `retry` | puts letters back |
//! | `batch` | letters that are put back together, and how that is reported |

mod batch;
mod commands;
mod list;
mod origin;
mod place;
mod retry;

pub(crate) use commands::{DeadLettersArgs, run};

/// The group that puts letters back. There is one for each topic of letters, whichever group of managers made them: a
/// record that is put back is there for all groups.
fn group_of(dead_letters_topic: &str) -> String {
    format!("{dead_letters_topic}-retry")
}
