//! From stage to stage: making the indexes once the rows are there.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::applications::ID_WAS_USED;
use super::positions;
use crate::file::Stage;
use crate::place::Place;
use crate::topic::Topic;

/// Makes what the stage needs, and writes that it has come.
pub(crate) fn enter(connection: &mut Connection, stage: Stage) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match stage.enter(&transaction) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            pass_over_used_ids(&transaction)?;
            stage.enter(&transaction)?;
        }
        outcome => outcome?,
    }
    transaction.commit()
}

/// Of applications with the same id, keeps the one that was appended first.
fn pass_over_used_ids(transaction: &Connection) -> rusqlite::Result<()> {
    let mut losers = Vec::new();
    {
        let mut select = transaction.prepare(
            "SELECT key, place FROM (SELECT key, place, \
             row_number() OVER (PARTITION BY id ORDER BY appended_ms, place) AS number \
             FROM applications WHERE id IN (SELECT id FROM applications GROUP BY id HAVING count(*) > 1)) \
             WHERE number > 1",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            losers.push((row.get::<_, i64>(0)?, Place::of_number(row.get(1)?)));
        }
    }
    for (key, loser) in losers {
        transaction
            .prepare_cached("DELETE FROM applications WHERE key = ?1")?
            .execute([key])?;
        positions::pass_over(transaction, Topic::Applications, loser, ID_WAS_USED)?;
    }
    Ok(())
}
