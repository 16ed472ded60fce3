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
use crate::subscription::{Delivery, Event, Membership, TakenUp};

/// How long to wait for room before pausing: pausing throws away what was fetched ahead, and a service that is busy
/// settling makes room soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many decided records are skipped by reading past them. If there are more, it is quicker to pause and to resume
/// behind them: pausing throws away only what was fetched ahead, which is less.
const FAR: i64 = 20_000;

/// What can be handed out now: what fits into a partition's window (`progress/window.rs`) and into the service's hands.
pub(super) struct HandOut {
    /// The topic's place among the membership's.
    lane: usize,
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
    pub(super) fn new(membership: &Membership, lane: usize) -> HandOut {
        HandOut {
            lane,
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

    /// The service's hands, if they are full.
    pub(super) fn full_room(&self) -> Option<&Room> {
        self.are_hands_full().then_some(&self.room)
    }

    /// Whether a partition that is being read has no room, and may get some once the deliveries in hand are settled.
    fn do_hands_fill_a_window(&self, holdings: &Holdings) -> bool {
        !self.room.is_empty()
            && holdings.iter().any(|(partition, holding)| {
                !self.is_paused(partition) && !holding.progress(self.lane).has_room()
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
        let progress = holding.progress(self.lane);
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
        let tenure = holding.hand_out(self.lane, offset);
        let place = self.room.take(record.bytes());
        Some(Delivery::new(record, self.lane, tenure, place))
    }

    /// Turns a record into a delivery out of turn.
    pub(super) fn take_up(&self, record: Record, share: &Share) -> TakenUp {
        let Position {
            partition, offset, ..
        } = record.position;
        let Some(holding) = share.holdings().get(partition) else {
            return TakenUp::NotHeld;
        };
        let progress = holding.progress(self.lane);
        if progress.is_decided(offset) {
            return TakenUp::Settled;
        }
        if !progress.has_room_out_of_turn(offset) {
            return TakenUp::NoRoom;
        }
        let place = self.room.take(record.bytes());
        TakenUp::Delivery(Delivery::new(record, self.lane, holding.tenure(), place))
    }

    fn pause(&mut self, partition: i32, seat: &Seat) {
        self.paused.insert(partition, Paused::default());
        seat.pause((partition, self.lane));
    }

    /// Resumes paused partitions that have room again. Returns the events to report for those that stay paused.
    pub(super) fn resume_where_there_is_room(&mut self, share: &Share) -> Vec<Event> {
        if self.are_hands_full() {
            return Vec::new();
        }
        let mut news = Vec::new();
        let (lane, seat) = (self.lane, share.seat());
        self.paused.retain(|&partition, paused| {
            let Some(holding) = share.holdings().get(partition) else {
                return false;
            };
            let progress = holding.progress(lane);
            if !progress.has_room() {
                let undecided = progress.undecided();
                if paused.is_news(undecided) {
                    news.push(Event::WindowFull {
                        topic: seat.topic(lane).clone(),
                        partition,
                        undecided,
                    });
                }
                return true;
            }
            if let Err(error) = seat.seek((partition, lane), progress.next()) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                return true;
            }
            seat.resume((partition, lane));
            false
        });
        news
    }

    /// Forgets a partition that is not held any more.
    pub(super) fn forget(&mut self, partition: i32, seat: &Seat) {
        if self.paused.remove(&partition).is_some() {
            // Otherwise the library would keep the partition paused when it comes back.
            seat.resume((partition, self.lane));
        }
    }
}

impl Paused {
    /// Whether so many undecided deliveries have not been reported yet. Those in the service's hands count as undecided,
    /// so each settlement changes the number.
    fn is_news(&mut self, undecided: i64) -> bool {
        self.told_window_full.replace(undecided) != Some(undecided)
    }
}
