//! The logs that a command has opened: they are closed when it ends, however it ends.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use timeoff_log::{Log, LogError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The logs that were opened, and those that are being opened. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct OpenedLogs {
    openings: Arc<Mutex<Vec<JoinHandle<Option<Log>>>>>,
}

impl OpenedLogs {
    /// Opens a log by running `opening` on its own task. The task goes on when the caller is stopped, so that no log is
    /// left half open.
    ///
    /// # Errors
    ///
    /// As `opening`.
    pub(crate) async fn open(
        &self,
        opening: impl Future<Output = Result<Log, LogError>> + Send + 'static,
    ) -> Result<Log, LogError> {
        let (hand_over, opened) = oneshot::channel();
        let opening = tokio::spawn(async move {
            let opened = opening.await;
            let to_close = opened.as_ref().ok().cloned();
            // The caller may have been stopped.
            let _ = hand_over.send(opened);
            to_close
        });
        self.openings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(opening);
        opened.await.unwrap_or(Err(LogError::Closed))
    }

    /// Closes all of them, including those that are still being opened.
    pub(crate) async fn close(&self) {
        let openings =
            std::mem::take(&mut *self.openings.lock().unwrap_or_else(PoisonError::into_inner));
        for opening in openings {
            if let Ok(Some(log)) = opening.await {
                log.close().await;
            }
        }
    }
}

impl fmt::Debug for OpenedLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedLogs").finish_non_exhaustive()
    }
}
