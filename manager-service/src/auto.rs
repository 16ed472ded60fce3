//! Deciding by a policy, in batches.

mod batch;
mod report;

use std::collections::VecDeque;
use std::io::Write;
use std::ops::ControlFlow;

use anyhow::{Context, bail};
use timeoff_cli::{Notices, OutputFormat, Shutdown, Unrecorded};
use timeoff_contract::ContractError;
use timeoff_log::{Assignment, BYTES_IN_HAND, Delivery, Event, LogError, Membership, Subscription};
use timeoff_models::Departments;

use self::batch::{Batch, Recording, first_known};
use self::report::Report;
use crate::desk::{Desk, Verdict};
use crate::left::Left;
use crate::policy::Policy;
use crate::recent::{Recent, first_of_its_id};

/// At most this many deliveries are in the process's hands: those whose decisions are being recorded, and as many again
/// that are being decided meanwhile. This is below what may be undecided in one partition on Kafka, so that deliveries
/// in hand never pause a partition. A higher limit is faster on Kafka, but not worth its memory.
const IN_HAND: usize = 10_000;

/// The notice about batches for which a stop did not leave enough time.
const CUT_SHORT: &str = "Stopped while decisions were being recorded: some that are not printed may be recorded all \
    the same. Those that are not are offered again.";

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
        alongside: Vec::new(),
        max_in_hand: IN_HAND,
        max_bytes_in_hand: BYTES_IN_HAND,
        announce_caught_up: settings.until_caught_up,
    };
    let mut subscription = contract
        .log()
        .subscribe(membership)
        .await
        .context("could not join the managers")?;
    let mut run = Run {
        desk,
        settings,
        subscription: &mut subscription,
        left: Left::default(),
        recent: Recent::default(),
        recording: VecDeque::new(),
        unrecorded: Unrecorded::default(),
        report: Report::new(out, settings.output, notices),
        notices,
    };
    let outcome = tokio::select! {
        outcome = run.until_done(shutdown) => outcome,
        // After a stop, batches already begun get a grace period to finish.
        () = shutdown.overdue() => run.cut_short(),
    };
    subscription.close().await;
    outcome
}

/// A run of the policy. Batches are being recorded while the next ones are being decided.
struct Run<'run, W> {
    desk: &'run Desk,
    settings: &'run Settings,
    subscription: &'run mut Subscription,
    left: Left,
    recent: Recent,
    /// In the order in which they were handed on.
    recording: VecDeque<Recording>,
    unrecorded: Unrecorded,
    report: Report<'run, W>,
    notices: &'run Notices,
}

impl<W: Write> Run<'_, W> {
    async fn until_done(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let done = self.decide_all(shutdown).await;
        // Decisions still being recorded are reported however the loop ended.
        let told = self.finish_all().await;
        done.and(told)?;
        // A run that ends once caught up will not come to the unrecorded ones again.
        match self.settings.until_caught_up {
            true => self.unrecorded.check(),
            false => Ok(()),
        }
    }

    async fn decide_all(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        loop {
            let event = tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(()),
                () = first_known(&mut self.recording) => {
                    self.finish_first().await?;
                    continue;
                }
                event = self.subscription.next() => event?,
            };
            let other = match event {
                Event::Delivery(first) => self.decide_from(first).await?,
                other => Some(other),
            };
            if let Some(other) = other
                && self.hear(other).await?.is_break()
            {
                return Ok(());
            }
        }
    }

    /// Decides the first delivery and those already waiting behind it, then hands the batch on to be recorded. Returns
    /// the event that ended the batch, if one did.
    async fn decide_from(&mut self, first: Delivery) -> anyhow::Result<Option<Event>> {
        let mut batch = Batch::default();
        let mut next = Some(Event::Delivery(first));
        while let Some(Event::Delivery(delivery)) = next {
            self.decide(&mut batch, delivery).await?;
            if batch.is_full() {
                next = None;
                break;
            }
            next = self.subscription.try_next()?;
        }
        let begun = batch.begin(&self.subscription.settler());
        self.recording.extend(begun);
        Ok(next)
    }

    async fn decide(&mut self, batch: &mut Batch, delivery: Delivery) -> Result<(), LogError> {
        let partition = delivery.position().partition;
        let read = self.desk.read(&delivery, self.notices).await?;
        match read.and_then(|received| first_of_its_id(&mut self.recent, received, &delivery)) {
            Ok(received) => {
                let Some(outcome) = self.settings.policy.decide(&received.application) else {
                    // The delivery is dropped here, so it stays first in line for another manager.
                    self.left.add(partition);
                    return Ok(());
                };
                let id = received.id.clone().into_owned();
                let comment = None;
                let result = self.desk.decide(received, Verdict { outcome, comment });
                batch.add(delivery.settle_with(vec![result]), Some((id, outcome)));
            }
            Err(reason) => {
                batch.add(self.desk.bury(delivery, &reason, self.notices), None);
            }
        }
        Ok(())
    }

    /// Handles any event but a delivery. Breaks on [`Event::CaughtUp`], which comes only if it was asked for.
    async fn hear(&mut self, event: Event) -> anyhow::Result<ControlFlow<()>> {
        match &event {
            // These events are about the deliveries before them, so those are settled first.
            Event::CaughtUp | Event::WindowFull { .. } | Event::Assignment(_) => {
                self.finish_all().await?;
            }
            _ => {}
        }
        match event {
            Event::CaughtUp => return Ok(ControlFlow::Break(())),
            Event::WindowFull {
                partition,
                undecided,
                ..
            } => {
                // The event may count deliveries that have been decided meanwhile. If they made no room, it comes
                // again.
                if self.left.are(partition, undecided) {
                    self.window_full(partition, undecided)?;
                }
            }
            other => {
                crate::notices::tell(&other, self.departments(), self.notices);
                if let Event::Assignment(assignment) = &other {
                    self.take_over(assignment).await?;
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes up a changed share of the departments. What was known of the lost ones no longer counts.
    async fn take_over(&mut self, assignment: &Assignment) -> Result<(), ContractError> {
        self.left.forget(&assignment.lost);
        self.recent.hear(assignment);
        self.desk.check_they_are_departments(assignment)?;
        let group = &self.settings.group;
        if let Some(sentence) = self.desk.decided_before(group, assignment).await {
            self.notices.say(&sentence);
        }
        Ok(())
    }

    /// Waits until all batches are recorded, and reports them.
    async fn finish_all(&mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        while !self.recording.is_empty() {
            // A batch that could not be recorded or reported does not keep the others from being reported.
            outcome = outcome.and(self.finish_first().await);
        }
        outcome
    }

    /// Waits until the first batch is recorded, however often the log refuses, and reports it.
    async fn finish_first(&mut self) -> anyhow::Result<()> {
        let Some(Recording { settling, .. }) = self.recording.front_mut() else {
            return Ok(());
        };
        let settled = timeoff_cli::finish_patiently(
            self.subscription,
            settling,
            &mut self.unrecorded,
            self.notices,
        )
        .await;
        // Removed only now: if the wait is cancelled, the queue still says that this batch is being recorded.
        match self.recording.pop_front() {
            Some(first) => self.report.tell(&settled?, &first.decided, &mut self.left),
            None => Ok(()),
        }
    }

    /// Reports what is known when a stop leaves no more time.
    fn cut_short(&mut self) -> anyhow::Result<()> {
        let mut is_cut_short = false;
        while let Some(open) = self.recording.pop_front() {
            match open.settling.outcome_if_known() {
                Some(Ok(settled)) => self.report.tell(&settled, &open.decided, &mut self.left)?,
                Some(Err(_)) | None => is_cut_short = true,
            }
        }
        if is_cut_short {
            self.notices.say(CUT_SHORT);
        }
        Ok(())
    }

    /// Reports that no more of a department's applications can be handed out. This fails a run that is to end once
    /// caught up, since it cannot get there.
    fn window_full(&self, partition: i32, undecided: i64) -> anyhow::Result<()> {
        let text = crate::notices::window_full(self.departments(), partition, undecided);
        if self.settings.until_caught_up {
            bail!(text);
        }
        self.notices.say(&text);
        Ok(())
    }

    fn departments(&self) -> &Departments {
        self.desk.contract().departments()
    }
}
