//! How a thread that serves a stream deals with faults. It reports once that the log does not answer, tries again,
//! and reports when the log answers again. A fault that waiting cannot mend ends the stream instead
//! (`Fault::is_final`).

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::file::LogFile;
use crate::error::LogError;

/// How long to wait before trying again.
pub(super) const RETRY: Duration = Duration::from_millis(250);

/// How long another process may keep the write lock before that is reported: it may just be very busy.
const BUSY_LIMIT: Duration = Duration::from_secs(2);

/// Whether the log answers.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    since: Option<Instant>,
    told: bool,
}

impl Trouble {
    /// Notes a fault. Returns the error to report, if it is to be reported now.
    pub(super) fn note(&mut self, fault: Fault, file: &LogFile, step: &str) -> Option<LogError> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.told || (fault.is_busy() && since.elapsed() < BUSY_LIMIT) {
            return None;
        }
        self.told = true;
        Some(fault.tell(file.location(), step))
    }

    /// Notes that the log answers. Returns whether to report that.
    pub(super) fn clear(&mut self) -> bool {
        self.since = None;
        std::mem::take(&mut self.told)
    }
}
