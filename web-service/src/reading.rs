//! Asking the view, and waiting until it has come far enough.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timeoff_cli::Shutdown;
use timeoff_views::{Come, Queries, Topic, ViewError};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::problem::Problem;

/// How many ask at the same time. A question takes a fraction of a millisecond, and there are seldom more processors.
const CONNECTIONS: usize = 8;

/// How long to wait for another view when one has ended.
const ANOTHER: Duration = Duration::from_millis(50);

/// How long a request waits until the view has come as far as it asks for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The view in a folder.
pub(crate) struct Reading {
    folder: PathBuf,
    idle: Arc<Mutex<Vec<Queries>>>,
    turns: Arc<Semaphore>,
    come: Mutex<watch::Receiver<Come>>,
    shutdown: Shutdown,
}

impl Reading {
    /// The view in this folder, of which `come` says how far it has come. Once a stop is requested, nobody waits any longer.
    pub(crate) fn new(folder: &Path, come: watch::Receiver<Come>, shutdown: Shutdown) -> Reading {
        Reading {
            folder: folder.to_owned(),
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
            come: Mutex::new(come),
            shutdown,
        }
    }

    /// From now on, this says how far the view has come.
    pub(crate) fn follow(&self, come: watch::Receiver<Come>) {
        *self.come.lock().unwrap_or_else(PoisonError::into_inner) = come;
    }

    /// How far the view has come.
    pub(crate) fn come(&self) -> watch::Receiver<Come> {
        self.come
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks, on a thread that may wait for the disk. Everything that the question asks for is seen at one moment.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if there is no view yet, or it cannot be read.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Queries) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.turns.clone().acquire_owned().await;
        let (folder, idle) = (self.folder.clone(), self.idle.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let kept = || idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut queries = None;
            while let Some(one) = kept() {
                if !one.is_replaced()? {
                    queries = Some(one);
                    break;
                }
            }
            let queries = match queries {
                Some(queries) => queries,
                None => Queries::open(&folder)?,
            };
            let answer = queries.at_one_moment(question)?;
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(queries);
            Ok(answer)
        });
        match asked.await {
            Ok(answer) => answer.map_err(|error| Problem::no_view(&error)),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Whether there is a view, as far as that can be found out.
    pub(crate) async fn is_there(&self) -> bool {
        let folder = self.folder.clone();
        let opened = tokio::task::spawn_blocking(move || Queries::open(&folder));
        !matches!(opened.await, Ok(Err(ViewError::NoView { .. })))
    }

    /// Asks until there is an answer: at once, and when the view has come further in one of these lanes. `None` if there
    /// is none in time, or the service stops.
    ///
    /// # Errors
    ///
    /// As [`Reading::ask`].
    pub(crate) async fn ask_until<T: Send + 'static>(
        &self,
        patience: Duration,
        lanes: &[(Topic, i32)],
        question: impl Fn(&Queries) -> Result<Option<T>, ViewError> + Clone + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        let next = |come: &Come| -> Vec<i64> {
            let lanes = lanes.iter();
            lanes
                .map(|&(topic, partition)| come.next(topic, partition))
                .collect()
        };
        let until = Instant::now() + patience;
        loop {
            let before = next(&self.come().borrow());
            if let Some(answer) = self.ask(question.clone()).await? {
                return Ok(Some(answer));
            }
            if !self.wait(until, |come| next(come) != before).await {
                return Ok(None);
            }
        }
    }

    /// Waits until the view has the record at this offset. False if it has not come so far in time, or the service stops.
    pub(crate) async fn has_come_to(
        &self,
        (topic, partition, offset): (Topic, i32, i64),
        patience: Duration,
    ) -> bool {
        let has_come = |come: &Come| come.next(topic, partition) > offset;
        self.wait(Instant::now() + patience, has_come).await
    }

    async fn wait(&self, until: Instant, condition: impl Fn(&Come) -> bool) -> bool {
        let waiting = async {
            // If whoever folds has stopped, another view has begun or will soon.
            while self.come().wait_for(&condition).await.is_err() {
                tokio::time::sleep(ANOTHER).await;
            }
        };
        tokio::select! {
            waited = tokio::time::timeout_at(until, waiting) => waited.is_ok(),
            () = self.shutdown.requested() => false,
        }
    }
}
