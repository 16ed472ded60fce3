use std::time::{Duration, Instant};

use crate::program::{Folder, MADE};

const SUBMIT: [&str; 9] = [
    "submit",
    "--email",
    "Ada@Example.com",
    "--department",
    "it",
    "--hours",
    "16",
    "--start",
    "2127-07-01",
];

/// The arguments of a submission, with another value for one of the options.
fn with<'a>(option: &str, value: &'a str) -> Vec<&'a str> {
    let mut arguments = SUBMIT.to_vec();
    let place = SUBMIT.iter().position(|&argument| argument == option);
    arguments[place.expect("an option of submit") + 1] = value;
    arguments
}

#[test]
fn an_application_is_queued_where_it_says() {
    let folder = Folder::new();
    for offset in 0..2 {
        let ended = folder.run(&SUBMIT);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let start = format!("Queued at partition 1, offset {offset}. Its id is ada@example.com-");
        assert!(ended.stdout.starts_with(&start), "{ended:?}");
        assert_eq!(ended.stderr, if offset == 0 { MADE } else { "" });
    }
    let hr = folder.run(&with("--department", "HR"));
    assert!(
        hr.stdout.starts_with("Queued at partition 0, offset 0."),
        "{hr:?}"
    );
}

#[test]
fn json_has_the_fields_of_the_contract_in_order() {
    let folder = Folder::new();
    let ended = folder.run(&[&SUBMIT[..], &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let id = line["id"].as_str().expect("an id");
    assert_eq!(
        ended.stdout,
        format!(
            "{{\"id\":\"{id}\",\"topic\":\"leave-applications\",\"partition\":1,\"offset\":0}}\n"
        )
    );
}

#[test]
fn a_wrong_value_is_one_line_that_names_option_value_and_rule() {
    for (option, value, message) in [
        (
            "--email",
            "ada",
            r#"--email: "ada" is not an e-mail address: it must have exactly one @"#,
        ),
        (
            "--department",
            "Sales",
            r#"--department: "Sales" is not a department: it must be one of HR,IT,OPS"#,
        ),
        (
            "--hours",
            "0",
            r#"--hours: "0" is not a number of hours: it must be a whole number from 1 to 8784"#,
        ),
        (
            "--hours",
            "8785",
            r#"--hours: "8785" is not a number of hours: it must be a whole number from 1 to 8784"#,
        ),
        (
            "--hours",
            "-8",
            r#"--hours: "-8" is not a number of hours: it must be a whole number from 1 to 8784"#,
        ),
        (
            "--start",
            "2027-02-29",
            r#"--start: "2027-02-29" is not a start date: there is no such day"#,
        ),
    ] {
        let folder = Folder::new();
        let ended = folder.run(&with(option, value));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.stderr, format!("error: {message}\n"));
        assert_eq!(ended.stdout, "");
        assert!(!folder.has_log());
    }
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let folder = Folder::new();
    let mut arguments = with("--email", "ada");
    arguments[6] = "many";
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains("--email: \"ada\""), "{ended:?}");
    assert!(ended.stderr.contains("; --hours: \"many\""), "{ended:?}");
}

#[test]
fn wrong_settings_are_wrong_usage() {
    let folder = Folder::new();
    for (option, value, part) in [
        ("--log", "timeoff.db", "sqlite:PATH"),
        ("--departments", "HR,hr", "listed twice"),
        ("-X", "acks=1", "every replica"),
        ("--kafka-config", "missing.properties", "missing.properties"),
    ] {
        let ended = folder.run(&[&SUBMIT[..], &[option, value]].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(part), "{ended:?}");
    }
    assert!(!folder.has_log());
}

#[test]
fn a_log_that_cannot_be_opened_is_told_with_its_address_and_what_to_do() {
    let folder = Folder::new();
    folder.write(
        "other.db",
        "not a log, but long enough to be looked at as one",
    );
    for log in ["sqlite:no/such/folder/timeoff.db", "sqlite:other.db"] {
        let ended = folder.run(&[&SUBMIT[..], &["--log", log]].concat());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(
            ended.stderr.starts_with("error: could not open the log: "),
            "{ended:?}"
        );
        let path = log.trim_start_matches("sqlite:");
        assert!(ended.stderr.contains(path), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn a_broker_that_does_not_answer_is_told_within_ten_seconds() {
    let folder = Folder::new();
    let begun = Instant::now();
    let ended = folder.run(&[&SUBMIT[..], &["--log", "kafka://127.0.0.1:1"]].concat());
    assert!(
        begun.elapsed() < Duration::from_secs(12),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for part in ["kafka://127.0.0.1:1", "could not reach a broker"] {
        assert!(ended.stderr.contains(part), "{ended:?}");
    }
    assert_eq!(ended.stdout, "");
}

#[test]
fn whoever_does_not_read_the_answer_is_no_failure() {
    let folder = Folder::new();
    let mut child = folder.command(&SUBMIT).spawn().expect("started");
    drop(child.stdout.take());
    let ended = crate::program::ended(child);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, MADE);
    let second = folder.run(&SUBMIT);
    assert!(second.stdout.contains("offset 1."), "{second:?}");
}

#[test]
fn a_leave_that_starts_in_the_past_is_queued_and_pointed_out() {
    let folder = Folder::new();
    let ended = folder.run(&with("--start", "0001-01-01"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("Queued at"), "{ended:?}");
    assert_eq!(
        ended.stderr,
        format!("The leave starts on 0001-01-01, which is in the past.\n{MADE}")
    );
}

#[test]
fn an_application_that_cannot_be_printed_says_that_and_where_it_is_queued() {
    let folder = Folder::new();
    for (offset, output) in ["text", "json"].iter().enumerate() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = folder.command(&[&SUBMIT[..], &["--output", output]].concat());
        command.stdout(full.expect("it is there"));
        let ended = crate::program::ended(command.spawn().expect("started"));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let made = if offset == 0 { MADE } else { "" };
        let start = format!(
            "{made}error: the application is queued at partition 1, offset {offset}, with the id ada@example.com-"
        );
        assert!(ended.stderr.starts_with(&start), "{ended:?}");
        let end = "but that could not be printed: No space left on device";
        assert!(ended.stderr.contains(end), "{ended:?}");
    }
}
