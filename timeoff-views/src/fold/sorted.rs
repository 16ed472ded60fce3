//! All applications in the order of a hash, to fill a table in the order of its keys: sorting takes a fraction here of
//! what it takes SQLite.

use rusqlite::{Connection, Row, params_from_iter};

/// About how many rows are sorted at a time: 128 MiB of the largest, of 32 bytes.
const AT_A_TIME: u64 = 1 << 22;

/// A hash that is not negative, and what goes with it.
pub(super) type Sorted<const N: usize> = Vec<(i64, [i64; N])>;

/// Reads all rows of a `SELECT` and hands them to `take` in their order: in portions, if there are very many. Rows with
/// the same hash are in the same portion.
///
/// Can be interrupted, whatever `take` does with the same connection.
pub(super) fn by_hash<const N: usize>(
    connection: &Connection,
    select: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<(i64, [i64; N])>,
    take: impl FnMut(Sorted<N>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    in_portions(portions(connection)?, connection, select, read, take)
}

/// Inserts the rows of a `SELECT` in their order into columns that are given as in SQL.
///
/// Can be interrupted.
pub(super) fn in_order(
    connection: &Connection,
    columns: &str,
    select: &str,
) -> rusqlite::Result<()> {
    if portions(connection)? > 1 {
        // What rows begin with need not be even, so nothing says how to make portions of them.
        connection.execute(&format!("INSERT INTO {columns} {select} ORDER BY 1, 2"), [])?;
        return Ok(());
    }
    let read = |row: &Row<'_>| Ok((row.get(0)?, [row.get(1)?, row.get(2)?]));
    in_portions(1, connection, select, read, |sorted| {
        let rows = sorted
            .into_iter()
            .map(|(first, [second, third])| [first, second, third]);
        insert_all(connection, columns, rows)
    })
}

/// In how many portions the applications are sorted.
fn portions(connection: &Connection) -> rusqlite::Result<u64> {
    let most: i64 = connection.query_row(
        "SELECT coalesce(max(key), 0) FROM applications",
        [],
        |row| row.get(0),
    )?;
    Ok(1 + most.unsigned_abs() / AT_A_TIME)
}

fn in_portions<const N: usize>(
    portions: u64,
    connection: &Connection,
    select: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<(i64, [i64; N])>,
    mut take: impl FnMut(Sorted<N>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    // While no statement is being executed, SQLite forgets that it was interrupted.
    let mut lasting = connection.prepare("VALUES (1), (2)")?;
    let mut lasting = lasting.query([])?;
    lasting.next()?;
    let mut select = connection.prepare(select)?;
    for portion in 0..portions {
        let mut sorted = Vec::new();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (hash, others) = read(row)?;
            if portion_of(hash, portions) == portion {
                sorted.push((hash, others));
            }
        }
        sorted.sort_unstable();
        take(sorted)?;
    }
    Ok(())
}

/// Hashes have 63 bits, and all of them are as likely.
fn portion_of(hash: i64, portions: u64) -> u64 {
    if portions == 1 {
        return 0;
    }
    ((u128::from(hash.unsigned_abs()) * u128::from(portions)) >> 63) as u64
}

/// The rows that one statement inserts: executing one costs as much as inserting some rows.
const TOGETHER: usize = 32;

/// Inserts rows, into columns that are given as in SQL.
pub(super) fn insert_all<const N: usize>(
    connection: &Connection,
    columns: &str,
    rows: impl IntoIterator<Item = [i64; N]>,
) -> rusqlite::Result<()> {
    let sql = |count: usize| {
        let row = format!("({})", vec!["?"; N].join(", "));
        format!(
            "INSERT INTO {columns} VALUES {}",
            vec![row; count].join(", ")
        )
    };
    let mut insert = connection.prepare(&sql(TOGETHER))?;
    let mut together: Vec<[i64; N]> = Vec::with_capacity(TOGETHER);
    for row in rows {
        together.push(row);
        if together.len() == TOGETHER {
            for (number, value) in (1..).zip(together.as_flattened()) {
                insert.raw_bind_parameter(number, value)?;
            }
            insert.raw_execute()?;
            together.clear();
        }
    }
    let mut insert = connection.prepare(&sql(1))?;
    for row in together {
        insert.execute(params_from_iter(row))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{in_portions, insert_all};

    #[test]
    fn every_row_comes_once_and_in_order_however_many_portions_there_are() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (hash INTEGER, key INTEGER); WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL \
                 SELECT n + 1 FROM n WHERE n < 1000) INSERT INTO t SELECT abs(random()), n FROM n; \
                 INSERT INTO t VALUES (0, 0), (9223372036854775807, 1001)",
            )
            .unwrap();
        let sorted = |portions| {
            let mut all = Vec::new();
            let mut took = 0;
            in_portions(
                portions,
                &connection,
                "SELECT hash, key FROM t",
                |row| Ok((row.get(0)?, [row.get(1)?])),
                |sorted| {
                    took += 1;
                    all.extend(sorted);
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(took, portions);
            assert!(all.is_sorted());
            all
        };
        let one = sorted(1);
        assert_eq!(one.len(), 1002);
        assert_eq!(sorted(7), one);
    }

    #[test]
    fn every_row_is_inserted_however_many_there_are() {
        for count in [0, 1, 31, 32, 33, 100] {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t (a, b)").unwrap();
            let rows: Vec<[i64; 2]> = (0..count).map(|number| [number, -number]).collect();
            insert_all(&connection, "t (a, b)", rows.clone()).unwrap();
            let mut select = connection.prepare("SELECT a, b FROM t ORDER BY a").unwrap();
            let found: rusqlite::Result<Vec<[i64; 2]>> = select
                .query_map([], |row| Ok([row.get(0)?, row.get(1)?]))
                .unwrap()
                .collect();
            assert_eq!(found.unwrap(), rows);
        }
    }

    #[test]
    fn an_interrupt_is_noticed_by_the_next_statement() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (hash INTEGER, key INTEGER); INSERT INTO t VALUES (1, 1)",
            )
            .unwrap();
        let outcome = in_portions(
            1,
            &connection,
            "SELECT hash, key FROM t",
            |row| Ok((row.get(0)?, [row.get(1)?])),
            |_| {
                connection.get_interrupt_handle().interrupt();
                connection
                    .execute("INSERT INTO t VALUES (2, 2)", [])
                    .map(drop)
            },
        );
        let code = outcome.unwrap_err().sqlite_error_code();
        assert_eq!(code, Some(rusqlite::ErrorCode::OperationInterrupted));
    }
}
