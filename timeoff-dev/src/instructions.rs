//! Counts the instructions of a piece of work, with Valgrind. The count is the same on any machine, however busy.
//!
//! A test program runs itself under Valgrind twice and does nothing but the work: first a few times, then many times.
//! The difference between the two counts is the work alone, without start-up and exit. A test that counts is a pair:
//! one test that calls [`check`], and the work, an ignored test that asks [`times`] how often to do it.

use std::process::Command;

/// Set to 1 where Valgrind is required: if it is missing, a test that counts fails instead of being skipped.
const REQUIRE: &str = "TIMEOFF_REQUIRE_VALGRIND";

/// How often to do the work; set for the program under Valgrind.
const TIMES: &str = "TIMEOFF_INSTRUCTIONS_TIMES";

const FEW: usize = 200;
const MANY: usize = 2_200;

/// How far a count may exceed the expected one: compilers and processors differ a little.
const MARGIN_PERCENT: u64 = 15;

/// Counts the instructions of doing `work` once, prints the count, and fails if it exceeds `expected` by more than a
/// margin.
///
/// `work` is the full name of an ignored test of the running program. `expected` was counted in the profile that tests
/// are built with; a release build takes a fraction of it.
///
/// # Panics
///
/// If it takes more, or cannot be counted.
pub fn check(work: &str, expected: u64) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
        assert!(!required, "{REQUIRE} is set, and there is no valgrind");
        say(&format!(
            "SKIPPED: {work} is not counted, there is no valgrind"
        ));
        return;
    }
    let counted = (count(work, MANY) - count(work, FEW)) / (MANY - FEW) as u64;
    say(&format!(
        "{work}: {counted} instructions, expected {expected}"
    ));
    let most = expected * (100 + MARGIN_PERCENT) / 100;
    assert!(
        counted <= most,
        "{work} takes {counted} instructions, more than {most}: find out why, or say why it is worth it and expect more"
    );
}

/// How often to do the work: as often as a test that counts asks, otherwise once.
pub fn times() -> usize {
    std::env::var(TIMES).map_or(1, |times| times.parse().expect("a number"))
}

/// The instructions of the whole program.
fn count(work: &str, times: usize) -> u64 {
    let program = std::env::current_exe().expect("the program knows where it is");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([
            "--exact",
            work,
            "--ignored",
            "--test-threads=1",
            "--nocapture",
        ])
        .env(TIMES, times.to_string())
        .output()
        .expect("valgrind starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(output.status.success() && ran, "{work} did not run: {said}");
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .expect("valgrind tells what it has collected");
    collected.1.trim().parse().expect("a number")
}

/// Always shown. Not `eprintln`, which the test harness captures: it shows that only when a test fails.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
