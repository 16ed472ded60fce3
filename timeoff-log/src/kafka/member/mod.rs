//! A member of a group, as steps: it takes partitions up, hands out their records, and gives them up.
//!
//! One thread does all of it, settling too (`../settle/`): so a settlement never runs beside a rebalance. Whoever
//! settles knows what is held, and the generation sent along is the one under which it is held.
//!
//! | file | what it does |
//! |---|---|
//! | `step` | orders the others |
//! | `share` | the member's share of the topic, and how it changes |
//! | `seat` | the member's place in its group: its consumer, and the generation |
//! | `take_up` | assigned partitions, up to where the group has come |
//! | `holdings` | the partitions held, and what is decided of each |
//! | `hand_out` | the window of deliveries, and pausing |
//! | `catch_up` | whether all that was there has come; what open transactions hide |
//! | `commands`, `events` | what the service asks, and what it is told |

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
pub(crate) use seat::Generation;
pub(crate) use step::{Member, Step};

/// How often the member checks what nothing wakes it for.
const HEARTBEAT: Duration = Duration::from_millis(250);
