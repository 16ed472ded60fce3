//! What the ledger of a department says, for whoever applies there. Nobody waits long for it, and nothing fails because of
//! it: where it says nothing, nothing is said.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use timeoff_contract::Contract;
use timeoff_ledger::{Event, State};
use timeoff_log::{ReadEvent, ReadFrom};
use timeoff_models::{Department, LeaveApplication, LeaveHours, Ticks};
use tokio::time::timeout;

use crate::parts::hours_of;

/// How long somebody waits for it, from the moment they need it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The ledger of the department that was chosen last.
pub(crate) struct Ledger {
    /// `None`: the log has none, or does not answer.
    contract: Option<Arc<Contract>>,
    known: Known,
}

enum Known {
    /// Nobody has been entered there, or it cannot be read in time.
    Nothing,
    /// It is being read.
    Reading(Reading),
    State(Box<State>),
}

type Reading = Pin<Box<dyn Future<Output = anyhow::Result<State>>>>;

impl Ledger {
    /// Looks whether the log has ledgers at all; two seconds at most.
    pub(crate) async fn of(contract: &Arc<Contract>) -> Ledger {
        let has_ledger = timeout(PATIENCE, contract.has_ledger()).await;
        let has_ledger = matches!(has_ledger, Ok(Ok(true)));
        Ledger {
            contract: has_ledger.then(|| Arc::clone(contract)),
            known: Known::Nothing,
        }
    }

    /// Begins to read the ledger of a department, and forgets what was read before.
    pub(crate) fn begin(&mut self, department: &Department) {
        if let Some(contract) = &self.contract {
            let reading = read(Arc::clone(contract), department.clone());
            self.known = Known::Reading(Box::pin(reading));
        }
    }

    /// Reads on while somebody is asked.
    pub(crate) async fn while_asking<T>(&mut self, ask: impl Future<Output = T>) -> T {
        let mut ask = pin!(ask);
        if let Known::Reading(reading) = &mut self.known {
            tokio::select! {
                biased;
                answer = &mut ask => return answer,
                read = reading => self.note(read),
            }
        }
        ask.await
    }

    /// What it says, if people have been entered there. Waits two seconds at most.
    pub(crate) async fn state(&mut self) -> Option<&State> {
        if let Known::Reading(reading) = &mut self.known {
            match timeout(PATIENCE, reading).await {
                Ok(read) => self.note(read),
                Err(_) => self.known = Known::Nothing,
            }
        }
        match &self.known {
            Known::State(state) => Some(state),
            Known::Nothing | Known::Reading(_) => None,
        }
    }

    fn note(&mut self, read: anyhow::Result<State>) {
        let state = read.ok().filter(|state| !state.is_without_people());
        self.known = state.map_or(Known::Nothing, |state| Known::State(Box::new(state)));
    }

    /// The hours that a leave takes of whoever asks for it, rounded up; `None` if nothing is known of them.
    pub(crate) async fn hours_of(&mut self, application: &LeaveApplication) -> Option<LeaveHours> {
        let days = self.state().await?.days_of_leave(application, now())?;
        Some(hours_of(&days))
    }
}

#[cfg(test)]
impl Ledger {
    /// Where no log is.
    pub(crate) fn unknown() -> Ledger {
        Ledger {
            contract: None,
            known: Known::Nothing,
        }
    }

    /// That says this, whichever department is chosen.
    pub(crate) fn known(state: State) -> Ledger {
        Ledger {
            contract: None,
            known: Known::State(Box::new(state)),
        }
    }
}

/// The time now, for what is asked of a ledger.
pub(crate) fn now() -> Ticks {
    Ticks::of(SystemTime::now().into())
}

/// Folds the ledger of a department as it is now.
async fn read(contract: Arc<Contract>, department: Department) -> anyhow::Result<State> {
    let partition = contract.departments().partition_of(&department);
    let partition = partition.context("the department is one of the log's")?;
    let mut state = State::of(department);
    let topic = Arc::clone(&contract.topics().ledger);
    let log = contract.log().clone();
    let from = ReadFrom::Only(BTreeMap::from([(partition, 0)]));
    let mut reader = log.read(&topic, from).await?;
    loop {
        match reader.next().await? {
            ReadEvent::Record(record) => {
                let event = contract.read_ledger(&record).await?;
                state.evolve(&Event::from_record(event, contract.departments())?);
            }
            ReadEvent::CaughtUp => return Ok(state),
            // Half of what a ledger says may be wrong.
            ReadEvent::Hidden { .. } => anyhow::bail!("a part of {topic} cannot be read"),
            ReadEvent::Unreachable { .. } | ReadEvent::Reachable => {}
        }
    }
}
