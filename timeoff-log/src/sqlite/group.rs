//! The statements on the tables of groups. Each is a step of its caller's transaction.

use rusqlite::{Connection, params};

use super::fault::Fault;
use super::roster::{MemberRow, PartitionRow, Roster};

/// A group of members that share one topic.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) topic: i64,
}

/// The group's recorded progress in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SavedProgress {
    pub(super) partition: i32,
    pub(super) committed: i64,
    pub(super) ranges: String,
}

impl Group {
    pub(super) fn roster(&self, connection: &Connection) -> Result<Roster, Fault> {
        let members = connection
            .prepare_cached(
                "SELECT id, beat FROM group_members WHERE group_name = ?1 AND topic = ?2 ORDER BY id",
            )?
            .query_map(params![self.name, self.topic], |row| {
                Ok(MemberRow {
                    id: row.get(0)?,
                    beat: row.get(1)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let partitions = connection
            .prepare_cached(
                "SELECT partition, owner, generation FROM group_partitions \
                 WHERE group_name = ?1 AND topic = ?2 ORDER BY partition",
            )?
            .query_map(params![self.name, self.topic], |row| {
                Ok(PartitionRow {
                    partition: row.get(0)?,
                    owner: row.get(1)?,
                    generation: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(Roster {
            members,
            partitions,
        })
    }

    /// Adds the topic's partitions that the group does not know yet, to be handed out from their first record on.
    pub(super) fn take_up_partitions(&self, connection: &Connection) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "INSERT INTO group_partitions (group_name, topic, partition, generation, committed, ranges) \
                 SELECT ?1, topic, partition, 0, coalesce( \
                     (SELECT min(offset) FROM records \
                      WHERE records.topic = partitions.topic AND records.partition = partitions.partition), \
                     next_offset), '' \
                 FROM partitions \
                 WHERE topic = ?2 AND NOT EXISTS ( \
                     SELECT 1 FROM group_partitions AS known \
                     WHERE known.group_name = ?1 AND known.topic = ?2 AND known.partition = partitions.partition)",
            )?
            .execute(params![self.name, self.topic])?;
        Ok(())
    }

    /// Adds a member and returns its id, which no other member has or will have.
    pub(super) fn add_member(&self, connection: &Connection) -> Result<i64, Fault> {
        connection
            .prepare_cached(
                "INSERT INTO group_members (group_name, topic, beat) VALUES (?1, ?2, 0)",
            )?
            .execute(params![self.name, self.topic])?;
        Ok(connection.last_insert_rowid())
    }

    /// Records a member's heartbeat. Returns false if there is no such member.
    pub(super) fn beat(&self, connection: &Connection, member: i64) -> Result<bool, Fault> {
        let changed = connection
            .prepare_cached(
                "UPDATE group_members SET beat = beat + 1 \
                 WHERE id = ?1 AND group_name = ?2 AND topic = ?3",
            )?
            .execute(params![member, self.name, self.topic])?;
        Ok(changed == 1)
    }

    /// Removes a member. The caller must free the partitions that it holds.
    pub(super) fn remove_member(&self, connection: &Connection, member: i64) -> Result<(), Fault> {
        connection
            .prepare_cached("DELETE FROM group_members WHERE id = ?1")?
            .execute([member])?;
        Ok(())
    }

    /// Gives a partition to a member, or frees it. The former owner can no longer settle its deliveries.
    pub(super) fn hand_to(
        &self,
        connection: &Connection,
        partition: i32,
        owner: Option<i64>,
    ) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "UPDATE group_partitions SET owner = ?4, generation = generation + 1 \
                 WHERE group_name = ?1 AND topic = ?2 AND partition = ?3",
            )?
            .execute(params![self.name, self.topic, partition, owner])?;
        Ok(())
    }

    /// Whether a member still holds a partition, under the given generation.
    pub(super) fn is_held(
        &self,
        connection: &Connection,
        partition: i32,
        owner: i64,
        generation: i64,
    ) -> Result<bool, Fault> {
        let is_held = connection
            .prepare_cached(
                "SELECT 1 FROM group_partitions \
                 WHERE group_name = ?1 AND topic = ?2 AND partition = ?3 AND owner = ?4 AND generation = ?5",
            )?
            .exists(params![self.name, self.topic, partition, owner, generation])?;
        Ok(is_held)
    }

    /// The recorded progress in a partition that the group has taken up.
    pub(super) fn progress(
        &self,
        connection: &Connection,
        partition: i32,
    ) -> Result<SavedProgress, Fault> {
        let saved = connection
            .prepare_cached(
                "SELECT partition, committed, ranges FROM group_partitions \
                 WHERE group_name = ?1 AND topic = ?2 AND partition = ?3",
            )?
            .query_row(params![self.name, self.topic, partition], |row| {
                Ok(SavedProgress {
                    partition: row.get(0)?,
                    committed: row.get(1)?,
                    ranges: row.get(2)?,
                })
            })?;
        Ok(saved)
    }

    pub(super) fn save_progress(
        &self,
        connection: &Connection,
        progress: &SavedProgress,
    ) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "UPDATE group_partitions SET committed = ?4, ranges = ?5 \
                 WHERE group_name = ?1 AND topic = ?2 AND partition = ?3",
            )?
            .execute(params![
                self.name,
                self.topic,
                progress.partition,
                progress.committed,
                progress.ranges
            ])?;
        Ok(())
    }
}
