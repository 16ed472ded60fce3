//! Printing each result once for a group.

use std::io::Write;

use anyhow::Context;
use timeoff_cli::{Notices, Shutdown};
use timeoff_log::{Contract, Delivery, Event, Membership, Settlement, Subscription};

use crate::format::Printer;

/// How many results are printed before they are marked as read.
const BATCH: usize = 1_000;

/// How many results are in the process's hands at the most.
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
    let reading = async {
        loop {
            let first = tokio::select! {
                event = subscription.next() => event?,
                () = shutdown.requested() => return Ok(()),
            };
            let is_caught_up = step(first, contract, &mut subscription, printer, notices).await?;
            // Told only if it was asked for.
            if is_caught_up {
                return anyhow::Ok(());
            }
        }
    };
    let outcome = tokio::select! {
        outcome = reading => outcome,
        // What was printed is marked as read if that is quick.
        () = shutdown.overdue() => Ok(()),
    };
    subscription.close().await;
    outcome
}

/// Prints a batch, then marks it as read. Returns whether all that was there at the start has come.
async fn step<W: Write>(
    first: Event,
    contract: &Contract,
    subscription: &mut Subscription,
    printer: &mut Printer<W>,
    notices: &Notices,
) -> anyhow::Result<bool> {
    let mut batch = Vec::new();
    let mut is_caught_up = false;
    let mut next = Some(first);
    while let Some(event) = next {
        match event {
            Event::Delivery(delivery) => {
                batch.push(print(contract, delivery, printer, notices).await?);
            }
            Event::CaughtUp => is_caught_up = true,
            Event::Expired {
                partition, lost, ..
            } => notices.say(&format!(
                "Partition {partition}: up to {lost} results were lost to the topic's retention before this group read them."
            )),
            Event::Assignment(assignment) if assignment.held.is_empty() => notices.say(
                "No results come here now: other readers of this group have them all, or the log does not answer.",
            ),
            other => {
                if let Some(sentence) = timeoff_cli::trouble(&other) {
                    notices.say(&sentence);
                }
            }
        }
        if is_caught_up || batch.len() >= BATCH {
            break;
        }
        next = subscription.try_next()?;
    }
    if !batch.is_empty() {
        printer.flush()?;
        // Read means written out. A reader whose share was taken over meanwhile leaves them to be printed again.
        timeoff_cli::settle_patiently(subscription, batch, notices).await?;
    }
    Ok(is_caught_up)
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
