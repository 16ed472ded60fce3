//! Deciding by a policy, in batches.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::ControlFlow;

use anyhow::{Context, bail};
use timeoff_cli::{Field, Notices, OutputFormat, Shutdown, Unrecorded, counted};
use timeoff_log::{
    BYTES_IN_HAND, Delivery, Event, LogError, Membership, Position, Settled, Settlement, Settling,
    Subscription,
};
use timeoff_models::{ApplicationId, Departments, Outcome};

use crate::desk::{Desk, Verdict};
use crate::left::Left;
use crate::policy::Policy;
use crate::recent::{Recent, first_of_its_id};

/// After how many applications at the most the decisions are handed on to be recorded. The log records together what
/// waits for it.
const BATCH: usize = 500;

/// As [`BATCH`], in bytes of what is appended, should records be large: dead letters repeat them.
const BATCH_BYTES: usize = 1 << 20;

/// How many deliveries are in the process's hands at the most: those whose decisions are being recorded, and as many that
/// are being decided meanwhile. It is less than what may be undecided in one partition on Kafka, so that nothing rests
/// because of what is in hand. More are faster on Kafka, for more memory than that is worth.
const IN_HAND: usize = 10_000;

/// What is said of a batch that a stop did not leave enough time for.
const CUT_SHORT: &str = "Stopped while decisions were being recorded: some that are not printed may be recorded all the same. Those that are not are offered again.";

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
        out,
        notices,
    };
    let outcome = tokio::select! {
        outcome = run.until_done(shutdown) => outcome,
        // What was begun is finished if that is quick.
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
    out: &'run mut W,
    notices: &'run Notices,
}

impl<W: Write> Run<'_, W> {
    async fn until_done(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let done = self.decide_all(shutdown).await;
        // However it has ended, what is being recorded is told.
        let told = self.finish_all().await;
        done.and(told)?;
        // A run that is to end does not come to these again.
        match self.settings.until_caught_up {
            true => self.unrecorded.check(),
            false => Ok(()),
        }
    }

    async fn decide_all(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        while !shutdown.is_requested() {
            let first = match self.subscription.try_next()? {
                Some(event) => event,
                None => tokio::select! {
                    biased;
                    () = first_known(&mut self.recording) => {
                        self.finish_first().await?;
                        continue;
                    }
                    event = self.subscription.next() => event?,
                    () = shutdown.requested() => break,
                },
            };
            if self.decide(first).await?.is_break() {
                break;
            }
            while self.recording.front_mut().is_some_and(Recording::is_known) {
                self.finish_first().await?;
            }
        }
        Ok(())
    }

    /// Decides a batch of what is there, from the first on. Breaks when caught up, which is told only if it was asked for.
    async fn decide(&mut self, first: Event) -> anyhow::Result<ControlFlow<()>> {
        let mut batch = Batch::default();
        let mut next = Some(first);
        let mut after = None;
        while let Some(event) = next {
            match event {
                Event::Delivery(delivery) => self.take(&mut batch, delivery).await?,
                // These speak of the deliveries before them, which are settled first.
                Event::CaughtUp | Event::WindowFull { .. } | Event::Assignment(_) => {
                    after = Some(event);
                    break;
                }
                other => crate::notices::tell(&other, self.departments(), self.notices),
            }
            if batch.settlements.len() >= BATCH || batch.bytes >= BATCH_BYTES {
                break;
            }
            next = self.subscription.try_next()?;
        }
        if !batch.settlements.is_empty() {
            self.recording.push_back(Recording {
                settling: self.subscription.settler().begin(batch.settlements),
                decisions: batch.decisions,
            });
        }
        let Some(after) = after else {
            return Ok(ControlFlow::Continue(()));
        };
        self.finish_all().await?;
        match after {
            Event::CaughtUp => return Ok(ControlFlow::Break(())),
            Event::WindowFull {
                partition,
                undecided,
            } => {
                // Some of those that it counts may have been decided meanwhile. It is told again if that made no room.
                if self.left.are(partition, undecided) {
                    self.window_full(partition, undecided)?;
                }
            }
            other => {
                crate::notices::tell(&other, self.departments(), self.notices);
                if let Event::Assignment(assignment) = &other {
                    self.left.forget(&assignment.lost);
                    self.recent.hear(assignment);
                    self.desk.check_they_are_departments(assignment)?;
                    let group = &self.settings.group;
                    if let Some(sentence) = self.desk.decided_before(group, assignment).await {
                        self.notices.say(&sentence);
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn take(&mut self, batch: &mut Batch, delivery: Delivery) -> Result<(), LogError> {
        let partition = delivery.position().partition;
        let read = self.desk.read(&delivery, self.notices).await?;
        match read.and_then(|received| first_of_its_id(&mut self.recent, received, &delivery)) {
            Ok(received) => {
                let Some(outcome) = self.settings.policy.decide(&received.application) else {
                    // Dropped here, it stays first in line for another manager.
                    self.left.add(partition);
                    return Ok(());
                };
                batch
                    .decisions
                    .add(partition, Some((&received.id, outcome)));
                let comment = None;
                let result = self.desk.decide(received, Verdict { outcome, comment });
                batch.add(delivery.settle_with(vec![result]));
            }
            Err(reason) => {
                batch.decisions.add(partition, None);
                batch.add(self.desk.bury(delivery, &reason, self.notices));
            }
        }
        Ok(())
    }

    /// Waits until all batches are recorded, and tells it.
    async fn finish_all(&mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        while !self.recording.is_empty() {
            // One that could not be recorded or told does not keep the others from being told.
            outcome = outcome.and(self.finish_first().await);
        }
        outcome
    }

    /// Waits until the first batch is recorded, however often the log refuses, and tells it.
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
        // Not before: where the waiting is broken off, it is still known that something is being recorded.
        match self.recording.pop_front() {
            Some(first) => self.tell(&settled?, &first.decisions),
            None => Ok(()),
        }
    }

    /// Tells what is known at a stop that left no more time.
    fn cut_short(&mut self) -> anyhow::Result<()> {
        let mut is_cut_short = false;
        while let Some(open) = self.recording.pop_front() {
            match open.settling.outcome_if_known() {
                Some(Ok(settled)) => self.tell(&settled, &open.decisions)?,
                Some(Err(_)) | None => is_cut_short = true,
            }
        }
        if is_cut_short {
            self.notices.say(CUT_SHORT);
        }
        Ok(())
    }

    /// Prints what was recorded, and says what was not.
    fn tell(&mut self, settled: &[Settled], decisions: &Decisions) -> anyhow::Result<()> {
        let (mut stale, mut unknown) = (0, 0);
        let mut printed = Ok(());
        for (settled, (partition, decision)) in settled.iter().zip(decisions.iter()) {
            match (settled, decision) {
                (Settled::Recorded(positions), Some((id, outcome))) => {
                    let position = positions.first().context("a decision has one result")?;
                    // Standard output that fails does not keep the rest from being counted.
                    printed = printed.and_then(|()| {
                        print(self.out, self.settings.output, id, outcome, position)
                    });
                }
                (Settled::Recorded(_), None) => {}
                (Settled::Stale, _) => {
                    stale += 1;
                    self.left.add(partition);
                }
                (Settled::Unknown, _) => unknown += 1,
            }
        }
        let printed = printed.and_then(|()| self.out.flush());
        if stale > 0 {
            self.notices.say(&format!(
                "{} not decided here: another manager has taken them over, or they could not be recorded.",
                counted(stale, "application is", "applications are")
            ));
        }
        if unknown > 0 {
            self.notices.say(&format!(
                "Of {} it is not known whether they were recorded: the log did not answer, and another manager has taken over. Those that were not are offered again.",
                counted(unknown, "decision", "decisions")
            ));
        }
        printed.context(
            "the last decisions are recorded, but could not be printed; result-reader --from-beginning shows them",
        )
    }

    /// Nothing more can be handed out of a department: a run that is to end cannot do so.
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

/// What is settled together.
#[derive(Default)]
struct Batch {
    settlements: Vec<Settlement>,
    /// One for each settlement.
    decisions: Decisions,
    /// How many bytes will be appended.
    bytes: usize,
}

impl Batch {
    fn add(&mut self, settlement: Settlement) {
        self.bytes += settlement.bytes();
        self.settlements.push(settlement);
    }
}

/// What is decided, in order, to be told once it is recorded.
#[derive(Default)]
struct Decisions {
    /// The partition, and how long the id is and what is decided; `None` for a dead letter.
    each: Vec<(i32, Option<(usize, Outcome)>)>,
    /// The ids, one behind the other.
    ids: String,
}

impl Decisions {
    fn add(&mut self, partition: i32, decision: Option<(&ApplicationId<'_>, Outcome)>) {
        let decision = decision.map(|(id, outcome)| {
            self.ids.push_str(id.as_str());
            (id.as_str().len(), outcome)
        });
        self.each.push((partition, decision));
    }

    fn iter(&self) -> impl Iterator<Item = (i32, Option<(&str, Outcome)>)> {
        let mut ids = self.ids.as_str();
        self.each.iter().map(move |&(partition, decision)| {
            let decision = decision.map(|(length, outcome)| {
                let (id, rest) = ids.split_at(length);
                ids = rest;
                (id, outcome)
            });
            (partition, decision)
        })
    }
}

/// A batch that is being recorded.
struct Recording {
    settling: Settling,
    decisions: Decisions,
}

impl Recording {
    fn is_known(&mut self) -> bool {
        self.settling.is_known()
    }
}

/// Waits until it is known what became of the first batch; for ever if there is none.
async fn first_known(recording: &mut VecDeque<Recording>) {
    match recording.front_mut() {
        Some(first) => first.settling.known().await,
        None => std::future::pending().await,
    }
}

fn print(
    out: &mut impl Write,
    output: OutputFormat,
    id: &str,
    outcome: Outcome,
    position: &Position,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => {
            let decided = [
                ("id", id.into()),
                ("outcome", Field::Plain(outcome.as_str())),
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
            ];
            timeoff_cli::write_json_line(out, &decided)
        }
        OutputFormat::Text => writeln!(
            out,
            "{outcome:<8}  {}  result at partition {}, offset {}",
            timeoff_cli::escaped(id),
            position.partition,
            position.offset
        ),
    }
}
