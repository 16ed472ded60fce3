//! Asking for ledger events.

use rusqlite::{Row, ToSql};

use super::page::{Key, Page, PageRequest};
use super::queries::Queries;
use crate::error::ViewError;
use crate::place::Place;

/// A ledger event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The partition that it is in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was appended, in milliseconds since 1970.
    pub appended_ms: i64,
    /// The name of its type: `LeaveBooked`.
    pub kind: String,
    /// When what caused it was asked or decided: ticks, UTC.
    pub at: i64,
    /// Id of the person who asked or decided.
    pub by: Option<String>,
    /// Id of the command that caused it.
    pub command: Option<String>,
    /// Id of the application that it is about.
    pub application: Option<String>,
    /// Id of the person that it is about.
    pub person: Option<String>,
    /// Of a delegation: id of the person who stands in.
    pub other_person: Option<String>,
    /// Why a command was refused.
    pub reason: Option<String>,
    /// All its fields under their names on the wire, as a JSON object.
    pub fields: String,
}

/// Which events.
#[derive(Debug, Clone, Copy)]
pub enum Events<'a> {
    /// All, in the order of their time stamps.
    All,
    /// Those of a partition, in order.
    Partition(i32),
    /// Those about an application.
    Application(&'a str),
    /// Those about a person, or in which the person stands in for another.
    Person(&'a str),
}

const COLUMNS: &str =
    "place, appended_ms, type, at, by, command, application, person, other_person, reason, fields";

fn read(row: &Row<'_>) -> rusqlite::Result<(Key, Event)> {
    let place = row.get(0)?;
    let appended_ms = row.get(1)?;
    let event = Event {
        partition: Place::of_number(place).partition(),
        offset: Place::of_number(place).offset(),
        appended_ms,
        kind: row.get(2)?,
        at: row.get(3)?,
        by: row.get(4)?,
        command: row.get(5)?,
        application: row.get(6)?,
        person: row.get(7)?,
        other_person: row.get(8)?,
        reason: row.get(9)?,
        fields: row.get(10)?,
    };
    Ok((Key::Numbers(appended_ms, place), event))
}

impl Queries {
    /// Ledger events of a partition from an offset on, in order; at most `limit`. For following them as they come.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn events_from(
        &self,
        partition: i32,
        offset: i64,
        limit: u32,
    ) -> Result<Vec<Event>, ViewError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE place >= ?1 AND place < ?2 ORDER BY place LIMIT ?3"
        );
        let Some((from, end)) = Place::from(partition, offset) else {
            return Ok(Vec::new());
        };
        let rows = self.ask(&sql, &[&from, &end, &limit], read)?;
        Ok(rows.into_iter().map(|(_, event)| event).collect())
    }

    /// Everything that a partition says of a person, in order; commands that were refused are left out.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn events_about(&self, partition: i32, person: &str) -> Result<Vec<Event>, ViewError> {
        let (first, end) = Place::range_of(partition);
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE person = ?1 AND place >= ?2 AND place < ?3 \
             AND type != 'CommandRefused' ORDER BY place"
        );
        let rows = self.ask(&sql, &[&person, &first, &end], read)?;
        Ok(rows.into_iter().map(|(_, event)| event).collect())
    }

    /// The event that has set the policy of a partition; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn policy_in(&self, partition: i32) -> Result<Option<Event>, ViewError> {
        let (first, end) = Place::range_of(partition);
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE type = 'PolicySet' AND place >= ?1 AND place < ?2 \
             ORDER BY place DESC LIMIT 1"
        );
        let rows = self.ask(&sql, &[&first, &end], read)?;
        Ok(rows.into_iter().next().map(|(_, event)| event))
    }

    /// How many events have decided an application or changed what was decided: 0 as long as it waits.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn version_of(&self, application: &str) -> Result<u32, ViewError> {
        let sql = "SELECT count(*) FROM events WHERE application = ?1 AND type != 'CommandRefused'";
        let counts = self.ask(sql, &[&application], |row| row.get::<_, u32>(0))?;
        Ok(counts.into_iter().sum())
    }

    /// Ledger events, the oldest first.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn events_of(
        &self,
        events: Events<'_>,
        page: &PageRequest,
    ) -> Result<Page<Event>, ViewError> {
        let mut sql = format!("SELECT {COLUMNS} FROM events WHERE ");
        let cursor = page.after.as_ref().map(|cursor| cursor.key());
        let range;
        let mut values: Vec<&dyn ToSql> = Vec::new();
        let mut order = "appended_ms, place";
        match &events {
            Events::All => sql += "true",
            Events::Partition(partition) => {
                range = Place::range_of(*partition);
                values.push(&range.1);
                sql += "place < ?1";
                if cursor.is_none() {
                    values.push(&range.0);
                    sql += " AND place >= ?2";
                }
                order = "place";
            }
            Events::Application(id) => {
                values.push(id);
                sql += "application = ?1";
            }
            Events::Person(id) => {
                values.push(id);
                sql += "(person = ?1 OR other_person = ?1)";
            }
        }
        if let Some((ms, place)) = &cursor {
            if order == "place" {
                values.push(place);
                sql += &format!(" AND place > ?{}", values.len());
            } else {
                values.extend([ms as &dyn ToSql, place]);
                let last = values.len();
                sql += &format!(" AND (appended_ms, place) > (?{}, ?{last})", last - 1);
            }
        }
        sql += &format!(" ORDER BY {order} LIMIT {}", page.limit());
        Ok(Page::of(self.ask(&sql, &values, read)?, page))
    }
}
