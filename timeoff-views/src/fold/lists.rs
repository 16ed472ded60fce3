//! What is kept beside the applications for queries: tables of them in some order.
//!
//! As indexes are, they are filled once everything is folded that there was, and kept up from then on.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::decode::{Application, Row};
use crate::file::Stage;
use crate::hash::hash_of;

pub(super) struct Lists<'transaction> {
    transaction: &'transaction Connection,
    are_kept: bool,
}

impl<'transaction> Lists<'transaction> {
    pub(super) fn new(transaction: &'transaction Connection, stage: Stage) -> Lists<'transaction> {
        Lists {
            transaction,
            are_kept: stage == Stage::Whole,
        }
    }

    /// An application has come.
    pub(super) fn add(
        &self,
        key: i64,
        row: &Row,
        application: &Application,
        is_waiting: bool,
    ) -> rusqlite::Result<()> {
        if !self.are_kept {
            return Ok(());
        }
        let (ms, place) = (row.appended_ms, row.place.number());
        self.transaction.prepare_cached(ADD_BY_EMAIL)?.execute([
            hash_of(application.email.as_str()),
            ms,
            place,
            key,
        ])?;
        self.transaction
            .prepare_cached("INSERT INTO by_time (appended_ms, place, key) VALUES (?1, ?2, ?3)")?
            .execute([ms, place, key])?;
        self.transaction
            .prepare_cached("INSERT INTO by_start (start, place, key) VALUES (?1, ?2, ?3)")?
            .execute([application.start, place, key])?;
        if is_waiting {
            self.transaction
                .prepare_cached(ADD_WAITING)?
                .execute([ms, place, key])?;
        }
        Ok(())
    }

    /// An application goes, or its row is about to change. Returns whether it was waiting.
    pub(super) fn remove(&self, key: i64) -> rusqlite::Result<bool> {
        if !self.are_kept {
            return Ok(false);
        }
        let (hash, ms, start, place): (i64, i64, i64, i64) = self
            .transaction
            .prepare_cached(
                "SELECT email, appended_ms, start, place FROM applications WHERE key = ?1",
            )?
            .query_row([key], |row| {
                let hash = hash_of(row.get_ref(0)?.as_str()?);
                Ok((hash, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        self.transaction
            .prepare_cached(
                "DELETE FROM by_email WHERE hash = ?1 AND appended_ms = ?2 AND place = ?3",
            )?
            .execute([hash, ms, place])?;
        self.transaction
            .prepare_cached("DELETE FROM by_time WHERE appended_ms = ?1 AND place = ?2")?
            .execute([ms, place])?;
        self.transaction
            .prepare_cached("DELETE FROM by_start WHERE start = ?1 AND place = ?2")?
            .execute([start, place])?;
        self.remove_waiting(ms, place)
    }

    /// An application has its first answer, if it has come itself.
    pub(super) fn answer(&self, key: i64) -> rusqlite::Result<()> {
        if !self.are_kept {
            return Ok(());
        }
        let there: Option<(i64, i64)> = self
            .transaction
            .prepare_cached("SELECT appended_ms, place FROM applications WHERE key = ?1")?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((ms, place)) = there {
            self.remove_waiting(ms, place)?;
        }
        Ok(())
    }

    fn remove_waiting(&self, ms: i64, place: i64) -> rusqlite::Result<bool> {
        let removed = self
            .transaction
            .prepare_cached("DELETE FROM waiting WHERE appended_ms = ?1 AND place = ?2")?
            .execute(params![ms, place])?;
        Ok(removed > 0)
    }
}

const ADD_BY_EMAIL: &str =
    "INSERT INTO by_email (hash, appended_ms, place, key) VALUES (?1, ?2, ?3, ?4)";

const ADD_WAITING: &str = "INSERT INTO waiting (appended_ms, place, key) VALUES (?1, ?2, ?3)";
