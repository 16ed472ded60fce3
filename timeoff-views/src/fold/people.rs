//! People, who may move from partition to partition.
//!
//! Each partition is folded into the person's stay there. A move ends one stay and begins another, in two partitions
//! that are read independently of each other: in between there may be none that goes on, or two. The stay that counts is
//! one that goes on if there is any; of several one at home, not as a guest; and of these the one that began last.

use rusqlite::{Connection, params};

use super::leave;
use crate::decode::{PersonChange, PersonValues, Row};

const ENTER: &str = "INSERT OR REPLACE INTO stays (person, partition, entered_ms, entered, department, email, name, \
    role, region, schedule, from_date, until_date, tags, left_on, is_guest, \
    earlier_terms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

const CHANGE: &str = "UPDATE stays SET email = ?3, name = ?4, role = ?5, region = ?6, schedule = ?7, from_date = ?8, \
    until_date = ?9, tags = ?10, earlier_terms = ?11 WHERE person = ?1 AND partition = ?2";

const MOVE: &str = "UPDATE stays SET moved_to = ?3 WHERE person = ?1 AND partition = ?2";

const LEAVE: &str = "UPDATE stays SET left_on = ?3 WHERE person = ?1 AND partition = ?2";

/// Of a person who has moved on to a partition that has not been read, the department is the one moved to.
const COUNT: &str = "INSERT OR REPLACE INTO people (id, partition, entered_ms, email, name, department, role, region, \
    schedule, from_date, until_date, tags, left_on, earlier_terms) \
    SELECT person, partition, entered_ms, email, name, coalesce(moved_to, department), role, region, schedule, \
    from_date, until_date, tags, left_on, earlier_terms FROM stays WHERE person = ?1 \
    ORDER BY moved_to IS NULL DESC, is_guest, entered_ms DESC, entered DESC LIMIT 1";

pub(super) fn change(
    transaction: &Connection,
    row: &Row,
    person: &str,
    change: &PersonChange,
) -> rusqlite::Result<()> {
    let partition = row.place.partition();
    match change {
        PersonChange::Entered {
            department,
            is_guest,
            values,
            left_on,
        } => {
            let PersonValues {
                email,
                name,
                role,
                region,
                schedule,
                from_date,
                until_date,
                tags,
                earlier_terms,
            } = values;
            let place = row.place.number();
            transaction.prepare_cached(ENTER)?.execute(params![
                person,
                partition,
                row.appended_ms,
                place,
                department,
                email,
                name,
                role,
                region,
                schedule,
                from_date,
                until_date,
                tags,
                left_on,
                is_guest,
                earlier_terms
            ])?;
        }
        PersonChange::Changed(values) => {
            transaction.prepare_cached(CHANGE)?.execute(params![
                person,
                partition,
                values.email,
                values.name,
                values.role,
                values.region,
                values.schedule,
                values.from_date,
                values.until_date,
                values.tags,
                values.earlier_terms
            ])?;
        }
        PersonChange::Moved { to_department } => {
            let mut statement = transaction.prepare_cached(MOVE)?;
            statement.execute(params![person, partition, to_department])?;
            leave::take_along(transaction, partition, person)?;
        }
        PersonChange::Left { last_date } => {
            let mut statement = transaction.prepare_cached(LEAVE)?;
            statement.execute(params![person, partition, last_date])?;
        }
    }
    transaction.prepare_cached(COUNT)?.execute([person])?;
    Ok(())
}
