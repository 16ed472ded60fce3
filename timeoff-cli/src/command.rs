//! From `main` to the exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::args::LogArgs;
use crate::notices::chain;
use crate::output::{colours_are_wanted, printable, reader_is_gone};
use crate::shutdown::{Shutdown, ShutdownTrigger};
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

/// Runs a command: parses the options, logs to standard error, hears signals, prints one error, exits 0, 1 or 2.
///
/// A command that is asked to stop and does not is left where it is before 2 s are over.
pub fn run<A: Arguments, F: Future<Output = anyhow::Result<()>>>(
    command: impl FnOnce(A, Shutdown) -> F,
) -> ExitCode {
    let arguments = A::parse();
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
                tokio::select! {
                    biased;
                    outcome = command(arguments, shutdown.clone()) => outcome,
                    () = shutdown.out_of_time() => Err(anyhow::anyhow!(
                        "stopped as asked, before everything that was begun had ended"
                    )),
                }
            });
            runtime.shutdown_timeout(LAST_WAIT);
            outcome
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has had enough.
        Err(_) if reader_is_gone() => ExitCode::SUCCESS,
        Err(error) => {
            let text = printable(&chain(error.as_ref()));
            let _ = writeln!(std::io::stderr(), "error: {text}");
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

fn start_logging(args: &LogArgs) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(args.log_filter()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
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

/// The first signal asks for a stop; the second does not ask.
fn hear_signals(trigger: ShutdownTrigger) -> std::io::Result<impl Future<Output = ()>> {
    let mut signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    Ok(async move {
        any(&mut signals).await;
        trigger.request();
        any(&mut signals).await;
        terminal::restore();
        std::process::exit(130);
    })
}

async fn any(signals: &mut [Signal; 3]) {
    let [interrupt, terminate, hangup] = signals;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<UsageError>()
            || cause
                .downcast_ref::<timeoff_log::LogError>()
                .is_some_and(timeoff_log::LogError::is_usage)
    })
}
