//! The applications that came last, remembered to notice an id that comes a second time.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::mem;

use timeoff_contract::ReceivedApplication;
use timeoff_ledger::Refusal;
use timeoff_log::{Assignment, Delivery, Position};
use timeoff_models::ApplicationId;

/// At least this many applications are remembered, of all departments together: more than a policy run has in hand.
const REMEMBERED: usize = 16_384;

/// As [`REMEMBERED`], in bytes of ids, in case they are long: an id usually has some 45 bytes.
const REMEMBERED_BYTES: usize = 1 << 20;

/// The applications last handed to this member of the group, each with its position.
///
/// There are two generations: when the younger one is full, the elder is forgotten. So at least [`REMEMBERED`]
/// applications are known and at most twice as many, and none is moved or freed individually.
pub(crate) struct Recent {
    younger: Generation,
    elder: Generation,
    /// Different in each process, so that nobody can choose ids whose hashes collide.
    seed: u64,
}

/// Keyed by the id's hash. If two ids share a hash, only the later one is remembered; that costs knowledge and nothing
/// else.
type Places = HashMap<u64, Place, BuildHasherDefault<Same>>;

#[derive(Default)]
struct Generation {
    places: Places,
    /// The ids, concatenated.
    ids: String,
}

/// An id, and the position of the application that has it.
struct Place {
    /// Where the id begins in the generation's text.
    begins: u32,
    length: u32,
    partition: i32,
    offset: i64,
}

/// An application has the id of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}, at partition {partition}, offset {offset}", ID_WAS_USED)]
pub(crate) struct IdWasUsed {
    /// The earlier application's partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// The beginning of such a dead letter's reason; a retry recognises the letter by it.
pub(crate) const ID_WAS_USED: &str = "its id was used before";

/// Why an application is a dead letter that the ledger says is decided: another one had its id.
pub(crate) fn used(refusal: &Refusal) -> String {
    let reason = refusal.reason();
    format!("{ID_WAS_USED}: {}", reason.trim_end_matches('.'))
}

impl Default for Recent {
    fn default() -> Recent {
        Recent {
            younger: Generation::default(),
            elder: Generation::default(),
            seed: RandomState::new().hash_one(REMEMBERED),
        }
    }
}

impl Recent {
    /// Notes an application that was handed out. One that is handed out again, from the same place, is no repetition.
    ///
    /// # Errors
    ///
    /// [`IdWasUsed`] if another application has its id. The error is certain; `Ok` does not prove that there was none.
    pub(crate) fn note(
        &mut self,
        id: &ApplicationId<'_>,
        position: &Position,
    ) -> Result<(), IdWasUsed> {
        let id = id.as_str();
        let hash = hash(self.seed, id.as_bytes());
        let known = self
            .younger
            .place_of(hash, id)
            .or_else(|| self.elder.place_of(hash, id));
        if let Some(&Place {
            partition, offset, ..
        }) = known
        {
            return match partition == position.partition && offset >= position.offset {
                true => Ok(()),
                false => Err(IdWasUsed { partition, offset }),
            };
        }
        if self.younger.is_full() {
            mem::swap(&mut self.younger, &mut self.elder);
            self.younger.clear();
        }
        self.younger.add(hash, id, position);
        Ok(())
    }

    /// Forgets everything when a partition is lost: the topic may be a different one when the partition comes back.
    pub(crate) fn hear(&mut self, assignment: &Assignment) {
        if !assignment.lost.is_empty() {
            self.younger.clear();
            self.elder.clear();
        }
    }
}

impl Generation {
    fn place_of(&self, hash: u64, id: &str) -> Option<&Place> {
        let place = self.places.get(&hash)?;
        let begins = place.begins as usize;
        let known = self.ids.get(begins..begins + place.length as usize)?;
        (known == id).then_some(place)
    }

    fn is_full(&self) -> bool {
        self.places.len() >= REMEMBERED || self.ids.len() >= REMEMBERED_BYTES
    }

    fn add(&mut self, hash: u64, id: &str, position: &Position) {
        if self.places.capacity() == 0 {
            self.places.reserve(REMEMBERED);
        }
        // Neither comes near `u32::MAX`: the text is bounded, and so is a record.
        let (Ok(begins), Ok(length)) = (u32::try_from(self.ids.len()), u32::try_from(id.len()))
        else {
            return;
        };
        self.ids.push_str(id);
        let place = Place {
            begins,
            length,
            partition: position.partition,
            offset: position.offset,
        };
        self.places.insert(hash, place);
    }

    fn clear(&mut self) {
        self.places.clear();
        self.ids.clear();
    }
}

/// Runs once for each application, so it must be fast: the standard library's hash takes twice as long.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(ODD);
        product ^ product >> 32
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words
        .iter()
        .fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// A hasher for keys that are hashes already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Returns the application; or, if another one had its id, why this one is to become a dead letter.
pub(crate) fn first_of_its_id<'a>(
    recent: &mut Recent,
    received: ReceivedApplication<'a>,
    delivery: &Delivery,
) -> Result<ReceivedApplication<'a>, String> {
    match recent.note(&received.id, delivery.position()) {
        Ok(()) => Ok(received),
        Err(used) => Err(used.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{IdWasUsed, REMEMBERED, Recent};
    use timeoff_log::{Assignment, Position};
    use timeoff_models::ApplicationId;

    fn at(partition: i32, offset: i64) -> Position {
        Position {
            topic: "applications".into(),
            partition,
            offset,
        }
    }

    fn id(text: &str) -> ApplicationId<'static> {
        ApplicationId::from_key(text).into_owned()
    }

    #[test]
    fn an_id_that_comes_again_elsewhere_is_told_with_the_place_of_the_first() {
        let mut recent = Recent::default();
        let ada = id("ada@example.com-1");
        assert_eq!(recent.note(&ada, &at(1, 7)), Ok(()));
        assert_eq!(recent.note(&id("bob@example.com-1"), &at(1, 8)), Ok(()));
        let used = IdWasUsed {
            partition: 1,
            offset: 7,
        };
        for again in [at(1, 9), at(0, 3), at(1, 10)] {
            assert_eq!(recent.note(&ada, &again), Err(used));
        }
        assert_eq!(
            used.to_string(),
            "its id was used before, at partition 1, offset 7"
        );
        // An application that was left is handed out again; the first one stays the first.
        assert_eq!(recent.note(&ada, &at(1, 7)), Ok(()));
    }

    #[test]
    fn the_last_ones_are_known_however_many_came_before_and_memory_is_bounded() {
        let mut recent = Recent::default();
        let nth = |number: usize| id(&format!("employee-{number}@example.com-638000000000000000"));
        let count = 5 * REMEMBERED;
        for number in 0..count {
            assert_eq!(recent.note(&nth(number), &at(0, number as i64)), Ok(()));
        }
        for number in count - REMEMBERED..count {
            let again = recent.note(&nth(number), &at(0, count as i64));
            let offset = number as i64;
            assert_eq!(
                again,
                Err(IdWasUsed {
                    partition: 0,
                    offset
                })
            );
        }
        let known = |recent: &Recent| recent.younger.places.len() + recent.elder.places.len();
        assert!(known(&recent) <= 2 * REMEMBERED);
        // Long ids fill the memory as well.
        let long = "x".repeat(100_000);
        for number in 0..100 {
            let id = id(&format!("{number}{long}"));
            assert_eq!(recent.note(&id, &at(0, number)), Ok(()));
        }
        assert!(known(&recent) < 30, "{}", known(&recent));
    }

    #[test]
    fn nothing_is_known_of_what_was_before_a_partition_was_lost() {
        let mut recent = Recent::default();
        assert_eq!(recent.note(&id("ada"), &at(1, 7)), Ok(()));
        recent.hear(&Assignment {
            held: vec![0],
            gained: vec![],
            lost: vec![1],
            ..Assignment::default()
        });
        assert_eq!(recent.note(&id("ada"), &at(1, 9)), Ok(()));
    }
}
