//! A child process that cannot outlive us, with its output in a file.
//!
//! The child has its own process group, so that Ctrl-C reaches only us and we decide in which order the servers end.
//! When we are killed, even with -9, `guard.sh` kills the child.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Error;

const POLL: Duration = Duration::from_millis(25);
const TAIL_LINES: usize = 25;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    what: &'static str,
    child: Child,
    guard: ChildStdin,
    log: PathBuf,
    /// Where in the log file the output of this run starts.
    log_start: u64,
}

impl Process {
    /// Starts `program`, its standard output and error appended to the file `log`. The environment is set for the
    /// program only, not for its guard.
    pub(crate) fn spawn<A: AsRef<OsStr>>(
        what: &'static str,
        program: &Path,
        args: impl IntoIterator<Item = A>,
        environment: &[(String, String)],
        log: &Path,
    ) -> Result<Self, Error> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(Error::io("open the log file", log))?;
        let log_start = output
            .metadata()
            .map_err(Error::io("read the length of", log))?
            .len();
        let errors = output
            .try_clone()
            .map_err(Error::io("open the log file", log))?;
        let mut child = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "guard", "env"])
            .args(
                environment
                    .iter()
                    .map(|(name, value)| format!("{name}={value}")),
            )
            .arg(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Error::io("start", program))?;
        let guard = child
            .stdin
            .take()
            .expect("standard input was asked to be a pipe");
        Ok(Self {
            what,
            child,
            guard,
            log: log.to_path_buf(),
            log_start,
        })
    }

    /// The id of the program itself: the shell that was started has become the program (`exec`).
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the end, however long it takes; returns how it ended and its last lines.
    pub(super) fn wait(mut self) -> Result<(ExitStatus, String), Error> {
        let status = self
            .child
            .wait()
            .map_err(Error::io("wait for", self.what))?;
        Ok((status, self.tail()))
    }

    /// Waits until `ready`, which gets the output so far, is true.
    ///
    /// # Errors
    ///
    /// [`Error::Died`] when it ends before that, [`Error::NotReady`] at the end of `patience`.
    pub(super) fn wait_until(
        &mut self,
        patience: Duration,
        ready: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Err(self.died(status));
            }
            if ready(&self.output()) {
                return Ok(());
            }
            if start.elapsed() > patience {
                let (what, log, tail) = (self.what, self.log.clone(), self.tail());
                return Err(Error::NotReady {
                    what,
                    after: patience,
                    log,
                    tail,
                });
            }
            std::thread::sleep(POLL);
        }
    }

    pub(crate) fn died(&self, status: ExitStatus) -> Error {
        Error::Died {
            what: self.what,
            status,
            log: self.log.clone(),
            tail: self.tail(),
        }
    }

    /// Asks it to end, and kills it when it has not ended after `patience`.
    pub(crate) fn stop(mut self, patience: Duration) {
        self.signal("TERM");
        // A frozen process takes note of SIGTERM only when it goes on.
        self.signal("CONT");
        let start = Instant::now();
        while self.ended().is_none() && start.elapsed() < patience {
            std::thread::sleep(POLL);
        }
    }

    /// Freezes it, or lets it go on. Where the system shows when that has happened, waits for it.
    pub(super) fn set_frozen(&mut self, frozen: bool) {
        self.signal(if frozen { "STOP" } else { "CONT" });
        while self.ended().is_none() && is_frozen(self.pid()).is_some_and(|is| is != frozen) {
            std::thread::sleep(POLL);
        }
    }

    fn signal(&mut self, name: &str) {
        // Fails only when the guard is gone, and with it the program.
        let _ = writeln!(self.guard, "{name}");
    }

    /// What it has written since it was started.
    pub(crate) fn output(&self) -> String {
        read_from(&self.log, self.log_start).unwrap_or_default()
    }

    pub(super) fn tail(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The guard goes only now: until the child was reaped, its id could not be given to another process.
        let _ = writeln!(self.guard, "done");
    }
}

/// Whether all the threads of a process stand still, from Linux's `/proc`; `None` where there is none.
fn is_frozen(pid: u32) -> Option<bool> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut states = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.ok()?.path().join("stat")).ok()?;
        // The state follows the name, which is in parentheses and may contain any character.
        stat.rsplit(") ").next()?.chars().next()
    });
    Some(states.all(|state| state == 'T'))
}

fn read_from(file: &Path, start: u64) -> std::io::Result<String> {
    let mut file = fs::File::open(file)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
