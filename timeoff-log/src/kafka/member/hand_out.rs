//! How much is handed out: as much as the service can hold, and as much as can be recorded about.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use super::step::{Held, Owner};
use crate::kafka::client::CALL_TIMEOUT;
use crate::record::{Position, Record};
use crate::subscription::{Delivery, Event};

/// How long the owner waits for room before it pauses fetching: pausing throws away what was fetched ahead, and a service
/// that is busy settling makes room soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many decided records are read past. A longer way is quicker by resuming behind them: pausing throws away no more
/// than what is fetched ahead, which is less.
const FAR: i64 = 20_000;

impl Owner {
    /// Whether nothing more can be handed out because of what the service has in its hands, and that could be a moment
    /// ago.
    pub(crate) fn is_patient(&mut self) -> bool {
        if !self.are_hands_full() && !self.do_hands_fill_a_window() {
            self.out_of_room_since = None;
            return false;
        }
        let since = self.out_of_room_since.get_or_insert_with(Instant::now);
        since.elapsed() < PATIENCE
    }

    pub(crate) fn are_hands_full(&self) -> bool {
        self.in_hand.is_full()
    }

    /// Whether a partition that is being read has no room, and may get some when what is in hand is settled.
    fn do_hands_fill_a_window(&self) -> bool {
        let is_full = |held: &Held| !held.paused && !held.progress.has_room();
        !self.in_hand.is_empty() && self.held.values().any(is_full)
    }

    /// Decides whether a record can be handed out now, and notes that it is.
    pub(crate) fn accept(&mut self, record: Record) -> Option<Delivery> {
        self.heard_from_log();
        let Position {
            partition, offset, ..
        } = record.position;
        // A record of a topic that was made again comes only after its id is known.
        self.let_go_if_made_again();
        let held = self.held.get_mut(&partition)?;
        // While paused, reading resumes at `next`, so nothing that arrives meanwhile is lost by being let go.
        if held.paused || offset < held.progress.next() || held.progress.is_decided(offset) {
            if !held.paused && held.progress.next() - offset > FAR {
                self.pause(partition);
            }
            return None;
        }
        if self.in_hand.is_full() || !held.progress.has_room() {
            self.pause(partition);
            return None;
        }
        held.progress.hand_out(offset);
        let place = self.in_hand.take(record.bytes());
        Some(Delivery::new(record, held.tenure, place))
    }

    /// Lets a partition rest at `progress.next()`, because no more of it can be handed out now.
    pub(crate) fn pause(&mut self, partition: i32) {
        let topic = self.membership.topic.clone();
        let Some(held) = self.held.get_mut(&partition) else {
            return;
        };
        held.paused = true;
        // The library says yes to everything here, as it does to resuming.
        let _ = self.consumer.pause(&only(&topic, partition));
    }

    pub(crate) fn resume_where_there_is_room(&mut self) {
        if self.are_hands_full() {
            return;
        }
        let topic = self.membership.topic.clone();
        let mut full = Vec::new();
        for (&partition, held) in &mut self.held {
            if !held.paused {
                continue;
            }
            if !held.progress.has_room() {
                let undecided = held.progress.undecided();
                // What is being decided just now is counted too: as it is, the count becomes another.
                if held.told_window_full.replace(undecided) != Some(undecided) {
                    full.push((partition, undecided));
                }
                continue;
            }
            let next = Offset::Offset(held.progress.next());
            if let Err(error) = self.consumer.seek(&topic, partition, next, CALL_TIMEOUT) {
                tracing::debug!(kafka.error = %error, "could not seek; trying again");
                continue;
            }
            let _ = self.consumer.resume(&only(&topic, partition));
            held.paused = false;
            held.told_window_full = None;
        }
        for (partition, undecided) in full {
            let _ = self.tell(Event::WindowFull {
                partition,
                undecided,
            });
        }
    }

    /// Lets the library forget that a partition was paused.
    pub(crate) fn resume(&self, partition: i32) {
        let _ = self
            .consumer
            .resume(&only(&self.membership.topic, partition));
    }
}

/// A list of one partition.
fn only(topic: &str, partition: i32) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, partition);
    list
}
