//! Putting letters back.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, bail};
use timeoff_cli::{Notices, OutputFormat, Shutdown, Unrecorded, counted};
use timeoff_contract::{Contract, Letter};
use timeoff_log::{BYTES_IN_HAND, Delivery, Event, LogError, Membership, NewRecord, Subscription};
use timeoff_models::ApplicationId;

use super::batch::Batch;
use super::group_of;
use super::list::each_waiting;
use super::origin::Applications;
use super::place::Place;

/// At most this many letters are put back in one transaction. This is few enough that the letters in hand leave the log
/// room to keep those left undecided apart from the others.
const BATCH: usize = 200;

/// As [`BATCH`], in bytes, in case letters are large.
const BATCH_BYTES: usize = 1 << 20;

/// At most this many letters are in the process's hands.
const IN_HAND: usize = 2 * BATCH;

/// How [`run`] is to behave.
pub(crate) struct Settings {
    /// The letters to put back; if empty, all that wait.
    pub places: BTreeSet<Place>,
    /// How letters that were put back are printed.
    pub output: OutputFormat,
}

/// What became of the letters so far.
#[derive(Default)]
struct Tally {
    put_back: u64,
    left: u64,
    unrecorded: Unrecorded,
    /// Those of the named letters that have come.
    seen: BTreeSet<Place>,
}

/// Puts back the letters that can be understood now, until all that waited have been looked at.
///
/// # Errors
///
/// If a named letter does not wait or is not put back, if the log fails for good, or if standard output does.
pub(crate) async fn run(
    contract: &Contract,
    settings: &Settings,
    out: &mut impl Write,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    tokio::select! {
        checked = check_they_wait(contract, settings, notices) => checked?,
        () = shutdown.requested() => return Ok(()),
    }
    let retry = Retry {
        contract,
        applications: applications(contract).await?,
        settings,
        notices,
    };
    let topic = contract.topics().dead_letters.clone();
    let membership = Membership {
        group: group_of(&topic),
        topic,
        alongside: Vec::new(),
        max_in_hand: IN_HAND,
        max_bytes_in_hand: BYTES_IN_HAND,
        announce_caught_up: true,
    };
    let mut subscription = contract
        .log()
        .subscribe(membership)
        .await
        .context("could not begin to read the dead letters")?;
    let mut tally = Tally::default();
    let outcome = tokio::select! {
        outcome = retry.until_done(&mut subscription, &mut tally, out, shutdown) => outcome,
        // After a stop, a batch already begun gets a grace period to finish.
        () = shutdown.overdue() => Ok(()),
    };
    subscription.close().await;
    outcome?;
    notices.say(&format!(
        "Put back: {}; left: {}.",
        tally.put_back, tally.left
    ));
    if !shutdown.is_requested() && tally.put_back < settings.places.len() as u64 {
        bail!(
            "of {} named, {} put back",
            counted(settings.places.len() as u64, "dead letter", "dead letters"),
            counted(tally.put_back, "was", "were")
        );
    }
    tally.unrecorded.check()
}

/// Checks that all named letters wait, so that mistaken ones are reported before anything is done.
async fn check_they_wait(
    contract: &Contract,
    settings: &Settings,
    notices: &Notices,
) -> anyhow::Result<()> {
    if settings.places.is_empty() {
        return Ok(());
    }
    let mut missing = settings.places.clone();
    each_waiting(contract, notices, |record| {
        if let Some(record) = record {
            missing.remove(&Place::from(&record.position));
        }
        Ok(())
    })
    .await?;
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<String> = missing.iter().map(Place::to_string).collect();
    bail!(
        "no dead letter waits at {} of {}; nothing was put back. See manager-service dead-letters list",
        missing.join(", "),
        contract.topics().dead_letters
    );
}

async fn applications(contract: &Contract) -> anyhow::Result<Applications> {
    let name = contract.topics().applications.clone();
    let counts = contract
        .log()
        .partitions_of(std::slice::from_ref(&name))
        .await?;
    Ok(Applications {
        topics: contract.topics().clone(),
        partitions: counts.get(&name).copied().unwrap_or(0),
    })
}

struct Retry<'a> {
    contract: &'a Contract,
    applications: Applications,
    settings: &'a Settings,
    notices: &'a Notices,
}

impl Retry<'_> {
    async fn until_done(
        &self,
        subscription: &mut Subscription,
        tally: &mut Tally,
        out: &mut impl Write,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        loop {
            let first = tokio::select! {
                event = subscription.next() => event?,
                () = shutdown.requested() => return Ok(()),
            };
            if self.step(first, subscription, tally, out).await? {
                return Ok(());
            }
        }
    }

    /// Puts back one batch: the first letter and those already waiting behind it. Returns whether all are done with.
    async fn step(
        &self,
        first: Event,
        subscription: &mut Subscription,
        tally: &mut Tally,
        out: &mut impl Write,
    ) -> anyhow::Result<bool> {
        let mut batch = Batch::default();
        let mut next = Some(first);
        let mut is_done = false;
        let mut is_stuck = None;
        while let Some(event) = next {
            match event {
                Event::Delivery(delivery) => {
                    self.take(delivery, &mut batch, tally).await?;
                    is_done = self.have_all_come(tally);
                }
                Event::CaughtUp => is_done = true,
                Event::WindowFull {
                    partition,
                    undecided,
                    ..
                } => is_stuck = Some((partition, undecided)),
                other => {
                    if let Some(text) = text(&other) {
                        self.notices.say(&text);
                    }
                }
            }
            let is_full = batch.len() >= BATCH || batch.bytes() >= BATCH_BYTES;
            if is_done || is_stuck.is_some() || is_full {
                break;
            }
            next = subscription.try_next()?;
        }
        tally.put_back += batch
            .put_back(
                subscription,
                self.settings.output,
                out,
                &mut tally.unrecorded,
                self.notices,
            )
            .await?;
        match is_stuck {
            Some((partition, undecided)) => bail!(window_full(partition, undecided, tally)),
            None => Ok(is_done),
        }
    }

    /// Whether letters were named, and all of them have come.
    fn have_all_come(&self, tally: &Tally) -> bool {
        !self.settings.places.is_empty() && tally.seen == self.settings.places
    }

    /// Adds a letter to the batch, or leaves it and says why. If letters were named, any other is passed over.
    async fn take(
        &self,
        delivery: Delivery,
        batch: &mut Batch,
        tally: &mut Tally,
    ) -> Result<(), LogError> {
        let place = Place::from(delivery.position());
        let is_meant = self.settings.places.is_empty() || self.settings.places.contains(&place);
        if !is_meant {
            return Ok(());
        }
        if !self.settings.places.is_empty() {
            tally.seen.insert(place);
        }
        match self.understand(&delivery).await? {
            Ok((id, record)) => batch.add(delivery, id, record),
            Err(reason) => {
                // The delivery is dropped, so it stays first in line for the next retry.
                tally.left += 1;
                self.notices
                    .say(&format!("{place} stays a dead letter: {reason}."));
            }
        }
        Ok(())
    }

    /// The application's id and the record to put back, or why it is not put back.
    async fn understand(
        &self,
        delivery: &Delivery,
    ) -> Result<Result<(ApplicationId<'static>, NewRecord), String>, LogError> {
        let letter = match self.opened(delivery) {
            Ok(letter) => letter,
            Err(reason) => return Ok(Err(reason)),
        };
        let read = || self.contract.read_application(&letter.original);
        let received = timeoff_cli::understand(read, self.notices).await?;
        let id = received.map(|received| received.id.into_owned());
        Ok(id.map(|id| (id, letter.into_new_record())))
    }

    /// The letter, if it holds an application of this topic; or why it may not be put back.
    fn opened(&self, delivery: &Delivery) -> Result<Letter, String> {
        let letter = Letter::open(delivery.record().clone()).map_err(|error| error.to_string())?;
        self.applications
            .take_back(&letter.original.position, &letter.reason)
            .map_err(|error| error.to_string())?;
        Ok(letter)
    }
}

/// The sentence for an event, if it needs one.
fn text(event: &Event) -> Option<String> {
    match event {
        Event::Assignment(assignment) if assignment.held.is_empty() => Some(
            "Another retry has the dead letters; this one waits for what that leaves, or for its end.".to_owned(),
        ),
        // All retries are in one group, so nobody else can have put these letters back.
        Event::Expired {
            partition,
            lost,
            group_was_there: false,
            ..
        } => Some(format!(
            "Partition {partition}: up to {} no longer on the topic, and none there was ever put back.",
            counted(lost.unsigned_abs(), "dead letter is", "dead letters are")
        )),
        Event::Expired {
            partition,
            lost,
            group_was_there: true,
            ..
        } => Some(format!(
            "Partition {partition}: up to {} lost to the topic's retention.",
            counted(lost.unsigned_abs(), "dead letter was", "dead letters were")
        )),
        other => timeoff_cli::trouble(other),
    }
}

/// The error when as many letters are undecided as the log can keep apart from those put back.
fn window_full(partition: i32, undecided: i64, tally: &Tally) -> String {
    let remedy = match tally.put_back {
        0 => "Remove from the topic those that nobody will ever understand (kafka-delete-records)",
        _ => "Run it again: some were put back, which may have made room",
    };
    format!(
        "{} in partition {partition}, as many as the log can keep apart from those put back; those behind them cannot \
        be reached now. {remedy}",
        counted(
            undecided.unsigned_abs(),
            "dead letter waits",
            "dead letters wait"
        )
    )
}
