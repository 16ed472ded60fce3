//! Applications by the hashes of their ids, in memory: a fold from zero finds those of most results here.

/// Hashes and keys of the applications that there were when the table `ids` was filled, in their order. Or none, if that
/// was another process, or there were too many: the table has all.
#[derive(Default)]
pub(crate) struct Ids {
    sorted: Vec<(i64, [i64; 1])>,
    /// Where the hashes begin that have the same highest bits, and the end. Hashes are even, so few begin at each.
    starts: Vec<u32>,
}

/// The bits of a hash.
const BITS: u32 = 63;

impl Ids {
    /// At most 2^32 of them.
    pub(super) fn of_sorted(sorted: Vec<(i64, [i64; 1])>) -> Ids {
        let buckets = (sorted.len() / 2).next_power_of_two();
        let shift = BITS - buckets.trailing_zeros();
        let mut starts = Vec::with_capacity(buckets + 1);
        for (index, (hash, _)) in (0..).zip(&sorted) {
            let bucket = (hash >> shift) as usize;
            starts.resize(starts.len().max(bucket + 1), index);
        }
        starts.resize(buckets + 1, sorted.len() as u32);
        Ids { sorted, starts }
    }

    /// The keys of the applications whose ids have this hash.
    pub(super) fn with_hash(&self, hash: i64) -> impl Iterator<Item = i64> {
        let buckets = self.starts.len().saturating_sub(1);
        let range = match buckets {
            0 => 0..0,
            _ => {
                let bucket = (hash >> (BITS - buckets.trailing_zeros())) as usize;
                self.starts[bucket] as usize..self.starts[bucket + 1] as usize
            }
        };
        self.sorted[range]
            .iter()
            .filter(move |&&(other, _)| other == hash)
            .map(|&(_, [key])| key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ids;

    proptest! {
        #[test]
        fn the_keys_of_a_hash_are_found_and_no_others(
            hashes in prop::collection::vec(
                prop_oneof![0..4_i64, any::<i64>().prop_map(|hash| hash & i64::MAX), Just(i64::MAX)],
                0..100,
            ),
            other in 0..i64::MAX,
        ) {
            let mut sorted: Vec<_> = hashes.iter().zip(0..).map(|(&hash, key)| (hash, [key])).collect();
            sorted.sort_unstable();
            let ids = Ids::of_sorted(sorted.clone());
            for &hash in hashes.iter().chain([&other]) {
                let expected: Vec<i64> = sorted.iter().filter(|one| one.0 == hash).map(|one| one.1[0]).collect();
                prop_assert_eq!(ids.with_hash(hash).collect::<Vec<_>>(), expected);
            }
            prop_assert_eq!(Ids::default().with_hash(other).next(), None);
        }
    }
}
