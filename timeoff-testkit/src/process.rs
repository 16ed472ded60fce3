//! A service as a process.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::memory::Peak;
use crate::output_tap::OutputTap;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

/// A service that runs. Dropping it kills it.
pub struct Running {
    name: String,
    child: Child,
    started: Instant,
    /// Its standard output.
    pub out: OutputTap,
    /// Its standard error.
    pub err: OutputTap,
    peak: Peak,
}

/// A service that has ended.
pub struct Ended {
    /// The service's name.
    pub name: String,
    /// How it ended.
    pub status: ExitStatus,
    /// The lines of standard output, without a last one that was not finished.
    pub out: Vec<String>,
    /// Standard error.
    pub err: String,
    /// From its start to when its end was seen.
    pub took: Duration,
    /// The most resident memory that it has had, in KiB. 0 if that cannot be known.
    pub peak_kib: u64,
}

impl Running {
    /// Starts it, without a terminal.
    pub fn start(command: Command) -> Running {
        Running::start_reading(command, OutputTap::new)
    }

    /// Starts it, and reads only this many lines of its output until `out` is released. Once the pipe is full, the
    /// service waits in the middle of its work, alive.
    pub fn start_held_at(lines: usize, command: Command) -> Running {
        Running::start_reading(command, |pipe| OutputTap::held_at(lines, pipe))
    }

    fn start_reading(mut command: Command, read: impl FnOnce(ChildStdout) -> OutputTap) -> Running {
        let name = command.get_program().to_string_lossy();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running {
            out: read(child.stdout.take().unwrap()),
            err: OutputTap::new(child.stderr.take().unwrap()),
            peak: Peak::watch(child.id(), &name),
            started: Instant::now(),
            child,
            name,
        }
    }

    /// Waits until it has printed this many lines.
    pub fn wait_until_printed(&mut self, lines: usize) {
        self.wait_until(&format!("it prints {lines} lines"), |running| {
            running.out.count() >= lines
        });
    }

    /// Waits until it has said this on standard error.
    pub fn wait_until_said(&mut self, text: &str) {
        self.wait_until(&format!("it says '{text}'"), |running| {
            running.err.text().contains(text)
        });
    }

    fn wait_until(&mut self, what: &str, condition: impl Fn(&Running) -> bool) {
        let waiting = Instant::now();
        while !condition(self) {
            let ended = self.status();
            // Its last output may be read only after its end was seen.
            let is_over = ended.is_some() && self.out.is_closed() && self.err.is_closed();
            assert!(
                (!is_over || condition(self)) && waiting.elapsed() < PATIENCE,
                "waited for {} ({}) in vain until {what}; it said:\n{}",
                self.name,
                ended.map_or_else(|| "runs".to_owned(), |status| status.to_string()),
                self.err.text()
            );
            std::thread::sleep(POLL);
        }
    }

    /// How it has ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends it a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        signal(name, self.pid());
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL, and proves that it had not ended before.
    pub fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        let ended = self.wait();
        assert_eq!(
            ended.status.signal(),
            Some(9),
            "{} had ended before it was killed ({}); it said:\n{}",
            ended.name,
            ended.status,
            ended.err
        );
        ended
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ended {
        self.out.release();
        let waiting = Instant::now();
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            assert!(
                waiting.elapsed() < PATIENCE,
                "{} does not end; it has printed {} lines and said:\n{}",
                self.name,
                self.out.count(),
                self.err.text()
            );
            std::thread::sleep(POLL);
        };
        let took = self.started.elapsed();
        self.out.join();
        self.err.join();
        Ended {
            name: self.name.clone(),
            status,
            out: self.out.take(),
            err: self.err.text(),
            took,
            peak_kib: self.peak.kib(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.out.release();
    }
}

impl Ended {
    /// It must have exited with 0.
    pub fn done(self) -> Ended {
        self.exited_with(0)
    }

    /// It must have exited with this code.
    pub fn exited_with(self, code: i32) -> Ended {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{} ended with {} after {:?}; it said:\n{}",
            self.name,
            self.status,
            self.took,
            self.err
        );
        self
    }

    /// It must have said all of these on standard error.
    pub fn said(self, parts: &[&str]) -> Ended {
        for part in parts {
            assert!(
                self.err.contains(part),
                "{} did not say '{part}' but:\n{}",
                self.name,
                self.err
            );
        }
        self
    }
}

/// Sends a signal to a child process that has not been waited for.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -s {name} {pid}")])
        .status();
    assert!(status.unwrap().success());
}
