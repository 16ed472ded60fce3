//! Which applications are decided, in few bytes each.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use timeoff_models::ApplicationId;

use super::PersonIndex;

/// What has become of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The leave is granted.
    Approved,
    /// It is not.
    Declined,
    /// The employee has taken the application back.
    Withdrawn,
    /// The leave had been granted, and has been given back.
    Released,
}

impl Fate {
    /// `approved`, `declined`, `withdrawn` or `released`.
    #[must_use]
    pub fn as_verb(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Released => "released",
        }
    }
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecidedBy {
    Person(PersonIndex),
    Policy,
    Nobody,
}

/// How an application was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) fate: Fate,
    pub(crate) by: DecidedBy,
    /// Whose leave it is, if they had been entered.
    pub(crate) of: Option<PersonIndex>,
    /// How many events have done so, at most [`EVENTS_MAX`].
    pub(crate) events: u16,
}

const EVENTS_MAX: u16 = u16::MAX >> FATE_BITS;
const FATE_BITS: u32 = 2;

/// The decided applications of a department.
///
/// A ledger is kept without limit, and ids are texts of any length that other programs choose: with the texts, ten
/// years of applications would not fit into memory. So a hash of 128 bits stands for an id. Two ids among a billion
/// share one with a chance of about 1 in 10^21; then the later application would be taken for decided. Its key is
/// random, so nobody can choose ids that collide.
#[derive(Clone, Default)]
pub(crate) struct Applications {
    key: RandomState,
    decided: HashMap<Digest, Packed, BuildHasherDefault<FirstHalf>>,
}

impl Applications {
    pub(crate) fn get(&self, id: &ApplicationId<'_>) -> Option<Decided> {
        self.decided.get(&self.digest(id)).map(Packed::unpack)
    }

    /// The latest decision stands, and every one of them counts. `before` is how many events about it there had been
    /// while it waited.
    pub(crate) fn decide(
        &mut self,
        id: &ApplicationId<'_>,
        fate: Fate,
        by: DecidedBy,
        of: Option<PersonIndex>,
        before: u16,
    ) {
        let digest = self.digest(id);
        let before = self
            .decided
            .get(&digest)
            .map_or(before, |packed| packed.unpack().events);
        let decided = Decided {
            fate,
            by,
            of,
            events: (before + 1).min(EVENTS_MAX),
        };
        self.decided.insert(digest, Packed::new(decided));
    }

    /// Notes whose leave it is, of an application that was decided before they came here.
    pub(crate) fn belongs_to(&mut self, id: &ApplicationId<'_>, of: PersonIndex) {
        let digest = self.digest(id);
        if let Some(packed) = self.decided.get_mut(&digest) {
            *packed = Packed::new(Decided {
                of: Some(of),
                ..packed.unpack()
            });
        }
    }

    /// Counts an event that changes nothing of how it is decided.
    pub(crate) fn count(&mut self, id: &ApplicationId<'_>) {
        if let Some(decided) = self.get(id) {
            self.decide(id, decided.fate, decided.by, decided.of, 0);
        }
    }

    /// The standard library's keyed hash has 64 bits. What it makes of two different inputs is independent for whoever
    /// does not know the key, so two make 128. They differ at the end: what comes before is hashed once.
    fn digest(&self, id: &ApplicationId<'_>) -> Digest {
        let mut hasher = self.key.build_hasher();
        id.as_str().hash(&mut hasher);
        let half = |which: u8| {
            let mut hasher = hasher.clone();
            hasher.write_u8(which);
            hasher.finish().to_ne_bytes()
        };
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&half(0));
        digest[8..].copy_from_slice(&half(1));
        Digest(digest)
    }
}

/// Bytes and not a number: numbers are aligned, which would cost ten bytes an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digest([u8; 16]);

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// The hash of a [`Digest`], which is one already.
#[derive(Clone, Copy, Default)]
struct FirstHalf(u64);

impl Hasher for FirstHalf {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// [`Decided`] in ten bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed {
    by: [u8; 4],
    of: [u8; 4],
    /// The lowest two bits are the fate.
    events_and_fate: [u8; 2],
}

const BY_NOBODY: u32 = u32::MAX;
const BY_POLICY: u32 = u32::MAX - 1;

impl Packed {
    fn new(decided: Decided) -> Self {
        let by = match decided.by {
            DecidedBy::Person(PersonIndex(index)) => index,
            DecidedBy::Policy => BY_POLICY,
            DecidedBy::Nobody => BY_NOBODY,
        };
        let fate = match decided.fate {
            Fate::Approved => 0,
            Fate::Declined => 1,
            Fate::Withdrawn => 2,
            Fate::Released => 3,
        };
        Self {
            by: by.to_ne_bytes(),
            of: decided
                .of
                .map_or(BY_NOBODY, |PersonIndex(index)| index)
                .to_ne_bytes(),
            events_and_fate: (decided.events << FATE_BITS | fate).to_ne_bytes(),
        }
    }

    fn unpack(&self) -> Decided {
        let events_and_fate = u16::from_ne_bytes(self.events_and_fate);
        Decided {
            fate: match events_and_fate & ((1 << FATE_BITS) - 1) {
                0 => Fate::Approved,
                1 => Fate::Declined,
                2 => Fate::Withdrawn,
                _ => Fate::Released,
            },
            of: match u32::from_ne_bytes(self.of) {
                BY_NOBODY => None,
                index => Some(PersonIndex(index)),
            },
            by: match u32::from_ne_bytes(self.by) {
                BY_NOBODY => DecidedBy::Nobody,
                BY_POLICY => DecidedBy::Policy,
                index => DecidedBy::Person(PersonIndex(index)),
            },
            events: events_and_fate >> FATE_BITS,
        }
    }
}

#[cfg(test)]
impl Applications {
    pub(crate) fn len(&self) -> usize {
        self.decided.len()
    }
}

#[cfg(test)]
impl PartialEq for Applications {
    fn eq(&self, other: &Self) -> bool {
        self.decided == other.decided
    }
}

#[cfg(test)]
impl std::fmt::Debug for Applications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.decided.values()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ApplicationId<'_> {
        ApplicationId::from_key(text)
    }

    #[test]
    fn every_decision_comes_out_as_it_went_in() {
        for fate in [
            Fate::Approved,
            Fate::Declined,
            Fate::Withdrawn,
            Fate::Released,
        ] {
            for by in [
                DecidedBy::Nobody,
                DecidedBy::Policy,
                DecidedBy::Person(PersonIndex(0)),
                DecidedBy::Person(PersonIndex(u32::MAX - 2)),
            ] {
                for events in [1, 2, EVENTS_MAX] {
                    for of in [None, Some(PersonIndex(7))] {
                        let decided = Decided {
                            fate,
                            by,
                            of,
                            events,
                        };
                        assert_eq!(Packed::new(decided).unpack(), decided);
                    }
                }
            }
        }
    }

    #[test]
    fn the_latest_decision_stands_and_all_are_counted_up_to_a_limit() {
        let mut applications = Applications::default();
        for _ in 0..EVENTS_MAX {
            applications.decide(&id("a"), Fate::Approved, DecidedBy::Nobody, None, 0);
        }
        applications.decide(&id("a"), Fate::Declined, DecidedBy::Policy, None, 0);
        assert_eq!(
            applications.get(&id("a")),
            Some(Decided {
                fate: Fate::Declined,
                by: DecidedBy::Policy,
                of: None,
                events: EVENTS_MAX
            })
        );
        assert_eq!(applications.get(&id("b")), None);
    }

    #[test]
    fn an_id_has_another_digest_in_another_table() {
        let (a, b) = (Applications::default(), Applications::default());
        assert_eq!(a.digest(&id("x")), a.clone().digest(&id("x")));
        assert_ne!(a.digest(&id("x")), a.digest(&id("y")));
        assert_ne!(a.digest(&id("x")), b.digest(&id("x")));
    }

    /// A bucket of the standard library's table has a byte beside its entry. At least seven in sixteen are used, once the
    /// table has grown.
    #[test]
    fn an_application_takes_about_sixty_bytes_at_the_most() {
        let bucket = size_of::<(Digest, Packed)>() + 1;
        assert_eq!(bucket, 27);
        assert!(bucket * 16 / 7 <= 62);
    }
}
