//! Several callers' batches as one list: those that wait when a transaction begins share it.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::subscription::{Batch, Outcome, Settled, Settlement};

/// The most settlements of different batches that are recorded together. Enough to make a transaction's fixed cost
/// small in comparison; few enough for it to take milliseconds.
const MAX_SETTLEMENTS: usize = 5_000;

/// The same limit in bytes of outputs, in case records are large.
const MAX_BYTES: usize = 2 << 20;

/// Batches to be recorded together.
pub(super) struct Batches {
    settlements: Vec<Settlement>,
    bytes: usize,
    /// How many settlements each batch has, and where its answer goes; in order.
    calls: Vec<(usize, oneshot::Sender<Outcome>)>,
}

impl Batches {
    pub(super) fn of(first: Batch) -> Batches {
        let mut batches = Batches {
            settlements: Vec::new(),
            bytes: 0,
            calls: Vec::new(),
        };
        batches.add(first);
        batches
    }

    pub(super) fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    /// Whether a batch fits into the same transaction.
    pub(super) fn has_room_for(&self, batch: &Batch) -> bool {
        self.settlements.len() + batch.settlements.len() <= MAX_SETTLEMENTS
            && self.bytes + batch.bytes() <= MAX_BYTES
    }

    pub(super) fn add(&mut self, batch: Batch) {
        self.bytes += batch.bytes();
        self.calls.push((batch.settlements.len(), batch.reply));
        self.settlements.extend(batch.settlements);
    }

    /// Answers each batch.
    pub(super) fn answer(self, settled: Vec<Settled>) {
        // Drops the deliveries first: when a caller gets its answer, their room is free.
        drop(self.settlements);
        let mut settled = settled.into_iter();
        for (count, reply) in self.calls {
            // The service may have stopped waiting; what was recorded is recorded.
            let _ = reply.send(Ok(settled.by_ref().take(count).collect()));
        }
    }

    /// Takes the batches apart again, as they came.
    pub(super) fn into_batches(self) -> VecDeque<Batch> {
        let mut settlements = self.settlements.into_iter();
        let batch = |(count, reply)| Batch {
            settlements: settlements.by_ref().take(count).collect(),
            reply,
        };
        self.calls.into_iter().map(batch).collect()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::{Batches, MAX_BYTES, MAX_SETTLEMENTS};
    use crate::in_hand::Room;
    use crate::record::NewRecord;
    use crate::subscription::{Batch, Delivery, Outcome, Settled, Settlement};

    /// A call that settles these offsets.
    fn call(offsets: std::ops::Range<i64>) -> (Batch, oneshot::Receiver<Outcome>) {
        let room = Room::new(offsets.clone().count(), usize::MAX);
        let settlements = offsets
            .map(|offset| Delivery::at(offset, room.take(0)).settle_with(Vec::new()))
            .collect();
        let (reply, outcome) = oneshot::channel();
        (Batch { settlements, reply }, outcome)
    }

    fn offsets(settlements: &[Settlement]) -> Vec<i64> {
        let offset = |settlement: &Settlement| settlement.position().offset;
        settlements.iter().map(offset).collect()
    }

    fn of_three() -> (Batches, [oneshot::Receiver<Outcome>; 3]) {
        let [(first, of_first), (second, of_second), (third, of_third)] =
            [call(0..2), call(2..2), call(2..5)];
        let mut batches = Batches::of(first);
        batches.add(second);
        batches.add(third);
        (batches, [of_first, of_second, of_third])
    }

    #[test]
    fn each_call_is_told_of_its_own() {
        let (batches, outcomes) = of_three();
        assert_eq!(offsets(batches.settlements()), [0, 1, 2, 3, 4]);
        let settled = [Settled::Stale, Settled::Unknown].into_iter().cycle();
        batches.answer(settled.take(5).collect());
        let told = outcomes.map(|mut outcome| outcome.try_recv().expect("told").expect("settled"));
        let [stale, unknown] = [Settled::Stale, Settled::Unknown];
        assert_eq!(told[0], [stale.clone(), unknown.clone()]);
        assert_eq!(told[1], []);
        assert_eq!(told[2], [stale.clone(), unknown, stale]);
    }

    #[test]
    fn the_calls_come_apart_as_they_came() {
        let (batches, _outcomes) = of_three();
        let apart = batches.into_batches();
        let apart: Vec<_> = apart.iter().map(|b| offsets(&b.settlements)).collect();
        assert_eq!(apart, [vec![0, 1], vec![], vec![2, 3, 4]]);
    }

    #[test]
    fn so_many_are_together_and_no_more() {
        let most = i64::try_from(MAX_SETTLEMENTS).expect("a number");
        let (first, _outcome) = call(0..most - 1);
        let mut batches = Batches::of(first);
        assert!(!batches.has_room_for(&call(0..2).0));
        let (last, _outcome) = call(0..1);
        assert!(batches.has_room_for(&last));
        batches.add(last);
        assert!(!batches.has_room_for(&call(0..1).0));
    }

    #[test]
    fn large_ones_are_together_up_to_so_many_bytes_and_one_that_is_larger_is_alone() {
        let call_of = |bytes: usize| {
            let (mut batch, _) = call(0..1);
            let output = NewRecord::of_bytes(bytes);
            batch.settlements[0].outputs.push(output);
            batch
        };
        let mut batches = Batches::of(call_of(MAX_BYTES - 10));
        assert!(!batches.has_room_for(&call_of(11)));
        assert!(batches.has_room_for(&call_of(10)));
        batches.add(call_of(10));
        assert!(!batches.has_room_for(&call_of(1)));
        let alone = Batches::of(call_of(2 * MAX_BYTES));
        assert!(!alone.has_room_for(&call_of(1)));
    }
}
