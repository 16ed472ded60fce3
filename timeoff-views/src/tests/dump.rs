//! All that a view says, row by row, so that two views can be compared.

use rusqlite::Connection;
use rusqlite::types::Value;

/// Keys mean nothing: rows refer to each other by them, so those are joined.
const SELECTS: [&str; 9] = [
    "SELECT 'application', a.place, a.id, a.appended_ms, a.email, a.department, a.hours, a.start, a.submitted_at, \
     a.leave_type, a.end, a.first_day, a.last_day, a.minutes, a.note, a.substitute, a.submitted_by, a.replaces, \
     a.status, b.withdrawn, b.outcome, b.result_place, b.result_ms, b.decided_by, b.decided_at, b.comment, b.sentence \
     FROM applications a LEFT JOIN answers b ON b.key = a.answer ORDER BY a.place",
    "SELECT 'early', e.id, b.withdrawn, b.outcome, b.result_place, b.result_ms, b.decided_by, b.decided_at, \
     b.comment, b.sentence FROM early_answers e JOIN answers b ON b.key = e.answer ORDER BY e.id",
    "SELECT 'answers', count(*) FROM answers",
    "SELECT 'command', * FROM commands ORDER BY place",
    "SELECT 'event', * FROM events ORDER BY place",
    "SELECT 'delegation', * FROM delegations ORDER BY place",
    "SELECT 'stay', * FROM stays ORDER BY person, partition",
    "SELECT 'person', * FROM people ORDER BY id",
    "SELECT 'passed over', * FROM passed_over ORDER BY topic, place",
];

pub(super) fn dump(connection: &Connection) -> Vec<Vec<Value>> {
    let positions = "SELECT 'position', * FROM positions ORDER BY topic, partition";
    let mut dumped = Vec::new();
    for sql in SELECTS.into_iter().chain([positions]) {
        let mut select = connection.prepare(sql).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            dumped.push((0..columns).map(|index| row.get(index).unwrap()).collect());
        }
    }
    let sound: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    dumped
}

/// Fails at the first row that differs.
pub(super) fn assert_same(one: &Connection, other: &Connection) {
    let (one, other) = (dump(one), dump(other));
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}
