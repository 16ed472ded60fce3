//! The place of a server, which may run or not.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Error;
use super::process::Process;

/// How long a server may take to end after SIGTERM. A ZooKeeper-based broker takes up to six seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A caller that starts or ends the server holds the lock until that is done; other callers wait.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Option<Process>>);

impl Slot {
    pub(super) fn new(process: Option<Process>) -> Self {
        Self(Mutex::new(process))
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Process::pid)
    }

    /// Starts the server unless it runs. One that has ended unasked no longer runs.
    pub(super) fn start(
        &self,
        start: impl FnOnce() -> Result<Process, Error>,
    ) -> Result<(), Error> {
        let mut process = self.lock();
        if process
            .as_mut()
            .is_some_and(|process| process.ended().is_none())
        {
            return Ok(());
        }
        *process = Some(start()?);
        Ok(())
    }

    /// Ends the server in an orderly way, if it runs.
    pub(super) fn stop(&self) {
        if let Some(process) = self.lock().take() {
            process.stop(PATIENCE);
        }
    }

    /// Kills the server, if it runs.
    pub(super) fn kill(&self) {
        drop(self.lock().take());
    }

    /// Freezes the server, or lets it go on; returns when that has happened. Does nothing when it has ended.
    pub(super) fn set_frozen(&self, frozen: bool) {
        if let Some(process) = self.lock().as_mut() {
            process.set_frozen(frozen);
        }
    }

    /// The error to report if the server has ended unasked.
    pub(super) fn failure(&self) -> Option<Error> {
        let mut process = self.lock();
        let process = process.as_mut()?;
        process.ended().map(|status| process.died(status))
    }

    /// Ignores poisoning: after a panic elsewhere, the process in the slot is still ours.
    fn lock(&self) -> MutexGuard<'_, Option<Process>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
