//! A backup that is made while services work, and services that go on from it.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use timeoff_testkit::{AUTO, Bench};

use crate::applications::{Decision, parse, write_csv};

const ROWS: usize = 15_000;

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

/// Long enough for a manager to send more than one heartbeat.
const BEATS: Duration = Duration::from_millis(600);

#[test]
fn a_backup_made_while_an_import_and_two_managers_run_is_a_log_to_go_on_with() {
    let bench = Bench::sqlite();
    let csv = write_csv(&bench, ROWS);
    let importing = bench.start("employee-service", &["import", csv.to_str().unwrap()]);
    let mut first = bench.start("manager-service", &AUTO);
    let mut second = bench.start("manager-service", &AUTO);
    first.wait_until_printed(500);
    second.wait_until_printed(500);
    let said_before: Vec<Decision> = parse(
        &first
            .out
            .text()
            .lines()
            .take(500)
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    let backup = bench.folder.path().join("monday.db");
    let arguments = ["log", "backup", backup.to_str().unwrap()];
    bench.run("manager-service", &arguments).done();
    assert!(first.status().is_none() && second.status().is_none());

    // The backup is one file, only for its owner, and is never replaced.
    let mode = std::os::unix::fs::PermissionsExt::mode(&backup.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<String> = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("monday"))
        .collect();
    assert_eq!(names, ["monday.db"]);
    bench
        .run("manager-service", &arguments)
        .exited_with(1)
        .said(&["exists already"]);

    importing.wait().done();
    // Once all is decided, the managers only send heartbeats, so what is beside the file has whole transactions.
    let waiting = Instant::now();
    while first.out.count() + second.out.count() < ROWS {
        assert!(waiting.elapsed() < PATIENCE, "not all is decided");
        std::thread::sleep(POLL);
    }
    std::thread::sleep(BEATS);
    for running in [&first, &second] {
        // What a kill leaves beside the log is from a later moment than the backup.
        running.signal("KILL");
    }
    first.wait();
    second.wait();
    let wal = bench.folder.path().join("timeoff.db-wal");
    assert!(wal.exists());

    let restored = restore(&bench, &backup);
    std::fs::copy(&wal, restored.folder.path().join("timeoff.db-wal")).unwrap();
    restored
        .run("result-reader", &["--from-beginning", "--until-caught-up"])
        .exited_with(1)
        .said(&["belongs to another file"]);
    std::fs::remove_file(restored.folder.path().join("timeoff.db-wal")).unwrap();

    let results = || {
        let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
        let shown = restored.run("result-reader", &arguments).done();
        parse::<crate::applications::Shown>(&shown.out)
    };
    let kept = results();
    let kept_ids: HashSet<&str> = kept.iter().map(|result| &*result.id).collect();
    assert_eq!(kept_ids.len(), kept.len(), "one is decided twice");
    for decision in &said_before {
        assert!(kept_ids.contains(&*decision.id), "{} is lost", decision.id);
    }
    assert!(kept.len() < ROWS, "the backup is of a later moment");

    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    let went_on = restored.run("manager-service", &arguments).done();
    let all = results();
    assert_eq!(all.len(), kept.len() + went_on.out.len());
    let all_ids: HashSet<&str> = all.iter().map(|result| &*result.id).collect();
    assert_eq!(all_ids.len(), all.len(), "one is decided twice");
    assert_eq!(all.len(), applications(&restored), "one is not decided");
}

#[test]
fn a_backup_of_no_file_and_of_a_cluster_is_refused_and_makes_nothing() {
    let bench = Bench::sqlite();
    let arguments = ["log", "backup", "monday.db"];
    bench
        .run("manager-service", &arguments)
        .exited_with(1)
        .said(&["there is no such file"]);
    let kafka = ["--log", "kafka://127.0.0.1:9", "log", "backup", "monday.db"];
    let mut command = bench.services.command("manager-service");
    command.current_dir(bench.folder.path()).args(kafka);
    timeoff_testkit::Running::start(command)
        .wait()
        .exited_with(2)
        .said(&["is not one file"]);
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

/// The backup in another folder, as a log with the same names.
fn restore(bench: &Bench, backup: &Path) -> Bench {
    let mut restored = Bench::sqlite();
    std::fs::copy(backup, restored.folder.path().join("timeoff.db")).unwrap();
    restored.applications.clone_from(&bench.applications);
    restored.results.clone_from(&bench.results);
    restored.dead_letters.clone_from(&bench.dead_letters);
    restored.commands.clone_from(&bench.commands);
    restored.ledger.clone_from(&bench.ledger);
    restored.managers.clone_from(&bench.managers);
    restored.readers.clone_from(&bench.readers);
    restored
}

fn applications(bench: &Bench) -> usize {
    let connection = rusqlite::Connection::open(bench.folder.path().join("timeoff.db")).unwrap();
    let count: i64 = connection
        .query_row(
            "SELECT count(*) FROM records WHERE topic = (SELECT id FROM topics WHERE name = ?1)",
            [&bench.applications],
            |row| row.get(0),
        )
        .unwrap();
    usize::try_from(count).unwrap()
}
