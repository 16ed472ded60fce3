//! A member of a group, as steps: it keeps its seat, takes up and loses partitions, settles, hands out.
//!
//! `service.rs` takes the steps one after another, never two at a time. So the holdings cannot change during a step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::catch_up::CatchUp;
use super::fault::Fault;
use super::file::LogFile;
use super::group::Group;
use super::hand_out::{Counter, Flow, InHand};
use super::holdings::{Holding, Holdings};
use super::records;
use super::seat::{Look, Seat, Tenancy};
use super::settle::Ledger;
use super::store::{HEARTBEAT, Store, THREAD};
use crate::error::LogError;
use crate::in_hand::Room;
use crate::record::{Position, Record};
use crate::subscription::{Assignment, Batch, Delivery, Event, EventSender, Membership, TakenUp};

/// How often a member sends a heartbeat. See also `roster::SILENT_TICKS`.
const BEAT: Duration = Duration::from_millis(200);

pub(super) struct Member {
    file: LogFile,
    /// What each of the membership's topics has in the service's hands.
    lanes: Vec<Lane>,
    /// `None` while the file cannot be reached.
    stores: Option<Stores>,
    seat: Seat,
    held: Holdings,
    events: EventSender,
    /// Settlements that were requested and have no answer yet.
    pending: VecDeque<Batch>,
    /// `None` once it was reported, or if it was not asked for.
    catch_up: Option<CatchUp>,
    next_beat: Instant,
    seen_version: Option<i64>,
    told_assignment: bool,
}

/// One of the membership's topics.
struct Lane {
    topic: Arc<str>,
    in_hand: InHand,
    /// Whether the last round found no room for more.
    is_full: bool,
}

/// The member's connections, to the same file.
struct Stores {
    log: Store,
    /// A connection for heartbeats, so that no settlement can be committed on a heartbeat's terms.
    beats: Store,
}

impl Stores {
    fn connect(file: &LogFile) -> Result<Stores, Fault> {
        let log = file.connect(THREAD)?;
        let beats = file.connect(HEARTBEAT)?;
        if log.identity() != beats.identity() {
            return Err(Fault::Gone);
        }
        Ok(Stores { log, beats })
    }
}

impl Member {
    /// A member without a seat yet: see [`Member::keep_seat`].
    pub(super) fn new(
        file: &LogFile,
        membership: &Membership,
        events: EventSender,
    ) -> Result<Member, Fault> {
        let stores = Stores::connect(file)?;
        let (groups, ends) = stores.log.read(|connection| {
            let groups = membership.lanes().map(|topic| {
                Ok(Group {
                    name: membership.group.clone(),
                    topic: records::topic_id(connection, topic)?,
                })
            });
            let groups = groups.collect::<Result<Vec<_>, Fault>>()?;
            let ends = records::ends(connection, groups[0].topic)?;
            Ok((groups, ends))
        })?;
        let lane = |topic: &Arc<str>| Lane {
            topic: topic.clone(),
            in_hand: InHand::new(membership),
            is_full: false,
        };
        Ok(Member {
            file: file.clone(),
            lanes: membership.lanes().map(lane).collect(),
            stores: Some(stores),
            seat: Seat::new(groups),
            held: Holdings::new(),
            events,
            pending: VecDeque::new(),
            catch_up: membership.announce_caught_up.then(|| CatchUp::new(ends)),
            next_beat: Instant::now(),
            seen_version: None,
            told_assignment: false,
        })
    }

    pub(super) fn group(&self) -> &str {
        &self.seat.group().name
    }

    pub(super) fn topic(&self) -> &str {
        &self.lanes[0].topic
    }

    pub(super) fn next_beat(&self) -> Instant {
        self.next_beat
    }

    /// Waits until there is enough room in one of the topics to be worth a round of reading. Safe to cancel.
    pub(super) async fn room(&self) {
        let full = self.lanes.iter().filter(|lane| lane.is_full);
        Room::wait_for_any(full.map(|lane| lane.in_hand.room())).await;
    }

    /// Queues a batch. The next step settles it.
    pub(super) fn enqueue(&mut self, batch: Batch) {
        self.pending.push_back(batch);
    }

    /// Takes up a record out of turn.
    pub(super) fn take_up(&self, record: Record) -> TakenUp {
        let Position {
            partition, offset, ..
        } = record.position;
        let is_its = |lane: &Lane| lane.topic == record.position.topic;
        let Some(lane) = self.lanes.iter().position(is_its) else {
            return TakenUp::NotHeld;
        };
        let Some(holding) = self.held.get(&partition) else {
            return TakenUp::NotHeld;
        };
        let progress = &holding.lanes[lane].progress;
        if progress.is_decided(offset) {
            return TakenUp::Settled;
        }
        if !progress.has_room_out_of_turn(offset) {
            return TakenUp::NoRoom;
        }
        let place = self.lanes[lane].in_hand.room().take(record.bytes());
        TakenUp::Delivery(Delivery::new(record, lane, holding.tenure, place))
    }

    /// Does everything that is due now, in bounded time.
    pub(super) fn step(&mut self) -> Result<Flow, Fault> {
        self.connect()?;
        if self.next_beat <= Instant::now() {
            self.keep_seat()?;
        }
        self.settle_pending()?;
        self.notice_commits()?;
        let Some(stores) = &self.stores else {
            return Err(Fault::Gone);
        };
        let mut flow = Flow::Nothing;
        // What was asked for comes before what waits for somebody to ask: those alongside go first.
        for (lane, source) in self.lanes.iter_mut().enumerate().rev() {
            let counter = Counter {
                store: &stores.log,
                topic: &source.topic,
                topic_id: self.seat.lanes()[lane].topic,
                lane,
                events: &self.events,
            };
            let of_lane = counter.hand_out(&mut self.held, &mut source.in_hand)?;
            source.is_full = of_lane == Flow::NoRoom;
            flow = flow.and(of_lane);
        }
        if let Some(catch_up) = &self.catch_up
            && flow != Flow::More
            && catch_up.is_reached(&stores.log, self.seat.group(), &self.held)?
        {
            self.catch_up = None;
            self.send(Event::CaughtUp);
        }
        Ok(flow)
    }

    /// Drops the connections: the next step makes new ones.
    pub(super) fn disconnect(&mut self) {
        self.stores = None;
    }

    fn connect(&mut self) -> Result<(), Fault> {
        if self.stores.is_none() {
            let stores = Stores::connect(&self.file)?;
            if self.seat.is_elsewhere(stores.log.identity()) {
                // Another file has another history: this member holds nothing in it.
                self.seat.forget();
                self.lose(&Tenancy::new());
            }
            self.stores = Some(stores);
            self.seen_version = None;
        }
        Ok(())
    }

    /// Sends a heartbeat and does this member's part for the group. Sets the time of the next heartbeat in any case.
    pub(super) fn keep_seat(&mut self) -> Result<(), Fault> {
        self.next_beat = Instant::now() + BEAT;
        self.look_at_group(Look::Beat)
    }

    /// Checks whether another connection has committed: there may be records to hand out, or moves of other members.
    fn notice_commits(&mut self) -> Result<(), Fault> {
        let Some(stores) = &self.stores else {
            return Err(Fault::Gone);
        };
        stores.log.check_in_place()?;
        let version = stores.log.version()?;
        if self.seen_version == Some(version) {
            return Ok(());
        }
        self.held.values_mut().for_each(Holding::look_again);
        let tenancy: Tenancy = self
            .held
            .iter()
            .map(|(&partition, holding)| (partition, holding.generation))
            .collect();
        if self.seat.is_stirred(&stores.log, &tenancy)? {
            self.look_at_group(Look::Glance)?;
        }
        self.seen_version = Some(version);
        Ok(())
    }

    fn look_at_group(&mut self, look: Look) -> Result<(), Fault> {
        let Some(stores) = &self.stores else {
            return Err(Fault::Gone);
        };
        let tenancy = self.seat.look(&stores.beats, look)?;
        let lost = self.lose(&tenancy);
        self.gain(&tenancy, lost)
    }

    /// Drops the partitions that are no longer held under the same generation. Returns those still to be reported as
    /// lost.
    fn lose(&mut self, tenancy: &Tenancy) -> Vec<i32> {
        let (kept, lost) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(partition, holding)| tenancy.get(partition) == Some(&holding.generation));
        self.held = kept;
        let lost: Holdings = lost;
        if let Some(catch_up) = &mut self.catch_up {
            for (&partition, holding) in &lost {
                catch_up.note_lost(partition, holding);
            }
        }
        let lost: Vec<i32> = lost.into_keys().collect();
        if lost.iter().any(|partition| tenancy.contains_key(partition)) || tenancy.is_empty() {
            // A partition that was lost and gained again meanwhile is reported as two changes.
            self.tell_assignment(Vec::new(), lost, Vec::new());
            return Vec::new();
        }
        lost
    }

    fn gain(&mut self, tenancy: &Tenancy, lost: Vec<i32>) -> Result<(), Fault> {
        let Some(stores) = &self.stores else {
            return Err(Fault::Gone);
        };
        let (mut gained, mut unsettled) = (Vec::new(), Vec::new());
        let mut outcome = Ok(());
        for (&partition, &generation) in tenancy {
            if self.held.contains_key(&partition) {
                continue;
            }
            match Holding::take_up(&stores.log, self.seat.lanes(), partition, generation) {
                Ok(holding) => {
                    if holding.main().progress.is_untouched() {
                        unsettled.push(partition);
                    }
                    self.held.insert(partition, holding);
                    gained.push(partition);
                }
                // The next look takes it up.
                Err(fault) => outcome = Err(fault),
            }
        }
        self.tell_assignment(gained, lost, unsettled);
        outcome
    }

    fn tell_assignment(&mut self, gained: Vec<i32>, lost: Vec<i32>, unsettled: Vec<i32>) {
        if gained.is_empty() && lost.is_empty() && self.told_assignment {
            return;
        }
        self.told_assignment = true;
        let held = self.held.keys().copied().collect();
        tracing::debug!(
            group.name = self.group(),
            ?held,
            ?gained,
            ?lost,
            "the assignment has changed"
        );
        self.send(Event::Assignment(Assignment {
            held,
            gained,
            lost,
            unsettled,
        }));
    }

    /// Settles the pending batches. If the log does not answer, they stay pending.
    pub(super) fn settle_pending(&mut self) -> Result<(), Fault> {
        match &self.stores {
            Some(stores) if !self.pending.is_empty() => {
                let ledger = Ledger {
                    store: &stores.log,
                    file: &self.file,
                    seat: &self.seat,
                };
                ledger.settle_all(&mut self.held, &mut self.pending)
            }
            _ => Ok(()),
        }
    }

    /// Leaves the group, so that others can take over at once.
    pub(super) fn leave(&mut self) -> Result<(), Fault> {
        match &self.stores {
            Some(stores) => self.seat.leave(&stores.beats),
            None => Ok(()),
        }
    }

    /// Hands the pending batches back to their callers.
    pub(super) fn refuse_pending(&mut self) {
        for batch in self.pending.drain(..) {
            batch.refuse(LogError::Closed);
        }
    }

    /// Ignores a closed stream: the service notices that when it waits.
    pub(super) fn send(&self, event: Event) {
        let _ = self.events.send(Ok(vec![event]));
    }
}
