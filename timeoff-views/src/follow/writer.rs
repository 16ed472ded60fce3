//! The thread that writes to the file.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{mpsc, oneshot, watch};

use crate::come::Come;
use crate::error::ViewError;
use crate::file::{Build, Lock, Stage};
use crate::fold::{self, Batch, Folded, Ids};

/// The batches that wait while one is being written.
const WAITING: usize = 1;

enum Work {
    Fold(Batch),
    Enter(Stage, oneshot::Sender<()>),
    Positions(oneshot::Sender<Vec<Folded>>),
}

/// Writes to a file until this is dropped. Dropping it waits until what was handed over is written.
pub(crate) struct Writer {
    /// `None` once it ends.
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<Result<(), ViewError>>>,
    interrupt: InterruptHandle,
}

impl Writer {
    /// `lock` is let go when the thread has ended. `come` is told how far every
    /// transaction has come.
    pub(crate) fn start(
        connection: Connection,
        build: Build,
        stage: Stage,
        lock: Arc<Lock>,
        come: watch::Sender<Come>,
    ) -> Result<Writer, ViewError> {
        let (work, waiting) = mpsc::channel(WAITING);
        let interrupt = connection.get_interrupt_handle();
        let path = build.path().to_owned();
        let thread = thread::Builder::new()
            .name("view-writer".to_owned())
            .spawn(move || {
                let mut connection = connection;
                let outcome = write(&mut connection, &build, stage, waiting, &come);
                // Until another statement begins, an interrupted connection would close without merging its write-ahead
                // log into the file. If this fails, the file has been in trouble already.
                let _ = connection.execute_batch("SELECT 1");
                drop(connection);
                drop(lock);
                outcome
            })
            .map_err(|source| ViewError::Folder {
                path,
                step: "start a thread that writes",
                source,
            })?;
        Ok(Writer {
            work: Some(work),
            thread: Some(thread),
            interrupt,
        })
    }

    /// Hands over a batch. Waits while another one waits to be written.
    pub(crate) async fn fold(&mut self, batch: Batch) -> Result<(), ViewError> {
        self.hand_over(Work::Fold(batch)).await
    }

    /// Goes on to a stage, once all that was handed over is written.
    pub(crate) async fn enter(&mut self, stage: Stage) -> Result<(), ViewError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Work::Enter(stage, answer)).await?;
        self.answer(answered).await
    }

    /// The positions of the topics, once all that was handed over is written.
    pub(crate) async fn positions(&mut self) -> Result<Vec<Folded>, ViewError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Work::Positions(answer)).await?;
        self.answer(answered).await
    }

    async fn hand_over(&mut self, work: Work) -> Result<(), ViewError> {
        let sent = match &self.work {
            Some(sender) => sender.send(work).await.is_ok(),
            None => false,
        };
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    async fn answer<T>(&mut self, answered: oneshot::Receiver<T>) -> Result<T, ViewError> {
        match answered.await {
            Ok(answer) => Ok(answer),
            Err(_) => Err(self.failure()),
        }
    }

    /// Why the thread has ended.
    fn failure(&mut self) -> ViewError {
        self.work = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            Some(Ok(Ok(()))) | None => ViewError::Log(timeoff_log::LogError::Closed),
        }
    }

    /// Whether the thread has failed: the file is to be opened again.
    pub(crate) fn has_failed(&self) -> bool {
        self.work.is_none()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What is being written is rolled back and read again later, and making indexes may take long.
        self.interrupt.interrupt();
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // It may have been interrupted, and nobody is left to hear of any other failure.
            let _ = thread.join();
        }
    }
}

const SMALL_CACHE: &str = "PRAGMA cache_size=-16384; PRAGMA shrink_memory;";

/// A large cache while everything is folded, as results may come in another order than their applications.
fn cache_in(stage: Stage) -> &'static str {
    match stage {
        Stage::Applications | Stage::Answers => "PRAGMA cache_size=-131072",
        Stage::Whole => SMALL_CACHE,
    }
}

fn write(
    connection: &mut Connection,
    build: &Build,
    mut stage: Stage,
    mut waiting: mpsc::Receiver<Work>,
    come: &watch::Sender<Come>,
) -> Result<(), ViewError> {
    let failed = build.failed("fold into the view");
    connection.execute_batch(cache_in(stage)).map_err(&failed)?;
    let mut ids = Ids::default();
    while let Some(work) = waiting.blocking_recv() {
        match work {
            Work::Fold(batch) => {
                fold::fold(connection, stage, &ids, &batch).map_err(&failed)?;
                come.send_modify(|come| come.note(&batch.folded));
            }
            Work::Enter(next, answer) => {
                // SQLite sorts as much at a time as the cache has room for, and faster in portions that the processor's
                // cache has room for as well.
                connection.execute_batch(SMALL_CACHE).map_err(&failed)?;
                // Its memory is needed for what comes.
                drop(std::mem::take(&mut ids));
                ids = fold::enter(connection, next).map_err(&failed)?;
                stage = next;
                connection.execute_batch(cache_in(stage)).map_err(&failed)?;
                // Whoever asked may be gone.
                let _ = answer.send(());
            }
            Work::Positions(answer) => {
                let _ = answer.send(fold::positions(connection).map_err(&failed)?);
            }
        }
    }
    Ok(())
}
