//! What became of applications: results, and withdrawals from the ledger.

use rusqlite::{CachedStatement, Connection, ToSql};
use timeoff_models::Outcome;

use super::keys::Keys;
use super::lists::Lists;
use super::positions;
use crate::decode::{Row, Verdict};
use crate::place::Place;
use crate::status;
use crate::topic::Topic;

/// Why a result is passed over whose application has an earlier one.
const HAS_RESULT: &str = "its application has an earlier result";

/// Inserts nothing if there is an answer.
const INSERT: &str = "INSERT INTO answers (key, outcome, result_place, result_ms, decided_by, decided_at, comment, \
    sentence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (key) DO NOTHING";

const REPLACE: &str = "UPDATE answers SET outcome = ?2, result_place = ?3, result_ms = ?4, decided_by = ?5, \
    decided_at = ?6, comment = ?7, sentence = ?8 WHERE key = ?1";

const WITHDRAW: &str = "INSERT INTO answers (key, withdrawn) VALUES (?1, ?2) \
    ON CONFLICT (key) DO UPDATE SET withdrawn = min(coalesce(withdrawn, ?2), ?2)";

pub(super) struct Answers<'fold, 'transaction> {
    transaction: &'transaction Connection,
    keys: &'fold Keys<'transaction>,
    lists: &'fold Lists<'transaction>,
    insert: CachedStatement<'transaction>,
}

impl<'fold, 'transaction> Answers<'fold, 'transaction> {
    pub(super) fn new(
        transaction: &'transaction Connection,
        keys: &'fold Keys<'transaction>,
        lists: &'fold Lists<'transaction>,
    ) -> rusqlite::Result<Answers<'fold, 'transaction>> {
        Ok(Answers {
            transaction,
            keys,
            lists,
            insert: transaction.prepare_cached(INSERT)?,
        })
    }

    /// Adds a result.
    pub(super) fn add(&mut self, row: &Row, verdict: &Verdict) -> rusqlite::Result<()> {
        let key = self.key_of(&verdict.id)?;
        bind(&mut self.insert, key, row, verdict)?;
        match self.insert.raw_execute()? {
            0 => self.settle_claim(key, row, verdict),
            _ => self.lists.answer(key),
        }
    }

    /// Notes that an application is withdrawn.
    pub(super) fn withdraw(&mut self, event: Place, id: &str) -> rusqlite::Result<()> {
        let key = self.key_of(id)?;
        self.transaction
            .prepare_cached(WITHDRAW)?
            .execute([key, event.number()])?;
        self.lists.answer(key)
    }

    /// The key of an application, whether it has been read or not.
    fn key_of(&self, id: &str) -> rusqlite::Result<i64> {
        if let Some(key) = self.keys.of_application(id)? {
            return Ok(key);
        }
        match self.keys.reserved(id)? {
            Some(key) => Ok(key),
            None => self.keys.reserve(id),
        }
    }

    /// Of two results, the first one stays.
    fn settle_claim(&self, key: i64, row: &Row, verdict: &Verdict) -> rusqlite::Result<()> {
        let there = self
            .transaction
            .prepare_cached("SELECT result_place FROM answers WHERE key = ?1")?
            .query_row([key], |row| row.get::<_, Option<i64>>(0))?
            .map(Place::of_number);
        let loser = there.map(|there| there.max(row.place));
        if loser != Some(row.place) {
            let mut replace = self.transaction.prepare_cached(REPLACE)?;
            bind(&mut replace, key, row, verdict)?;
            replace.raw_execute()?;
        }
        match loser {
            Some(loser) => {
                positions::pass_over(self.transaction, Topic::Results, loser, HAS_RESULT)
            }
            None => Ok(()),
        }
    }
}

fn outcome(verdict: &Verdict) -> i64 {
    match verdict.outcome {
        Outcome::Approved => status::APPROVED,
        Outcome::Declined => status::DECLINED,
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    key: i64,
    row: &Row,
    verdict: &Verdict,
) -> rusqlite::Result<()> {
    let values: [&dyn ToSql; 8] = [
        &key,
        &outcome(verdict),
        &row.place.number(),
        &row.appended_ms,
        &verdict.by,
        &verdict.at,
        &verdict.comment,
        &verdict.sentence,
    ];
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    Ok(())
}
