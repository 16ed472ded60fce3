//! The ledgers of departments that have a policy, each folded whole.
//!
//! Rules about other people need all events of a department. So its ledger is folded when it is first asked for, kept, and
//! moved forward by what has come since whenever it is asked for again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use timeoff_ledger::{Application, Away, Days, Look, Refusal, State};
use timeoff_models::{ApplicationId, Department, Departments, Ticks};
use timeoff_views::{self as views, Queries, ViewError};

use crate::account::{leave_of, read};
use crate::problem::Problem;
use crate::service::Service;

/// How many events are read and folded at once. Nobody else asks the view on the same thread meanwhile.
const AT_ONCE: u32 = 5000;

/// How long a page waits for a ledger that is folded for the first time. It is folded on, whoever waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// The ledgers that have been asked for, by their partitions.
#[derive(Default)]
pub(crate) struct Ledgers(Mutex<BTreeMap<i32, Arc<Ledger>>>);

/// The ledger of a department.
pub(crate) struct Ledger {
    partition: i32,
    department: Department,
    departments: Departments,
    /// Held by whoever moves it forward: two who read at the same time could fold an event twice.
    turn: tokio::sync::Mutex<()>,
    folded: RwLock<Folded>,
}

/// What has been folded.
struct Folded {
    state: State,
    /// The last event that was folded.
    last: Option<views::Event>,
}

/// What is known of a leave that somebody asks for.
pub(crate) struct Known {
    /// What it takes and what stands against it, or why not even its days can be said.
    pub(crate) look: Result<Look, Refusal>,
    /// Who else is away on its days.
    pub(crate) away: Vec<Away>,
}

impl Ledgers {
    /// The ledger of a department's partition, with everything that the view has of it now. `None` where no policy has been
    /// set, and if so much is to be folded that it takes too long: it is there later.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the view cannot be asked.
    pub(crate) async fn of(
        service: &Arc<Service>,
        partition: i32,
    ) -> Result<Option<Arc<Ledger>>, Problem> {
        let Some(department) = service.contract.departments().at(partition) else {
            return Ok(None);
        };
        let has_policy = service
            .reading
            .ask(move |queries| Ok(queries.policy_in(partition)?.is_some()));
        if !has_policy.await? {
            return Ok(None);
        }
        let ledger = {
            let mut ledgers = service
                .ledgers
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let ledger = ledgers.entry(partition).or_insert_with(|| {
                let departments = service.contract.departments().clone();
                Arc::new(Ledger::new(partition, department.clone(), departments))
            });
            ledger.clone()
        };
        let forward = tokio::spawn({
            let (service, ledger) = (service.clone(), ledger.clone());
            async move { move_forward(&ledger, &service).await }
        });
        match tokio::time::timeout(PATIENCE, forward).await {
            Ok(Ok(moved)) => moved?,
            Ok(Err(error)) => {
                tracing::error!(%error, kafka.partition = partition, "a ledger could not be folded");
                return Ok(None);
            }
            Err(_) => return Ok(None),
        }
        let can_be_read = ledger.with(|state| state.policy().is_some());
        Ok(can_be_read.then_some(ledger))
    }
}

/// Folds everything that the view has now.
async fn move_forward(ledger: &Arc<Ledger>, service: &Service) -> Result<(), Problem> {
    let _turn = ledger.turn.lock().await;
    loop {
        let this = ledger.clone();
        let folding = service.reading.ask(move |queries| this.fold_some(queries));
        if !folding.await? {
            return Ok(());
        }
    }
}

impl Ledger {
    fn new(partition: i32, department: Department, departments: Departments) -> Ledger {
        let folded = Folded {
            state: State::of(department.clone()),
            last: None,
        };
        Ledger {
            partition,
            department,
            departments,
            turn: tokio::sync::Mutex::default(),
            folded: RwLock::new(folded),
        }
    }

    /// What the ledger says, as far as it has been folded.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&State) -> T) -> T {
        let folded = self.folded.read().unwrap_or_else(PoisonError::into_inner);
        ask(&folded.state)
    }

    /// What is known of a leave, whether or not it waits; `None` without a policy.
    pub(crate) fn known(&self, application: &Application<'_>, at: Ticks) -> Option<Known> {
        self.with(|state| {
            let look = state.look_at(application, at).transpose()?;
            let away = look.as_ref().map_or_else(
                |_| Vec::new(),
                |look| state.others_away(application, &look.days),
            );
            Some(Known { look, away })
        })
    }

    /// The days of an application: those that are booked, or that it would take. `None` if they cannot be counted, or the
    /// employee has moved to another department.
    pub(crate) fn days_of(&self, found: &views::Application) -> Option<Days> {
        let id = ApplicationId::from_key(&*found.id);
        let leave = leave_of(found, &self.departments)?;
        self.with(|state| state.days_of_application(&id, &leave))
    }

    /// Folds what comes next, and says whether there may be more.
    fn fold_some(&self, queries: &Queries) -> Result<bool, ViewError> {
        let mut folded = self.folded.write().unwrap_or_else(PoisonError::into_inner);
        let from = folded.last.as_ref().map_or(0, |last| last.offset);
        let events = queries.events_from(self.partition, from, AT_ONCE)?;
        let may_have_more = events.len() == AT_ONCE as usize;
        let mut events = events.into_iter();
        // The last one is read again: where it is another one, the view was made anew from another log.
        if folded.last.is_some() && events.next() != folded.last {
            *folded = Folded {
                state: State::of(self.department.clone()),
                last: None,
            };
            return Ok(true);
        }
        for event in events {
            // What a refused command changes is which commands have been answered, and nobody asks for that here.
            if event.kind != "CommandRefused" {
                match read(&event, &self.departments) {
                    Some(event) => folded.state.evolve(&event),
                    None => tracing::warn!(
                        kafka.partition = event.partition,
                        kafka.offset = event.offset,
                        "passed over an event that cannot be read"
                    ),
                }
            }
            folded.last = Some(event);
        }
        Ok(may_have_more)
    }
}
