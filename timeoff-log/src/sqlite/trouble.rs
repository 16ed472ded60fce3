//! What a thread that serves a stream makes of faults: told once, tried again, told when it is over. What no waiting mends
//! ends the stream instead (`Fault::is_final`).

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::file::LogFile;

/// How long to wait before trying again.
pub(super) const RETRY: Duration = Duration::from_millis(250);

/// How long another process may keep the write lock before that is told: it may just be very busy.
const BUSY_LIMIT: Duration = Duration::from_secs(2);

/// Whether the log answers.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    since: Option<Instant>,
    told: bool,
}

impl Trouble {
    /// Notes a fault. Returns what is to be told, for a person, if that is now.
    pub(super) fn note(&mut self, fault: Fault, file: &LogFile, step: &str) -> Option<String> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.told || (fault.is_busy() && since.elapsed() < BUSY_LIMIT) {
            return None;
        }
        self.told = true;
        let cause = fault.to_string();
        Some(format!("{} ({cause})", fault.tell(file, step)))
    }

    /// Notes that the log answers. Returns whether that is to be told.
    pub(super) fn clear(&mut self) -> bool {
        self.since = None;
        std::mem::take(&mut self.told)
    }
}
