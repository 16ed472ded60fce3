//! Whether the write-ahead log beside the file belongs to it.
//!
//! SQLite takes any write-ahead log of the right name for the file's own and lays its pages over the file. A backup put
//! back beside the write-ahead log of another day becomes a mixture of both. Nothing in SQLite's formats ties the two
//! together, so one row does. Each transaction gives the log a new random id and keeps the previous id beside it.
//!
//! The file holds the state in which its write-ahead log began, or a later one if a part of that is merged already. So
//! the file's id is either the one before the first id in the write-ahead log, or one of the ids in it. If it is
//! neither, the write-ahead log belongs to another file.
//!
//! Two cases cannot be detected. One is a write-ahead log without such rows (written by the previous version, or by
//! another program). The other is a write-ahead log that does continue the file: if a copy of a cleanly closed file is
//! put back beside the writes that followed, opening it goes on with those writes.

use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::fault::Fault;
use super::location::Location;
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

/// Other processes may write during the check, so a mismatch counts only when it was found this many times.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(15);

type Id = [u8; 16];

/// Makes the table, in the caller's transaction.
pub(super) fn found(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch(TABLE)?;
    connection.execute(FIRST, [])?;
    Ok(())
}

/// Gives the log a new id, in the transaction that changes the log.
pub(super) fn advance(connection: &Connection) -> Result<(), Fault> {
    if connection.prepare_cached(NEXT)?.execute([])? == 0 {
        connection.execute(FIRST, [])?;
    }
    Ok(())
}

/// Refuses a write-ahead log that belongs to another file. Lets it pass if that cannot be determined.
pub(super) fn check(location: &Location) -> Result<(), Fault> {
    let mut misfits = 0;
    loop {
        let Some(frames) = WalFrames::open(&location.wal())? else {
            return Ok(());
        };
        let header = frames.header();
        let Some(id) = id_in_file(location) else {
            return Ok(());
        };
        if continues(frames, id)? {
            return Ok(());
        }
        // A mismatch counts only if neither the file nor the write-ahead log has changed meanwhile.
        let is_header_still_there =
            WalFrames::open(&location.wal())?.is_some_and(|frames| frames.header() == header);
        if is_header_still_there && id_in_file(location) == Some(id) {
            misfits += 1;
        }
        if misfits == LOOKS {
            return Err(Fault::ForeignWal {
                wal: location.wal(),
            });
        }
        thread::sleep(PAUSE);
    }
}

/// Whether the write-ahead log may continue a file with this id, be some of it merged already or not.
fn continues(mut frames: WalFrames, id: Id) -> Result<bool, Fault> {
    let mut is_first = true;
    // Ids of the transaction that is being read: they count once it is committed.
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

/// The id in the file alone, ignoring the write-ahead log. `None` if there is none, or it cannot be read just now.
fn id_in_file(location: &Location) -> Option<Id> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let read = || -> rusqlite::Result<Option<Id>> {
        // Read through SQLite: closing our own file handle would release the locks of its connections in this process.
        let connection = Connection::open_with_flags(location.unchanging_uri(), flags)?;
        // The merge may be incomplete, and the file shorter than its header says.
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

/// The ids in the row, if this is the table's page: a leaf with one cell of three columns, of which the first is the
/// row id and the others have 16 bytes each.
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
