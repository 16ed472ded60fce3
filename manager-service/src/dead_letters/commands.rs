//! The command line.

use std::io::Write;

use anyhow::Context;
use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, OutputFormat, Shutdown};

use super::list;
use super::place::Place;
use super::retry::{self, Settings};

/// What to do with dead letters.
#[derive(Debug, Args)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the dead letters that wait, oldest first within a partition. They stay as they are.
    #[command(after_help = format!("\
        JSON, a letter a line: topic, partition and offset say where the letter stands, from_topic, from_partition and \
        from_offset where the record stood; since is when it became a letter, reason why; id is that of the \
        application, or null if the key cannot be read. The from_… are null if the letter does not say.\n\n\
        {}", timeoff_cli::TEXT_RULE))]
    List {
        /// How each letter is printed.
        #[arg(long, value_enum, default_value = "text")]
        output: OutputFormat,
    },
    /// Put applications that can be understood now back to where they stood, and end.
    ///
    /// Each is put back once, as the same bytes, at the end of its partition. One that still cannot be understood stays
    /// a dead letter, and so does everything that is not an application of this topic; the reason is reported. Results
    /// are never put back. Once means once for the topic of dead letters: --group does not matter here.
    #[command(after_help = "\
        JSON, a letter a line: id is the application; topic, partition and offset say where it was put, from_topic, \
        from_partition and from_offset where its letter stands.\n\n\
        Exit 1 if a letter that was named does not wait (nothing is put back then) or was not put back.")]
    Retry {
        /// The letters to put back, as the list names them [default: all].
        #[arg(value_name = "PARTITION:OFFSET")]
        places: Vec<Place>,
        /// How each letter that was put back is printed.
        #[arg(long, value_enum, default_value = "text")]
        output: OutputFormat,
    },
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub(crate) async fn run(
    arguments: DeadLettersArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    // Both commands deal with what is there, and end.
    let contract = match arguments.command {
        Command::List { .. } => log.open_to_read(true).await?,
        Command::Retry { .. } => log.open_for_a_run(true).await?,
    };
    let notices = log.notices();
    let mut out = timeoff_cli::stdout();
    let outcome = match arguments.command {
        Command::List { output } => {
            list::run(&contract, output, &mut out, &notices, shutdown).await
        }
        Command::Retry { places, output } => {
            let settings = Settings {
                places: places.into_iter().collect(),
                output,
            };
            retry::run(&contract, &settings, &mut out, &notices, shutdown).await
        }
    };
    // A stop may come after a line is printed and before the next wait flushes it.
    outcome.and(out.flush().context("could not write to standard output"))
}
