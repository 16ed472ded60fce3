//! Asking the view, and waiting until it has come far enough.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timeoff_cli::Shutdown;
use timeoff_views::{Come, Queries, Topic, ViewError};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::problem::Problem;

/// How many ask at the same time at least, so that a slow question or two hold up nobody else.
const LEAST_ASKERS: usize = 4;

/// The most that ask at the same time.
const ASKERS: usize = 8;

/// How long to wait for another view when one has ended.
const ANOTHER: Duration = Duration::from_millis(50);

/// How long a request waits until the view has come as far as it asks for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The view in a folder.
pub(crate) struct Reading {
    desk: Arc<Desk>,
    come: Mutex<watch::Receiver<Come>>,
    shutdown: Shutdown,
}

impl Reading {
    /// The view in this folder, of which `come` says how far it has come. Once a stop is requested, nobody waits any longer.
    pub(crate) fn new(folder: &Path, come: watch::Receiver<Come>, shutdown: Shutdown) -> Reading {
        Reading {
            desk: Arc::new(Desk::new(folder)),
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
        let (reply, answer) = oneshot::channel();
        let job = move |queries: Result<&Queries, ViewError>| {
            if reply.is_closed() {
                // Whoever asks has gone.
                return true;
            }
            let ask = || queries.and_then(|queries| queries.at_one_moment(question));
            let asked = catch_unwind(AssertUnwindSafe(ask));
            let is_well = matches!(asked, Ok(Ok(_)));
            let _ = reply.send(asked);
            is_well
        };
        Desk::ask(&self.desk, Box::new(job));
        match answer.await {
            Ok(Ok(answer)) => answer.map_err(|error| Problem::no_view(&error)),
            Ok(Err(panic)) => resume_unwind(panic),
            // The process ends, and its threads with it.
            Err(_) => Err(Problem::busy()),
        }
    }

    /// Whether there is a view, as far as that can be found out.
    pub(crate) async fn is_there(&self) -> bool {
        let folder = self.desk.folder.clone();
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

/// A question, which is asked of the view if that can be opened. Returns whether others can be asked on the same
/// connection.
type Job = Box<dyn FnOnce(Result<&Queries, ViewError>) -> bool + Send>;

/// Where questions wait for threads that may wait for the disk. A thread goes on while any wait: waking one costs more
/// than most questions do.
struct Desk {
    folder: PathBuf,
    /// The most that ask at the same time: many more than there are processors would only be in each other's way.
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    askers: usize,
    /// Connections that nobody uses now.
    idle: Vec<Queries>,
}

impl Desk {
    fn new(folder: &Path) -> Desk {
        let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        Desk {
            folder: folder.to_owned(),
            most: processors.clamp(LEAST_ASKERS, ASKERS),
            waiting: Mutex::default(),
        }
    }

    fn ask(desk: &Arc<Desk>, job: Job) {
        let mut waiting = desk.waiting();
        waiting.jobs.push_back(job);
        if waiting.askers < desk.most {
            waiting.askers += 1;
            drop(waiting);
            let desk = desk.clone();
            tokio::task::spawn_blocking(move || desk.work());
        }
    }

    /// Asks until no questions wait.
    fn work(&self) {
        let mut kept = self.waiting().idle.pop();
        while let Some(job) = self.next(&mut kept) {
            match self.current(kept.take()) {
                Ok(queries) => kept = job(Ok(&queries)).then_some(queries),
                Err(error) => {
                    job(Err(error));
                }
            }
        }
    }

    /// The next question. If there is none, whoever asks is not there any more, and their connection is idle.
    fn next(&self, kept: &mut Option<Queries>) -> Option<Job> {
        let mut waiting = self.waiting();
        let job = waiting.jobs.pop_front();
        if job.is_none() {
            waiting.askers -= 1;
            waiting.idle.extend(kept.take());
        }
        job
    }

    /// A connection to the view that is the current one.
    fn current(&self, kept: Option<Queries>) -> Result<Queries, ViewError> {
        match kept {
            Some(queries) if !queries.is_replaced()? => Ok(queries),
            _ => Queries::open(&self.folder),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
