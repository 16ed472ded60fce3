//! From `main` to the exit code.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use timeoff_contract::ContractError;
use timeoff_log::LogError;
use tracing_subscriber::EnvFilter;

use crate::args::LogArgs;
use crate::command_line;
use crate::error_messages::{UsageError, chain};
use crate::escape::printable;
use crate::outlet::{note_stop, stderr};
use crate::output::{colours_are_wanted, reader_is_gone};
use crate::shutdown::{END, Shutdown, ShutdownTrigger};
use crate::terminal;

/// The exit code if the process has to be ended early: the command's own, once that is known.
static EXIT_CODE: AtomicI32 = AtomicI32::new(1);

/// Whether it has been told how the command ended.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// The error of a command that was abandoned.
const ABANDONED: &str = "stopped as asked, before all work in progress had ended";

/// How long threads that are still busy may delay the end of the process.
const LAST_WAIT: Duration = Duration::from_millis(100);

/// The options of a command.
pub trait Arguments: clap::Parser {
    /// Those that all commands share.
    fn log_args(&self) -> &LogArgs;
}

/// Runs a command: parses the options, logs to standard error, handles signals, prints the error if there is one, and
/// ends the process with 0, 1 or 2.
///
/// Before that, it closes what the command has opened with [`LogArgs`], even if the command failed or was stopped.
///
/// A command that does not stop when it is asked to is abandoned within 2 s.
pub fn run<A: Arguments, F: Future<Output = anyhow::Result<()>>>(
    command: impl FnOnce(A, Shutdown) -> F,
) -> ! {
    let arguments: A = command_line::arguments();
    let opened = arguments.log_args().opened().clone();
    start_logging(arguments.log_args());
    restore_terminal_on_panic();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // The command itself runs on the main thread.
        .worker_threads(1)
        .enable_all()
        .build();
    let code = match runtime {
        Err(error) => told(Err(error.into())),
        Ok(runtime) => {
            let code = runtime.block_on(async {
                let (shutdown, trigger) = Shutdown::manual();
                if let Err(error) = hear_signals(trigger) {
                    return told(Err(error.into()));
                }
                let mut command = Box::pin(command(arguments, shutdown.clone()));
                let outcome = tokio::select! {
                    biased;
                    outcome = command.as_mut() => outcome,
                    () = shutdown.out_of_time() => Err(anyhow::anyhow!(ABANDONED)),
                };
                // Report it before what the command has is dropped and the logs are closed: either may take until the
                // process is ended.
                let code = told(outcome);
                EXIT_CODE.store(code, Ordering::SeqCst);
                drop(command);
                tokio::select! {
                    () = opened.close() => {}
                    () = shutdown.must_be_closed() => {}
                }
                code
            });
            runtime.shutdown_timeout(LAST_WAIT);
            code
        }
    };
    end(code)
}

/// Prints the error that a command has ended with, if any. Returns the command's exit code.
fn told(outcome: anyhow::Result<()>) -> i32 {
    IS_TOLD.store(true, Ordering::SeqCst);
    match outcome {
        Ok(()) => 0,
        // The reader of our output has had enough.
        Err(_) if reader_is_gone() => 0,
        Err(error) => {
            let chain = chain(error.as_ref());
            let text = printable(&chain);
            let _ = writeln!(stderr(), "error: {text}");
            if is_usage(&error) { 2 } else { 1 }
        }
    }
}

/// Ends the process without running the exit handlers that libraries have registered. All output is written by now, and
/// a handler that cleans up a library which a thread still uses, as OpenSSL's does, would crash the process.
fn end(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

fn start_logging(args: &LogArgs) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(args.log_filter()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(io::stderr().is_terminal() && colours_are_wanted())
        .init();
}

fn restore_terminal_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        terminal::restore();
        print(panic);
    }));
}

/// The first signal requests a stop; the second ends the process at once. A process that does not stop in time is ended
/// too.
///
/// Signals have their own thread: a task would need one of the runtime's threads, and a pipe that nobody reads may
/// block all of them.
fn hear_signals(trigger: ShutdownTrigger) -> io::Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if !hang_up_is_ignored() {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted)?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut heard = signals.forever();
            if heard.next().is_none() {
                return;
            }
            note_stop();
            trigger.request();
            // If that thread cannot be started, the second signal still ends the process.
            let _ = thread::Builder::new().name("end".to_owned()).spawn(|| {
                thread::sleep(END);
                if !IS_TOLD.load(Ordering::SeqCst) {
                    // Something that cannot be interrupted holds it up.
                    let _ = writeln!(stderr(), "error: {ABANDONED}");
                }
                leave(EXIT_CODE.load(Ordering::SeqCst));
            });
            if heard.next().is_some() {
                leave(130);
            }
        })?;
    Ok(())
}

fn leave(code: i32) -> ! {
    restore_terminal_or_leave_it();
    end(code)
}

/// Restores the terminal, but waits only briefly: the person at the terminal may be holding it up.
fn restore_terminal_or_leave_it() {
    let (restored, is_restored) = mpsc::channel();
    let restoring = thread::Builder::new().spawn(move || {
        terminal::restore();
        let _ = restored.send(());
    });
    if restoring.is_ok() {
        let _ = is_restored.recv_timeout(LAST_WAIT / 2);
    }
}

/// Whether the program was started with nohup or the like, and so is to outlive its terminal.
fn hang_up_is_ignored() -> bool {
    const SIGHUP_BIT: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & SIGHUP_BIT != 0)
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<UsageError>()
            || cause
                .downcast_ref::<LogError>()
                .is_some_and(LogError::is_usage)
            || cause
                .downcast_ref::<ContractError>()
                .is_some_and(ContractError::is_usage)
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::io::{BufRead, BufReader, PipeWriter, Write};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use crate::args::LogArgs;
    use crate::outlet::stderr;

    /// Only a failing test waits this long.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Set in the child process, which the test stops.
    const IS_CHILD: &str = "TIMEOFF_TEST_IS_STOPPED";

    #[derive(Debug, clap::Parser)]
    struct Arguments {
        /// The arguments for the test harness.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        _harness: Vec<String>,
        #[command(flatten)]
        log: LogArgs,
    }

    impl super::Arguments for Arguments {
        fn log_args(&self) -> &LogArgs {
            &self.log
        }
    }

    #[test]
    fn a_stop_is_heard_while_a_pipe_that_nobody_reads_holds_the_runtime() {
        let (_unread, full) = std::io::pipe().expect("a pipe");
        let mut child = start("says_much_until_it_is_stopped", full);
        until(&mut child, is_held_up);
        assert_ends_well_when_stopped(child);
    }

    #[test]
    fn a_command_that_has_ended_well_is_a_success_whatever_its_end_has_to_wait_for() {
        let (said, says) = std::io::pipe().expect("a pipe");
        let child = start("ends_well_and_leaves_what_does_not_end", says);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).expect("says it");
        assert_ends_well_when_stopped(child);
    }

    #[test]
    fn a_command_that_does_not_stop_is_abandoned_with_a_message_whatever_holds_it_up() {
        for test in [
            "has_something_whose_end_takes_long",
            "does_something_that_takes_long",
        ] {
            let (said, says) = std::io::pipe().expect("a pipe");
            let child = start(test, says);
            let mut said = BufReader::new(said);
            let mut line = String::new();
            said.read_line(&mut line).expect("says it");
            assert_ends_when_stopped(child, 1);
            line.clear();
            said.read_line(&mut line).expect("says it");
            assert_eq!(line, format!("error: {}\n", super::ABANDONED), "{test}");
        }
    }

    /// Runs another of these tests in a child process.
    fn start(test: &str, stderr: PipeWriter) -> Child {
        let name = format!("{}::{test}", module_path!());
        let (_, name) = name.split_once("::").expect("a crate");
        Command::new(std::env::current_exe().expect("is known"))
            .args(["--exact", name, "--ignored"])
            .env(IS_CHILD, "1")
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .expect("starts")
    }

    fn assert_ends_well_when_stopped(child: Child) {
        assert_ends_when_stopped(child, 0);
    }

    fn assert_ends_when_stopped(mut child: Child, code: i32) {
        let kill = format!("kill -s TERM {}", child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("a shell").success());
        until(&mut child, |child| matches!(child.try_wait(), Ok(Some(_))));
        let status = child.wait().expect("has ended");
        assert_eq!(status.code(), Some(code), "{status}");
    }

    /// Waits until the condition holds. Kills the child and panics if it never does.
    fn until(child: &mut Child, condition: impl Fn(&mut Child) -> bool) {
        let began = Instant::now();
        while !condition(child) {
            if began.elapsed() > PATIENCE {
                child.kill().expect("is there");
                panic!("waited in vain");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether one of the child's threads is waiting for room in a pipe.
    fn is_held_up(child: &mut Child) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", child.id())).expect("it runs");
        threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("wchan")).ok())
            .any(|place| place.contains("pipe_write"))
    }

    #[test]
    #[ignore = "a part of the test above, which runs it"]
    fn says_much_until_it_is_stopped() {
        if std::env::var_os(IS_CHILD).is_none() {
            // Not a test on its own.
            return;
        }
        super::run(async |_: Arguments, shutdown| {
            // Occupies the only thread that the runtime has for tasks, timers and sockets.
            tokio::spawn(async { while writeln!(stderr(), "a line").is_ok() {} });
            shutdown.requested().await;
            Ok(())
        })
    }

    /// Its end takes long.
    struct Slow;

    impl Drop for Slow {
        fn drop(&mut self) {
            std::thread::sleep(PATIENCE);
        }
    }

    #[test]
    #[ignore = "a part of a test above, which runs it"]
    fn has_something_whose_end_takes_long() {
        if std::env::var_os(IS_CHILD).is_none() {
            // Not a test on its own.
            return;
        }
        super::run(async |_: Arguments, _| {
            let _slow = Slow;
            writeln!(stderr(), "at work")?;
            std::future::pending().await
        })
    }

    #[test]
    #[ignore = "a part of a test above, which runs it"]
    fn does_something_that_takes_long() {
        if std::env::var_os(IS_CHILD).is_none() {
            // Not a test on its own.
            return;
        }
        super::run(async |_: Arguments, _| {
            writeln!(stderr(), "at work")?;
            std::thread::sleep(PATIENCE);
            Ok(())
        })
    }

    #[test]
    #[ignore = "a part of a test above, which runs it"]
    fn ends_well_and_leaves_what_does_not_end() {
        if std::env::var_os(IS_CHILD).is_none() {
            // Not a test on its own.
            return;
        }
        super::run(async |arguments: Arguments, shutdown| {
            // A log that never finishes opening, and a call that blocks: the end waits for both as long as there is
            // time.
            let opened = arguments.log.opened().clone();
            tokio::spawn(async move { opened.open(std::future::pending()).await });
            tokio::task::spawn_blocking(|| std::thread::sleep(PATIENCE));
            tokio::task::yield_now().await;
            writeln!(stderr(), "at work")?;
            shutdown.requested().await;
            Ok(())
        })
    }
}
