use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use super::{Fixture, PARTITIONS, arc, record, refusal, spec};
use crate::sqlite::SqliteLog;

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_those_beside_it_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", fixture.path.display());
        let mode = fs::metadata(&path).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn a_text_file_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let text = "nothing that SQLite would know\n".repeat(100);
    fs::write(&path, &text).expect("is written");
    let message = refusal(&path).await;
    assert!(
        message.contains("notes.txt: could not open the file"),
        "{message}"
    );
    assert!(message.contains("name another file"), "{message}");
    assert!(message.contains("not a database"), "{message}");
    assert_eq!(fs::read_to_string(&path).expect("is read"), text);
}

#[tokio::test]
async fn somebody_elses_database_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, sql) in [
        ("tables.db", "CREATE TABLE things (name TEXT)"),
        ("marked.db", "PRAGMA application_id=1234"),
    ] {
        let path = folder.path().join(name);
        Connection::open(&path)
            .and_then(|connection| connection.execute_batch(sql))
            .expect("is made");
        let before = fs::read(&path).expect("is read");
        let message = refusal(&path).await;
        assert!(
            message.contains("something other than a TimeOff log"),
            "{message}"
        );
        assert_eq!(fs::read(&path).expect("is read"), before);
        assert!(!folder.path().join(format!("{name}-wal")).exists());
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let fixture = Fixture::new().await;
    fixture
        .raw()
        .pragma_update(None, "user_version", 2)
        .expect("is set");
    let message = refusal(&fixture.path).await;
    assert!(
        message.contains("run the newer version that wrote it"),
        "{message}"
    );
    assert!(
        message.contains("is version 2; this program knows version 1"),
        "{message}"
    );
}

#[tokio::test]
async fn an_empty_file_becomes_a_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("empty.db");
    fs::write(&path, "").expect("is written");
    let log = SqliteLog::open(&path).await.expect("opens");
    log.ensure_topics(&[spec(1)]).await.expect("topics");
    log.append(vec![record(0)]).await.expect("appends");
}

#[tokio::test]
async fn what_cannot_be_made_is_told_with_its_path_and_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("is written");
    for (path, remedy) in [
        (folder.path().join("no/where.db"), "make the folder"),
        (file.join("under.db"), "is not a folder"),
        (folder.path().to_owned(), "is a folder: name a file in it"),
    ] {
        let message = refusal(&path).await;
        assert!(
            message.contains(&path.display().to_string()) && message.contains(remedy),
            "{message}"
        );
    }
}

/// A folder whose mode forbids writing stops every user but root. /proc stops root too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_with_its_path() {
    let message = refusal(Path::new("/proc/timeoff.db")).await;
    assert!(
        message.contains("/proc/timeoff.db: could not make the file"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_openers_at_once_find_one_log() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("timeoff.db");
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move {
                    let log = SqliteLog::open(&path).await.expect("opens");
                    log.ensure_topics(&[spec(PARTITIONS)])
                        .await
                        .expect("topics");
                    log.append(vec![record(0)]).await.expect("appends")[0].offset
                })
            })
            .collect();
        let mut offsets = Vec::new();
        for opener in openers {
            offsets.push(opener.await.expect("no panic"));
        }
        offsets.sort_unstable();
        assert_eq!(offsets, (0..8).collect::<Vec<i64>>());
    }
}

/// Names the file to a process that the next test starts.
const CHILD_FILE: &str = "TIMEOFF_TEST_CHILD_FILE";
const CHILD_RECORDS: usize = 300;

#[tokio::test]
async fn processes_that_make_and_fill_a_file_together_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("timeoff.db");
    let myself = std::env::current_exe().expect("is known");
    let name = module_path!()
        .split_once("::")
        .expect("a crate")
        .1
        .to_owned()
        + "::appends_in_a_process_of_its_own";
    let children: Vec<_> = (0..4)
        .map(|_| {
            Command::new(&myself)
                .args(["--exact", &name, "--ignored"])
                .env(CHILD_FILE, &path)
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("ends").success());
    }
    let log = SqliteLog::open(&path).await.expect("opens");
    let next = log.append(vec![record(1)]).await.expect("appends");
    assert_eq!(next[0].offset, 4 * CHILD_RECORDS as i64);
}

#[tokio::test]
#[ignore = "a part of the test above, which runs it"]
async fn appends_in_a_process_of_its_own() {
    let Some(path) = std::env::var_os(CHILD_FILE) else {
        // Not a test on its own.
        return;
    };
    let log = SqliteLog::open(Path::new(&path)).await.expect("opens");
    log.ensure_topics(&[spec(PARTITIONS)])
        .await
        .expect("topics");
    for _ in 0..CHILD_RECORDS {
        log.append(vec![record(1)]).await.expect("appends");
    }
}

#[tokio::test]
async fn a_schema_has_one_id_from_one_on_whoever_asks() {
    let fixture = Fixture::new().await;
    let again = SqliteLog::open(&fixture.path).await.expect("opens");
    for (subject, text, id) in [
        ("a-value", "1", 1),
        ("a-value", "2", 2),
        ("a-value", "1", 1),
        ("b-value", "1", 3),
    ] {
        let given = fixture.log.register_schema(subject, text).await;
        assert_eq!(given.expect("registers"), id);
        let given = again.register_schema(subject, text).await;
        assert_eq!(given.expect("registers"), id);
        let read = again.schema_by_id(id).await.expect("reads");
        assert_eq!(read.as_deref(), Some(text));
    }
    assert_eq!(again.schema_by_id(4).await.expect("reads"), None);
}

#[tokio::test]
async fn an_append_to_nowhere_fails_alone() {
    let fixture = Fixture::new().await;
    let mut nowhere = record(0);
    nowhere.topic = arc("nowhere");
    let (good, no_topic, no_partition, late) = tokio::join!(
        fixture.log.append(vec![record(0); 2]),
        fixture.log.append(vec![record(0), nowhere]),
        fixture.log.append(vec![record(PARTITIONS)]),
        fixture.log.append(vec![record(0)]),
    );
    assert_eq!(good.expect("appends").len(), 2);
    let error = no_topic.expect_err("there is none");
    assert!(
        super::words(&error.source).contains("no topic 'nowhere'"),
        "{error}"
    );
    assert!(no_partition.is_err());
    assert_eq!(late.expect("appends")[0].offset, 2);
}
