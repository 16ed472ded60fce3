//! A process that stands still.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use timeoff_testkit::signal;

/// Only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that was stopped. It goes on when this is dropped.
pub(crate) struct Stopped {
    pid: u32,
}

impl Stopped {
    /// Stops a process that has not been reaped, and returns when none of its threads runs any more. `None` if it
    /// stands still already, or is dead.
    pub(crate) fn stop(pid: u32) -> Option<Stopped> {
        if stands_still(pid)? {
            return None;
        }
        signal("STOP", pid);
        // Whatever happens from here on, dropping this lets the process go on.
        let stopped = Stopped { pid };
        let waiting = Instant::now();
        while !stands_still(pid)? {
            assert!(waiting.elapsed() < PATIENCE, "process {pid} does not stop");
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(stopped)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("CONT", self.pid);
    }
}

/// Whether all threads of a process are stopped. `None` if it is dead.
fn stands_still(pid: u32) -> Option<bool> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    if state(&process)? == 'Z' {
        return None;
    }
    let threads = std::fs::read_dir(process.join("task")).ok()?;
    // A thread that has just ended does not run.
    let mut states = threads.flatten().filter_map(|thread| state(&thread.path()));
    Some(states.all(|state| state == 'T'))
}

/// The state comes after the name, which is in parentheses and may hold anything.
fn state(of: &Path) -> Option<char> {
    let stat = std::fs::read_to_string(of.join("stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}
