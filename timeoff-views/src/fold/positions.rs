//! How far each partition has been folded, and the records that changed nothing.

use rusqlite::{Connection, params};

use crate::place::Place;
use crate::topic::Topic;

/// The record that was folded last of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) topic: Topic,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) appended_ms: i64,
    /// See `print.rs`.
    pub(crate) print: i64,
}

pub(super) fn advance(transaction: &Connection, folded: &Folded) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO positions (topic, partition, offset, appended_ms, print) \
             VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (topic, partition) DO UPDATE SET \
             offset = excluded.offset, appended_ms = excluded.appended_ms, print = excluded.print",
        )?
        .execute(params![
            folded.topic.number(),
            folded.partition,
            folded.offset,
            folded.appended_ms,
            folded.print
        ])?;
    Ok(())
}

/// The positions of all topics.
pub(crate) fn positions(connection: &Connection) -> rusqlite::Result<Vec<Folded>> {
    let mut select = connection.prepare(
        "SELECT topic, partition, offset, appended_ms, print FROM positions \
         ORDER BY topic, partition",
    )?;
    let mut rows = select.query([])?;
    let mut positions = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let topic =
            Topic::of_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, number))?;
        positions.push(Folded {
            topic,
            partition: row.get(1)?,
            offset: row.get(2)?,
            appended_ms: row.get(3)?,
            print: row.get(4)?,
        });
    }
    Ok(positions)
}

/// Notes a record that changes nothing.
pub(super) fn pass_over(
    transaction: &Connection,
    topic: Topic,
    place: Place,
    reason: &str,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO passed_over (topic, place, reason) VALUES (?1, ?2, ?3)")?
        .execute(params![topic.number(), place.number(), reason])?;
    Ok(())
}
