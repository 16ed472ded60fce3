//! Records: appending them to the file and reading them from it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};

use super::fault::Fault;
use super::headers;
use crate::progress::END_OF_OFFSETS;
use crate::record::{NewRecord, Position, Record};

/// The largest record, in bytes. SQLite's limit for a row is 1,000,000,000, and a row has a few more bytes than its
/// record.
const MAX_BYTES: usize = 999_990_000;

/// Appends records inside a transaction, which must hold the write lock. The writer and settlements both use it.
pub(super) struct Appending<'transaction> {
    connection: &'transaction Connection,
    insert: CachedStatement<'transaction>,
    /// The partitions of these records. [`Appending::finish`] writes the ends that have moved, once each.
    ends: HashMap<(Arc<str>, i32), End>,
    timestamp_ms: i64,
    headers: Vec<u8>,
}

struct End {
    topic: i64,
    next_offset: i64,
    moved: bool,
}

impl<'transaction> Appending<'transaction> {
    pub(super) fn begin(
        connection: &'transaction Connection,
    ) -> Result<Appending<'transaction>, Fault> {
        Ok(Appending {
            connection,
            insert: connection.prepare_cached(
                "INSERT INTO records (topic, partition, offset, timestamp_ms, key, value, headers) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            ends: HashMap::new(),
            timestamp_ms: now_ms(),
            headers: Vec::new(),
        })
    }

    /// Fails if there is no such partition, or the record is too large.
    pub(super) fn check(&mut self, record: &NewRecord) -> Result<(), Fault> {
        if record.bytes() > MAX_BYTES {
            return Err(Fault::TooLarge {
                topic: record.topic.clone(),
            });
        }
        self.end(record).map(|_| ())
    }

    pub(super) fn append(&mut self, record: &NewRecord) -> Result<Position, Fault> {
        self.check(record)?;
        let end = self.end(record)?;
        let (topic, offset) = (end.topic, end.next_offset);
        end.next_offset += 1;
        end.moved = true;
        self.headers.clear();
        headers::encode(&record.headers, &mut self.headers);
        let headers = (!record.headers.is_empty()).then_some(self.headers.as_slice());
        self.insert.execute(params![
            topic,
            record.partition,
            offset,
            self.timestamp_ms,
            record.key,
            record.value,
            headers
        ])?;
        Ok(Position {
            topic: record.topic.clone(),
            partition: record.partition,
            offset,
        })
    }

    /// Writes the new ends. Must come before the commit: otherwise the same offsets would be assigned again.
    pub(super) fn finish(self) -> Result<(), Fault> {
        let mut update = self.connection.prepare_cached(
            "UPDATE partitions SET next_offset = ?3 WHERE topic = ?1 AND partition = ?2",
        )?;
        for ((_, partition), end) in &self.ends {
            if end.moved {
                update.execute(params![end.topic, partition, end.next_offset])?;
            }
        }
        Ok(())
    }

    fn end(&mut self, record: &NewRecord) -> Result<&mut End, Fault> {
        use std::collections::hash_map::Entry;
        match self.ends.entry((record.topic.clone(), record.partition)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let topic = topic_id(self.connection, &record.topic)?;
                let next_offset =
                    end_of(self.connection, topic, record.partition)?.ok_or_else(|| {
                        Fault::NoPartition {
                            topic: record.topic.clone(),
                            partition: record.partition,
                        }
                    })?;
                Ok(unknown.insert(End {
                    topic,
                    next_offset,
                    moved: false,
                }))
            }
        }
    }
}

pub(super) fn topic_id(connection: &Connection, topic: &Arc<str>) -> Result<i64, Fault> {
    connection
        .prepare_cached("SELECT id FROM topics WHERE name = ?1")?
        .query_row([topic], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Fault::NoTopic {
            topic: topic.clone(),
        })
}

/// The offset that the next record of a partition will get, if there is such a partition.
pub(super) fn end_of(
    connection: &Connection,
    topic: i64,
    partition: i32,
) -> Result<Option<i64>, Fault> {
    let end = connection
        .prepare_cached("SELECT next_offset FROM partitions WHERE topic = ?1 AND partition = ?2")?
        .query_row(params![topic, partition], |row| row.get(0))
        .optional()?;
    end.map(|end| possible(partition, end, 0)).transpose()
}

/// For each partition of a topic, ascending, the offset that its next record will get.
pub(super) fn ends(connection: &Connection, topic: i64) -> Result<Vec<(i32, i64)>, Fault> {
    let mut select = connection.prepare_cached(
        "SELECT partition, next_offset FROM partitions WHERE topic = ?1 ORDER BY partition",
    )?;
    let mut rows = select.query([topic])?;
    let mut ends = Vec::new();
    while let Some(row) = rows.next()? {
        let partition = row.get(0)?;
        ends.push((partition, possible(partition, row.get(1)?, 0)?));
    }
    Ok(ends)
}

/// The offset, unless it is below `lowest` or too high for any record: only a damaged file has such an offset. Reading
/// on from it would come back to the same records for ever.
fn possible(partition: i32, offset: i64, lowest: i64) -> Result<i64, Fault> {
    if (lowest..END_OF_OFFSETS).contains(&offset) {
        Ok(offset)
    } else {
        Err(Fault::ImpossibleOffset { partition, offset })
    }
}

/// A range of records of one partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) topic: i64,
    pub(super) partition: i32,
    /// The first offset wanted.
    pub(super) from: i64,
    /// The most records wanted.
    pub(super) limit: usize,
}

/// Whether to go on reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Goes,
    Ends,
}

/// Hands each record of a stretch to `take`, in order, until `take` returns [`Reading::Ends`]. Returns how many it
/// handed over.
pub(super) fn read(
    connection: &Connection,
    topic: &Arc<str>,
    stretch: Stretch,
    mut take: impl FnMut(Record) -> Reading,
) -> Result<usize, Fault> {
    let mut select = connection.prepare_cached(
        "SELECT offset, timestamp_ms, key, value, headers FROM records \
         WHERE topic = ?1 AND partition = ?2 AND offset >= ?3 ORDER BY offset LIMIT ?4",
    )?;
    let limit = i64::try_from(stretch.limit).unwrap_or(i64::MAX);
    let mut rows = select.query(params![
        stretch.topic,
        stretch.partition,
        stretch.from,
        limit
    ])?;
    let mut count = 0;
    let mut lowest = stretch.from.max(0);
    while let Some(row) = rows.next()? {
        count += 1;
        let record = record(row, topic, stretch.partition)?;
        lowest = 1 + possible(stretch.partition, record.position.offset, lowest)?;
        if take(record) == Reading::Ends {
            break;
        }
    }
    Ok(count)
}

fn record(row: &Row<'_>, topic: &Arc<str>, partition: i32) -> Result<Record, Fault> {
    let position = Position {
        topic: topic.clone(),
        partition,
        offset: row.get(0)?,
    };
    let headers = match row
        .get_ref(4)?
        .as_blob_or_null()
        .map_err(rusqlite::Error::from)?
    {
        None => Vec::new(),
        Some(blob) => headers::decode(blob).unwrap_or_else(|| {
            // No decision depends on headers, so it is better to hand the record out without them than to end the
            // stream.
            tracing::warn!(
                log.topic = &*position.topic,
                log.partition = position.partition,
                log.offset = position.offset,
                "the record's headers cannot be read and are left out"
            );
            Vec::new()
        }),
    };
    Ok(Record {
        timestamp_ms: row.get(1)?,
        key: row.get(2)?,
        value: row.get(3)?,
        headers,
        position,
    })
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
