//! Counts this process's connections to the file, so that closing the log can wait for the last of them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fault::Fault;

/// The connections of one log. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    count: Mutex<Count>,
    one_is_gone: Condvar,
}

#[derive(Debug, Default)]
struct Count {
    open: usize,
    is_closing: bool,
}

/// One counted connection. Dropping this takes it off the count.
#[derive(Debug)]
pub(super) struct Counted {
    connections: Connections,
}

impl Connections {
    /// Counts one more connection.
    ///
    /// # Errors
    ///
    /// [`Fault::Closed`] when the log is being closed: nobody would wait for a new connection.
    pub(super) fn count_one(&self) -> Result<Counted, Fault> {
        let mut count = self.lock();
        if count.is_closing {
            return Err(Fault::Closed);
        }
        count.open += 1;
        Ok(Counted {
            connections: self.clone(),
        })
    }

    /// From now on no connection is added, and the threads that have one should end.
    pub(super) fn begin_closing(&self) {
        self.lock().is_closing = true;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().is_closing
    }

    /// Waits until there are no connections. Returns false if some were still open at `until`.
    pub(super) fn wait_for_none(&self, until: Instant) -> bool {
        let patience: Duration = until.saturating_duration_since(Instant::now());
        let (count, _) = self
            .shared
            .one_is_gone
            .wait_timeout_while(self.lock(), patience, |count| count.open > 0)
            .unwrap_or_else(PoisonError::into_inner);
        count.open == 0
    }

    fn lock(&self) -> MutexGuard<'_, Count> {
        // Nothing done under the lock can panic.
        self.shared
            .count
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.connections.lock().open -= 1;
        self.connections.shared.one_is_gone.notify_all();
    }
}
