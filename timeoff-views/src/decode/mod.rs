//! Records as changes to the tables.

mod change;
mod fields;
mod read;

pub(crate) use change::{
    Application, Change, Command, Delegation, Details, Effect, Event, LeaveChange, PersonChange,
    PersonValues, Row, Verdict,
};
pub(crate) use fields::{json, uniform};
pub(crate) use read::{NotFolded, read};
