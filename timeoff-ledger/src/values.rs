//! What a person's data consist of: each type holds valid values only.

mod region;
mod role;
mod schedule;
mod tags;
mod terms;

pub use region::{InvalidRegion, Region};
pub use role::{InvalidRole, Role};
pub use schedule::{InvalidSchedule, Schedule};
pub use tags::{InvalidTags, Tags};
pub use terms::{EarlierTerms, InvalidTerms, Terms};
