//! What a person's data consist of: each type holds valid values only.

mod region;
mod role;
mod schedule;
mod tags;

pub use region::{InvalidRegion, Region};
pub use role::{InvalidRole, Role};
pub use schedule::{InvalidSchedule, Schedule};
pub use tags::{InvalidTags, Tags};
