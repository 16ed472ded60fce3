//! `timeoff-dev`: the developer tools as subcommands.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// Developer tools of TimeOff.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Company(Box<timeoff_dev::company::CompanyArgs>),
    DeadLetters(Box<timeoff_dev::dead_letters::DeadLettersArgs>),
    Demo(timeoff_dev::demo::DemoArgs),
    Holidays(timeoff_dev::holidays::HolidaysArgs),
    Kafka(timeoff_dev::kafka::KafkaArgs),
    Web(timeoff_dev::web::WebArgs),
}

fn main() -> ExitCode {
    let cli: Cli = timeoff_cli::arguments();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let words = timeoff_cli::chain(error.as_ref());
            // Some end with lines of another program's log.
            let lines: Vec<_> = words.lines().map(timeoff_cli::printable).collect();
            let _ = writeln!(std::io::stderr(), "timeoff-dev: {}", lines.join("\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    let outcome = runtime.block_on(async {
        let shutdown = shutdown()?;
        match command {
            Command::Company(args) => tokio::select! {
                outcome = timeoff_dev::company::run(&args) => outcome,
                () = shutdown => anyhow::bail!("stopped before all was put onto the log"),
            },
            Command::DeadLetters(args) => tokio::select! {
                outcome = timeoff_dev::dead_letters::run(&args) => outcome,
                () = shutdown => anyhow::bail!("stopped before all was sent"),
            },
            Command::Demo(args) => {
                tokio::task::spawn_blocking(move || timeoff_dev::demo::run(&args))
                    .await
                    .context("the demo broke off")?
            }
            Command::Holidays(args) => {
                tokio::task::spawn_blocking(move || timeoff_dev::holidays::run(&args))
                    .await
                    .context("making the holidays broke off")?
            }
            Command::Kafka(args) => timeoff_dev::kafka::run(args, shutdown).await,
            Command::Web(args) => timeoff_dev::web::run(args, shutdown).await,
        }
    });
    // An interrupted start may still be waiting for a server on a blocking thread; it ends with the process.
    runtime.shutdown_background();
    outcome
}

/// Resolves at Ctrl-C, SIGTERM, or when the terminal is closed.
fn shutdown() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut hangup = signal(SignalKind::hangup()).context("listen for SIGHUP")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Cli;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        timeoff_cli::command::<Cli>().debug_assert();
    }
}
