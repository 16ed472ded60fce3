//! Asking what became of a command.

use rusqlite::Row;

use super::queries::Queries;
use crate::decode::uniform;
use crate::error::ViewError;
use crate::place::Place;

/// A command, and its answer if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// The partition that it is in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// The name of its type: `DecideApplication`. The full name of one that this version does not know.
    pub kind: String,
    /// E-mail address of who asked.
    pub asked_by: String,
    /// When it was asked: ticks, UTC.
    pub asked_at: i64,
    /// Id of the application that it is about.
    pub application: Option<String>,
    /// Id of the person that it is about.
    pub person: Option<String>,
    /// All its fields under their names on the wire, as a JSON object; `None` of an unknown type.
    pub fields: Option<String>,
    /// What became of it; `None` if nothing has yet.
    pub answer: Option<Answer>,
}

/// What became of a command: the ledger event that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Why it was refused; `None` if it was carried out.
    pub refused: Option<String>,
    /// The name of the event's type.
    pub event: String,
    /// The event's partition.
    pub partition: i32,
    /// The event's offset there.
    pub offset: i64,
}

const COMMAND: &str = "SELECT place, id, type, asked_by, asked_at, application, person, fields FROM commands \
    WHERE id = ?1 ORDER BY place LIMIT 1";

/// The answer is in the command's own partition.
const ANSWER: &str = "SELECT place, type, reason FROM events WHERE command = ?1 AND place >= ?2 AND place < ?3 ORDER BY place LIMIT 1";

fn read(row: &Row<'_>) -> rusqlite::Result<Asked> {
    let place = Place::of_number(row.get(0)?);
    Ok(Asked {
        id: row.get(1)?,
        partition: place.partition(),
        offset: place.offset(),
        kind: row.get(2)?,
        asked_by: row.get(3)?,
        asked_at: row.get(4)?,
        application: row.get(5)?,
        person: row.get(6)?,
        fields: row.get(7)?,
        answer: None,
    })
}

fn read_answer(row: &Row<'_>) -> rusqlite::Result<Answer> {
    let place = Place::of_number(row.get(0)?);
    Ok(Answer {
        refused: row.get(2)?,
        event: row.get(1)?,
        partition: place.partition(),
        offset: place.offset(),
    })
}

impl Queries {
    /// The command with this id, a UUID in any form; of several that repeat it, the first.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn command(&self, id: &str) -> Result<Option<Asked>, ViewError> {
        let id = uniform(id);
        let Some(command) = self.ask(COMMAND, &[&id], read)?.pop() else {
            return Ok(None);
        };
        let (first, end) = Place::range_of(command.partition);
        let answer = self.ask(ANSWER, &[&id, &first, &end], read_answer)?.pop();
        Ok(Some(Asked { answer, ..command }))
    }
}
