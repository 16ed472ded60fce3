//! A member's place in its group: its heartbeats, and the moves that follow from watching the other members.
//!
//! A group has no leader. Each member reads the group's rows and does its own part in one transaction: it sends a
//! heartbeat, removes members whose heartbeats have stopped, gives up the partitions beyond its share, and claims free
//! ones up to its share. Whenever a partition changes hands, its generation grows. A settlement that names another
//! generation is refused in the transaction that would record it (`settle.rs`). So taking a living member for dead is
//! harmless: the member loses its partitions, but no decision is lost.
//!
//! These transactions are not forced to disk (`store::HEARTBEAT`). A power failure may undo the last of them, including
//! new generations. But then every member is dead, and none comes back to use an old generation.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::file::Identity;
use super::group::Group;
use super::roster::{Roster, Vigil};
use super::store::Store;

/// A seat in a group, taken by one subscription.
pub(super) struct Seat {
    /// The group in its topic, where its members and owners are recorded.
    group: Group,
    /// The group in each of its topics: the topic itself, then those alongside, in which only progress is recorded.
    lanes: Vec<Group>,
    /// The member's id. `None` before joining, after leaving, and once the file is another one.
    member: Option<i64>,
    /// The file in which the seat was last taken.
    file: Option<Identity>,
    vigil: Vigil,
}

/// How a member looks at its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// At a tick of this member's own: members whose heartbeats have stopped are removed.
    Beat,
    /// Between two ticks, because something has changed.
    Glance,
}

/// The partitions that a seat holds, each with its generation.
pub(super) type Tenancy = BTreeMap<i32, i64>;

impl Seat {
    /// A seat that is not taken yet: the first look joins the group.
    ///
    /// `lanes` has the group in each of its topics, the topic itself first.
    pub(super) fn new(lanes: Vec<Group>) -> Seat {
        Seat {
            group: lanes[0].clone(),
            lanes,
            member: None,
            file: None,
            vigil: Vigil::default(),
        }
    }

    /// Whether the seat was taken in another file. Ids and generations of one mean nothing in another.
    pub(super) fn is_elsewhere(&self, file: Identity) -> bool {
        self.file.is_some_and(|taken_in| taken_in != file)
    }

    /// Gives up the seat without leaving the group, as the file is another one.
    pub(super) fn forget(&mut self) {
        self.member = None;
        self.vigil = Vigil::default();
    }

    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    pub(super) fn lanes(&self) -> &[Group] {
        &self.lanes
    }

    /// Whether there is anything to do for a member that believes it holds `tenancy`.
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

    /// Sends a heartbeat, reads the group's rows, does this member's part, and returns the partitions it holds now.
    ///
    /// A member that the others have taken for dead joins again.
    pub(super) fn look(&mut self, store: &Store, look: Look) -> Result<Tenancy, Fault> {
        let (group, lanes) = (&self.group, &self.lanes);
        let member = self.member;
        let mut vigil = self.vigil.clone();
        let (me, tenancy) = store.write(|connection| {
            let me = match member {
                Some(me) if group.beat(connection, me)? => me,
                _ => group.add_member(connection)?,
            };
            for lane in lanes {
                lane.take_up_partitions(connection)?;
            }
            let mut roster = group.roster(connection)?;
            if look == Look::Beat {
                for dead in vigil.keep(me, &roster.members) {
                    tracing::info!(
                        group.name = group.name,
                        group.member = dead,
                        "a member of the group no longer sends heartbeats and is removed"
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
        // Only a look that was committed counts as a tick: while the file cannot be written, no member can send a
        // heartbeat.
        self.vigil = vigil;
        Ok(tenancy)
    }

    /// Whether this member still holds a partition under `generation`. Called inside the transaction that depends on
    /// the answer.
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
