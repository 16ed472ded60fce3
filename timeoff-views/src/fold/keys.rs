//! Keys of applications: finding one by the application's id, and giving out new ones.
//!
//! An answer is under its application's key. If it is read before its application, it reserves a key, which waits in
//! `early_answers` and is where the application goes when it comes.

use std::cell::{Cell, RefCell};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};

use super::ids::Ids;
use crate::hash::hash_of;

/// Adds an application that has come to those that are found by their ids.
pub(super) const ADD_ID: &str = "INSERT INTO ids (hash, key) VALUES (?1, ?2)";

pub(super) struct Keys<'transaction> {
    transaction: &'transaction Connection,
    ids: &'transaction Ids,
    /// Executed for almost every result.
    id_of: RefCell<CachedStatement<'transaction>>,
    /// The key that was given out last.
    last: Cell<i64>,
}

impl<'transaction> Keys<'transaction> {
    pub(super) fn new(
        transaction: &'transaction Connection,
        ids: &'transaction Ids,
    ) -> rusqlite::Result<Keys<'transaction>> {
        let last: i64 = transaction
            .prepare_cached(
                "SELECT max(coalesce((SELECT max(key) FROM applications), 0), \
                 coalesce((SELECT max(key) FROM answers), 0))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(Keys {
            transaction,
            ids,
            id_of: RefCell::new(
                transaction.prepare_cached("SELECT id FROM applications WHERE key = ?1")?,
            ),
            last: Cell::new(last),
        })
    }

    /// A key that nothing has.
    pub(super) fn give_out(&self) -> i64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }

    /// The key of the application with this id.
    pub(super) fn of_application(&self, id: &str) -> rusqlite::Result<Option<i64>> {
        let hash = hash_of(id);
        for key in self.ids.with_hash(hash) {
            if self.has_id(key, id)? {
                return Ok(Some(key));
            }
        }
        // Not all need be in memory.
        let mut select = self
            .transaction
            .prepare_cached("SELECT key FROM ids WHERE hash = ?1")?;
        let mut rows = select.query([hash])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            if self.has_id(key, id)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Whether the application with this key has this id, and not only one of the same hash.
    fn has_id(&self, key: i64, id: &str) -> rusqlite::Result<bool> {
        self.id_of
            .borrow_mut()
            .query_row([key], |row| Ok(row.get_ref(0)?.as_str()? == id))
    }

    /// The key that an answer has reserved for the application with this id.
    pub(super) fn reserved(&self, id: &str) -> rusqlite::Result<Option<i64>> {
        self.transaction
            .prepare_cached("SELECT key FROM early_answers WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()
    }

    /// Reserves a key for the application with this id.
    pub(super) fn reserve(&self, id: &str) -> rusqlite::Result<i64> {
        let key = self.give_out();
        self.transaction
            .prepare_cached("INSERT INTO early_answers (id, key) VALUES (?1, ?2)")?
            .execute(params![id, key])?;
        Ok(key)
    }

    /// As [`Keys::reserved`], for the application that has come.
    pub(super) fn take_reserved(&self, id: &str) -> rusqlite::Result<Option<i64>> {
        self.transaction
            .prepare_cached("DELETE FROM early_answers WHERE id = ?1 RETURNING key")?
            .query_row([id], |row| row.get(0))
            .optional()
    }

    pub(super) fn has_reserved(&self) -> rusqlite::Result<bool> {
        self.transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM early_answers)")?
            .query_row([], |row| row.get(0))
    }
}
