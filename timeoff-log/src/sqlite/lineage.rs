//! Whether the write-ahead log beside the file belongs to it.
//!
//! SQLite takes any write-ahead log of the right name for the file's own and lays its pages over the file: a backup that is
//! put back beside the write-ahead log of another day becomes a mixture of both. Nothing in SQLite's formats ties the two
//! together, so one row does. Each transaction gives the log a new random id and keeps the one before beside it. As the
//! file has what was true when its write-ahead log began, or any later moment if a part is merged already, its id is
//! the one before the first in the write-ahead log, or one of those in it. Otherwise the two are strangers.
//!
//! What cannot be told: a write-ahead log without such rows (of the version before this, or of other programs), and one
//! that does continue the file. A copy of a file that was closed cleanly, put back beside what followed, is the
//! file as it was then: opening it goes on with what followed.

use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::fault::Fault;
use super::file::LogFile;
use super::wal_frames::WalFrames;

/// One row. `before` and `id` have 16 random bytes each.
pub(super) const TABLE: &str = "
CREATE TABLE lineage (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    before       BLOB NOT NULL,      -- the id before the last transaction
    id           BLOB NOT NULL       -- new with each transaction
) STRICT;
";

const FIRST: &str = "INSERT OR IGNORE INTO lineage VALUES (1, zeroblob(16), randomblob(16))";
const NEXT: &str = "UPDATE lineage SET before = id, id = randomblob(16)";

/// Other processes may write while this one looks: what does not fit is looked at again, so often.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(15);

type Id = [u8; 16];

/// Makes the table, in a transaction of the caller's.
pub(super) fn found(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch(TABLE)?;
    connection.execute(FIRST, [])?;
    Ok(())
}

/// Notes that the log has changed, in the transaction that changes it.
pub(super) fn advance(connection: &Connection) -> Result<(), Fault> {
    if connection.prepare_cached(NEXT)?.execute([])? == 0 {
        connection.execute(FIRST, [])?;
    }
    Ok(())
}

/// Refuses a write-ahead log that belongs to another file. What cannot be told is let pass.
pub(super) fn check(file: &LogFile) -> Result<(), Fault> {
    let mut misfits = 0;
    loop {
        let Some(frames) = WalFrames::open(&file.wal())? else {
            return Ok(());
        };
        let header = frames.header();
        let Some(id) = id_in_file(file) else {
            return Ok(());
        };
        if continues(frames, id)? {
            return Ok(());
        }
        // A mismatch counts only if neither has changed meanwhile.
        let is_header_still_there =
            WalFrames::open(&file.wal())?.is_some_and(|frames| frames.header() == header);
        if is_header_still_there && id_in_file(file) == Some(id) {
            misfits += 1;
        }
        if misfits == LOOKS {
            return Err(Fault::ForeignWal { wal: file.wal() });
        }
        thread::sleep(PAUSE);
    }
}

/// Whether the file with this id may be what the write-ahead log began with, or a part of it merged.
fn continues(mut frames: WalFrames, id: Id) -> Result<bool, Fault> {
    let mut is_first = true;
    // Only what is committed counts.
    let mut open = Vec::new();
    let mut is_any_committed = false;
    while let Some((page, is_commit)) = frames.next()? {
        if let Some([before, after]) = row_on(page) {
            if std::mem::take(&mut is_first) {
                open.push(before);
            }
            open.push(after);
        }
        if is_commit {
            is_any_committed |= !open.is_empty();
            if open.drain(..).any(|known| known == id) {
                return Ok(true);
            }
        }
    }
    Ok(!is_any_committed)
}

/// The id in the file itself, whatever is beside it. `None` if there is none, or it cannot be read just now.
fn id_in_file(file: &LogFile) -> Option<Id> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let read = || -> rusqlite::Result<Option<Id>> {
        // Not by a handle of our own: closing it would let go of the locks of SQLite's connections in this process.
        let connection = Connection::open_with_flags(file.unchanging_uri(), flags)?;
        // The file may be merged in part, and shorter than it says.
        connection.execute_batch("PRAGMA writable_schema=ON")?;
        let kind: Option<String> = connection
            .query_row(
                "SELECT type FROM sqlite_schema WHERE name = 'lineage'",
                [],
                |row| row.get(0),
            )
            .optional()?;
        if kind.as_deref() != Some("table") {
            return Ok(None);
        }
        connection
            .query_row("SELECT id FROM lineage", [], |row| row.get(0))
            .optional()
    };
    read().ok().flatten()
}

/// The ids in the row, if this is the page of the table: a leaf with one cell, which has three columns, the first of them
/// the row's number and the others of 16 bytes each.
fn row_on(page: &[u8]) -> Option<[Id; 2]> {
    const LEAF: u8 = 0x0d;
    const CELL: [u8; 6] = [36, 1, 4, 0, 44, 44];
    if page[0] != LEAF || page[3..5] != [0, 1] {
        return None;
    }
    let cell = page.get(usize::from(u16::from_be_bytes([page[8], page[9]]))..)?;
    let ids = cell.strip_prefix(&CELL)?.get(..32)?;
    Some([ids[..16].try_into().ok()?, ids[16..].try_into().ok()?])
}
