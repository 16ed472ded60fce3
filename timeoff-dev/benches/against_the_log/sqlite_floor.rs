//! The least code that does the work on a SQLite file: the same table, the same settings, transactions of the same
//! size.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::ground::{Bytes, FRAME, Ground, Names, PARTITIONS, Topic, count, in_turn};

/// As many records as the log's writer puts into one transaction, and as many as a policy decides in one.
const SUBMITTED_TOGETHER: usize = 4_096;
const DECIDED_TOGETHER: usize = 4_000;

/// The floor's own topics in its file.
const APPLICATIONS: i64 = 1;
const RESULTS: i64 = 2;
const LEDGER: i64 = 3;

/// A folder with a file for each side's topics.
pub(crate) struct SqliteGround {
    folder: PathBuf,
}

impl SqliteGround {
    pub(crate) fn new(folder: &Path) -> SqliteGround {
        SqliteGround {
            folder: folder.to_owned(),
        }
    }

    fn file(&self, names: &Names) -> PathBuf {
        self.folder.join(format!("{}.db", names.group))
    }

    /// A connection like the log's own.
    fn open(&self, names: &Names) -> Connection {
        let connection = Connection::open(self.file(names)).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2048;
                 CREATE TABLE IF NOT EXISTS bare (
                     topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
                     timestamp_ms INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB,
                     PRIMARY KEY (topic, partition, offset)
                 ) STRICT, WITHOUT ROWID;
                 CREATE TABLE IF NOT EXISTS done (partition INTEGER PRIMARY KEY, next INTEGER) STRICT;
                 INSERT OR IGNORE INTO done VALUES (0, 0), (1, 0), (2, 0);",
            )
            .unwrap();
        connection
    }
}

const INSERT: &str = "INSERT INTO bare VALUES (?1, ?2, ?3, 1, ?4, ?5, NULL)";

impl Ground for SqliteGround {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn log_url(&self, names: &Names) -> String {
        format!("sqlite:{}", self.file(names).display())
    }

    fn make(&self, _: &Names) {}

    fn take(&self, names: &Names, topic: &str) -> Topic {
        let connection = Connection::open(self.file(names)).unwrap();
        let is_bare = connection.table_exists(None, "bare").unwrap();
        let select = if is_bare {
            let number = if topic == names.results {
                RESULTS
            } else {
                APPLICATIONS
            };
            format!("SELECT partition, key, value FROM bare WHERE topic = {number}")
        } else {
            format!(
                "SELECT partition, key, value FROM records \
                 WHERE topic = (SELECT id FROM topics WHERE name = '{topic}')"
            )
        };
        let mut select = connection
            .prepare(&(select + " ORDER BY partition, offset"))
            .unwrap();
        let mut rows = select.query([]).unwrap();
        let mut found = Topic::default();
        while let Some(row) = rows.next().unwrap() {
            let partition: u32 = row.get(0).unwrap();
            found[partition as usize].push(Bytes {
                key: row.get(1).unwrap(),
                value: row.get(2).unwrap(),
            });
        }
        found
    }

    fn submit(&self, names: &Names, records: &Topic) -> Duration {
        let mut connection = self.open(names);
        let all: Vec<(usize, &Bytes)> = in_turn(records).collect();
        let began = Instant::now();
        let mut offsets = [0_i64; PARTITIONS];
        for chunk in all.chunks(SUBMITTED_TOGETHER) {
            let transaction = connection.transaction().unwrap();
            let mut insert = transaction.prepare_cached(INSERT).unwrap();
            for (partition, Bytes { key, value }) in chunk {
                let offset = &mut offsets[*partition];
                insert
                    .execute(params![
                        APPLICATIONS,
                        *partition as i64,
                        *offset,
                        key,
                        value
                    ])
                    .unwrap();
                *offset += 1;
            }
            drop(insert);
            transaction.commit().unwrap();
        }
        began.elapsed()
    }

    fn decide(&self, names: &Names, results: &Topic, ledger: Option<&Topic>) -> Duration {
        let mut connection = self.open(names);
        let began = Instant::now();
        let mut done = [0_usize; PARTITIONS];
        let mut left = count(results);
        while left > 0 {
            let transaction = connection.transaction().unwrap();
            let mut select = transaction
                .prepare_cached(
                    "SELECT key, value FROM bare \
                     WHERE topic = ?1 AND partition = ?2 AND offset >= ?3 ORDER BY offset LIMIT ?4",
                )
                .unwrap();
            let mut insert = transaction.prepare_cached(INSERT).unwrap();
            let mut update = transaction
                .prepare_cached("UPDATE done SET next = ?2 WHERE partition = ?1")
                .unwrap();
            for (partition, next) in done.iter_mut().enumerate() {
                let limit = (DECIDED_TOGETHER / PARTITIONS) as i64;
                let from = *next;
                let mut rows = select
                    .query(params![APPLICATIONS, partition as i64, from as i64, limit])
                    .unwrap();
                while let Some(row) = rows.next().unwrap() {
                    let key = row.get_ref(0).unwrap().as_blob().unwrap();
                    let result = &results[partition][*next];
                    assert_eq!(key[FRAME..], result.key[FRAME..]);
                    let event = ledger.map(|ledger| (LEDGER, &ledger[partition][*next]));
                    for (topic, Bytes { key, value }) in
                        [(RESULTS, result)].into_iter().chain(event)
                    {
                        insert
                            .execute(params![topic, partition as i64, *next as i64, key, value])
                            .unwrap();
                    }
                    *next += 1;
                    left -= 1;
                }
                update
                    .execute(params![partition as i64, *next as i64])
                    .unwrap();
            }
            drop((select, insert, update));
            transaction.commit().unwrap();
        }
        began.elapsed()
    }

    fn read(&self, names: &Names, rows: usize) -> Duration {
        let connection = self.open(names);
        let began = Instant::now();
        let mut select = connection
            .prepare(
                "SELECT partition, offset, timestamp_ms, key, value FROM bare WHERE topic = ?1",
            )
            .unwrap();
        let mut found = select.query([RESULTS]).unwrap();
        let (mut count, mut bytes) = (0, 0);
        while let Some(row) = found.next().unwrap() {
            bytes += row.get_ref(3).unwrap().as_blob().unwrap().len();
            bytes += row.get_ref(4).unwrap().as_blob().unwrap().len();
            count += 1;
        }
        let took = began.elapsed();
        assert_eq!(count, rows);
        assert!(bytes > 0);
        took
    }

    fn one_at_a_time(&self, names: &Names, count: usize) -> Vec<Duration> {
        let record = Bytes::usual();
        let [mut employee, mut manager, reader] = [(); 3].map(|()| self.open(names));
        let row = |topic: i64, offset: usize| {
            (
                topic,
                1,
                offset as i64,
                record.key.clone(),
                record.value.clone(),
            )
        };
        let next = "SELECT key, value FROM bare WHERE topic = ?1 AND partition = 1 AND offset = ?2";
        (0..count)
            .map(|offset| {
                let began = Instant::now();
                let transaction = employee.transaction().unwrap();
                transaction
                    .execute(INSERT, row(APPLICATIONS, offset))
                    .unwrap();
                transaction.commit().unwrap();

                let transaction = manager.transaction().unwrap();
                let _: Vec<u8> = transaction
                    .query_row(next, (APPLICATIONS, offset as i64), |row| row.get(1))
                    .unwrap();
                transaction.execute(INSERT, row(RESULTS, offset)).unwrap();
                transaction
                    .execute(
                        "UPDATE done SET next = ?1 WHERE partition = 1",
                        [offset as i64],
                    )
                    .unwrap();
                transaction.commit().unwrap();

                let _: Vec<u8> = reader
                    .query_row(next, (RESULTS, offset as i64), |row| row.get(1))
                    .unwrap();
                began.elapsed()
            })
            .collect()
    }

    fn remove(&self, names: &Names) {
        let file = self.file(names).display().to_string();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{file}{end}"));
        }
    }
}
