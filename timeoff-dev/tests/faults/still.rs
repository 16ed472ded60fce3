//! A process that stands still.

use std::time::{Duration, Instant};

use crate::process::signal;

/// Only a failure takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that was stopped. It goes on when this is dropped.
pub(crate) struct Stopped {
    pid: u32,
}

impl Stopped {
    /// Stops a process that has not been waited for, and returns when none of its threads runs any more. `None` if it
    /// stands still already, or is dead.
    pub(crate) fn stop(pid: u32) -> Option<Stopped> {
        if stands_still(pid)? {
            return None;
        }
        signal("STOP", pid);
        let waiting = Instant::now();
        while !stands_still(pid)? {
            assert!(waiting.elapsed() < PATIENCE, "process {pid} does not stop");
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(Stopped { pid })
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("CONT", self.pid);
    }
}

/// Whether all threads of a process are stopped. `None` if it is dead.
fn stands_still(pid: u32) -> Option<bool> {
    let mut all = true;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        // The state comes after the name, which is in parentheses and may hold anything.
        let state = stat.rsplit(") ").next()?.chars().next()?;
        if state == 'Z' {
            return None;
        }
        all &= state == 'T';
    }
    Some(all)
}
