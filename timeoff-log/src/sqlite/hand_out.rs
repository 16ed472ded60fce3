//! Handing out what a member holds: each partition in order, all partitions in turn, within the window that can be
//! recorded and within what the service takes into its hands.

use std::sync::Arc;

use super::fault::Fault;
use super::holdings::{Holding, Holdings};
use super::records::{self, Reading, Stretch};
use super::store::Store;
use crate::progress::Progress;
use crate::room::Room;
use crate::subscription::{Delivery, Event, EventSender, Membership};

/// How many records of a partition are read in one go. Between two, commands are looked for.
const CHUNK: usize = 256;

/// As [`CHUNK`], in bytes, should records be large.
const CHUNK_BYTES: usize = 1 << 20;

/// What there is left to do after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Another round.
    More,
    /// Nothing until the service lets go of deliveries.
    NoRoom,
    /// Nothing until something is committed or settled.
    Nothing,
}

/// What the service may have in its hands.
pub(super) struct InHand {
    room: Room,
    /// The partition that comes first: the one for which there was no room.
    turn: i32,
}

impl InHand {
    pub(super) fn new(membership: &Membership) -> InHand {
        InHand {
            room: Room::waking_at_a_quarter(membership.max_in_hand, membership.max_bytes_in_hand),
            turn: 0,
        }
    }

    /// Waits until there is room for so many that reading them is worth a round.
    pub(super) async fn room(&self) {
        self.room.wait().await;
    }
}

/// Where deliveries come from and go to.
pub(super) struct Counter<'member> {
    pub(super) store: &'member Store,
    pub(super) topic: &'member Arc<str>,
    pub(super) topic_id: i64,
    pub(super) events: &'member EventSender,
}

impl Counter<'_> {
    /// One round over the partitions that may have more.
    pub(super) fn hand_out(
        &self,
        held: &mut Holdings,
        in_hand: &mut InHand,
    ) -> Result<Flow, Fault> {
        let mut hungry = Vec::with_capacity(held.len());
        for (&partition, holding) in held.iter_mut().filter(|(_, holding)| holding.has_more) {
            if holding.progress.has_room() {
                holding.told_window_full = None;
                hungry.push((partition, holding));
            } else {
                self.tell_window_full(partition, holding)?;
            }
        }
        if hungry.is_empty() {
            return Ok(Flow::Nothing);
        }
        let is_due = |&(partition, _): &(i32, _)| partition >= in_hand.turn;
        let first = hungry.iter().position(is_due).unwrap_or(0);
        hungry.rotate_left(first);
        let mut left = hungry.len();
        let mut goes_on = false;
        for (partition, holding) in hungry {
            let free = in_hand.room.free();
            if free == 0 {
                in_hand.turn = partition;
                return Ok(Flow::NoRoom);
            }
            let limit = (free / left).clamp(1, CHUNK);
            left -= 1;
            self.hand_out_chunk(partition, holding, &in_hand.room, limit)?;
            goes_on |= holding.has_more;
        }
        Ok(if goes_on { Flow::More } else { Flow::Nothing })
    }

    fn hand_out_chunk(
        &self,
        partition: i32,
        holding: &mut Holding,
        room: &Room,
        limit: usize,
    ) -> Result<(), Fault> {
        let tenure = holding.tenure;
        let progress = &mut holding.progress;
        let mut cut_short = false;
        let mut bytes = 0;
        let mut events = Vec::new();
        // One state of the file: what comes after the records read and before the end does not exist.
        let end = self.store.read(|connection| {
            let stretch = Stretch {
                topic: self.topic_id,
                partition,
                from: progress.next(),
                limit,
            };
            let count = records::read(connection, self.topic, stretch, |record| {
                let offset = record.position.offset;
                events.extend(expire(partition, progress, offset));
                if offset < progress.next() {
                    // It is decided. What follows is too for a while; a long way is quicker by asking anew.
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
                events.push(Event::Delivery(Delivery::new(record, tenure, place)));
                // Before the next is read: it may be large.
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
        // Those before one that cannot be read are handed out.
        self.send(events);
        let end = end?;
        holding.has_more = end.is_none();
        if let Some(end) = end {
            self.send(expire(partition, progress, end).into_iter().collect());
        }
        Ok(())
    }

    fn tell_window_full(&self, partition: i32, holding: &mut Holding) -> Result<(), Fault> {
        let undecided = holding.progress.undecided();
        // What is being decided just now is counted too: as it is, the count becomes another.
        if holding.told_window_full == Some(undecided) {
            return Ok(());
        }
        let end = self
            .store
            .read(|connection| records::end_of(connection, self.topic_id, partition))?;
        if end.is_some_and(|end| end > holding.progress.next()) {
            holding.told_window_full = Some(undecided);
            self.send(vec![Event::WindowFull {
                partition,
                undecided,
            }]);
        } else {
            holding.has_more = false;
        }
        Ok(())
    }

    /// Nobody listening is noticed where the member waits.
    fn send(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let _ = self.events.send(Ok(events));
        }
    }
}

/// Notes that there are no records before `offset` but those that were handed out or are decided. Returns what is to be told
/// of that.
fn expire(partition: i32, progress: &mut Progress, offset: i64) -> Option<Event> {
    let lost = progress.expire_to(offset);
    (lost > 0).then_some(Event::Expired {
        partition,
        lost,
        resumed_at: offset,
        // Where a group begins is recorded with its name.
        group_was_there: true,
    })
}
