//! Asking how far the view has come.

use super::page::{Key, Page, PageRequest};
use super::queries::Queries;
use crate::error::ViewError;
use crate::place::Place;
use crate::topic::Topic;

/// How far a partition has been folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionPosition {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// Everything below this offset has been folded.
    pub next: i64,
    /// When the record that was folded last was appended, in milliseconds since 1970.
    pub appended_ms: i64,
}

/// A record that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The topic that it is on.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Why. Quotes nothing from the record.
    pub reason: String,
}

fn topic(number: i64) -> rusqlite::Result<Topic> {
    Topic::of_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, number))
}

impl Queries {
    /// How far each partition has been folded. Partitions without records are left out.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn position(&self) -> Result<Vec<PartitionPosition>, ViewError> {
        let sql =
            "SELECT topic, partition, offset, appended_ms FROM positions ORDER BY topic, partition";
        self.ask(sql, &[], |row| {
            Ok(PartitionPosition {
                topic: topic(row.get(0)?)?,
                partition: row.get(1)?,
                next: row.get::<_, i64>(2)? + 1,
                appended_ms: row.get(3)?,
            })
        })
    }

    /// How many records of a topic change nothing.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn count_passed_over(&self, topic: Topic) -> Result<u64, ViewError> {
        let sql = "SELECT count(*) FROM passed_over WHERE topic = ?1";
        let counts = self.ask(sql, &[&topic.number()], |row| row.get::<_, i64>(0))?;
        Ok(counts.into_iter().map(i64::unsigned_abs).sum())
    }

    /// The records that change nothing: they cannot be understood, or an earlier one has their id.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn passed_over(&self, page: &PageRequest) -> Result<Page<PassedOver>, ViewError> {
        let cursor = page.after.as_ref().map(|cursor| cursor.key());
        let after = match cursor {
            Some(_) => "WHERE (topic, place) > (?1, ?2)",
            None => "",
        };
        let sql = format!(
            "SELECT topic, place, reason FROM passed_over {after} ORDER BY topic, place LIMIT {}",
            page.limit()
        );
        let values: Vec<&dyn rusqlite::ToSql> = match &cursor {
            Some((topic, place)) => vec![topic, place],
            None => Vec::new(),
        };
        let rows = self.ask(&sql, &values, |row| {
            let (number, place) = (row.get(0)?, row.get(1)?);
            let passed_over = PassedOver {
                topic: topic(number)?,
                partition: Place::of_number(place).partition(),
                offset: Place::of_number(place).offset(),
                reason: row.get(2)?,
            };
            Ok((Key::Numbers(number, place), passed_over))
        })?;
        Ok(Page::of(rows, page))
    }
}
