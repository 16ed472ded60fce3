//! The member's share of the topic: its seat in the group, what it holds, and how that changes.
//!
//! Its methods return what has changed. `step` passes changes on to handing out and catching up, and reports them to
//! the service.

use std::collections::{BTreeMap, BTreeSet};

use rdkafka::TopicPartitionList;
use rdkafka::error::KafkaError;

use super::holdings::{Holdings, Place};
use super::seat::{Generation, PlainCommit, Seat};
use super::take_up::{Found, TakeUp, TakenUp};
use crate::error::LogError;
use crate::kafka::client::GroupNews;
use crate::kafka::committed::{Committed, TakeUpError};
use crate::progress::Progress;
use crate::subscription::Event;

/// What the member holds, and its place in the group.
pub(crate) struct Share {
    seat: Seat,
    take_up: TakeUp,
    holdings: Holdings,
    /// Whether what is held has changed since the reader of the topics alongside was told.
    is_alongside_due: bool,
}

/// The outcome of taking up what is assigned.
pub(super) enum Gain {
    /// Nothing is assigned, or it cannot be taken up yet.
    Nothing,
    /// All that is assigned is held now.
    Gained {
        partitions: Vec<i32>,
        /// Those in which the group has settled nothing.
        unsettled: Vec<i32>,
        /// The events to report for them.
        news: Vec<Event>,
    },
    /// To be tried again at the next step.
    Failed(KafkaError),
    /// No retry will help.
    Unreadable(LogError),
}

impl Share {
    /// A share without partitions.
    pub(super) fn new(seat: Seat) -> Share {
        Share {
            seat,
            take_up: TakeUp::default(),
            holdings: Holdings::default(),
            is_alongside_due: false,
        }
    }

    pub(super) fn seat(&self) -> &Seat {
        &self.seat
    }

    pub(crate) fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    pub(super) fn holdings_mut(&mut self) -> &mut Holdings {
        &mut self.holdings
    }

    /// Handles news from the group. Returns the partitions that are lost by it.
    #[must_use]
    pub(super) fn hear(&mut self, news: GroupNews) -> Vec<i32> {
        match news {
            GroupNews::Assigned(partitions) => {
                self.take_up.assign(partitions);
                Vec::new()
            }
            GroupNews::Revoked(partitions) => {
                self.take_up.revoke(&partitions);
                self.let_go(partitions)
            }
        }
    }

    /// Takes up what is assigned, if anything is.
    pub(super) fn take_up(&mut self) -> Gain {
        match self.take_up.take_up(&self.seat) {
            TakenUp::Nothing => Gain::Nothing,
            TakenUp::All(found) => self.hold(found),
            TakenUp::Failed(error) => Gain::Failed(error),
            TakenUp::Unreadable(error) => Gain::Unreadable(error),
        }
    }

    fn hold(&mut self, found: Vec<Found>) -> Gain {
        let of = |found: &Found| found.partition;
        let unsettled = found.iter().filter(|found| !found.has_offset());
        let gain = Gain::Gained {
            partitions: found.iter().map(of).collect(),
            unsettled: unsettled.map(of).collect(),
            news: found.iter().flat_map(|f| f.events(&self.seat)).collect(),
        };
        for found in found {
            self.holdings.add(found.partition, found.into_lanes());
        }
        self.seat.renew_generation();
        self.is_alongside_due = true;
        gain
    }

    /// Has the partitions alongside those that are held read, and no others, if that has changed.
    pub(super) fn read_alongside(&mut self) -> Result<(), KafkaError> {
        if !self.is_alongside_due {
            return Ok(());
        }
        self.seat
            .read_alongside(self.next().filter(|&((_, lane), _)| lane > 0))?;
        self.is_alongside_due = false;
        Ok(())
    }

    /// The next offset to hand out, in each lane of each partition that is held.
    fn next(&self) -> impl Iterator<Item = (Place, i64)> {
        self.holdings.iter().flat_map(|(partition, holding)| {
            let all = holding.all_progress();
            all.map(move |(lane, progress)| ((partition, lane), progress.next()))
        })
    }

    /// Stops holding these partitions. Returns the ones that were held.
    fn let_go(&mut self, partitions: impl IntoIterator<Item = i32>) -> Vec<i32> {
        let mut lost: Vec<i32> = partitions.into_iter().collect();
        lost.retain(|&partition| self.holdings.remove(partition));
        self.is_alongside_due |= !lost.is_empty();
        lost
    }

    /// Lets go of these partitions and, if any of them was held, joins the group anew. Whichever member gets them then
    /// takes them up at the group's progress. Returns the ones that were held.
    #[must_use]
    pub(super) fn give_up(&mut self, partitions: Vec<i32>) -> Vec<i32> {
        let lost = self.let_go(partitions);
        if !lost.is_empty() {
            self.seat.rejoin_later();
        }
        lost
    }

    /// Gives up the partitions of a topic that has been deleted and made again meanwhile, and returns them.
    #[must_use]
    pub(super) fn give_up_if_made_again(&mut self) -> Vec<i32> {
        let mut given_up = BTreeSet::new();
        for lane in self.seat.lanes() {
            let Some(topic_id) = self.seat.news_of_topic_id(lane) else {
                continue;
            };
            let of_another = self.holdings.of_another_topic(lane, &topic_id);
            self.take_up.remember_made_again(lane, &of_another);
            given_up.extend(of_another);
        }
        self.give_up(given_up.into_iter().collect())
    }

    /// Joins the group anew when the next record to read turned out not to be on the topic: the library does not read
    /// on from there. Taking the partition up again moves past what retention removed, and reports it.
    pub(super) fn rejoin_later(&mut self) {
        self.seat.rejoin_later();
    }

    /// Joins anew, if it is time to.
    pub(super) fn rejoin_if_due(&mut self) -> Result<(), KafkaError> {
        if !self.seat.is_rejoin_due() {
            return Ok(());
        }
        let read_to = self.next().collect();
        self.take_up.remember_read_to(read_to);
        self.seat.rejoin()
    }

    /// Takes another seat, and leaves this one. Returns the partitions that are lost by it.
    #[must_use]
    pub(super) fn move_to(&mut self, seat: Seat) -> Vec<i32> {
        let read_to = self.next().collect();
        let held: Vec<i32> = self.holdings.partitions().collect();
        let lost = self.let_go(held);
        let left = std::mem::replace(&mut self.seat, seat);
        left.leave(self.take_up.is_due());
        self.take_up.begin_anew(read_to);
        lost
    }

    /// Leaves the group.
    pub(super) fn leave(self) {
        self.seat.leave(self.take_up.is_due());
    }

    /// The generation under which the member holds its partitions.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.seat.generation()
    }

    /// See [`Seat::generation_of_no_member`].
    pub(crate) fn generation_of_no_member(&self) -> Option<Generation> {
        self.seat.generation_of_no_member()
    }

    /// The offsets to commit for this progress in held partitions.
    pub(crate) fn offsets(&self, progress: &BTreeMap<Place, Progress>) -> TopicPartitionList {
        let topic_id = |(partition, lane)| self.holdings.get(partition)?.topic_id(lane);
        let each = progress.iter();
        self.seat
            .offsets(each.map(|(&place, progress)| (place, progress, topic_id(place))))
    }

    /// See [`Seat::commit`].
    pub(crate) fn commit(&self, offsets: TopicPartitionList) -> PlainCommit {
        self.seat.commit(offsets)
    }

    /// See [`Seat::committed`].
    pub(crate) fn committed(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(Place, Option<Committed>)>, TakeUpError> {
        self.seat.committed(partitions)
    }
}
