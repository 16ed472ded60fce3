//! Printing each result once for a group.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Notices, Shutdown, Unrecorded, counted};
use timeoff_contract::Contract;
use timeoff_log::{BYTES_IN_HAND, Delivery, Event, Membership, Settlement, Settling, Subscription};

use crate::format::Printer;
use crate::share::Share;

/// How many results are printed before they are marked as read.
const BATCH: usize = 1_000;

/// A batch ends earlier after this many bytes of dead letters, which are recorded with it.
const BATCH_BYTES: usize = 1 << 20;

/// At most this many results are in the process's hands: those being marked, those being printed, and the next.
const IN_HAND: usize = 4 * BATCH;

/// Prints what the group has not read yet, and follows, until caught up or told to stop.
///
/// # Errors
///
/// If the log fails for good, or standard output does.
pub(crate) async fn run<W: Write>(
    contract: &Contract,
    group: &str,
    until_caught_up: bool,
    printer: &mut Printer<W>,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let membership = Membership {
        group: group.to_owned(),
        topic: contract.topics().results.clone(),
        alongside: Vec::new(),
        max_in_hand: IN_HAND,
        max_bytes_in_hand: BYTES_IN_HAND,
        announce_caught_up: until_caught_up || notices.are_seen(),
    };
    let mut subscription = contract
        .log()
        .subscribe(membership)
        .await
        .context("could not join the readers")?;
    let mut run = Run {
        contract,
        subscription: &mut subscription,
        marking: None,
        share: Share::new(group, contract.departments(), contract.results_partitions()),
        has_shown: false,
        until_caught_up,
        unrecorded: Unrecorded::default(),
        printer,
        notices,
    };
    let outcome = tokio::select! {
        outcome = run.until_done(shutdown) => outcome,
        // After a stop, marking what was printed as read gets a grace period to finish.
        () = shutdown.overdue() => Ok(()),
    };
    // A stop may come after a line is printed and before its batch is flushed.
    let written = run.printer.flush();
    subscription.close().await;
    outcome.and(written.context("could not write to standard output"))
}

/// A run of the reader. One batch is being marked as read while the next one is being printed.
struct Run<'run, W: Write> {
    contract: &'run Contract,
    subscription: &'run mut Subscription,
    marking: Option<Settling>,
    share: Share<'run>,
    /// Whether any result has come.
    has_shown: bool,
    until_caught_up: bool,
    unrecorded: Unrecorded,
    printer: &'run mut Printer<W>,
    notices: &'run Notices,
}

impl<W: Write> Run<'_, W> {
    async fn until_done(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut is_done = false;
        while !is_done && !shutdown.is_requested() {
            let first = match self.subscription.try_next()? {
                Some(event) => event,
                None if self.marking.is_some() => {
                    self.mark(None).await?;
                    continue;
                }
                None => tokio::select! {
                    event = self.subscription.next() => event?,
                    () = shutdown.requested() => break,
                },
            };
            is_done = self.print_batch(first).await? && self.until_caught_up;
        }
        self.mark(None).await?;
        // A run that ends once caught up will not come to the unrecorded ones again.
        match is_done {
            true => self.unrecorded.check(),
            false => Ok(()),
        }
    }

    /// Prints a batch, then begins to mark it as read. Returns whether everything that was there at the start has come;
    /// this is known only if it was asked for.
    async fn print_batch(&mut self, first: Event) -> anyhow::Result<bool> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut is_caught_up = false;
        let mut next = Some(first);
        while let Some(event) = next {
            match event {
                Event::Delivery(delivery) => {
                    self.has_shown = true;
                    let printed = print(self.contract, delivery, self.printer, self.notices).await?;
                    bytes += printed.bytes();
                    batch.push(printed);
                }
                Event::CaughtUp => {
                    is_caught_up = true;
                    if !self.has_shown && self.notices.are_seen() {
                        self.notices.say(&self.share.nothing_new());
                    }
                }
                Event::Expired {
                    partition,
                    lost,
                    group_was_there: false,
                    ..
                } => self.notices.say(&format!(
                    "Partition {partition}: up to {} no longer on the topic, and this group has read none there. If \
                    the group is new, that is as it should be.",
                    counted(lost.unsigned_abs(), "result is", "results are")
                )),
                Event::Expired {
                    partition,
                    lost,
                    group_was_there: true,
                    ..
                } => self.notices.say(&format!(
                    "Partition {partition}: up to {} lost to the topic's retention before this group read them.",
                    counted(lost.unsigned_abs(), "result was", "results were")
                )),
                Event::Assignment(assignment) => {
                    if let Some(sentence) = self.share.now(&assignment.held) {
                        self.notices.say(&sentence);
                    }
                }
                other => {
                    if let Some(sentence) = timeoff_cli::trouble(&other) {
                        self.notices.say(&sentence);
                    }
                }
            }
            if is_caught_up || batch.len() >= BATCH || bytes >= BATCH_BYTES {
                break;
            }
            next = self.subscription.try_next()?;
        }
        if !batch.is_empty() {
            // A result counts as read only once it is written out.
            self.printer.flush()?;
            self.mark(Some(batch)).await?;
        }
        Ok(is_caught_up)
    }

    /// Waits until the previous batch is marked as read, then begins to mark this one. If another reader took the share
    /// over meanwhile, its results are not marked, and are printed again.
    async fn mark(&mut self, batch: Option<Vec<Settlement>>) -> anyhow::Result<()> {
        if let Some(mut before) = self.marking.take() {
            timeoff_cli::finish_patiently(
                self.subscription,
                &mut before,
                &mut self.unrecorded,
                self.notices,
            )
            .await?;
        }
        let settler = self.subscription.settler();
        self.marking = batch.map(|batch| settler.begin(batch));
        Ok(())
    }
}

/// Prints one result; one that cannot be understood becomes a dead letter.
async fn print<W: Write>(
    contract: &Contract,
    delivery: Delivery,
    printer: &mut Printer<W>,
    notices: &Notices,
) -> anyhow::Result<Settlement> {
    match timeoff_cli::understand(|| contract.read_result(delivery.record()), notices).await? {
        Ok((id, result)) => {
            printer.print(&id, &result, delivery.position())?;
            Ok(delivery.settle_with(Vec::new()))
        }
        Err(reason) => {
            notices.say(&format!(
                "{} cannot be understood and becomes a dead letter: {reason}.",
                delivery.position()
            ));
            let letter = contract.dead_letter(delivery.record(), &reason);
            Ok(delivery.settle_with(vec![letter]))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::run;
    use crate::format::{Format, Printer};
    use crate::instructions::result;
    use crate::text::Columns;
    use timeoff_cli::{Notices, Shutdown};
    use timeoff_contract::{Contract, TopicNames};
    use timeoff_log::{KafkaSettings, Log, LogUrl};
    use timeoff_models::Departments;
    use tokio::sync::mpsc::UnboundedReceiver;

    /// How long to wait for a sentence, on the busiest of machines.
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn contract(folder: &tempfile::TempDir) -> Contract {
        let url = LogUrl::Sqlite(folder.path().join("log.db"));
        let log = Log::open(&url, &KafkaSettings::default()).await;
        let log = log.expect("a log");
        let contract = Contract::open(&log, TopicNames::default(), Departments::default());
        contract.await.expect("topics")
    }

    /// Reads until stopped, or caught up.
    async fn read(contract: &Contract, until_caught_up: bool, notices: &Notices, stop: &Shutdown) {
        let columns = Columns::new(None, false, contract.departments());
        let mut printer = Printer::new(Format::Json, std::io::sink(), columns);
        run(
            contract,
            "readers",
            until_caught_up,
            &mut printer,
            notices,
            stop,
        )
        .await
        .expect("read");
    }

    async fn heard(sentences: &mut UnboundedReceiver<String>, part: &str) {
        let said = async {
            while let Some(sentence) = sentences.recv().await {
                if sentence.contains(part) {
                    return true;
                }
            }
            false
        };
        let said = tokio::time::timeout(PATIENCE, said).await;
        assert_eq!(said, Ok(true), "{part} was not said");
    }

    #[tokio::test]
    async fn readers_of_a_group_say_which_departments_each_shows_and_when_that_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = contract(&folder).await;
        let ((first, mut of_first), (second, mut of_second)) =
            (Notices::to_screen(), Notices::to_screen());
        let ((stop_first, end_first), (stop_second, end_second)) =
            (Shutdown::manual(), Shutdown::manual());
        let hearing = async {
            heard(&mut of_first, "Nothing new").await;
            let second = async {
                tokio::join!(read(&contract, false, &second, &stop_second), async {
                    heard(&mut of_second, "To see all: --group").await;
                    heard(
                        &mut of_first,
                        "other readers of group readers show the rest",
                    )
                    .await;
                    end_second.request();
                })
            };
            second.await;
            heard(&mut of_first, "This reader shows all departments now.").await;
            end_first.request();
        };
        tokio::join!(read(&contract, false, &first, &stop_first), hearing);
    }

    #[tokio::test]
    async fn a_reader_that_finds_nothing_new_says_so_and_how_to_see_all_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = contract(&folder).await;
        let decided = result(&contract).await;
        contract
            .log()
            .append(vec![decided])
            .await
            .expect("appended");
        let (stop, _trigger) = Shutdown::manual();
        let (notices, mut sentences) = Notices::to_screen();
        read(&contract, true, &notices, &stop).await;
        assert!(sentences.try_recv().is_err(), "something was new");
        read(&contract, true, &notices, &stop).await;
        let said = sentences.try_recv().expect("a sentence");
        assert!(said.starts_with("Nothing new: group readers"), "{said}");
        assert!(said.contains("--from-beginning"), "{said}");
        assert!(sentences.try_recv().is_err(), "it is said once");
    }
}
