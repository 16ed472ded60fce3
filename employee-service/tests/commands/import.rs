use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{Folder, MADE, ended};

const HEADER: &str = "email,department,hours,start\n";

fn rows(count: usize) -> String {
    let mut file = HEADER.to_owned();
    for n in 0..count {
        let department = ["HR", "IT", "OPS"][n % 3];
        writeln!(file, "e{n}@example.com,{department},8,2127-07-01").expect("memory");
    }
    file
}

/// How many applications the partition has: the offset that the next one gets.
fn queued(folder: &Folder, department: &str) -> u64 {
    let ended = folder.run(&[
        "submit",
        "--email=last@example.com",
        "--department",
        department,
        "--hours=1",
        "--start=2127-07-01",
        "--output=json",
    ]);
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    line["offset"].as_u64().expect("an offset")
}

#[test]
fn all_rows_of_a_file_are_queued() {
    let folder = Folder::new();
    folder.write("a.csv", rows(10_000));
    let ended = folder.run(&["import", "a.csv"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "10000 applications queued.\n");
    assert_eq!(ended.stderr, MADE);
    assert_eq!(queued(&folder, "HR"), 3334);
    assert_eq!(queued(&folder, "OPS"), 3333);
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = Folder::new();
    let input = rows(10);
    let ended = folder.run_with_input(&["import", "-", "--output", "json"], input.as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "{\"queued\":10,\"rejected\":0}\n");
}

#[test]
fn one_bad_row_keeps_all_from_being_queued() {
    let folder = Folder::new();
    folder.write(
        "a.csv",
        rows(3) + "ada,IT,8,2127-07-01\na@example.com,IT,0,2127-07-01\n",
    );
    let ended = folder.run(&["import", "a.csv"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "a.csv, line 5: \"ada\" is not an e-mail address: it must have exactly one @\n\
         a.csv, line 6: \"0\" is not a number of hours: it must be a whole number from 1 to 8784\n\
         error: a.csv: 2 of 5 rows are not applications, nothing was queued; mend them, or queue the others with \
         --skip-invalid\n"
    );
    assert_eq!(ended.stdout, "");
    assert!(!folder.has_log());
}

#[test]
fn bad_rows_may_be_skipped_and_are_reported() {
    let folder = Folder::new();
    folder.write(
        "a.csv",
        rows(3) + "ada,IT,8,2127-07-01\n" + &rows(1)[HEADER.len()..],
    );
    let ended = folder.run(&["import", "a.csv", "--skip-invalid", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "{\"queued\":4,\"rejected\":1}\n");
    assert!(
        ended.stderr.starts_with("a.csv, line 5: \"ada\""),
        "{ended:?}"
    );
    assert_eq!(queued(&folder, "HR"), 2);
}

#[test]
fn of_many_bad_rows_the_first_hundred_are_told() {
    let folder = Folder::new();
    folder.write(
        "a.csv",
        HEADER.to_owned() + &"x,IT,8,2127-07-01\n".repeat(150),
    );
    let ended = folder.run(&["import", "a.csv"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 102, "{ended:?}");
    assert!(ended.stderr.contains("a.csv: … and 50 more\n"), "{ended:?}");
}

#[test]
fn a_file_that_is_not_of_applications_is_refused_with_the_reason() {
    let utf16: Vec<u8> = "\u{feff}email,department,hours,start\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let open_quote = format!("{HEADER}\"{}", "x,IT,8,2127-07-01\n".repeat(100_000));
    let folder = Folder::new();
    for (content, reason) in [
        (
            &b""[..],
            "a.csv: it is empty; the first line must be email,department,hours,start",
        ),
        (
            HEADER.as_bytes(),
            "a.csv: it has no row after the first line",
        ),
        (
            b"email,department,start\n",
            "the first line has no column 'hours'",
        ),
        (b"email|department|hours|start\n", "separated by commas"),
        (&utf16, "a.csv: it is in UTF-16; save it as UTF-8"),
        (
            b"email,department,hours,start\nj\xfcrgen@example.com,IT,8,2127-07-01\n",
            "a.csv, line 2: email is not in UTF-8; save the file as UTF-8",
        ),
        (open_quote.as_bytes(), "is a quote not closed?"),
    ] {
        folder.write("a.csv", content);
        let ended = folder.run(&["import", "a.csv"]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(reason), "{reason} in {ended:?}");
        assert!(!folder.has_log());
    }
}

#[test]
fn a_start_in_the_past_and_a_row_that_is_there_twice_are_queued_and_pointed_out() {
    let folder = Folder::new();
    folder.write(
        "a.csv",
        "email;department;hours;start\n\
         ada@example.com;IT;8;0001-01-01\n\
         ada@example.com;IT;8;0001-01-01\n",
    );
    let ended = folder.run(&["import", "a.csv"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "2 applications queued.\n");
    assert_eq!(
        ended.stderr,
        format!(
            "a.csv: 2 applications start in the past (lines 2, 3).\n\
             a.csv, line 3: the same application as in line 2.\n{MADE}"
        )
    );
    let quiet = folder.run(&["import", "a.csv", "-q"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn one_is_not_called_by_the_plural() {
    let folder = Folder::new();
    folder.write("a.csv", rows(1) + "ada,IT,8,2127-07-01\n");
    let ended = folder.run(&["import", "a.csv", "--skip-invalid"]);
    assert_eq!(
        ended.stdout, "1 application queued, 1 row rejected.\n",
        "{ended:?}"
    );
}

#[test]
fn an_import_that_cannot_be_printed_says_that_it_is_queued() {
    let folder = Folder::new();
    folder.write("a.csv", rows(3));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut command = folder.command(&["import", "a.csv"]);
    command.stdout(full.expect("it is there"));
    let ended = ended(command.spawn().expect("started"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let start =
        format!("{MADE}error: 3 applications are queued, but that could not be printed: No space");
    assert!(ended.stderr.starts_with(&start), "{ended:?}");
    assert_eq!(queued(&folder, "HR"), 1);
}

#[test]
fn a_file_that_cannot_be_opened_is_wrong_usage() {
    let folder = Folder::new();
    for (name, reason) in [("missing.csv", "No such file"), (".", "it is a folder")] {
        let ended = folder.run(&["import", name]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let start = format!("error: {name} could not be opened: {reason}");
        assert!(ended.stderr.starts_with(&start), "{ended:?}");
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_of_other_systems_do_not_matter() {
    let folder = Folder::new();
    let file = format!("\u{feff}{}", rows(2).replace('\n', "\r\n"));
    folder.write("a.csv", file);
    let ended = folder.run(&["import", "a.csv"]);
    assert_eq!(ended.stdout, "2 applications queued.\n", "{ended:?}");
}

/// Asks a process to stop. Every system that has signals has `kill`.
fn terminate(pid: u32) {
    let status = std::process::Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()
        .expect("kill is there");
    assert!(status.success());
}

#[test]
fn waiting_for_standard_input_ends_on_a_signal() {
    let folder = Folder::new();
    let mut command = folder.command(&["import", "-", "-v"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("a pipe");
    // This is more than the pipe holds, so the program is reading by now and hears signals.
    stdin.write_all(rows(20_000).as_bytes()).expect("read");
    let asked = Instant::now();
    terminate(child.id());
    let ended = ended(child);
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("nothing was queued"), "{ended:?}");
    assert!(!folder.has_log());
}

#[test]
fn an_import_that_is_stopped_says_how_much_is_queued() {
    let folder = Folder::new();
    folder.write("a.csv", rows(400_000));
    let child = folder
        .command(&["import", "a.csv"])
        .spawn()
        .expect("started");
    while !folder.has_log() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let asked = Instant::now();
    terminate(child.id());
    let ended = ended(child);
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("error: stopped"), "{ended:?}");
    let told = ended
        .stderr
        .split_whitespace()
        .find_map(|word| word.parse::<u64>().ok())
        .unwrap_or(0);
    let on_the_log: u64 = ["HR", "IT", "OPS"]
        .map(|name| queued(&folder, name))
        .iter()
        .sum();
    assert_eq!(told, on_the_log, "{ended:?}");
    assert!(on_the_log < 400_000, "it was too quick to be stopped");
}

#[test]
fn a_folder_for_temporary_files_that_does_not_exist_is_named() {
    let folder = Folder::new();
    let mut command = folder.command(&["import", "-"]);
    command.env("TMPDIR", "/does/not/exist");
    let mut child = command.stdin(Stdio::piped()).spawn().expect("started");
    // The program may have ended before it has read anything.
    drop(child.stdin.take());
    let end = ended(child);
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stderr.contains("/does/not/exist"), "{end:?}");
    assert!(end.stderr.contains("TMPDIR"), "{end:?}");
}
