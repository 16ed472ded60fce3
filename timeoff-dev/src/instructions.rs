//! How many instructions a piece of work takes, counted by Valgrind: the same wherever and however busy the machine.
//!
//! A test program runs itself under Valgrind, told to do the work only, once few times and once many times. What the two
//! differ by is the work alone, without starting and ending. A test that counts is a pair: the one that calls [`check`],
//! and the work, an ignored test that asks [`times`] how often it is to be done.

use std::process::Command;

/// Set where Valgrind has to be there: without it a test that counts fails instead of saying that it skipped.
const REQUIRE: &str = "TIMEOFF_REQUIRE_VALGRIND";

/// How often the work is to be done; set for the program under Valgrind.
const TIMES: &str = "TIMEOFF_INSTRUCTIONS_TIMES";

const FEW: usize = 200;
const MANY: usize = 2_200;

/// How far a count may be above what is expected: compilers and processors differ a little.
const MARGIN_PERCENT: u64 = 15;

/// Counts what doing `work` once takes, says it, and fails if that is more than `expected` and a margin.
///
/// `work` is the full name of an ignored test of the running program. `expected` is what was counted with the profile that
/// tests are built with; optimised for a release it is a fraction of that.
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
        "{work} takes {counted} instructions, more than {most}: find out why, or say what it is worth and expect more"
    );
}

/// How often the work is to be done: as a test that counts asks, or once.
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

/// Said in any case, so not with `eprintln`, which the test harness keeps to itself when a test passes.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
