//! The folder of a view: its lock, its files, which of them is the view, and what they look like inside.
//!
//! ```text
//! lock        held by the process that folds
//! current     the name of the file that is the view
//! view-7.db   that file
//! view-8.db   a rebuild, until it has caught up: then `current` names it, and the other one is removed
//! ```
//!
//! The files have names of their own, and only `current` is replaced: SQLite finds a file's write-ahead log by the
//! file's name, so a file renamed over another would get the other's write-ahead log.

mod build;
mod folder;
mod identity;
mod layout;

pub(crate) use build::{Build, Opened, Stage, open_to_ask};
pub(crate) use folder::{Folder, Lock, current};
pub(crate) use identity::Identity;
pub(crate) use layout::{
    DAY, LENGTH_OF_SHORT_BOOKED_LEAVE, LENGTH_OF_SHORT_LEAVE, is_long, is_long_booked, last_day,
};
