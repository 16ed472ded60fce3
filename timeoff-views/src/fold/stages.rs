//! From stage to stage: filling the tables by which rows are found, once the rows are there.

use rusqlite::{Connection, TransactionBehavior};

use super::ids::Ids;
use super::positions;
use super::sorted::{Sorted, by_hash, in_order, insert_all};
use crate::file::Stage;
use crate::fold::applications::ID_WAS_USED;
use crate::hash::hash_of;
use crate::place::Place;
use crate::topic::Topic;

/// Makes what the stage needs, and writes that it has come. Returns what the folds of this stage need.
pub(crate) fn enter(connection: &mut Connection, stage: Stage) -> rusqlite::Result<Ids> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut ids = Ids::default();
    match stage {
        Stage::Applications => {}
        Stage::Answers => ids = fill_ids(&transaction)?,
        Stage::Whole => {
            fill_by_email(&transaction)?;
            in_order(
                &transaction,
                "by_time (appended_ms, place, key)",
                "SELECT appended_ms, place, key FROM applications",
            )?;
            in_order(
                &transaction,
                "by_start (start, place, key)",
                "SELECT start, place, key FROM applications",
            )?;
            fill_waiting(&transaction)?;
        }
    }
    stage.enter(&transaction)?;
    transaction.commit()?;
    Ok(ids)
}

/// Of applications with the same id, keeps the one that was appended first.
fn fill_ids(transaction: &Connection) -> rusqlite::Result<Ids> {
    let mut kept = Vec::new();
    let mut portions = 0;
    by_hash(
        transaction,
        "SELECT id, key FROM applications",
        |row| Ok((hash_of(row.get_ref(0)?.as_str()?), [row.get(1)?])),
        |mut sorted| {
            pass_over_used_ids(transaction, &mut sorted)?;
            let rows = sorted.iter().map(|&(hash, [key])| [hash, key]);
            insert_all(transaction, "ids (hash, key)", rows)?;
            portions += 1;
            kept = sorted;
            Ok(())
        },
    )?;
    Ok(match portions {
        1 => Ids::of_sorted(kept),
        _ => Ids::default(),
    })
}

/// Leaves one application of each id.
fn pass_over_used_ids(transaction: &Connection, sorted: &mut Sorted<1>) -> rusqlite::Result<()> {
    let has_same_hash = |pair: &[(i64, [i64; 1])]| pair[0].0 == pair[1].0;
    if !sorted.windows(2).any(has_same_hash) {
        return Ok(());
    }
    let mut losers = Vec::new();
    for same in sorted.chunk_by(|one, other| one.0 == other.0) {
        if same.len() > 1 {
            losers.extend(losers_among(transaction, same)?);
        }
    }
    for &(key, loser) in &losers {
        transaction
            .prepare_cached("DELETE FROM applications WHERE key = ?1")?
            .execute([key])?;
        positions::pass_over(transaction, Topic::Applications, loser, ID_WAS_USED)?;
    }
    let mut losers: Vec<i64> = losers.into_iter().map(|(key, _)| key).collect();
    losers.sort_unstable();
    sorted.retain(|(_, [key])| losers.binary_search(key).is_err());
    Ok(())
}

/// The keys and places of those applications that are not the first of their id.
fn losers_among(
    transaction: &Connection,
    same: &[(i64, [i64; 1])],
) -> rusqlite::Result<Vec<(i64, Place)>> {
    let mut claims: Vec<(String, Place, i64)> = Vec::with_capacity(same.len());
    for &(_, [key]) in same {
        let claim = transaction
            .prepare_cached("SELECT id, place FROM applications WHERE key = ?1")?
            .query_row([key], |row| {
                Ok((row.get(0)?, Place::of_number(row.get(1)?), key))
            })?;
        claims.push(claim);
    }
    claims.sort_unstable();
    Ok(claims
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| {
            let (_, place, key) = pair[1];
            (key, place)
        })
        .collect())
}

fn fill_by_email(transaction: &Connection) -> rusqlite::Result<()> {
    by_hash(
        transaction,
        "SELECT email, appended_ms, place, key FROM applications",
        |row| {
            let hash = hash_of(row.get_ref(0)?.as_str()?);
            Ok((hash, [row.get(1)?, row.get(2)?, row.get(3)?]))
        },
        |sorted| {
            let rows = sorted
                .into_iter()
                .map(|(hash, [ms, place, key])| [hash, ms, place, key]);
            insert_all(
                transaction,
                "by_email (hash, appended_ms, place, key)",
                rows,
            )
        },
    )
}

/// Goes through applications and answers side by side, both in the order of their keys.
fn fill_waiting(transaction: &Connection) -> rusqlite::Result<()> {
    let mut answers = transaction.prepare("SELECT key FROM answers ORDER BY key")?;
    let mut answers = answers
        .query_map([], |row| row.get::<_, i64>(0))?
        .peekable();
    let mut applications =
        transaction.prepare("SELECT appended_ms, place, key FROM applications ORDER BY key")?;
    let mut applications = applications.query([])?;
    let mut waiting = Vec::new();
    while let Some(row) = applications.next()? {
        let key = row.get(2)?;
        while answers
            .next_if(|answer| matches!(answer, Ok(answer) if *answer < key))
            .is_some()
        {}
        match answers.next_if(|answer| !matches!(answer, Ok(answer) if *answer > key)) {
            Some(answer) => drop(answer?),
            None => waiting.push([row.get(0)?, row.get(1)?, key]),
        }
    }
    waiting.sort_unstable();
    insert_all(transaction, "waiting (appended_ms, place, key)", waiting)
}
