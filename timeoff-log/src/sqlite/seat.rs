//! A member's place in its group: signs of life, and the moves that come of watching the others.
//!
//! Nobody leads. Each member looks at the group's rows and does its own part in one transaction: gives a sign of
//! life, removes who gave none for long, gives up what is beyond its share, claims what is free up to it. A
//! partition's generation grows with each of these, and a settlement that names another generation is refused in the
//! transaction that would record it (`settle.rs`). So it is harmless when a living member is taken for dead: it loses
//! its partitions, not a decision.
//!
//! These transactions are not forced to disk (`store::HEARTBEAT`). A power failure may take the last of them back,
//! generations included; but then every member is dead, and none comes back to use an old generation.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::file::Identity;
use super::group::Group;
use super::roster::{Roster, Vigil};
use super::store::Store;

/// A seat, taken by one subscription.
pub(super) struct Seat {
    group: Group,
    /// `None` until joined, and after being taken for dead.
    member: Option<i64>,
    /// The file in which it was last taken.
    file: Option<Identity>,
    vigil: Vigil,
}

/// How a member looks at its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A tick: the signs of life of the others are counted.
    Beat,
    /// In between, because something has changed.
    Glance,
}

/// The partitions that a seat holds, each with its generation.
pub(super) type Tenancy = BTreeMap<i32, i64>;

impl Seat {
    /// Nobody knows of it before the first look.
    pub(super) fn new(group: Group) -> Seat {
        Seat {
            group,
            member: None,
            file: None,
            vigil: Vigil::default(),
        }
    }

    /// Whether the seat was taken in another file. Ids and generations of one mean nothing in another.
    pub(super) fn is_elsewhere(&self, file: Identity) -> bool {
        self.file.is_some_and(|taken_in| taken_in != file)
    }

    /// Gives up the place without telling: the file is another one.
    pub(super) fn forget(&mut self) {
        self.member = None;
        self.vigil = Vigil::default();
    }

    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    /// Whether there is anything to do for a member that believes to hold `tenancy`.
    pub(super) fn is_stirred(&self, store: &Store, tenancy: &Tenancy) -> Result<bool, Fault> {
        let roster = store.read(|connection| self.group.roster(connection))?;
        let Some(me) = self.member else {
            return Ok(true);
        };
        let moves = roster.moves_of(me);
        Ok(roster.members.iter().all(|member| member.id != me)
            || !moves.give_up.is_empty()
            || !moves.claim.is_empty()
            || tenancy_of(&roster, me) != *tenancy)
    }

    /// Gives a sign of life, looks at the group, does what is this member's to do, and returns what it holds now.
    ///
    /// A member that the others have taken for dead joins anew.
    pub(super) fn look(&mut self, store: &Store, look: Look) -> Result<Tenancy, Fault> {
        let group = &self.group;
        let member = self.member;
        let mut vigil = self.vigil.clone();
        let (me, tenancy) = store.write(|connection| {
            let me = match member {
                Some(me) if group.beat(connection, me)? => me,
                _ => group.add_member(connection)?,
            };
            group.take_up_partitions(connection)?;
            let mut roster = group.roster(connection)?;
            if look == Look::Beat {
                for dead in vigil.keep(me, &roster.members) {
                    tracing::info!(
                        group.name = group.name,
                        group.member = dead,
                        "a member of the group gives no sign of life and is removed"
                    );
                    group.remove_member(connection, dead)?;
                    roster.members.retain(|member| member.id != dead);
                }
            }
            let orphans: Vec<i32> = roster.orphans().map(|row| row.partition).collect();
            for &partition in &orphans {
                group.hand_to(connection, partition, None)?;
            }
            if !orphans.is_empty() {
                roster = group.roster(connection)?;
            }
            let moves = roster.moves_of(me);
            for &partition in &moves.give_up {
                group.hand_to(connection, partition, None)?;
            }
            for &partition in &moves.claim {
                group.hand_to(connection, partition, Some(me))?;
            }
            if moves != Default::default() {
                roster = group.roster(connection)?;
            }
            Ok((me, tenancy_of(&roster, me)))
        })?;
        self.member = Some(me);
        self.file = Some(store.identity());
        // Only what was committed counts as a tick: while nobody can write, nobody can be heard.
        self.vigil = vigil;
        Ok(tenancy)
    }

    /// Whether this member still holds a partition as it did. Asked inside of the transaction that depends on it.
    pub(super) fn holds(
        &self,
        connection: &rusqlite::Connection,
        partition: i32,
        generation: i64,
    ) -> Result<bool, Fault> {
        match self.member {
            Some(me) => self.group.is_held(connection, partition, me, generation),
            None => Ok(false),
        }
    }

    /// Leaves the group, so that the others can take over at once.
    pub(super) fn leave(&mut self, store: &Store) -> Result<(), Fault> {
        let Some(me) = self.member else {
            return Ok(());
        };
        let group = &self.group;
        store.write(|connection| {
            for &partition in tenancy_of(&group.roster(connection)?, me).keys() {
                group.hand_to(connection, partition, None)?;
            }
            group.remove_member(connection, me)
        })?;
        self.member = None;
        Ok(())
    }
}

fn tenancy_of(roster: &Roster, member: i64) -> Tenancy {
    roster
        .partitions
        .iter()
        .filter(|row| row.owner == Some(member))
        .map(|row| (row.partition, row.generation))
        .collect()
}
