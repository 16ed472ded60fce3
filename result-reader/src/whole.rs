//! Printing the whole topic from its beginning, without a group.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Notices, Shutdown};
use timeoff_log::{Contract, ReadEvent, ReadFrom, Reader};

use crate::format::Printer;

/// How many results are printed before they are flushed, at the most.
const BATCH: usize = 1_000;

/// Prints every result on the topic, and follows, until caught up or told to stop. No group is touched, and what
/// cannot be understood is said and passed over.
///
/// # Errors
///
/// If the log fails for good, or standard output does.
pub(crate) async fn run<W: Write>(
    contract: &Contract,
    until_caught_up: bool,
    printer: &mut Printer<W>,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let topic = contract.topics().results.clone();
    let mut reader = contract
        .log()
        .read(&topic, ReadFrom::Beginning)
        .await
        .context("could not read the results")?;
    let reading = async {
        // What is there already is printed without ever waiting.
        while !shutdown.is_requested() {
            let is_caught_up = step(contract, &mut reader, printer, notices).await?;
            if is_caught_up && until_caught_up {
                break;
            }
        }
        anyhow::Ok(())
    };
    tokio::select! {
        outcome = reading => outcome,
        () = shutdown.requested() => Ok(()),
    }
}

/// Prints what is there. Returns whether all that was there at the start has come.
async fn step<W: Write>(
    contract: &Contract,
    reader: &mut Reader,
    printer: &mut Printer<W>,
    notices: &Notices,
) -> anyhow::Result<bool> {
    let mut is_caught_up = false;
    let mut printed = 0;
    let mut next = Some(reader.next().await?);
    while let Some(event) = next {
        match event {
            ReadEvent::Record(record) => {
                match timeoff_cli::understand(|| contract.read_result(&record), notices).await? {
                    Ok((id, result)) => printer.print(&id, &result, &record.position)?,
                    Err(reason) => notices.say(&format!(
                        "{} cannot be understood: {reason}.",
                        record.position
                    )),
                }
                printed += 1;
            }
            ReadEvent::CaughtUp => is_caught_up = true,
            ReadEvent::Unreachable { reason } => {
                notices.say(&timeoff_cli::no_answer(&reason));
            }
            ReadEvent::Hidden { partition, offset } => {
                let topic = &contract.topics().results;
                notices.say(&timeoff_cli::hidden(topic, partition, offset));
            }
            ReadEvent::Reachable => notices.say("The log answers again."),
        }
        if is_caught_up || printed >= BATCH {
            break;
        }
        next = reader.try_next()?;
    }
    printer.flush()?;
    Ok(is_caught_up)
}
