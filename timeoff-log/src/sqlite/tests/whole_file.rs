//! After a clean end, one file is all of a log. A file is never a mixture of two logs.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Fixture, PARTITIONS, delivery, find, record, refusal};
use crate::sqlite::SqliteLog;
use crate::sqlite::file::LogFile;
use crate::sqlite::records::Appending;
use crate::sqlite::store::{CALLER, Store};

fn beside(path: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", path.display()).into()
}

fn assert_alone(path: &Path) {
    assert!(path.exists());
    for suffix in ["-wal", "-shm", "-journal"] {
        assert!(!beside(path, suffix).exists(), "{suffix} is left");
    }
}

/// Copies the file and, if there is one, the write-ahead log: what a kill at this moment would leave.
fn copy_all(from: &Path, to: &Path) {
    fs::copy(from, to).expect("is copied");
    let wal = beside(from, "-wal");
    if wal.exists() {
        fs::copy(wal, beside(to, "-wal")).expect("is copied");
    }
}

fn count(path: &Path) -> i64 {
    let file = LogFile::open(path).expect("opens");
    let store = file.connect(CALLER).expect("connects");
    store
        .read(|connection| {
            let sql = "SELECT coalesce(sum(next_offset), 0) FROM partitions";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .expect("is read")
}

#[tokio::test]
async fn closing_waits_for_what_still_has_the_file_and_leaves_the_file_alone() {
    let fixture = Fixture::new().await;
    fixture.append(0, 10).await;
    let mut member = fixture.join("g").await;
    find(&mut member, delivery).await;
    let reader = fixture
        .log
        .read(super::TOPIC, crate::ReadFrom::Beginning)
        .await;
    let log = fixture.log.clone();
    // As when a command is stopped: member and reader are dropped, not closed, and a clone of the log is left over.
    drop((member, reader));
    log.close().await;
    assert_alone(&fixture.path);
    assert_eq!(count(&fixture.path), 10);
}

#[tokio::test]
async fn closing_ends_what_was_not_dropped_too() {
    let fixture = Fixture::new().await;
    let mut member = fixture.join("g").await;
    let mut reader = fixture
        .log
        .read(super::TOPIC, crate::ReadFrom::Beginning)
        .await
        .expect("reads");
    fixture.log.clone().close().await;
    assert_alone(&fixture.path);
    while member.next().await.is_ok() {}
    while reader.next().await.is_ok() {}
    let refused = fixture.log.append(vec![record(0)]).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_that_close_at_one_instant_the_last_leaves_the_file_alone() {
    let fixture = Fixture::new().await;
    fixture.log.clone().close().await;
    for _ in 0..40 {
        let mut logs = Vec::new();
        for _ in 0..4 {
            let log = SqliteLog::open(&fixture.path).await.expect("opens");
            log.append(vec![record(0)]).await.expect("appends");
            logs.push(log);
        }
        let closing: Vec<_> = logs
            .into_iter()
            .map(|log| tokio::spawn(log.close()))
            .collect();
        for closed in closing {
            closed.await.expect("no panic");
        }
        assert_alone(&fixture.path);
    }
    assert_eq!(count(&fixture.path), 160);
}

#[tokio::test]
async fn a_backup_put_back_beside_what_another_day_has_left_is_refused_and_left_as_it_was() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    fixture.log.clone().close().await;
    let backup = beside(&fixture.path, ".backup");
    fs::copy(&fixture.path, &backup).expect("is copied");
    for _ in 0..2 {
        let log = SqliteLog::open(&fixture.path).await.expect("opens");
        log.append(vec![record(0)]).await.expect("appends");
        log.close().await;
    }
    // A kill leaves this.
    let log = SqliteLog::open(&fixture.path).await.expect("opens");
    log.append(vec![record(0)]).await.expect("appends");
    let killed = beside(&fixture.path, ".killed");
    copy_all(&fixture.path, &killed);
    assert_eq!(count(&killed), 4);

    let log = SqliteLog::open(&fixture.path).await.expect("opens");
    log.append(vec![record(0)]).await.expect("appends");
    copy_all(&fixture.path, &killed);
    fs::copy(&backup, &killed).expect("is put back");
    let before = fs::read(beside(&killed, "-wal")).expect("is read");
    let message = refusal(&killed).await;
    assert!(message.contains("belongs to another file"), "{message}");
    assert!(message.contains("-wal"), "{message}");
    assert_eq!(fs::read(&killed).ok(), fs::read(&backup).ok());
    assert_eq!(fs::read(beside(&killed, "-wal")).expect("is read"), before);

    fs::remove_file(beside(&killed, "-wal")).expect("is removed");
    assert_eq!(count(&killed), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_is_named_by_a_link_has_what_is_beside_its_target() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&fixture.path, &link).expect("is linked");
    let file = LogFile::open(&link).expect("opens");
    assert!(file.location().wal_bytes() > 0);
    assert!(file.stamp_if_whole().expect("is there").is_none());
    assert_eq!(count(&link), 1);
    fixture.log.clone().close().await;
    assert!(file.stamp_if_whole().expect("is there").is_some());

    // The write-ahead log of a log with a longer history.
    let log = SqliteLog::open(&fixture.path).await.expect("opens");
    log.append(vec![record(0)]).await.expect("appends");
    let stranger = Fixture::new().await;
    stranger.log.clone().close().await;
    let other = stranger.path.clone();
    fs::copy(beside(&fixture.path, "-wal"), beside(&other, "-wal")).expect("is copied");
    let link = folder.path().join("other.db");
    std::os::unix::fs::symlink(&other, &link).expect("is linked");
    let message = refusal(&link).await;
    assert!(message.contains("belongs to another file"), "{message}");
}

#[tokio::test]
async fn what_was_written_last_is_not_thrown_away_when_the_file_is_missing_or_empty() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let alone = beside(&fixture.path, ".moved");
    let wal = beside(&alone, "-wal");
    fs::copy(beside(&fixture.path, "-wal"), &wal).expect("is copied");
    let before = fs::read(&wal).expect("is read");
    for _ in 0..2 {
        let message = refusal(&alone).await;
        assert!(
            message.contains("but not the file that it belongs to"),
            "{message}"
        );
        assert_eq!(fs::read(&wal).expect("is read"), before);
        fs::write(&alone, "").expect("is written");
    }
}

/// One transaction of a process that will be killed.
fn write(store: &Store, records: usize) {
    store
        .write(|connection| {
            let mut appending = Appending::begin(connection)?;
            for number in 0..records {
                appending.append(&record(number as i32 % PARTITIONS))?;
            }
            appending.finish()
        })
        .expect("is written");
}

fn checkpoint(store: &Store, kind: &str) {
    let sql = format!("PRAGMA wal_checkpoint({kind})");
    store
        .connection()
        .query_row(&sql, [], |_| Ok(()))
        .expect("is merged");
}

/// The file as an interrupted merge may leave it: some of its pages are still the old ones.
fn merged_in_part(before: &[u8], after: &[u8], is_taken: impl Fn(usize) -> bool) -> Vec<u8> {
    const PAGE: usize = 4096;
    let pages = after.chunks(PAGE).enumerate();
    let mixed = pages.map(|(number, page)| {
        let old = before.get(number * PAGE..(number + 1) * PAGE);
        if is_taken(number) {
            page.to_owned()
        } else {
            old.unwrap_or(&[0; PAGE]).to_owned()
        }
    });
    mixed.flatten().collect()
}

#[tokio::test]
async fn what_a_kill_has_left_is_never_taken_for_a_strangers() {
    let fixture = Fixture::new().await;
    fixture.log.clone().close().await;
    let file = LogFile::open(&fixture.path).expect("opens");
    let store = file.connect(CALLER).expect("connects");
    let killed = beside(&fixture.path, ".killed");
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut kills = 0;
    let mut expect = |file: &[u8], wal: &[u8], at_least: i64| {
        let _ = fs::remove_file(beside(&killed, "-shm"));
        fs::write(&killed, file).expect("is written");
        fs::write(beside(&killed, "-wal"), wal).expect("is written");
        let found = count(&killed);
        assert!(found >= at_least, "{found} of {at_least}");
        kills += 1;
    };
    let wal_of = || fs::read(beside(&fixture.path, "-wal")).unwrap_or_default();
    let mut written = 0;
    for _ in 0..40 {
        let (file_before, written_before) = (fs::read(&fixture.path).expect("is read"), written);
        for _ in 0..1 + random(4) {
            let records = 1 + random(200);
            write(&store, records);
            written += records as i64;
        }
        let wal = wal_of();
        // Killed between transactions, and in the middle of one.
        expect(&file_before, &wal, written);
        let cut_off = random(wal.len());
        expect(&file_before, &wal[..cut_off], 0);
        // Killed while all or a part is being merged, or with all merged, before the next transaction.
        match random(3) {
            0 => continue,
            1 => checkpoint(&store, "PASSIVE"),
            _ => checkpoint(&store, "TRUNCATE"),
        }
        let file_after = fs::read(&fixture.path).expect("is read");
        let seed = random(1000);
        for share in [2, 3, 7] {
            let in_part = merged_in_part(&file_before, &file_after, |page| {
                (page * 31 + seed) % share == 0
            });
            expect(&in_part, &wal, written);
        }
        expect(&file_after, &wal_of(), written);
        assert!(written > written_before);
    }
    assert!(kills > 100, "{kills}");
}
