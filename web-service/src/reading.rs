//! Asking the view, and waiting until it has come far enough.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timeoff_cli::Shutdown;
use timeoff_views::{Queries, Topic, ViewError};
use tokio::sync::{Semaphore, watch};

use crate::problem::Problem;

/// How many ask at the same time. A question takes a fraction of a millisecond, and there are seldom more processors.
const CONNECTIONS: usize = 8;

/// How long a request waits until the view has come as far as it asks for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The view in a folder.
pub(crate) struct Reading {
    folder: PathBuf,
    idle: Arc<Mutex<Vec<Queries>>>,
    turns: Arc<Semaphore>,
    changes: Mutex<watch::Receiver<()>>,
    shutdown: Shutdown,
}

impl Reading {
    /// The view in this folder, which `changes` tells of. Once a stop is requested, nobody waits any longer.
    pub(crate) fn new(folder: &Path, changes: watch::Receiver<()>, shutdown: Shutdown) -> Reading {
        Reading {
            folder: folder.to_owned(),
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
            changes: Mutex::new(changes),
            shutdown,
        }
    }

    /// From now on, these are the changes.
    pub(crate) fn follow_changes(&self, changes: watch::Receiver<()>) {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) = changes;
    }

    /// Is told when the view may answer otherwise than before.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks, on a thread that may wait for the disk.
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
            let answer = question(&queries)?;
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

    /// Asks until there is an answer, at once and after each change of the view. `None` if there is none in time, or the
    /// service stops.
    ///
    /// # Errors
    ///
    /// As [`Reading::ask`].
    pub(crate) async fn ask_until<T: Send + 'static>(
        &self,
        patience: Duration,
        question: impl Fn(&Queries) -> Result<Option<T>, ViewError> + Clone + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        let mut changes = self.changes();
        let until = tokio::time::Instant::now() + patience;
        loop {
            changes.mark_unchanged();
            if let Some(answer) = self.ask(question.clone()).await? {
                return Ok(Some(answer));
            }
            let changed = tokio::select! {
                changed = tokio::time::timeout_at(until, changes.changed()) => changed,
                () = self.shutdown.requested() => return Ok(None),
            };
            match changed {
                Ok(Ok(())) => {}
                // Whoever folded has stopped, and perhaps somebody else has begun.
                Ok(Err(_)) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    changes = self.changes();
                    if tokio::time::Instant::now() >= until {
                        return Ok(None);
                    }
                }
                Err(_) => return Ok(None),
            }
        }
    }

    /// Waits until the view has the record at this offset. False if it has not come so far in time.
    ///
    /// # Errors
    ///
    /// As [`Reading::ask`].
    pub(crate) async fn has_come_to(
        &self,
        (topic, partition, offset): (Topic, i32, i64),
        patience: Duration,
    ) -> Result<bool, Problem> {
        let come = self.ask_until(patience, move |queries| {
            let positions = queries.position()?;
            let is_there = positions.iter().any(|position| {
                (position.topic, position.partition) == (topic, partition) && position.next > offset
            });
            Ok(is_there.then_some(()))
        });
        Ok(come.await?.is_some())
    }
}
