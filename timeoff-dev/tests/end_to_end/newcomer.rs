//! What a newcomer types: the lines that the demo and the samples of dead letters print.

use std::process::Command;

use timeoff_testkit::services;

/// Runs a line as if typed in a terminal: in this folder, with the programs on the `PATH`.
fn typed(folder: &std::path::Path, line: &str) -> (bool, String, String) {
    let programs = services().path("timeoff-dev");
    let programs = programs.parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIMEOFF_")) {
        command.env_remove(name);
    }
    let output = command
        .args(["-c", line])
        .env("PATH", format!("{programs}:{path}"))
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    (output.status.success(), out, err)
}

pub(crate) fn done(folder: &std::path::Path, line: &str) -> (String, String) {
    let (succeeded, out, err) = typed(folder, line);
    assert!(succeeded, "{line}:\n{out}\n{err}");
    (out, err)
}

#[test]
fn what_the_demo_prints_can_be_typed_on_the_log_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let demo = env!("CARGO_BIN_EXE_timeoff-dev").to_owned() + " demo";
    let (said, _) = done(folder.path(), &demo);
    let typed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("  $ "))
        .collect();
    let [import, auto, read] = typed[..] else {
        panic!("{said}");
    };
    let (results, _) = done(folder.path(), read);
    let shown: Vec<&str> = said.lines().map(str::trim_start).collect();
    for line in results.lines() {
        assert!(
            shown.contains(&line.trim_start()),
            "{line:?} is not in {said}"
        );
    }
    done(folder.path(), import);
    done(folder.path(), auto);
    let (all, _) = done(folder.path(), read);
    assert_eq!(all.matches("@").count(), 2 * results.matches("@").count());

    let log = said.split("The log is kept: ").nth(1).unwrap();
    let log = log.split(". Now").next().unwrap();
    for service in ["employee-service", "manager-service", "result-reader"] {
        let by_hand = format!("{service} --log {log}");
        assert!(said.contains(&by_hand), "{by_hand} is not in {said}");
    }
    // The next demo has its own log.
    let (next, _) = done(folder.path(), &demo);
    assert!(!next.contains(log), "{next}");
    assert_eq!(done(folder.path(), read).0, all);
}

#[test]
fn dead_letters_are_made_seen_and_put_back_by_the_lines_that_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (sent, said) = done(folder.path(), "timeoff-dev dead-letters");
    let sent = sent.lines().count();
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .collect();
    let [auto, list, add, retry, again] = lines[..] else {
        panic!("{said}");
    };
    let (decided, _) = done(folder.path(), auto);
    assert_eq!(decided.lines().count(), 1, "{decided}");
    let (letters, _) = done(folder.path(), list);
    assert_eq!(letters.lines().count(), sent - 1, "all but one: {letters}");
    // One shell for all three, because an exported variable lives only as long as the shell.
    let rest = [add, retry, again].join(" && ");
    let (out, _) = done(folder.path(), &rest);
    assert!(out.contains("put back at"), "{out}");
    assert!(out.contains("approved"), "{out}");
    let (letters, _) = done(
        folder.path(),
        &format!("TIMEOFF_DEPARTMENTS=HR,IT,OPS,SALES {list}"),
    );
    assert_eq!(letters.lines().count(), sent - 2, "{letters}");
}
