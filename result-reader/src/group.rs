//! Printing each result once for a group.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Notices, Shutdown};
use timeoff_log::{Contract, Delivery, Event, Membership, Settlement, Settling, Subscription};

use crate::format::Printer;

/// How many results are printed before they are marked as read.
const BATCH: usize = 1_000;

/// How many results are in the process's hands at the most: those that are being marked, those that are being printed, and
/// the next.
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
        max_in_hand: IN_HAND,
        announce_caught_up: until_caught_up,
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
        printer,
        notices,
    };
    let outcome = tokio::select! {
        outcome = run.until_done(shutdown) => outcome,
        // What was printed is marked as read if that is quick.
        () = shutdown.overdue() => Ok(()),
    };
    subscription.close().await;
    outcome
}

/// A run of the reader. One batch is being marked as read while the next one is being printed.
struct Run<'run, W: Write> {
    contract: &'run Contract,
    subscription: &'run mut Subscription,
    marking: Option<Settling>,
    printer: &'run mut Printer<W>,
    notices: &'run Notices,
}

impl<W: Write> Run<'_, W> {
    async fn until_done(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut is_caught_up = false;
        while !is_caught_up && !shutdown.is_requested() {
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
            is_caught_up = self.print_batch(first).await?;
        }
        self.mark(None).await
    }

    /// Prints a batch, then begins to mark it as read. Returns whether all that was there at the start has come, which is
    /// told only if it was asked for.
    async fn print_batch(&mut self, first: Event) -> anyhow::Result<bool> {
        let mut batch = Vec::new();
        let mut is_caught_up = false;
        let mut next = Some(first);
        while let Some(event) = next {
            match event {
                Event::Delivery(delivery) => {
                    batch.push(print(self.contract, delivery, self.printer, self.notices).await?);
                }
                Event::CaughtUp => is_caught_up = true,
                Event::Expired {
                    partition, lost, ..
                } => self.notices.say(&format!(
                    "Partition {partition}: up to {lost} results were lost to the topic's retention before this group read them."
                )),
                Event::Assignment(assignment) if assignment.held.is_empty() => self.notices.say(
                    "No results come here now: other readers of this group have them all, or the log does not answer.",
                ),
                other => {
                    if let Some(sentence) = timeoff_cli::trouble(&other) {
                        self.notices.say(&sentence);
                    }
                }
            }
            if is_caught_up || batch.len() >= BATCH {
                break;
            }
            next = self.subscription.try_next()?;
        }
        if !batch.is_empty() {
            // Read means written out.
            self.printer.flush()?;
            self.mark(Some(batch)).await?;
        }
        Ok(is_caught_up)
    }

    /// Waits until the batch before this one is marked as read, and begins to mark this one. A reader whose share was taken
    /// over meanwhile leaves them to be printed again.
    async fn mark(&mut self, batch: Option<Vec<Settlement>>) -> anyhow::Result<()> {
        if let Some(mut before) = self.marking.take() {
            timeoff_cli::finish_patiently(self.subscription, &mut before, self.notices).await?;
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
    match timeoff_cli::understand(|| contract.read_result(delivery.record()), notices).await {
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
