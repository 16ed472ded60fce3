//! A place for one process after another, which may be hit at any moment.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use timeoff_testkit::{Ended, Running};

use crate::still::Stopped;

/// How long to wait for a sign of work from a process that is to be hit in the middle of it.
const WORK: Duration = Duration::from_millis(500);

/// A place for one process after another.
#[derive(Default)]
pub(crate) struct Seat {
    taken: Mutex<Option<Run>>,
}

/// A process, and when it was started.
struct Run {
    running: Running,
    signs: Option<String>,
    started: Instant,
}

impl Past {
    /// Whether it was killed with -9.
    pub(crate) fn was_killed(&self) -> bool {
        self.process.status.signal() == Some(9)
    }
}

/// A place that is held.
pub(crate) struct Held<'a> {
    // First, so that the process goes on before the place is free.
    _stopped: Option<Stopped>,
    _taken: MutexGuard<'a, Option<Run>>,
}

/// A process that has ended.
pub(crate) struct Past {
    /// The `--name` that it was given, if any.
    pub(crate) signs: Option<String>,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) process: Ended,
}

impl Seat {
    /// Starts a process.
    pub(crate) fn start(&self, command: Command) {
        let mut taken = self.lock();
        let (signs, started) = (name_given(&command), Instant::now());
        *taken = Some(Run {
            signs,
            running: Running::start(command),
            started,
        });
    }

    /// Whether a process runs or is still to be buried.
    pub(crate) fn is_taken(&self) -> bool {
        self.lock().is_some()
    }

    /// The process, if it has ended unaided.
    pub(crate) fn bury(&self) -> Option<Past> {
        let mut taken = self.lock();
        taken.as_mut()?.running.status()?;
        taken.take().map(Run::end)
    }

    /// Sends the process a signal. Returns whether there was one.
    pub(crate) fn signal(&self, name: &str) -> bool {
        let mut taken = self.lock();
        taken.as_mut().is_some_and(|run| run.signal(name))
    }

    /// Kills the process with -9, if there is one. It may have ended before that.
    pub(crate) fn kill(&self) -> Option<Past> {
        let mut taken = self.lock();
        let mut run = taken.take()?;
        run.signal("KILL");
        Some(run.end())
    }

    /// Keeps the place as it is, until the value is dropped: the process, if there is one, stands still, and nobody
    /// takes the place.
    pub(crate) fn hold(&self) -> Held<'_> {
        let mut taken = self.lock();
        let stopped = taken.as_mut().and_then(|run| {
            let is_alive = run.running.status().is_none();
            is_alive.then(|| Stopped::stop(run.running.pid())).flatten()
        });
        Held {
            _stopped: stopped,
            _taken: taken,
        }
    }

    /// Asks the process to end, and waits for it.
    pub(crate) fn dismiss(&self) -> Option<Past> {
        let mut taken = self.lock();
        let mut run = taken.take()?;
        // It may be stopped.
        run.signal("CONT");
        run.signal("TERM");
        Some(run.end())
    }

    /// Waits until the process prints something more, if it does so soon.
    pub(crate) fn wait_for_work(&self) {
        let count = || self.lock().as_ref().map(|run| run.running.out.count());
        let (before, waiting) = (count(), Instant::now());
        while count() == before && waiting.elapsed() < WORK {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What the process has written to standard error so far.
    pub(crate) fn said(&self) -> String {
        let taken = self.lock();
        taken
            .as_ref()
            .map_or_else(String::new, |run| run.running.err.text())
    }

    /// The lines that it has printed so far.
    pub(crate) fn printed(&self) -> Vec<String> {
        let taken = self.lock();
        let text = taken.as_ref().map(|run| run.running.out.text());
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Run>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Returns whether it was alive.
    fn signal(&mut self, name: &str) -> bool {
        let is_alive = self.running.status().is_none();
        if is_alive {
            self.running.signal(name);
        }
        is_alive
    }

    fn end(self) -> Past {
        let process = self.running.wait();
        Past {
            signs: self.signs,
            started: self.started,
            ended: Instant::now(),
            process,
        }
    }
}

fn name_given(command: &Command) -> Option<String> {
    let mut arguments = command.get_args().skip_while(|text| *text != "--name");
    Some(arguments.nth(1)?.to_str()?.to_owned())
}
