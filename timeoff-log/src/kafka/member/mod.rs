//! A member of a group, as steps: it takes partitions up, hands out their records, and gives them up.
//!
//! One thread does all of this, settling included (`../settle/`), so a settlement never runs beside a rebalance: it
//! knows which partitions are held, and the generation that it sends is the one under which they are held.
//!
//! | file | what it does |
//! |---|---|
//! | `step` | orders the others |
//! | `share` | the member's share of the topic, and how it changes |
//! | `seat` | the member's place in its group: its consumer, and the generation |
//! | `take_up` | takes up assigned partitions at the group's progress |
//! | `holdings` | the partitions held, and what is decided of each |
//! | `hand_out` | hands out within the window (`progress/window.rs`), and pauses |
//! | `catch_up` | whether the member has caught up; what open transactions hide |
//! | `commands`, `events` | what the service asks for, and what the member reports |

mod catch_up;
mod commands;
mod events;
mod hand_out;
mod holdings;
mod seat;
mod share;
mod step;
mod take_up;

use std::time::Duration;

pub(crate) use events::Ended;
pub(crate) use holdings::Place;
pub(crate) use seat::Generation;
pub(crate) use step::{Member, Step};

/// How often the member checks for changes that do not wake it.
const HEARTBEAT: Duration = Duration::from_millis(250);
