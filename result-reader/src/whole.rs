//! Printing the whole topic from its beginning, without a group.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Notices, Shutdown};
use timeoff_contract::Contract;
use timeoff_log::{ReadEvent, ReadFrom, Reader};

use crate::format::Printer;

/// At most this many results are printed before they are flushed.
const BATCH: usize = 1_000;

/// Prints every result on the topic, and follows, until caught up or told to stop. Touches no group. A result that
/// cannot be understood is reported and passed over.
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
        // Results that are there already are printed without ever waiting, so a stop is checked for here.
        while !shutdown.is_requested() {
            let is_caught_up = step(contract, &mut reader, printer, notices).await?;
            if is_caught_up && until_caught_up {
                break;
            }
        }
        anyhow::Ok(())
    };
    let outcome = tokio::select! {
        outcome = reading => outcome,
        () = shutdown.requested() => Ok(()),
    };
    // A stop may come after a line is printed and before its batch is flushed.
    outcome.and(
        printer
            .flush()
            .context("could not write to standard output"),
    )
}

/// Prints the results that are there. Returns whether all that were there at the start have come.
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{self, Write};
    use std::path::PathBuf;
    use std::time::Duration;

    use super::run;
    use crate::format::{Format, Printer};
    use crate::instructions::result;
    use crate::text::Columns;
    use timeoff_cli::{Notices, Shutdown};
    use timeoff_contract::{Contract, TopicNames};
    use timeoff_log::{KafkaSettings, Log, LogUrl};
    use timeoff_models::Departments;

    /// Only a failure waits this long.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A destination that moves the log away when the first line comes, and fails when it is flushed.
    struct Full {
        log: PathBuf,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.log.exists() {
                fs::rename(&self.log, self.log.with_extension("away"))?;
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[tokio::test]
    async fn a_reader_that_is_stopped_in_the_middle_tells_that_its_lines_could_not_be_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        let log = Log::open(&LogUrl::Sqlite(path.clone()), &KafkaSettings::default()).await;
        let log = log.expect("a log");
        let contract = Contract::open(&log, TopicNames::default(), Departments::default());
        let contract = contract.await.expect("topics");
        let known = result(&contract).await;
        // To understand this one, the reader has to ask the log for a schema.
        let mut unknown = known.clone();
        if let Some(value) = &mut unknown.value {
            value[1..5].copy_from_slice(&99_u32.to_be_bytes());
        }
        log.append(vec![known, unknown]).await.expect("appended");

        let columns = Columns::new(None, false, contract.departments());
        let mut printer = Printer::new(Format::Json, Full { log: path }, columns);
        let (notices, mut sentences) = Notices::to_screen();
        let (shutdown, stop) = Shutdown::manual();
        let reading = run(&contract, false, &mut printer, &notices, &shutdown);
        let stopping = async {
            while let Some(sentence) = sentences.recv().await {
                if sentence.starts_with("Waiting for the schema registry") {
                    stop.request();
                    return;
                }
            }
        };
        let both = async { tokio::join!(reading, stopping) };
        let (outcome, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
        let error = outcome.expect_err("nothing could be written");
        assert_eq!(error.to_string(), "could not write to standard output");
    }
}
