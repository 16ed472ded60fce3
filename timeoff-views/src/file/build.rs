//! One file of a view: opening it, and recognising what it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::identity::Identity;
use super::layout::{APPLICATION_ID, TABLES, VERSION, indexes};
use crate::error::ViewError;

/// How long to wait for another connection's lock. Readers of a write-ahead log hold none; only opening and closing do.
const PATIENCE: Duration = Duration::from_secs(5);

/// The name of a file, `view-7.db`.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    number: u64,
    path: PathBuf,
}

/// How far a file has come. Indexes are made when the rows are there: sorting them once is cheaper than putting each in
/// its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Applications are folded, without anything to find them by. Nothing else is.
    Applications,
    /// Applications are found by their ids. All topics are folded.
    Answers,
    /// Everything that there was has been folded, and all indexes are there.
    Whole,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Stage::Applications => "applications",
            Stage::Answers => "answers",
            Stage::Whole => "whole",
        }
    }

    fn named(name: &str) -> Option<Stage> {
        [Stage::Applications, Stage::Answers, Stage::Whole]
            .into_iter()
            .find(|stage| stage.name() == name)
    }
}

/// What a file turns out to be.
pub(crate) enum Opened {
    /// A view of this layout, or an empty file that was made one.
    Ours {
        connection: Connection,
        stage: Stage,
        identity: Identity,
    },
    /// A view of an older layout.
    Older { found: i64 },
}

impl Build {
    pub(super) fn new(folder: &Path, number: u64) -> Build {
        Build {
            number,
            path: folder.join(format!("view-{number}.db")),
        }
    }

    /// The file with this name. `None` if it is not the name of a view's file.
    pub(super) fn named(folder: &Path, name: &str) -> Option<Build> {
        let number = name.strip_prefix("view-")?.strip_suffix(".db")?;
        let build = Build::new(folder, number.parse().ok()?);
        (build.name() == name).then_some(build)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn name(&self) -> String {
        format!("view-{}.db", self.number)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, and those that SQLite puts beside it.
    pub(super) fn files(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|suffix| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            path.into()
        })
    }

    /// Opens the file to fold into it. An empty one is made a view of the log with this identity.
    pub(crate) fn open(&self, asked: &Identity) -> Result<Opened, ViewError> {
        let failed = self.failed("open the view");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags).map_err(&failed)?;
        distrust(&connection).map_err(&failed)?;
        // NORMAL: after a power failure the last transactions may be gone, but each with the position that it wrote, so
        // they are folded again. A kill loses none. A view could be rebuilt from nothing, so more would be waste, and
        // OFF could leave a file that must be rebuilt.
        connection
            .execute_batch(
                "PRAGMA page_size=8192; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
            )
            .map_err(&failed)?;
        keep_plans(&connection).map_err(&failed)?;
        match layout(&connection).map_err(&failed)? {
            Layout::Empty => found(&mut connection, asked).map_err(&failed)?,
            Layout::View(found) if found < VERSION => return Ok(Opened::Older { found }),
            Layout::View(VERSION) => {}
            Layout::View(found) => return Err(self.newer(found)),
            Layout::Foreign => return Err(self.foreign()),
        }
        connection
            .query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))
            .map_err(&failed)?;
        // As many pages as fit into 64 MiB: a checkpoint writes a page once, however often it was changed since the last.
        connection
            .query_row("PRAGMA wal_autocheckpoint=8192", [], |_| Ok(()))
            .map_err(&failed)?;
        connection
            .query_row("PRAGMA journal_size_limit=8388608", [], |_| Ok(()))
            .map_err(&failed)?;
        let identity = meta(&connection, "log").map_err(&failed)?;
        let stage = meta(&connection, "stage").map_err(&failed)?;
        match (identity, stage.as_deref().and_then(Stage::named)) {
            (Some(identity), Some(stage)) => Ok(Opened::Ours {
                connection,
                stage,
                identity: Identity::stored(identity),
            }),
            _ => Err(self.foreign()),
        }
    }

    pub(crate) fn failed(
        &self,
        step: &'static str,
    ) -> impl Fn(rusqlite::Error) -> ViewError + use<> {
        let file = self.path.clone();
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => ViewError::Foreign { file: file.clone() },
            _ => ViewError::File {
                file: file.clone(),
                step,
                source,
            },
        }
    }

    fn newer(&self, found: i64) -> ViewError {
        ViewError::NewerLayout {
            file: self.path.clone(),
            found,
            known: VERSION,
        }
    }

    fn foreign(&self) -> ViewError {
        ViewError::Foreign {
            file: self.path.clone(),
        }
    }
}

/// Opens a view's file to ask it.
pub(crate) fn open_to_ask(build: &Build) -> Result<Connection, ViewError> {
    let failed = build.failed("open the view");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(build.path(), flags).map_err(&failed)?;
    distrust(&connection).map_err(&failed)?;
    connection
        .execute_batch("PRAGMA query_only=ON; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;")
        .map_err(&failed)?;
    keep_plans(&connection).map_err(&failed)?;
    match layout(&connection).map_err(&failed)? {
        Layout::View(VERSION) => Ok(connection),
        Layout::View(found) if found > VERSION => Err(build.newer(found)),
        Layout::View(found) => Err(ViewError::OlderLayout {
            file: build.path().to_owned(),
            found,
            known: VERSION,
        }),
        Layout::Empty | Layout::Foreign => Err(build.foreign()),
    }
}

/// A file may have been put there by somebody else: nothing in it is executed.
fn distrust(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    ] {
        connection.set_db_config(setting, value)?;
    }
    Ok(())
}

/// Statements are prepared once. Where a plan could depend on the values, SQLite would prepare a cached statement anew
/// each time.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

enum Layout {
    Empty,
    View(i64),
    Foreign,
}

fn layout(connection: &Connection) -> rusqlite::Result<Layout> {
    let found: (i64, i64, i64) = connection.query_row(
        "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(match found {
        (0, 0, 0) => Layout::Empty,
        (APPLICATION_ID, version, _) => Layout::View(version),
        _ => Layout::Foreign,
    })
}

/// Makes the tables.
fn found(connection: &mut Connection, identity: &Identity) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    let set = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
    transaction.execute(set, ["log", identity.as_str()])?;
    transaction.execute(set, ["stage", Stage::Applications.name()])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
}

impl Stage {
    /// Makes the indexes of this stage and writes that it has come, in the caller's transaction.
    pub(crate) fn enter(self, transaction: &Connection) -> rusqlite::Result<()> {
        if self == Stage::Whole {
            transaction.execute_batch(&indexes())?;
        }
        transaction.execute(
            "UPDATE meta SET value = ?1 WHERE name = 'stage'",
            [self.name()],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{StatementStatus, params};

    use super::{Identity, Opened, open_to_ask};
    use crate::file::Folder;

    #[test]
    fn a_cached_statement_is_not_prepared_anew_for_other_values() {
        let place = tempfile::tempdir().unwrap();
        let (folder, _lock) = Folder::take(place.path()).unwrap();
        let build = folder.new_build().unwrap();
        let Opened::Ours { connection, .. } = build.open(&Identity::for_test("a")).unwrap() else {
            panic!("a new file is a view");
        };
        // A join with a condition on a column without an index.
        let sql = "SELECT ids.key FROM ids CROSS JOIN applications ON applications.key = ids.key \
                   WHERE ids.hash = ?1 AND applications.id = ?2";
        let asking = open_to_ask(&build).unwrap();
        for connection in [connection, asking] {
            for key in 0..10 {
                let mut select = connection.prepare_cached(sql).unwrap();
                assert!(!select.exists(params![key, key.to_string()]).unwrap());
            }
            let select = connection.prepare_cached(sql).unwrap();
            assert_eq!(select.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
