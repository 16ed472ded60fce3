//! From `main` to the exit code.

use std::io::{IsTerminal, Write};
use std::sync::mpsc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::args::LogArgs;
use crate::command_line;
use crate::escape::printable;
use crate::notices::chain;
use crate::outlet::{note_stop, stderr};
use crate::output::{colours_are_wanted, reader_is_gone};
use crate::shutdown::{END, Shutdown, ShutdownTrigger};
use crate::terminal;

/// How long threads that are still busy may hold the process back at its end.
const LAST_WAIT: Duration = Duration::from_millis(100);

/// The options of a command.
pub trait Arguments: clap::Parser {
    /// Those that all commands have.
    fn log_args(&self) -> &LogArgs;
}

/// The caller's own words were wrong: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Runs a command: parses the options, logs to standard error, hears signals, prints one error, and ends the process with 0,
/// 1 or 2.
///
/// What it has opened with [`LogArgs`] is closed before that, also when it failed or was stopped.
///
/// A command that is asked to stop and does not is left where it is before 2 s are over.
pub fn run<A: Arguments, F: Future<Output = anyhow::Result<()>>>(
    command: impl FnOnce(A, Shutdown) -> F,
) -> ! {
    let arguments: A = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let opened = arguments.log_args().opened().clone();
    start_logging(arguments.log_args());
    restore_terminal_on_panic();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        // The command itself has the main thread.
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(async {
                let (shutdown, trigger) = Shutdown::manual();
                tokio::spawn(hear_signals(trigger)?);
                let outcome = tokio::select! {
                    biased;
                    outcome = command(arguments, shutdown.clone()) => outcome,
                    () = shutdown.out_of_time() => Err(anyhow::anyhow!(
                        "stopped as asked, before everything that was begun had ended"
                    )),
                };
                tokio::select! {
                    () = opened.close() => {}
                    () = shutdown.must_be_closed() => {}
                }
                outcome
            });
            runtime.shutdown_timeout(LAST_WAIT);
            outcome
        });
    match outcome {
        Ok(()) => end(0),
        // Whoever read our output has had enough.
        Err(_) if reader_is_gone() => end(0),
        Err(error) => {
            let chain = chain(error.as_ref());
            let text = printable(&chain);
            let _ = writeln!(stderr(), "error: {text}");
            end(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Ends the process without what libraries have registered for its end. All that is to be written is written by now, and
/// clean-up in a library that a thread still uses, as OpenSSL's, would crash it.
fn end(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

fn start_logging(args: &LogArgs) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(args.log_filter()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(std::io::stderr().is_terminal() && colours_are_wanted())
        .init();
}

fn restore_terminal_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        terminal::restore();
        print(panic);
    }));
}

/// The first signal asks for a stop; the second does not ask. A process that does not stop in time is ended.
fn hear_signals(trigger: ShutdownTrigger) -> std::io::Result<impl Future<Output = ()>> {
    let is_left_alone = hang_up_is_ignored();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = match is_left_alone {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    Ok(async move {
        let mut any = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = heard(hang_up.as_mut()) => {}
            }
        };
        any().await;
        note_stop();
        trigger.request();
        let code = tokio::select! {
            () = any() => 130,
            () = tokio::time::sleep(END) => 1,
        };
        restore_terminal_or_leave_it();
        end(code);
    })
}

/// The terminal may be held by whoever sits at it.
fn restore_terminal_or_leave_it() {
    let (restored, is_restored) = mpsc::channel();
    let restoring = std::thread::Builder::new().spawn(move || {
        terminal::restore();
        let _ = restored.send(());
    });
    if restoring.is_ok() {
        let _ = is_restored.recv_timeout(LAST_WAIT / 2);
    }
}

async fn heard(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether the program was started with nohup, or the like: it is to outlive its terminal.
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
                .downcast_ref::<timeoff_log::LogError>()
                .is_some_and(timeoff_log::LogError::is_usage)
    })
}
