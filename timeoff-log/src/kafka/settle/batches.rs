//! The settlements of several calls as one list: those that wait when a transaction begins share it.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::subscription::{Batch, Outcome, Settled, Settlement};

/// How many settlements of different calls are recorded together at the most: so many that a transaction's fixed cost is
/// little among theirs, and that it still takes milliseconds.
const TOGETHER: usize = 5_000;

/// As [`TOGETHER`], in bytes of what is appended, should records be large.
const TOGETHER_BYTES: usize = 2 << 20;

/// What is to be recorded together, and who waits for the answers.
pub(crate) struct Together {
    settlements: Vec<Settlement>,
    bytes: usize,
    /// How many settlements each call has, in order.
    calls: Vec<(usize, oneshot::Sender<Outcome>)>,
}

impl Together {
    /// What a call asks for.
    pub(crate) fn new(first: Batch) -> Together {
        let mut together = Together {
            settlements: Vec::new(),
            bytes: 0,
            calls: Vec::new(),
        };
        together.add(first);
        together
    }

    pub(crate) fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    /// Whether a call's settlements belong into the same transaction.
    pub(crate) fn has_room_for(&self, batch: &Batch) -> bool {
        self.settlements.len() + batch.settlements.len() <= TOGETHER
            && self.bytes + batch.bytes() <= TOGETHER_BYTES
    }

    pub(crate) fn add(&mut self, batch: Batch) {
        self.bytes += batch.bytes();
        self.calls.push((batch.settlements.len(), batch.reply));
        self.settlements.extend(batch.settlements);
    }

    /// Tells each call what became of its settlements.
    pub(crate) fn answer(self, settled: Vec<Settled>) {
        // First the deliveries are let go of, then it is said: whoever waits for the answer can count on the room.
        drop(self.settlements);
        let mut settled = settled.into_iter();
        for (count, reply) in self.calls {
            // The service may have stopped waiting; what was recorded is recorded.
            let _ = reply.send(Ok(settled.by_ref().take(count).collect()));
        }
    }

    /// The calls as they came.
    pub(crate) fn into_batches(self) -> VecDeque<Batch> {
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

    use super::{TOGETHER, TOGETHER_BYTES, Together};
    use crate::record::NewRecord;
    use crate::room::Room;
    use crate::subscription::{Batch, Delivery, Outcome, Settled, Settlement};

    /// A call for the settlements of these offsets.
    fn call(offsets: std::ops::Range<i64>) -> (Batch, oneshot::Receiver<Outcome>) {
        let room = Room::new(offsets.clone().count(), usize::MAX);
        let settlements = offsets
            .map(|offset| Delivery::at(offset, room.take(0)).settle_with(Vec::new()))
            .collect();
        let (reply, outcome) = oneshot::channel();
        (Batch { settlements, reply }, outcome)
    }

    fn offsets(settlements: &[Settlement]) -> Vec<i64> {
        let offset = |settlement: &Settlement| settlement.delivery.position().offset;
        settlements.iter().map(offset).collect()
    }

    fn of_three() -> (Together, [oneshot::Receiver<Outcome>; 3]) {
        let [(first, of_first), (second, of_second), (third, of_third)] =
            [call(0..2), call(2..2), call(2..5)];
        let mut together = Together::new(first);
        together.add(second);
        together.add(third);
        (together, [of_first, of_second, of_third])
    }

    #[test]
    fn each_call_is_told_of_its_own() {
        let (together, outcomes) = of_three();
        assert_eq!(offsets(together.settlements()), [0, 1, 2, 3, 4]);
        let settled = [Settled::Stale, Settled::Unknown].into_iter().cycle();
        together.answer(settled.take(5).collect());
        let told = outcomes.map(|mut outcome| outcome.try_recv().expect("told").expect("settled"));
        let [stale, unknown] = [Settled::Stale, Settled::Unknown];
        assert_eq!(told[0], [stale.clone(), unknown.clone()]);
        assert_eq!(told[1], []);
        assert_eq!(told[2], [stale.clone(), unknown, stale]);
    }

    #[test]
    fn the_calls_come_apart_as_they_came() {
        let (together, _outcomes) = of_three();
        let batches = together.into_batches();
        let apart: Vec<_> = batches.iter().map(|b| offsets(&b.settlements)).collect();
        assert_eq!(apart, [vec![0, 1], vec![], vec![2, 3, 4]]);
    }

    #[test]
    fn so_many_are_together_and_no_more() {
        let most = i64::try_from(TOGETHER).expect("a number");
        let (first, _outcome) = call(0..most - 1);
        let mut together = Together::new(first);
        assert!(!together.has_room_for(&call(0..2).0));
        let (last, _outcome) = call(0..1);
        assert!(together.has_room_for(&last));
        together.add(last);
        assert!(!together.has_room_for(&call(0..1).0));
    }

    #[test]
    fn large_ones_are_together_up_to_so_many_bytes_and_one_that_is_larger_is_alone() {
        let call_of = |bytes: usize| {
            let (mut batch, _) = call(0..1);
            let output = NewRecord::of_bytes(bytes);
            batch.settlements[0].outputs.push(output);
            batch
        };
        let mut together = Together::new(call_of(TOGETHER_BYTES - 10));
        assert!(!together.has_room_for(&call_of(11)));
        assert!(together.has_room_for(&call_of(10)));
        together.add(call_of(10));
        assert!(!together.has_room_for(&call_of(1)));
        let alone = Together::new(call_of(2 * TOGETHER_BYTES));
        assert!(!alone.has_room_for(&call_of(1)));
    }
}
