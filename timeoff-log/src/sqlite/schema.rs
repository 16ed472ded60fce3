//! The tables, recognising a file by them, and the table that takes the place of a schema registry.
//!
//! The end of a partition is kept in one place, `partitions.next_offset`. The transaction that inserts a record takes
//! its offset from there, so that offsets have no gaps.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::fault::Fault;
use super::lineage;
use super::store::Store;

/// Marks the file as a log: "TiOf".
const APPLICATION_ID: i64 = 0x5469_4f66;

/// The version of the tables below.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE topics (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE partitions (
    topic        INTEGER NOT NULL,
    partition    INTEGER NOT NULL,
    next_offset  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    topic        INTEGER NOT NULL,
    partition    INTEGER NOT NULL,
    offset       INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    key          BLOB,
    value        BLOB,
    headers      BLOB,               -- see headers.rs; NULL: none
    PRIMARY KEY (topic, partition, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE schemas (
    id           INTEGER PRIMARY KEY,
    subject      TEXT NOT NULL,
    schema       TEXT NOT NULL,
    UNIQUE (subject, schema)
) STRICT;

CREATE TABLE group_members (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice; ascending in the order of joining
    group_name   TEXT NOT NULL,
    topic        INTEGER NOT NULL,
    beat         INTEGER NOT NULL    -- grows while the member lives
) STRICT;

CREATE INDEX members_of_group ON group_members (group_name, topic);

CREATE TABLE group_partitions (
    group_name   TEXT NOT NULL,
    topic        INTEGER NOT NULL,
    partition    INTEGER NOT NULL,
    owner        INTEGER,            -- a member's id; NULL: free
    generation   INTEGER NOT NULL,   -- grows whenever the owner changes
    committed    INTEGER NOT NULL,   -- the lowest undecided offset
    ranges       TEXT NOT NULL,      -- what is decided above it; see progress.rs
    PRIMARY KEY (group_name, topic, partition)
) STRICT, WITHOUT ROWID;
";

/// What a file that SQLite can read turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Log,
    /// A log written before there was a lineage table.
    WithoutLineage,
    /// A file that nothing has been written to.
    Empty,
}

/// Distinguishes a log from an empty file, and refuses anything else.
pub(super) fn recognise(connection: &Connection) -> Result<Kind, Fault> {
    // One statement, so that another process cannot make the log in between.
    let (application_id, version, things) = connection.query_row(
        "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        },
    )?;
    match (application_id, version, things) {
        (APPLICATION_ID, VERSION, _) if has_our_tables(connection)? => {
            match has_lineage(connection)? {
                true => Ok(Kind::Log),
                false => Ok(Kind::WithoutLineage),
            }
        }
        (APPLICATION_ID, VERSION, _) => Err(Fault::Foreign),
        (APPLICATION_ID, found, _) => Err(Fault::OtherVersion {
            found,
            known: VERSION,
        }),
        (0, 0, 0) => Ok(Kind::Empty),
        _ => Err(Fault::Foreign),
    }
}

/// Whether the tables are exactly those in [`TABLES`].
///
/// The application id alone proves little: in place of a table, a view or a computed column would run whatever
/// somebody put into the file.
fn has_our_tables(connection: &Connection) -> Result<bool, Fault> {
    for statement in plain(TABLES).split(';').map(str::trim) {
        // "CREATE TABLE name". After the last semicolon there is no statement.
        let Some(name) = statement.split(' ').nth(2) else {
            continue;
        };
        if sql_of(connection, name)?.is_none_or(|sql| sql != statement) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether there is the table that ties the write-ahead log to the file. Files of earlier versions have none.
fn has_lineage(connection: &Connection) -> Result<bool, Fault> {
    match sql_of(connection, "lineage")? {
        None => Ok(false),
        Some(sql) if plain(lineage::TABLE).strip_suffix(';') == Some(&sql) => Ok(true),
        Some(_) => Err(Fault::Foreign),
    }
}

/// The [`plain`] statement that made the thing of this name. Empty for a thing that no statement made.
fn sql_of(connection: &Connection, name: &str) -> Result<Option<String>, Fault> {
    let found: Option<Option<String>> = connection
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = ?1",
            [name],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.map(|sql| plain(&sql.unwrap_or_default())))
}

/// SQL without comments and insignificant white space.
fn plain(sql: &str) -> String {
    sql.lines()
        .flat_map(|line| line.split("--").next().unwrap_or(line).split_whitespace())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Makes the missing tables, unless another process has made them meanwhile.
pub(super) fn found(connection: &Connection) -> Result<(), Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if recognise(&transaction)? == Kind::Empty {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    if !has_lineage(&transaction)? {
        lineage::found(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn register(store: &Store, subject: &str, text: &str) -> Result<u32, Fault> {
    let find = |connection: &Connection| {
        connection
            .query_row(
                "SELECT id FROM schemas WHERE subject = ?1 AND schema = ?2",
                [subject, text],
                |row| row.get(0),
            )
            .optional()
    };
    if let Some(id) = store.read(|connection| Ok(find(connection)?))? {
        return Ok(id);
    }
    store.write(|connection| {
        if let Some(id) = find(connection)? {
            return Ok(id);
        }
        let id = connection.query_row(
            "INSERT INTO schemas (subject, schema) VALUES (?1, ?2) RETURNING id",
            [subject, text],
            |row| row.get(0),
        )?;
        Ok(id)
    })
}

pub(super) fn text(store: &Store, id: u32) -> Result<Option<String>, Fault> {
    store.read(|connection| {
        let text = connection
            .query_row("SELECT schema FROM schemas WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(text)
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{APPLICATION_ID, Kind, TABLES, VERSION, recognise};
    use crate::sqlite::fault::Fault;
    use crate::sqlite::lineage;

    fn marked(tables: &str) -> Result<Kind, Fault> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(tables)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        recognise(&connection)
    }

    #[test]
    fn a_log_is_known_by_its_tables_whatever_is_said_of_them_and_stands_beside_them() {
        let other_words = TABLES.replace("-- see headers.rs; NULL: none", "-- something else");
        assert_ne!(other_words, TABLES);
        let with_more = format!("{TABLES} CREATE TABLE notes (text TEXT); ANALYZE;");
        for tables in [TABLES, &other_words, &with_more] {
            assert!(matches!(marked(tables), Ok(Kind::WithoutLineage)));
            let whole = format!("{tables} {}", lineage::TABLE);
            assert!(matches!(marked(&whole), Ok(Kind::Log)));
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_table_is_refused() {
        let computed = TABLES.replace(
            "value        BLOB,",
            "value BLOB AS (zeroblob(1000000000)),",
        );
        let loose = TABLES.replace(") STRICT;", ");");
        let missing = "CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT);";
        let view = format!(
            "{} CREATE VIEW schemas AS SELECT 1 AS id;",
            TABLES.replace("CREATE TABLE schemas", "CREATE TABLE others")
        );
        let other_lineage = format!("{TABLES} CREATE VIEW lineage AS SELECT 1 AS id;");
        for tables in [&computed, &loose, missing, &view, &other_lineage] {
            assert_ne!(tables, TABLES);
            assert!(matches!(marked(tables), Err(Fault::Foreign)), "{tables}");
        }
    }
}
