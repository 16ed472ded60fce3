//! How many of a group work on which day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::Date;

/// How many of each group that has to keep cover work on a day, counted once. It says nothing that the people and the
/// policy do not say: without it, each approval would look at everybody in the department, day by day.
#[derive(Default)]
pub(crate) struct Crews(Mutex<HashMap<(usize, Date), Crew>>);

/// How many of a group work in each half of a day, if nobody is on leave.
#[derive(Clone, Copy, Default)]
pub(crate) struct Crew {
    pub(crate) morning: usize,
    pub(crate) afternoon: usize,
}

/// The most days that are kept, over all groups. With more, it begins anew.
const MOST: usize = 100_000;

impl Crews {
    /// Those of the group at a place in the policy, on a day.
    pub(crate) fn on(&self, group: usize, date: Date, count: impl FnOnce() -> Crew) -> Crew {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        *known.entry((group, date)).or_insert_with(count)
    }

    /// To be called when people or the policy have changed.
    pub(crate) fn forget(&mut self) {
        let known = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        known.clear();
    }
}

/// A clone counts for itself.
impl Clone for Crews {
    fn clone(&self) -> Self {
        Self::default()
    }
}
