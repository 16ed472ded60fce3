//! All that a view says, row by row, so that two views can be compared.

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::hash::hash_of;

/// Keys mean nothing: rows refer to each other by them, so those are joined.
const SELECTS: [&str; 15] = [
    "SELECT 'application', a.place, a.id, a.appended_ms, a.email, a.department, a.hours, a.start, a.submitted_at, \
     a.leave_type, a.end, a.first_day, a.last_day, a.minutes, a.note, a.substitute, a.submitted_by, a.replaces, \
     b.withdrawn, b.outcome, b.result_place, b.result_ms, b.decided_by, b.decided_at, b.comment, b.sentence \
     FROM applications a LEFT JOIN answers b ON b.key = a.key ORDER BY a.place",
    "SELECT 'early', e.id, b.withdrawn, b.outcome, b.result_place, b.result_ms, b.decided_by, b.decided_at, \
     b.comment, b.sentence FROM early_answers e JOIN answers b ON b.key = e.key ORDER BY e.id",
    "SELECT 'id', i.hash, a.place FROM ids i LEFT JOIN applications a ON a.key = i.key ORDER BY i.hash, a.place",
    "SELECT 'by email', i.hash, i.appended_ms, i.place, a.email, a.appended_ms, a.place FROM by_email i \
     LEFT JOIN applications a ON a.key = i.key ORDER BY a.place",
    "SELECT 'by time', i.appended_ms, i.place FROM by_time i ORDER BY i.place",
    "SELECT 'by start', i.start, i.place FROM by_start i ORDER BY i.place",
    "SELECT 'waiting', i.appended_ms, i.place, a.appended_ms, a.place FROM waiting i \
     LEFT JOIN applications a ON a.key = i.key ORDER BY a.place",
    "SELECT 'answers', count(*) FROM answers",
    "SELECT 'command', * FROM commands ORDER BY place",
    "SELECT 'event', * FROM events ORDER BY place",
    "SELECT 'delegation', * FROM delegations ORDER BY place",
    "SELECT 'stay', * FROM stays ORDER BY person, partition",
    "SELECT 'person', * FROM people ORDER BY id",
    "SELECT 'booked', * FROM booked ORDER BY person, partition, application",
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
    assert_found(connection);
    let sound: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    dumped
}

/// Every application is in the tables by which it is found, and no other row is.
fn assert_found(connection: &Connection) {
    let count = |what: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {what}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let applications = "applications a";
    let same = [
        (
            "ids",
            "ids i JOIN applications a ON a.key = i.key",
            applications,
        ),
        (
            "by_email",
            "by_email i JOIN applications a ON (a.key, a.appended_ms, a.place) = (i.key, i.appended_ms, i.place)",
            applications,
        ),
        (
            "by_time",
            "by_time i JOIN applications a ON (a.key, a.appended_ms, a.place) = (i.key, i.appended_ms, i.place)",
            applications,
        ),
        (
            "by_start",
            "by_start i JOIN applications a ON (a.key, a.start, a.place) = (i.key, i.start, i.place)",
            applications,
        ),
        (
            "waiting",
            "waiting i JOIN applications a ON (a.key, a.appended_ms, a.place) = (i.key, i.appended_ms, i.place)",
            "applications a WHERE NOT EXISTS (SELECT 1 FROM answers b WHERE b.key = a.key)",
        ),
    ];
    for (table, joined, expected) in same {
        let counts = (count(table), count(joined));
        assert_eq!(counts, (count(expected), count(expected)), "{table}");
    }
    let mut select = connection
        .prepare("SELECT a.id, i.hash, a.email, e.hash FROM applications a JOIN ids i USING (key) JOIN by_email e USING (key)")
        .unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let hash = |index| hash_of(row.get_ref(index).unwrap().as_str().unwrap());
        let found: (i64, i64) = (row.get(1).unwrap(), row.get(3).unwrap());
        assert_eq!(found, (hash(0), hash(2)));
    }
}

/// Fails at the first row that differs.
pub(super) fn assert_same(one: &Connection, other: &Connection) {
    let (one, other) = (dump(one), dump(other));
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}
