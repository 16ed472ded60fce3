//! The window: how many deliveries of a partition may be undecided, among decided ones.
//!
//! It has no fixed size. It ends where the ranges might no longer fit into what a log can record beside an offset. How
//! much that is, is the only difference between the two logs.

use super::Progress;

/// How many bytes of ranges Kafka can record beside an offset.
///
/// Brokers accept 4,096 characters (`offset.metadata.max.bytes`); 3,000 were seen to come back intact from a
/// transaction. Base64 turns three bytes into four characters.
pub(crate) const KAFKA_CAPACITY_BYTES: usize = 2_200;

/// How many bytes of ranges SQLite records beside an offset. The file could hold more, but every settlement writes
/// them.
pub(crate) const SQLITE_CAPACITY_BYTES: usize = 64 * 1024;

impl Progress {
    /// Whether one more delivery can be handed out: whichever of those handed out get decided, the progress must fit in
    /// what can be recorded.
    pub(crate) fn has_room(&self) -> bool {
        // If it is the first undecided one, deciding it only moves the prefix.
        if self.undecided == 0 {
            return true;
        }
        // The range that follows it is not ahead of it any more.
        let ahead = self.ahead - usize::from(self.decided.contains_key(&(self.next + 1)));
        self.fits(self.next + 1, ahead)
    }

    /// The same for a delivery out of turn, at an offset that is to be handed out later.
    pub(crate) fn has_room_out_of_turn(&self, offset: i64) -> bool {
        offset < self.next || self.fits(offset + 1, self.ahead + 1)
    }

    /// Whether the progress fits if one more delivery is undecided, at an offset below `end`, and so many decided ranges
    /// are ahead of what was handed out: each is at most two runs more, as an undecided offset is.
    fn fits(&self, end: i64, ahead: usize) -> bool {
        let last_decided = self.decided.last_key_value().map_or(0, |(_, &end)| end);
        let span = end.max(last_decided) - self.prefix;
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        worst_case_bytes(span, self.undecided + 1 + ahead) <= self.capacity_bytes
    }
}

/// An upper bound of the bytes that ranges over `span` offsets take, if `undecided` of the offsets are undecided.
///
/// As runs: there is at most one run more than twice the undecided offsets, and there are never more runs than offsets.
/// A run of length n takes 1 + ⌊log₁₂₈ n⌋ bytes. For a given number of runs, the sum is greatest when all are equally
/// long. As a bitmap: one bit for each offset. The shorter of the two is written.
fn worst_case_bytes(span: i64, undecided: i64) -> usize {
    let runs = (2 * undecided + 1).min(span).max(1);
    let bytes_a_run = 1.0 + (span as f64 / runs as f64).max(1.0).ln() / 128_f64.ln();
    let as_runs = (runs as f64 * bytes_a_run).ceil() as usize;
    let as_bitmap = usize::try_from(span).unwrap_or(usize::MAX).div_ceil(8);
    1 + as_runs.min(as_bitmap)
}
