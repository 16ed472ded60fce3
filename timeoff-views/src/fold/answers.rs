//! What became of applications: results, and withdrawals from the ledger.
//!
//! An answer may be read before its application. Its key then waits in `early_answers`, where the application finds it.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};
use timeoff_models::Outcome;

use super::{Claim, positions};
use crate::decode::{Row, Verdict};
use crate::place::Place;
use crate::status;
use crate::topic::Topic;

/// The key of no answer. Those of answers follow it. All take six bytes, so an application's row keeps its length when
/// it gets an answer, and is written over in its place.
pub(super) const NO_ANSWER: i64 = 1 << 40;

/// Why a result is passed over whose application has an earlier one.
const HAS_RESULT: &str = "its application has an earlier result";

/// By far the most results are of this kind: the application is there, and has no answer.
const FIRST: &str =
    "UPDATE applications SET status = ?2, answer = ?3 WHERE id = ?1 AND answer = 1099511627776";

const INSERT: &str = "INSERT INTO answers (key, outcome, result_place, result_ms, decided_by, decided_at, comment, \
    sentence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const REPLACE: &str = "UPDATE answers SET outcome = ?2, result_place = ?3, result_ms = ?4, decided_by = ?5, \
    decided_at = ?6, comment = ?7, sentence = ?8 WHERE key = ?1";

pub(super) struct Answers<'transaction> {
    transaction: &'transaction Connection,
    first: CachedStatement<'transaction>,
    insert: CachedStatement<'transaction>,
    /// The key of the answer that was added last.
    last: i64,
}

impl<'transaction> Answers<'transaction> {
    pub(super) fn new(
        transaction: &'transaction Connection,
    ) -> rusqlite::Result<Answers<'transaction>> {
        let last: Option<i64> = transaction
            .prepare_cached("SELECT max(key) FROM answers")?
            .query_row([], |row| row.get(0))?;
        Ok(Answers {
            transaction,
            first: transaction.prepare_cached(FIRST)?,
            insert: transaction.prepare_cached(INSERT)?,
            last: last.unwrap_or(NO_ANSWER),
        })
    }

    /// Adds a result.
    pub(super) fn add(&mut self, row: &Row, verdict: &Verdict) -> rusqlite::Result<()> {
        let key = self.last + 1;
        let outcome = outcome(verdict);
        if self.first.execute(params![verdict.id, outcome, key])? == 0 {
            if let Some(answer) = self.answer_to(&verdict.id)? {
                return self.settle_claim(answer, row, verdict);
            }
            self.wait(&verdict.id, key)?;
        }
        self.last = key;
        execute(&mut self.insert, key, row, verdict)
    }

    /// Notes that an application is withdrawn.
    pub(super) fn withdraw(&mut self, event: Place, id: &str) -> rusqlite::Result<()> {
        if let Some(answer) = self.answer_to(id)? {
            self.transaction
                .prepare_cached(
                    "UPDATE answers SET withdrawn = min(coalesce(withdrawn, ?2), ?2) WHERE key = ?1",
                )?
                .execute([answer, event.number()])?;
            return self.update_status(answer, id);
        }
        self.last += 1;
        self.transaction
            .prepare_cached("INSERT INTO answers (key, withdrawn) VALUES (?1, ?2)")?
            .execute([self.last, event.number()])?;
        let known = self
            .first
            .execute(params![id, status::WITHDRAWN, self.last])?;
        match known {
            0 => self.wait(id, self.last),
            _ => Ok(()),
        }
    }

    /// The key of what is known of an application, whether it has been read or not.
    fn answer_to(&self, id: &str) -> rusqlite::Result<Option<i64>> {
        self.transaction
            .prepare_cached(
                "SELECT answer FROM applications WHERE id = ?1 AND answer > 1099511627776 \
                 UNION ALL SELECT answer FROM early_answers WHERE id = ?1",
            )?
            .query_row([id], |row| row.get(0))
            .optional()
    }

    /// Has an answer wait for its application.
    fn wait(&self, id: &str, key: i64) -> rusqlite::Result<()> {
        self.transaction
            .prepare_cached("INSERT INTO early_answers (id, answer) VALUES (?1, ?2)")?
            .execute(params![id, key])?;
        Ok(())
    }

    /// Of two results, the one that was appended first stays.
    fn settle_claim(&self, answer: i64, row: &Row, verdict: &Verdict) -> rusqlite::Result<()> {
        let there: Option<Claim> = self
            .transaction
            .prepare_cached("SELECT result_ms, result_place FROM answers WHERE key = ?1")?
            .query_row([answer], |row| {
                let ms: Option<i64> = row.get(0)?;
                Ok(ms.zip(row.get(1)?))
            })?;
        let loser = match there {
            Some(there) if there < row.claim() => Some(row.place),
            Some((_, place)) => Some(Place::of_number(place)),
            None => None,
        };
        if loser != Some(row.place) {
            let mut replace = self.transaction.prepare_cached(REPLACE)?;
            execute(&mut replace, answer, row, verdict)?;
            self.update_status(answer, &verdict.id)?;
        }
        match loser {
            Some(loser) => {
                positions::pass_over(self.transaction, Topic::Results, loser, HAS_RESULT)
            }
            None => Ok(()),
        }
    }

    /// Writes the status of an application, if it has been read.
    fn update_status(&self, answer: i64, id: &str) -> rusqlite::Result<()> {
        let status = status_of(self.transaction, answer)?;
        self.transaction
            .prepare_cached("UPDATE applications SET status = ?2 WHERE id = ?1")?
            .execute(params![id, status])?;
        Ok(())
    }
}

/// The status of an application with this answer.
pub(super) fn status_of(transaction: &Connection, answer: i64) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("SELECT iif(withdrawn IS NULL, outcome, ?2) FROM answers WHERE key = ?1")?
        .query_row([answer, status::WITHDRAWN], |row| row.get(0))
}

fn outcome(verdict: &Verdict) -> i64 {
    match verdict.outcome {
        Outcome::Approved => status::APPROVED,
        Outcome::Declined => status::DECLINED,
    }
}

fn execute(
    statement: &mut CachedStatement<'_>,
    key: i64,
    row: &Row,
    verdict: &Verdict,
) -> rusqlite::Result<()> {
    statement.execute(params![
        key,
        outcome(verdict),
        row.place.number(),
        row.appended_ms,
        verdict.by,
        verdict.at,
        verdict.comment,
        verdict.sentence
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FIRST, NO_ANSWER};

    #[test]
    fn no_answer_is_the_number_in_the_statements() {
        assert!(FIRST.ends_with(&format!("answer = {NO_ANSWER}")));
    }
}
