//! Hands out the records of held partitions: no more than the service can hold, and no more than can be recorded beside
//! an offset.
//!
//! A partition without room is paused, and later read on from the first record that was not handed out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::holdings::Holdings;
use super::seat::Seat;
use super::share::Share;
use crate::in_hand::Room;
use crate::record::{Position, Record};
use crate::subscription::{Delivery, Event, Membership};

/// How long to wait for room before pausing: pausing throws away what was fetched ahead, and a service that is busy
/// settling makes room soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many decided records are skipped by reading past them. If there are more, it is quicker to pause and to resume
/// behind them: pausing throws away only what was fetched ahead, which is less.
const FAR: i64 = 20_000;

/// What can be handed out now: what fits into a partition's window (`progress/window.rs`) and into the service's hands.
pub(super) struct HandOut {
    /// Counts what the service has in its hands.
    room: Room,
    out_of_room_since: Option<Instant>,
    paused: BTreeMap<i32, Paused>,
}

/// A paused partition.
#[derive(Default)]
struct Paused {
    /// How many deliveries were undecided when a full window was last reported.
    told_window_full: Option<i64>,
}

impl HandOut {
    pub(super) fn new(membership: &Membership) -> HandOut {
        HandOut {
            room: Room::new(membership.max_in_hand, membership.max_bytes_in_hand),
            out_of_room_since: None,
            paused: BTreeMap::new(),
        }
    }

    /// Whether deliveries in the service's hands leave no room for more, and have done so for a short time only.
    pub(super) fn is_patient(&mut self, holdings: &Holdings) -> bool {
        if !self.are_hands_full() && !self.do_hands_fill_a_window(holdings) {
            self.out_of_room_since = None;
            return false;
        }
        let since = self.out_of_room_since.get_or_insert_with(Instant::now);
        since.elapsed() < PATIENCE
    }

    pub(super) fn are_hands_full(&self) -> bool {
        self.room.is_full()
    }

    /// Waits until the service has room for one more. Safe to cancel.
    pub(super) async fn room(&self) {
        self.room.wait().await;
    }

    /// Whether a partition that is being read has no room, and may get some once the deliveries in hand are settled.
    fn do_hands_fill_a_window(&self, holdings: &Holdings) -> bool {
        !self.room.is_empty()
            && holdings.iter().any(|(partition, holding)| {
                !self.is_paused(partition) && !holding.progress().has_room()
            })
    }

    pub(super) fn is_paused(&self, partition: i32) -> bool {
        self.paused.contains_key(&partition)
    }

    pub(super) fn is_any_paused(&self) -> bool {
        !self.paused.is_empty()
    }

    /// Turns an arrived record into a delivery, if it can be handed out now.
    pub(super) fn accept(&mut self, record: Record, share: &mut Share) -> Option<Delivery> {
        let Position {
            partition, offset, ..
        } = record.position;
        let holding = share.holdings_mut().get_mut(partition)?;
        // A paused partition is read again from `next` on, so nothing is lost by ignoring what arrives meanwhile.
        if self.is_paused(partition) {
            return None;
        }
        let progress = holding.progress();
        if offset < progress.next() || progress.is_decided(offset) {
            if progress.next() - offset > FAR {
                self.pause(partition, share.seat());
            }
            return None;
        }
        if self.are_hands_full() || !progress.has_room() {
            self.pause(partition, share.seat());
            return None;
        }
        let tenure = holding.hand_out(offset);
        let place = self.room.take(record.bytes());
        Some(Delivery::new(record, tenure, place))
    }

    fn pause(&mut self, partition: i32, seat: &Seat) {
        self.paused.insert(partition, Paused::default());
        seat.pause(partition);
    }

    /// Resumes paused partitions that have room again. Returns the events to report for those that stay paused.
    pub(super) fn resume_where_there_is_room(&mut self, share: &Share) -> Vec<Event> {
        if self.are_hands_full() {
            return Vec::new();
        }
        let mut news = Vec::new();
        self.paused.retain(|&partition, paused| {
            let Some(holding) = share.holdings().get(partition) else {
                return false;
            };
            let progress = holding.progress();
            if !progress.has_room() {
                news.extend(paused.tell_window_full(partition, progress.undecided()));
                return true;
            }
            if let Err(error) = share.seat().seek(partition, progress.next()) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                return true;
            }
            share.seat().resume(partition);
            false
        });
        news
    }

    /// Forgets a partition that is not held any more.
    pub(super) fn forget(&mut self, partition: i32, seat: &Seat) {
        if self.paused.remove(&partition).is_some() {
            // Otherwise the library would keep the partition paused when it comes back.
            seat.resume(partition);
        }
    }
}

impl Paused {
    fn tell_window_full(&mut self, partition: i32, undecided: i64) -> Option<Event> {
        // Deliveries in the service's hands count as undecided, so each settlement changes the number.
        let is_news = self.told_window_full.replace(undecided) != Some(undecided);
        is_news.then_some(Event::WindowFull {
            partition,
            undecided,
        })
    }
}
