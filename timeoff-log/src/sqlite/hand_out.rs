//! Handing out the records of a member's partitions: each partition in order, the partitions in turn. No more than the
//! service may have in its hands, and no more undecided deliveries than can be recorded.

use std::sync::Arc;

use super::fault::Fault;
use super::holdings::{Holdings, Lane};
use super::records::{self, Reading, Stretch};
use super::store::Store;
use crate::in_hand::Room;
use crate::progress::Progress;
use crate::subscription::{Delivery, Event, EventSender, Membership};

/// The most records of a partition that are read in one go. The service takes commands between two rounds.
const CHUNK: usize = 256;

/// As [`CHUNK`], in bytes, in case records are large.
const CHUNK_BYTES: usize = 1 << 20;

/// What is left to do after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Another round.
    More,
    /// Nothing until the service lets go of deliveries.
    NoRoom,
    /// Nothing until something is committed or settled.
    Nothing,
}

impl Flow {
    /// What is left to do after rounds in two topics.
    pub(super) fn and(self, other: Flow) -> Flow {
        match (self, other) {
            (Flow::More, _) | (_, Flow::More) => Flow::More,
            (Flow::NoRoom, _) | (_, Flow::NoRoom) => Flow::NoRoom,
            (Flow::Nothing, Flow::Nothing) => Flow::Nothing,
        }
    }
}

/// Bounds the deliveries in the service's hands.
pub(super) struct InHand {
    room: Room,
    /// The partition that the next round starts with: the one that there was no room for.
    turn: i32,
}

impl InHand {
    pub(super) fn new(membership: &Membership) -> InHand {
        InHand {
            room: Room::waking_at_a_quarter(membership.max_in_hand, membership.max_bytes_in_hand),
            turn: 0,
        }
    }

    /// Wakes when there is enough room to be worth a round of reading.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }
}

/// Where deliveries come from and go to.
pub(super) struct Counter<'member> {
    pub(super) store: &'member Store,
    pub(super) topic: &'member Arc<str>,
    pub(super) topic_id: i64,
    /// The topic's place among the membership's.
    pub(super) lane: usize,
    pub(super) events: &'member EventSender,
}

impl Counter<'_> {
    /// One round over the partitions that may have more records.
    pub(super) fn hand_out(
        &self,
        held: &mut Holdings,
        in_hand: &mut InHand,
    ) -> Result<Flow, Fault> {
        let mut hungry = Vec::with_capacity(held.len());
        for (&partition, holding) in held {
            let (tenure, lane) = (holding.tenure, &mut holding.lanes[self.lane]);
            if !lane.has_more {
                continue;
            }
            if lane.progress.has_room() {
                lane.told_window_full = None;
                hungry.push((partition, tenure, lane));
            } else {
                self.tell_window_full(partition, lane)?;
            }
        }
        if hungry.is_empty() {
            return Ok(Flow::Nothing);
        }
        let is_due = |&(partition, ..): &(i32, _, _)| partition >= in_hand.turn;
        let first = hungry.iter().position(is_due).unwrap_or(0);
        hungry.rotate_left(first);
        let mut left = hungry.len();
        let mut goes_on = false;
        for (partition, tenure, lane) in hungry {
            let free = in_hand.room.free();
            if free == 0 {
                in_hand.turn = partition;
                return Ok(Flow::NoRoom);
            }
            let limit = (free / left).clamp(1, CHUNK);
            left -= 1;
            self.hand_out_chunk((partition, tenure), lane, &in_hand.room, limit)?;
            goes_on |= lane.has_more;
        }
        Ok(if goes_on { Flow::More } else { Flow::Nothing })
    }

    fn hand_out_chunk(
        &self,
        (partition, tenure): (i32, u64),
        lane: &mut Lane,
        room: &Room,
        limit: usize,
    ) -> Result<(), Fault> {
        let progress = &mut lane.progress;
        let mut cut_short = false;
        let mut bytes = 0;
        let mut events = Vec::new();
        // Both come from one state of the file, so no record exists between the last one read and the end.
        let end = self.store.read(|connection| {
            let stretch = Stretch {
                topic: self.topic_id,
                partition,
                from: progress.next(),
                limit,
            };
            let count = records::read(connection, self.topic, stretch, |record| {
                let offset = record.position.offset;
                events.extend(self.expire(partition, progress, offset));
                if offset < progress.next() {
                    // The record is decided, and so are the ones up to `next`. A few are read past; for many, it is
                    // quicker to start a new query behind them.
                    if progress.next() - offset < CHUNK as i64 {
                        return Reading::Goes;
                    }
                    cut_short = true;
                    return Reading::Ends;
                }
                if !progress.has_room() {
                    cut_short = true;
                    return Reading::Ends;
                }
                progress.hand_out(offset);
                let place = room.take(record.bytes());
                bytes += record.bytes();
                events.push(Event::Delivery(Delivery::new(
                    record, self.lane, tenure, place,
                )));
                // Checked before the next record is read, as that may be large.
                if room.is_full() || bytes >= CHUNK_BYTES {
                    cut_short = true;
                    return Reading::Ends;
                }
                Reading::Goes
            })?;
            if cut_short || count == limit {
                return Ok(None);
            }
            records::end_of(connection, self.topic_id, partition)
        });
        // If a record cannot be read, those before it are still handed out.
        self.send(events);
        let end = end?;
        lane.has_more = end.is_none();
        if let Some(end) = end {
            self.send(self.expire(partition, progress, end).into_iter().collect());
        }
        Ok(())
    }

    fn tell_window_full(&self, partition: i32, lane: &mut Lane) -> Result<(), Fault> {
        let undecided = lane.progress.undecided();
        // Deliveries in the service's hands count as undecided, so the number changes as they are settled.
        if lane.told_window_full == Some(undecided) {
            return Ok(());
        }
        let end = self
            .store
            .read(|connection| records::end_of(connection, self.topic_id, partition))?;
        if end.is_some_and(|end| end > lane.progress.next()) {
            lane.told_window_full = Some(undecided);
            self.send(vec![Event::WindowFull {
                topic: self.topic.clone(),
                partition,
                undecided,
            }]);
        } else {
            lane.has_more = false;
        }
        Ok(())
    }

    /// Notes that no records exist below `offset`, except those that were handed out or are decided. Returns the event
    /// to send if undecided records were lost.
    fn expire(&self, partition: i32, progress: &mut Progress, offset: i64) -> Option<Event> {
        let lost = progress.expire_to(offset);
        (lost > 0).then_some(Event::Expired {
            topic: self.topic.clone(),
            partition,
            lost,
            resumed_at: offset,
            // A group's starting offset is recorded with its name, so these records were the group's own.
            group_was_there: true,
        })
    }

    /// Ignores a closed stream: the service notices that when it waits.
    fn send(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let _ = self.events.send(Ok(events));
        }
    }
}
