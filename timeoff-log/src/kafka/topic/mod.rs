//! A topic's partitions: making them, finding their ends, and what open transactions hide of them.

mod ends;
mod ensure;
mod hidden;
mod horizon;

pub(crate) use ends::{partition_count, watermarks};
pub(crate) use hidden::HiddenWatch;
pub(crate) use horizon::{Horizon, Sight};
