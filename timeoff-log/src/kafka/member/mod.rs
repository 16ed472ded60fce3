//! A member of a group.

mod catch_up;
mod hand_out;
mod step;
mod take_up;
mod touch;

pub(crate) use step::{Ended, Owner};
