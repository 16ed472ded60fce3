//! The members of a group and their partitions. From that alone follow each member's share, and which members are
//! taken for dead.

use std::collections::HashMap;

/// A member whose heartbeat has not moved for this many of the observer's own ticks is taken for dead.
///
/// Because the observer counts its own ticks, it does not misjudge the others after it was stopped itself, however
/// long.
const SILENT_TICKS: u32 = 7;

/// A member's row in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemberRow {
    pub(super) id: i64,
    pub(super) beat: i64,
}

/// A partition's row in the file, for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartitionRow {
    pub(super) partition: i32,
    pub(super) owner: Option<i64>,
    pub(super) generation: i64,
}

/// A group: its members in the order in which they joined, its partitions ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Roster {
    pub(super) members: Vec<MemberRow>,
    pub(super) partitions: Vec<PartitionRow>,
}

/// What a member should do to reach its share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) give_up: Vec<i32>,
    pub(super) claim: Vec<i32>,
}

impl Roster {
    /// The moves of the member `me`; none if it is not in the roster.
    ///
    /// Each member keeps what it has, up to its share. The shares add up to the number of partitions, so every
    /// partition has an owner once all members have made their moves.
    pub(super) fn moves_of(&self, me: i64) -> Moves {
        let Some(rank) = self.members.iter().position(|member| member.id == me) else {
            return Moves::default();
        };
        let share = share(self.partitions.len(), self.members.len(), rank);
        let of = |owner: Option<i64>| {
            self.partitions
                .iter()
                .filter(move |row| row.owner == owner)
                .map(|row| row.partition)
        };
        let mine: Vec<i32> = of(Some(me)).collect();
        let room = share.saturating_sub(mine.len());
        Moves {
            give_up: mine.into_iter().skip(share).collect(),
            claim: of(None).take(room).collect(),
        }
    }

    /// Partitions whose owner is not a member.
    pub(super) fn orphans(&self) -> impl Iterator<Item = &PartitionRow> {
        self.partitions.iter().filter(|row| {
            row.owner
                .is_some_and(|owner| self.members.iter().all(|member| member.id != owner))
        })
    }
}

/// How many of `partitions` belong to the member that joined after `rank` others.
fn share(partitions: usize, members: usize, rank: usize) -> usize {
    partitions / members + usize::from(rank < partitions % members)
}

/// What one member knows of the others' heartbeats.
#[derive(Debug, Clone, Default)]
pub(super) struct Vigil {
    /// For each other member, its last beat, and for how many ticks that has not moved.
    last_seen: HashMap<i64, (i64, u32)>,
}

impl Vigil {
    /// Notes the members' beats at one of the observer's ticks. Returns the members that are taken for dead.
    pub(super) fn keep(&mut self, me: i64, members: &[MemberRow]) -> Vec<i64> {
        let mut seen = HashMap::with_capacity(members.len());
        let mut dead = Vec::new();
        for member in members.iter().filter(|member| member.id != me) {
            let silent_ticks = match self.last_seen.get(&member.id) {
                Some(&(beat, silent_ticks)) if beat == member.beat => silent_ticks + 1,
                _ => 0,
            };
            if silent_ticks >= SILENT_TICKS {
                dead.push(member.id);
            } else {
                seen.insert(member.id, (member.beat, silent_ticks));
            }
        }
        self.last_seen = seen;
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::{MemberRow, PartitionRow, Roster, SILENT_TICKS, Vigil};
    use proptest::prelude::*;

    fn member(id: i64) -> MemberRow {
        MemberRow { id, beat: 0 }
    }

    #[test]
    fn a_member_that_stands_still_is_dead_only_after_so_many_ticks_of_the_observer() {
        let mut vigil = Vigil::default();
        for _ in 0..SILENT_TICKS {
            assert!(vigil.keep(1, &[member(1), member(2)]).is_empty());
        }
        assert_eq!(vigil.keep(1, &[member(1), member(2)]), [2]);
    }

    #[test]
    fn a_beat_that_moves_starts_the_count_again() {
        let mut vigil = Vigil::default();
        for beat in 0..100 {
            for _ in 0..SILENT_TICKS {
                assert!(vigil.keep(1, &[MemberRow { id: 2, beat }]).is_empty());
            }
        }
    }

    proptest! {
        #[test]
        fn whoever_moves_in_whatever_order_all_partitions_end_up_shared_fairly_and_stay(
            member_count in 1_usize..7,
            owners in prop::collection::vec(prop::option::of(1_i64..9), 0..12),
            order in prop::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let members: Vec<MemberRow> = (1..=member_count as i64).map(member).collect();
            let mut roster = Roster {
                partitions: owners
                    .iter()
                    .enumerate()
                    .map(|(partition, &owner)| PartitionRow { partition: partition as i32, owner, generation: 0 })
                    .collect(),
                members,
            };
            let orphans: Vec<i32> = roster.orphans().map(|row| row.partition).collect();
            for partition in orphans {
                roster.partitions[partition as usize].owner = None;
            }
            for who in order {
                let me = roster.members[who.index(member_count)].id;
                let moves = roster.moves_of(me);
                for partition in moves.give_up {
                    roster.partitions[partition as usize].owner = None;
                }
                for partition in moves.claim {
                    prop_assert_eq!(roster.partitions[partition as usize].owner, None);
                    roster.partitions[partition as usize].owner = Some(me);
                }
            }
            let held = |id| roster.partitions.iter().filter(|row| row.owner == Some(id)).count();
            let counts: Vec<usize> = roster.members.iter().map(|member| held(member.id)).collect();
            prop_assert_eq!(counts.iter().sum::<usize>(), owners.len());
            prop_assert!(counts.iter().max().expect("a member") - counts.iter().min().expect("a member") <= 1);
            for member in &roster.members {
                prop_assert_eq!(roster.moves_of(member.id), super::Moves::default());
            }
        }
    }
}
