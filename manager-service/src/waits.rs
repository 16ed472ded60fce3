//! Applications that were handed out and wait, in the order in which they were queued: they may reserve what they ask for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::sabotage;
use timeoff_contract::ReceivedApplication;
use timeoff_ledger::State;
use timeoff_log::Position;
use timeoff_models::{ApplicationId, Email, LeaveApplication};

/// How many of a department are remembered. Those behind them reserve nothing.
const REMEMBERED: usize = 20_000;

/// How many of one person's applications reserve. Each is counted for each decision on a later one.
const RESERVING: usize = 500;

/// The applications that wait, as far as they have been seen since the departments came. What is decided may still be among
/// them: the ledger knows.
#[derive(Default)]
pub(crate) struct Waits(BTreeMap<i32, BTreeMap<i64, Wait>>);

struct Wait {
    id: ApplicationId<'static>,
    application: LeaveApplication,
}

impl Waits {
    /// Notes an application that waits.
    pub(crate) fn note(&mut self, position: &Position, received: &ReceivedApplication<'_>) {
        let of = self.0.entry(position.partition).or_default();
        if of.len() >= REMEMBERED && !of.contains_key(&position.offset) {
            return;
        }
        of.entry(position.offset).or_insert_with(|| Wait {
            id: received.id.clone().into_owned(),
            application: received.application.clone(),
        });
    }

    /// Forgets one that is decided.
    pub(crate) fn forget(&mut self, (partition, offset): (i32, i64)) {
        if let Some(of) = self.0.get_mut(&partition) {
            of.remove(&offset);
        }
    }

    /// Forgets departments that others hold now.
    pub(crate) fn forget_all_of(&mut self, partitions: &[i32]) {
        self.0
            .retain(|partition, _| !partitions.contains(partition));
    }

    /// Those with this e-mail address that were queued before an offset and wait, [`RESERVING`] at the most. Without a policy
    /// nothing is reserved, so there are none.
    pub(crate) fn before(
        &self,
        state: &State,
        (partition, offset): (i32, i64),
        email: &Email,
    ) -> Vec<(ApplicationId<'_>, Cow<'_, LeaveApplication>)> {
        let reserves = state.policy().is_some() && !sabotage::breaks("waiting-leave");
        let Some(of) = self.0.get(&partition).filter(|_| reserves) else {
            return Vec::new();
        };
        of.range(..offset)
            .map(|(_, wait)| wait)
            .filter(|wait| wait.application.email == *email && state.fate_of(&wait.id).is_none())
            .map(|wait| (wait.id.clone(), Cow::Borrowed(&wait.application)))
            .take(RESERVING)
            .collect()
    }
}
