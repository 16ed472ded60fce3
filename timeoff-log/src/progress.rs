//! A group's progress in one partition: everything below an offset is decided, and so are ranges above it.
//!
//! Both logs record it in the same form, as an offset and a short text, and keep it in memory as the same value. Its
//! size grows with the number of gaps, not with the number of records.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod ranges;
mod window;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::sabotage::{Promise, breaks};
use ranges::{bitmap_from_runs, runs_from_bitmap, runs_from_varints, varints_from_runs};
pub(crate) use window::{KAFKA_CAPACITY_BYTES, SQLITE_CAPACITY_BYTES};

/// The most characters of ranges that are read: the greater capacity in Base64. A longer text would take much more
/// memory once it is read than as text.
const MAX_CHARACTERS: usize = SQLITE_CAPACITY_BYTES.div_ceil(3) * 4;

/// No record has this offset or a higher one, so that there is always room to add to an offset.
pub(crate) const END_OF_OFFSETS: i64 = i64::MAX / 2;

/// The decided records of one partition, and how far they have been handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The lowest offset that is undecided or was never handed out.
    prefix: i64,
    /// Decided ranges above `prefix`, start to end (exclusive). They touch neither each other nor `prefix`.
    decided: BTreeMap<i64, i64>,
    /// The next offset to hand out.
    next: i64,
    /// How many offsets have been handed out and are not decided.
    undecided: i64,
    /// How many of the decided ranges begin at `next` or above: decided out of turn, or by an earlier owner.
    ahead: usize,
    /// How many bytes of ranges can be recorded.
    capacity_bytes: usize,
}

/// The recorded progress is not in a form that this version writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ranges beside offset {offset} are {defect}")]
pub(crate) struct UnreadableProgress {
    offset: i64,
    defect: &'static str,
}

/// The byte before the ranges says how they are written.
const RUNS: u8 = 1;
const BITMAP: u8 = 2;

impl Progress {
    /// Progress with nothing decided from `offset` on.
    pub(crate) fn starting_at(offset: i64, capacity_bytes: usize) -> Progress {
        Progress {
            prefix: offset,
            decided: BTreeMap::new(),
            next: offset,
            undecided: 0,
            ahead: 0,
            capacity_bytes,
        }
    }

    /// Reads what [`Progress::record`] wrote.
    pub(crate) fn restore(
        offset: i64,
        ranges: &str,
        capacity_bytes: usize,
    ) -> Result<Progress, UnreadableProgress> {
        let unreadable = |defect| UnreadableProgress { offset, defect };
        if !(0..END_OF_OFFSETS).contains(&offset) {
            return Err(unreadable("at an offset that no record can have"));
        }
        if ranges.len() > MAX_CHARACTERS {
            return Err(unreadable("longer than any that was written"));
        }
        let mut progress = Progress::starting_at(offset, capacity_bytes);
        if ranges.is_empty() {
            return Ok(progress);
        }
        let bytes = STANDARD_NO_PAD
            .decode(ranges)
            .map_err(|_| unreadable("not Base64"))?;
        let runs = match bytes.split_first() {
            Some((&RUNS, varints)) => runs_from_varints(varints),
            Some((&BITMAP, bits)) => Ok(runs_from_bitmap(bits)),
            _ => Err("of an unknown kind"),
        }
        .map_err(unreadable)?;
        let mut at = offset;
        for (index, run) in runs.into_iter().enumerate() {
            let end = at
                .checked_add(run)
                .filter(|&end| end < END_OF_OFFSETS)
                .ok_or(unreadable("longer than a partition"))?;
            if index % 2 == 1 {
                progress.mark_decided(at, end);
            }
            at = end;
        }
        Ok(progress)
    }

    /// The offset after everything that is decided or was handed out.
    pub(crate) fn reach(&self) -> i64 {
        let decided = self.decided.last_key_value();
        decided.map_or(self.next, |(_, &end)| end.max(self.next))
    }

    /// The offset and the text to record for the group.
    pub(crate) fn record(&self) -> (i64, String) {
        if self.decided.is_empty() || breaks(Promise::DecidedSet) {
            return (self.prefix, String::new());
        }
        let runs = self.runs();
        let span: i64 = runs.iter().sum();
        let varints = varints_from_runs(&runs);
        let bitmap_bytes = usize::try_from(span).unwrap_or(usize::MAX).div_ceil(8);
        let mut bytes = Vec::with_capacity(1 + varints.len().min(bitmap_bytes));
        if bitmap_bytes < varints.len() {
            bytes.push(BITMAP);
            bytes.extend(bitmap_from_runs(&runs, bitmap_bytes));
        } else {
            bytes.push(RUNS);
            bytes.extend(varints);
        }
        (self.prefix, STANDARD_NO_PAD.encode(bytes))
    }

    /// The lengths of undecided and decided ranges in turn, from the prefix on. The first is undecided, the last
    /// decided.
    fn runs(&self) -> Vec<i64> {
        let mut runs = Vec::with_capacity(self.decided.len() * 2);
        let mut at = self.prefix;
        for (&start, &end) in &self.decided {
            runs.push(start - at);
            runs.push(end - start);
            at = end;
        }
        runs
    }

    /// Whether nothing is decided, from the very first offset on.
    pub(crate) fn is_untouched(&self) -> bool {
        self.prefix == 0 && self.decided.is_empty()
    }

    /// The lowest offset that is undecided or was never handed out.
    pub(crate) fn prefix(&self) -> i64 {
        self.prefix
    }

    /// The next offset to hand out: the first undecided one above those handed out so far.
    pub(crate) fn next(&self) -> i64 {
        self.next
    }

    /// Whether `offset` is decided.
    pub(crate) fn is_decided(&self, offset: i64) -> bool {
        offset < self.prefix
            || self
                .decided
                .range(..=offset)
                .next_back()
                .is_some_and(|(_, &end)| offset < end)
    }

    /// How many offsets from `first` to before `end` are undecided.
    pub(crate) fn undecided_between(&self, first: i64, end: i64) -> u64 {
        let first = first.max(self.prefix);
        let within = |offset: i64| offset.clamp(first, end.max(first));
        let decided: i64 = self
            .decided
            .iter()
            .map(|(&start, &stop)| within(stop) - within(start))
            .sum();
        u64::try_from(within(end) - first - decided).unwrap_or(0)
    }

    /// How many offsets have been handed out and are not decided.
    pub(crate) fn undecided(&self) -> i64 {
        self.undecided
    }

    /// Notes that the record at `offset` is being handed out. The offsets skipped before it have no record, and count
    /// as decided.
    pub(crate) fn hand_out(&mut self, offset: i64) {
        self.pass_over_to(offset);
        self.move_next(offset + 1);
        self.undecided += 1;
        self.skip_decided();
    }

    /// Notes that there is no record between the next offset to hand out and `offset`.
    pub(crate) fn pass_over_to(&mut self, offset: i64) {
        if offset > self.next {
            let start = self.next;
            self.move_next(offset);
            self.mark_decided(start, offset);
            self.skip_decided();
        }
    }

    /// Notes that the records below `offset` no longer exist. Returns how many of their offsets are undecided and were
    /// not handed out.
    pub(crate) fn expire_to(&mut self, offset: i64) -> i64 {
        if offset <= self.next {
            return 0;
        }
        let decided: i64 = self
            .decided
            .range(self.next..offset)
            .map(|(&start, &end)| end.min(offset) - start)
            .sum();
        let undecided = offset - self.next - decided;
        self.pass_over_to(offset);
        undecided
    }

    /// Notes that the record at `offset`, which was handed out in its turn or out of turn, is decided.
    pub(crate) fn decide(&mut self, offset: i64) {
        if self.is_decided(offset) {
            return;
        }
        if offset < self.next {
            self.undecided -= 1;
        }
        self.mark_decided(offset, offset + 1);
    }

    fn skip_decided(&mut self) {
        if let Some((_, &end)) = self.decided.range(..=self.next).next_back() {
            self.move_next(end);
        }
        self.move_next(self.prefix);
    }

    /// Never back.
    fn move_next(&mut self, next: i64) {
        if next > self.next {
            self.ahead -= self.decided.range(self.next..next).count();
            self.next = next;
        }
    }

    fn mark_decided(&mut self, mut start: i64, mut end: i64) {
        start = start.max(self.prefix);
        if start >= end {
            return;
        }
        // Swallow the ranges that touch this one.
        while let Some((&other_start, &other_end)) = self.decided.range(..=end).next_back() {
            if other_end < start {
                break;
            }
            self.decided.remove(&other_start);
            self.ahead -= usize::from(other_start >= self.next);
            start = start.min(other_start);
            end = end.max(other_end);
        }
        if start == self.prefix {
            self.prefix = end;
        } else {
            self.decided.insert(start, end);
            self.ahead += usize::from(start >= self.next);
        }
        self.skip_decided();
    }
}

#[cfg(test)]
mod tests {
    use super::{KAFKA_CAPACITY_BYTES, Progress};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_hundred_thousand_decided_above_one_undecided_take_a_few_bytes() {
        let mut progress = Progress::starting_at(7, KAFKA_CAPACITY_BYTES);
        progress.hand_out(7);
        for offset in 8..100_008 {
            assert!(progress.has_room());
            progress.hand_out(offset);
            progress.decide(offset);
        }
        let (offset, ranges) = progress.record();
        assert_eq!(offset, 7);
        assert!(ranges.len() < 16, "{ranges}");
        let restored = Progress::restore(offset, &ranges, KAFKA_CAPACITY_BYTES).expect("own text");
        assert_eq!(restored.next(), 7);
        assert!(!restored.is_decided(7));
        assert!(restored.is_decided(8) && restored.is_decided(100_007));
        assert!(!restored.is_decided(100_008));
    }

    #[test]
    fn offsets_without_a_record_never_hold_the_prefix_back() {
        let mut progress = Progress::starting_at(0, KAFKA_CAPACITY_BYTES);
        progress.hand_out(0);
        progress.hand_out(2);
        progress.decide(2);
        assert_eq!(progress.prefix(), 0);
        progress.decide(0);
        assert_eq!(progress.record(), (3, String::new()));
        progress.pass_over_to(5);
        assert_eq!(progress.record(), (5, String::new()));
    }

    #[test]
    fn what_somebody_else_wrote_is_refused() {
        for ranges in ["hello", "AA", "!", "/////////////////w", "AYA"] {
            assert!(
                Progress::restore(0, ranges, KAFKA_CAPACITY_BYTES).is_err(),
                "{ranges}"
            );
        }
    }

    #[test]
    fn what_is_decided_out_of_turn_is_passed_over_when_its_turn_comes() {
        let mut progress = Progress::starting_at(0, KAFKA_CAPACITY_BYTES);
        progress.hand_out(0);
        progress.decide(3);
        progress.decide(1);
        assert_eq!((progress.next(), progress.undecided()), (2, 1));
        progress.hand_out(2);
        assert_eq!((progress.next(), progress.undecided()), (4, 2));
        progress.decide(0);
        progress.decide(2);
        assert_eq!(progress.record(), (4, String::new()));
        assert_eq!(progress.ahead, 0);
    }

    /// Steps in random order: hand out with gaps, or decide any record in hand.
    fn history() -> impl Strategy<Value = Vec<(bool, u16)>> {
        prop::collection::vec((any::<bool>(), any::<u16>()), 0..2_000)
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_set_and_comes_back_from_its_record(start in 0_i64..1_000_000, bounds in any::<(u8, u8)>(), history in history()) {
            let mut progress = Progress::starting_at(start, KAFKA_CAPACITY_BYTES);
            let mut in_hand = BTreeSet::new();
            for (hand_out, pick) in history {
                if hand_out {
                    let offset = progress.next() + i64::from(pick % 3);
                    progress.hand_out(offset);
                    in_hand.insert(offset);
                } else if !in_hand.is_empty() {
                    let offset = *in_hand.iter().nth(usize::from(pick) % in_hand.len()).expect("not empty");
                    in_hand.remove(&offset);
                    progress.decide(offset);
                }
                prop_assert_eq!(progress.undecided(), in_hand.len() as i64);
                prop_assert_eq!(progress.prefix(), in_hand.first().copied().unwrap_or(progress.next()));
            }
            let (offset, ranges) = progress.record();
            let restored = Progress::restore(offset, &ranges, KAFKA_CAPACITY_BYTES).expect("own text");
            prop_assert_eq!(restored.record(), (offset, ranges));
            let (first, end) = (start + i64::from(bounds.0), start + i64::from(bounds.1));
            let undecided = |offset: &i64| *offset >= progress.next() || in_hand.contains(offset);
            let count = (first.min(end)..end).filter(undecided).count();
            prop_assert_eq!(progress.undecided_between(first, end), count as u64);
            let count = (first.min(end)..end).filter(|&offset| !restored.is_decided(offset)).count();
            prop_assert_eq!(restored.undecided_between(first, end), count as u64);
            for offset in start..progress.next() {
                prop_assert_eq!(progress.is_decided(offset), !in_hand.contains(&offset));
                let decided_after_restart = restored.is_decided(offset);
                let last_decided = progress.decided.last_key_value().map_or(0, |(_, &end)| end);
                if offset < last_decided || offset < progress.prefix() {
                    prop_assert_eq!(decided_after_restart, !in_hand.contains(&offset));
                } else {
                    prop_assert!(!decided_after_restart);
                }
            }
        }

        #[test]
        fn while_there_is_room_every_choice_of_decisions_fits(
            choices in prop::collection::vec(any::<bool>(), 1..40_000),
            one_in in 1_usize..200,
        ) {
            let mut progress = Progress::starting_at(0, KAFKA_CAPACITY_BYTES);
            let mut left = 0;
            for (offset, decide) in choices.iter().enumerate() {
                if !progress.has_room() {
                    break;
                }
                progress.hand_out(offset as i64);
                if *decide || offset % one_in != 0 { progress.decide(offset as i64); } else { left += 1; }
            }
            prop_assert_eq!(progress.undecided(), left);
            let (_, ranges) = progress.record();
            prop_assert!(ranges.len() <= 3_000, "{} characters", ranges.len());
        }

        #[test]
        fn while_there_is_room_every_choice_out_of_turn_fits_too_and_the_first_can_always_be_handed_out(
            steps in prop::collection::vec((0_u8..4, any::<u16>()), 1..8_000),
            reach in 1_i64..200_000,
        ) {
            let mut progress = Progress::starting_at(0, KAFKA_CAPACITY_BYTES);
            let mut in_hand = BTreeSet::new();
            for (step, pick) in steps {
                let out_of_turn = progress.next() + i64::from(pick) * reach / 65_536;
                let fits = progress.has_room_out_of_turn(out_of_turn);
                match step {
                    0 if fits && !progress.is_decided(out_of_turn) => {
                        progress.decide(out_of_turn);
                    }
                    1 if !in_hand.is_empty() => {
                        let nth = usize::from(pick) % in_hand.len();
                        let offset = *in_hand.iter().nth(nth).expect("not empty");
                        in_hand.remove(&offset);
                        progress.decide(offset);
                    }
                    // Whoever takes over hands out again what was undecided.
                    2 if pick < 100 => {
                        let (offset, ranges) = progress.record();
                        progress = Progress::restore(offset, &ranges, KAFKA_CAPACITY_BYTES).expect("own text");
                        in_hand.clear();
                    }
                    _ if progress.has_room() => {
                        in_hand.insert(progress.next());
                        progress.hand_out(progress.next());
                    }
                    _ => prop_assert!(!in_hand.is_empty(), "nothing can be handed out"),
                }
                prop_assert_eq!(progress.ahead, progress.decided.range(progress.next()..).count());
                prop_assert_eq!(progress.undecided(), in_hand.len() as i64);
                let (_, ranges) = progress.record();
                prop_assert!(ranges.len() <= 3_000, "{} characters", ranges.len());
            }
        }

        #[test]
        fn no_text_makes_it_panic(offset in any::<i64>(), ranges in "[A-Za-z0-9+/]{0,400}") {
            if let Ok(progress) = Progress::restore(offset, &ranges, KAFKA_CAPACITY_BYTES) {
                let _ = progress.record();
                let _ = progress.undecided();
            }
        }
    }
}
