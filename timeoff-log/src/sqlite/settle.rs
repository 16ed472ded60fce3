//! Settling: one transaction appends the outputs and records that their deliveries are done.
//!
//! The transaction checks in the file that the member still holds the partition under the same generation. It holds the
//! write lock, so the answer stays true until it is committed. Another member takes the partition over either before
//! that, and the settlement is stale, or after it, and finds the settlement recorded.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;

use super::fault::Fault;
use super::file::LogFile;
use super::group::SavedProgress;
use super::holdings::{Holding, Holdings};
use super::records::Appending;
use super::seat::Seat;
use super::store::Store;
use crate::progress::Progress;
use crate::record::Position;
use crate::sabotage::{self, Promise, breaks};
use crate::subscription::{Batch, Delivery, Settled, Settlement};

/// The most settlements of different callers that are recorded together.
const MAX_SETTLEMENTS: usize = 4096;

/// As [`MAX_SETTLEMENTS`], in bytes of outputs, in case records are large.
const MAX_BYTES: usize = 4 << 20;

/// The file and the seat through which a member settles.
pub(super) struct Ledger<'member> {
    pub(super) store: &'member Store,
    pub(super) file: &'member LogFile,
    pub(super) seat: &'member Seat,
}

/// The state after a transaction. It counts once that is committed.
struct Recorded {
    answers: Vec<Vec<Settled>>,
    progress: BTreeMap<Place, Progress>,
}

/// A partition, and the lane of one of its topics.
type Place = (i32, usize);

impl Ledger<'_> {
    /// Settles and answers all pending batches. Batches left pending after an error should be tried again.
    ///
    /// # Errors
    ///
    /// Only if the log does not answer, or never will. A batch that the log refuses goes back to its caller.
    pub(super) fn settle_all(
        &self,
        held: &mut Holdings,
        pending: &mut VecDeque<Batch>,
    ) -> Result<(), Fault> {
        let mut together = MAX_SETTLEMENTS;
        while !pending.is_empty() {
            let count = how_many(pending, together);
            match self.record(held, pending.iter().take(count)) {
                Ok(recorded) => {
                    for ((partition, lane), progress) in recorded.progress {
                        if let Some(holding) = held.get_mut(&partition) {
                            holding.lanes[lane].progress = progress;
                        }
                    }
                    // There may be room again, and outputs may have been appended to these topics.
                    held.values_mut().for_each(Holding::look_again);
                    for (batch, answer) in pending.drain(..count).zip(recorded.answers) {
                        // The deliveries are dropped before the answer is sent, so that a caller who has the answer
                        // can count on the room.
                        drop(batch.settlements);
                        let _ = batch.reply.send(Ok(answer));
                    }
                }
                Err(fault) if fault.is_silence() || fault.is_final() => return Err(fault),
                // Tried one by one, the batches show which of them the log refuses.
                Err(_) if count > 1 => together = 1,
                Err(fault) => {
                    if let Some(batch) = pending.pop_front() {
                        batch.refuse(fault.tell(self.file.location(), "record decisions"));
                    }
                }
            }
        }
        Ok(())
    }

    fn record<'batch>(
        &self,
        held: &Holdings,
        batches: impl Iterator<Item = &'batch Batch>,
    ) -> Result<Recorded, Fault> {
        sabotage::dawdle(Promise::Generation);
        sabotage::dawdle(Promise::CoHolding);
        sabotage::dawdle(Promise::CommandGeneration);
        self.store.write(|connection| {
            let mut entry = Entry {
                ledger: self,
                held,
                connection,
                appending: Appending::begin(connection)?,
                is_held: BTreeMap::new(),
                touched: BTreeMap::new(),
            };
            let answers = batches
                .map(|batch| {
                    batch
                        .settlements
                        .iter()
                        .map(|settlement| entry.settle(settlement))
                        .collect::<Result<Vec<_>, _>>()
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Recorded {
                answers,
                progress: entry.finish()?,
            })
        })
    }
}

/// How many batches, from the first, have at most `limit` settlements and [`MAX_BYTES`] of outputs together; at least
/// one.
fn how_many(pending: &VecDeque<Batch>, limit: usize) -> usize {
    let (mut sum, mut bytes) = (0, 0);
    pending
        .iter()
        .take_while(|batch| {
            let is_first = sum == 0;
            sum += batch.settlements.len().max(1);
            bytes += batch.bytes();
            is_first || (sum <= limit && bytes <= MAX_BYTES)
        })
        .count()
}

/// One transaction being put together.
struct Entry<'transaction> {
    ledger: &'transaction Ledger<'transaction>,
    held: &'transaction Holdings,
    connection: &'transaction Connection,
    appending: Appending<'transaction>,
    /// The partitions of these settlements, and whether the member still holds them.
    is_held: BTreeMap<i32, bool>,
    /// Their new progress.
    touched: BTreeMap<Place, Progress>,
}

impl Entry<'_> {
    fn settle(&mut self, settlement: &Settlement) -> Result<Settled, Fault> {
        for delivery in settlement.deliveries() {
            if !self.is_undecided(delivery)? && !outlasts_its_tenure(delivery, self.held) {
                return Ok(Settled::Stale);
            }
        }
        for delivery in settlement.deliveries() {
            let Position {
                partition, offset, ..
            } = *delivery.position();
            if let Some(progress) = self.touched.get_mut(&(partition, delivery.lane)) {
                progress.decide(offset);
            }
        }
        let positions = settlement
            .outputs
            .iter()
            .map(|output| self.appending.append(output))
            .collect::<Result<_, _>>()?;
        Ok(Settled::Recorded(positions))
    }

    /// Whether a delivery's tenure still lasts, and it is not decided and can be. If so, its partition is touched.
    fn is_undecided(&mut self, delivery: &Delivery) -> Result<bool, Fault> {
        let Position {
            partition, offset, ..
        } = *delivery.position();
        let Some(holding) = self.held.get(&partition) else {
            return Ok(false);
        };
        if holding.tenure != delivery.tenure {
            return Ok(false);
        }
        if !is_unguarded(delivery) && !self.is_held(partition, holding)? {
            return Ok(false);
        }
        let progress = self
            .touched
            .entry((partition, delivery.lane))
            .or_insert_with(|| holding.lanes[delivery.lane].progress.clone());
        // Several may have been taken up out of turn when there was room for one.
        Ok(!progress.is_decided(offset) && progress.has_room_out_of_turn(offset))
    }

    /// Whether the member still holds a partition: asked once for all topics.
    fn is_held(&mut self, partition: i32, holding: &Holding) -> Result<bool, Fault> {
        if let Some(&known) = self.is_held.get(&partition) {
            return Ok(known);
        }
        let is_held = breaks(Promise::Generation)
            || self
                .ledger
                .seat
                .holds(self.connection, partition, holding.generation)?;
        self.is_held.insert(partition, is_held);
        Ok(is_held)
    }

    fn finish(self) -> Result<BTreeMap<Place, Progress>, Fault> {
        self.appending.finish()?;
        if breaks(Promise::Atomicity) {
            self.connection.execute_batch("COMMIT")?;
            sabotage::dawdle(Promise::Atomicity);
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        for (&(partition, lane), progress) in &self.touched {
            let (committed, ranges) = progress.record();
            self.ledger.seat.lanes()[lane].save_progress(
                self.connection,
                &SavedProgress {
                    partition,
                    committed,
                    ranges,
                },
            )?;
        }
        Ok(self.touched)
    }
}

/// In a build that may break this promise: whether a delivery is settled although its tenure is over.
fn outlasts_its_tenure(delivery: &Delivery, held: &Holdings) -> bool {
    let holding = held.get(&delivery.position().partition);
    breaks(Promise::CoHolding)
        && delivery.lane > 0
        && holding.is_none_or(|holding| holding.tenure != delivery.tenure)
}

/// In a build that may break this promise: whether it is not checked that the partition is still held.
fn is_unguarded(delivery: &Delivery) -> bool {
    breaks(Promise::CommandGeneration) && delivery.lane > 0
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::sync::oneshot;

    use super::{MAX_BYTES, MAX_SETTLEMENTS, how_many};
    use crate::in_hand::Room;
    use crate::record::NewRecord;
    use crate::subscription::{Batch, Delivery};

    /// A call that settles one delivery, with an output of `bytes` bytes.
    fn call(bytes: usize) -> Batch {
        let output = NewRecord::of_bytes(bytes);
        let delivery = Delivery::at(0, Room::new(1, 1).take(0));
        Batch {
            settlements: vec![delivery.settle_with(vec![output])],
            reply: oneshot::channel().0,
        }
    }

    fn calls(bytes: &[usize]) -> VecDeque<Batch> {
        bytes.iter().copied().map(call).collect()
    }

    #[test]
    fn calls_are_recorded_together_up_to_so_many_and_so_many_bytes() {
        let small = calls(&[1, 1, 1]);
        assert_eq!(how_many(&small, MAX_SETTLEMENTS), 3);
        assert_eq!(how_many(&small, 2), 2);
        let half = MAX_BYTES / 2;
        assert_eq!(how_many(&calls(&[half, half, 1]), MAX_SETTLEMENTS), 2);
        assert_eq!(how_many(&calls(&[half, half + 1]), MAX_SETTLEMENTS), 1);
        assert_eq!(how_many(&calls(&[2 * MAX_BYTES, 1]), MAX_SETTLEMENTS), 1);
    }
}
