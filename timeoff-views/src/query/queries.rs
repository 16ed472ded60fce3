//! A connection that asks.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, ToSql};

use crate::error::ViewError;
use crate::file::{self, Build};

/// Asks a view. Any number of these may be open, in this process and in others, while the view is folded.
///
/// Every call sees the view as it is at that moment: all of a transaction of the fold or nothing. Calls block for as
/// long as SQLite takes; one value belongs to one thread at a time.
pub struct Queries {
    folder: PathBuf,
    build: Build,
    pub(crate) connection: Connection,
}

impl Queries {
    /// Opens the view in this folder. Takes no lock, and writes nothing to the view.
    ///
    /// # Errors
    ///
    /// [`ViewError::NoView`] if there is none, or the first has not caught up yet; [`ViewError::OlderLayout`] and
    /// [`ViewError::NewerLayout`] if another version has made it; [`ViewError::Foreign`] if it is something else;
    /// [`ViewError::File`] and [`ViewError::Folder`] if it cannot be read.
    pub fn open(folder: &Path) -> Result<Queries, ViewError> {
        let none = || ViewError::NoView {
            folder: folder.to_owned(),
        };
        let mut build = file::current(folder)?.ok_or_else(none)?;
        loop {
            match file::open_to_ask(&build) {
                Ok(connection) => {
                    return Ok(Queries {
                        folder: folder.to_owned(),
                        build,
                        connection,
                    });
                }
                Err(error) => {
                    // It may have been replaced in between.
                    let current = file::current(folder)?.ok_or_else(none)?;
                    if current.path() == build.path() {
                        return Err(error);
                    }
                    build = current;
                }
            }
        }
    }

    /// Whether another view has taken the place of this one since it was opened: it was rebuilt. This one can be asked
    /// still, and does not change any more.
    ///
    /// # Errors
    ///
    /// [`ViewError::Folder`] if that cannot be found out.
    pub fn is_replaced(&self) -> Result<bool, ViewError> {
        let current = file::current(&self.folder)?;
        Ok(current.is_none_or(|current| current.path() != self.build.path()))
    }

    /// Asks several things of the view as it is at one moment.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read, and those of the question.
    pub fn at_one_moment<T>(
        &self,
        question: impl FnOnce(&Queries) -> Result<T, ViewError>,
    ) -> Result<T, ViewError> {
        let failed = self.build.failed("ask the view");
        let moment = self.connection.unchecked_transaction().map_err(&failed)?;
        let answer = question(self)?;
        moment.commit().map_err(failed)?;
        Ok(answer)
    }

    pub(super) fn ask<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, ViewError> {
        let ask = || {
            let mut select = self.connection.prepare_cached(sql)?;
            select
                .query_map(values, read)?
                .collect::<rusqlite::Result<Vec<T>>>()
        };
        ask().map_err(self.build.failed("ask the view"))
    }
}
