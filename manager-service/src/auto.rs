//! Deciding by a policy, in batches.

use std::io::Write;

use anyhow::{Context, bail};
use serde::Serialize;
use timeoff_cli::{Notices, OutputFormat, Shutdown};
use timeoff_log::{Delivery, Event, Membership, Position, Settled, Settlement, Subscription};
use timeoff_models::{ApplicationId, Outcome};

use crate::desk::{Desk, Verdict};
use crate::left::Left;
use crate::policy::Policy;

/// How many applications are decided in one transaction at the most.
const BATCH: usize = 1_000;

/// How many deliveries are in the process's hands at the most: the batch that is being settled and the next ones.
const IN_HAND: usize = 4 * BATCH;

/// What is said of a batch that a stop did not leave enough time for.
const CUT_SHORT: &str = "Stopped while decisions were being recorded: some that are not printed may be recorded all the same. Those that are not are offered again.";

/// One decision, as it is printed.
#[derive(Debug, Serialize)]
struct Decided<'a> {
    id: &'a str,
    outcome: &'a str,
    topic: &'a str,
    partition: i32,
    offset: i64,
}

/// How [`run`] is to behave.
pub(crate) struct Settings {
    /// The group of managers.
    pub group: String,
    /// The rule.
    pub policy: Policy,
    /// Whether to end when all that was waiting at the start has been handed out.
    pub until_caught_up: bool,
    /// How decisions are printed.
    pub output: OutputFormat,
}

/// What one step came to.
enum Step {
    Continue,
    CaughtUp,
}

/// Decides what waits, until caught up or told to stop.
///
/// # Errors
///
/// If the log fails for good, or standard output does.
pub(crate) async fn run(
    desk: &Desk,
    settings: &Settings,
    out: &mut impl Write,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let contract = desk.contract();
    let membership = Membership {
        group: settings.group.clone(),
        topic: contract.topics().applications.clone(),
        max_in_hand: IN_HAND,
        announce_caught_up: settings.until_caught_up,
    };
    let mut subscription = contract
        .log()
        .subscribe(membership)
        .await
        .context("could not join the managers")?;
    let mut left = Left::default();
    let deciding = async {
        loop {
            let first = tokio::select! {
                event = subscription.next() => event?,
                () = shutdown.requested() => return Ok(()),
            };
            let step = step(
                first,
                desk,
                settings,
                &mut subscription,
                &mut left,
                out,
                notices,
            )
            .await?;
            // Told only if it was asked for.
            if let Step::CaughtUp = step {
                return Ok(());
            }
        }
    };
    let outcome = tokio::select! {
        outcome = deciding => outcome,
        // What was begun is finished if that is quick.
        () = shutdown.overdue() => {
            notices.say(CUT_SHORT);
            Ok(())
        }
    };
    subscription.close().await;
    outcome
}

/// Decides a batch: what is there now, from the first on.
async fn step(
    first: Event,
    desk: &Desk,
    settings: &Settings,
    subscription: &mut Subscription,
    left: &mut Left,
    out: &mut impl Write,
    notices: &Notices,
) -> anyhow::Result<Step> {
    let mut batch = Batch::default();
    let mut next = Some(first);
    let mut after = None;
    while let Some(event) = next {
        match event {
            Event::Delivery(delivery) => batch.take(desk, settings, delivery, left, notices).await,
            // These speak of the deliveries before them, which are settled first.
            Event::CaughtUp | Event::WindowFull { .. } | Event::Assignment(_) => {
                after = Some(event);
                break;
            }
            other => crate::notices::tell(&other, desk.contract().departments(), notices),
        }
        if batch.settlements.len() >= BATCH {
            break;
        }
        next = subscription.try_next()?;
    }
    batch
        .settle(subscription, settings.output, left, out, notices)
        .await?;
    match after {
        Some(Event::CaughtUp) => return Ok(Step::CaughtUp),
        Some(Event::WindowFull {
            partition,
            undecided,
        }) if left.are(partition, undecided) => {
            window_full(desk, settings, partition, undecided, notices)?;
        }
        // Some of those that it counts have been decided meanwhile. It is told again if that made no room.
        Some(Event::WindowFull { .. }) | None => {}
        Some(other) => {
            if let Event::Assignment(assignment) = &other {
                left.forget(&assignment.lost);
            }
            crate::notices::tell(&other, desk.contract().departments(), notices);
        }
    }
    Ok(Step::Continue)
}

/// Nothing more can be handed out of a department: a run that is to end cannot do so.
fn window_full(
    desk: &Desk,
    settings: &Settings,
    partition: i32,
    undecided: i64,
    notices: &Notices,
) -> anyhow::Result<()> {
    let text = crate::notices::window_full(desk.contract().departments(), partition, undecided);
    if settings.until_caught_up {
        bail!(text);
    }
    notices.say(&text);
    Ok(())
}

/// What is settled together.
#[derive(Default)]
struct Batch {
    settlements: Vec<Settlement>,
    /// The partition of each settlement, and what it decides; `None` for a dead letter.
    decisions: Vec<(i32, Option<(ApplicationId, Outcome)>)>,
}

impl Batch {
    async fn take(
        &mut self,
        desk: &Desk,
        settings: &Settings,
        delivery: Delivery,
        left: &mut Left,
        notices: &Notices,
    ) {
        let partition = delivery.position().partition;
        match desk.take_in(delivery, notices).await {
            Ok(waiting) => {
                let Some(outcome) = settings.policy.decide(&waiting.received.application) else {
                    // Dropped here, it stays first in line for another manager.
                    left.add(partition);
                    return;
                };
                let id = waiting.received.id.clone();
                let comment = None;
                let settlement = desk.decide(waiting, Verdict { outcome, comment });
                self.settlements.push(settlement);
                self.decisions.push((partition, Some((id, outcome))));
            }
            Err(dead_letter) => {
                self.settlements.push(dead_letter);
                self.decisions.push((partition, None));
            }
        }
    }

    /// Settles the batch, however often the log refuses, and prints what was recorded.
    async fn settle(
        self,
        subscription: &mut Subscription,
        output: OutputFormat,
        left: &mut Left,
        out: &mut impl Write,
        notices: &Notices,
    ) -> anyhow::Result<()> {
        if self.settlements.is_empty() {
            return Ok(());
        }
        let settled =
            timeoff_cli::settle_patiently(subscription, self.settlements, notices).await?;
        let (mut stale, mut unknown) = (0, 0);
        for (settled, (partition, decision)) in settled.iter().zip(&self.decisions) {
            match (settled, decision) {
                (Settled::Recorded(positions), Some((id, outcome))) => {
                    let position = positions.first().context("a decision has one result")?;
                    print(out, output, id, *outcome, position)?;
                }
                (Settled::Recorded(_), None) => {}
                (Settled::Stale, _) => {
                    stale += 1;
                    left.add(*partition);
                }
                (Settled::Unknown, _) => unknown += 1,
            }
        }
        out.flush()?;
        if stale > 0 {
            notices.say(&format!(
                "{stale} applications are not decided here: another manager has taken them over, or they could not be recorded."
            ));
        }
        if unknown > 0 {
            notices.say(&format!(
                "Of {unknown} decisions it is not known whether they were recorded: the log did not answer, and another manager has taken over. Those that were not are offered again."
            ));
        }
        Ok(())
    }
}

fn print(
    out: &mut impl Write,
    output: OutputFormat,
    id: &ApplicationId,
    outcome: Outcome,
    position: &Position,
) -> anyhow::Result<()> {
    match output {
        OutputFormat::Json => {
            let decided = Decided {
                id: id.as_str(),
                outcome: outcome.as_str(),
                topic: &position.topic,
                partition: position.partition,
                offset: position.offset,
            };
            timeoff_cli::write_json_line(out, &decided)?;
        }
        OutputFormat::Text => writeln!(
            out,
            "{outcome:<8}  {}  result at partition {}, offset {}",
            timeoff_cli::printable(id.as_str()),
            position.partition,
            position.offset
        )?,
    }
    Ok(())
}
