//! A hundred thousand applications through all three services, with and without faults on the way.

use std::process::Command;
use std::time::{Duration, Instant};

use timeoff_testkit::{AUTO, Bench, Ended, Running, tell};

use crate::applications::{
    Decision, Shown, assert_are_on_the_log, assert_decided_once_each, parse, write_csv,
};
use crate::bounded::bounded;

const ROWS: usize = 100_000;

/// When `auto` is killed: after its run has printed this many decisions, and then this many milliseconds later, to hit
/// transactions in different places. All runs together print far fewer decisions than there are rows.
const KILLS: [(usize, u64); 5] = [(0, 0), (1, 0), (1, 8), (2_500, 3), (4_000, 13)];

/// How many more decisions it may print until it is killed, besides a full pipe. It must not be done by then.
const PRINTED: usize = 3_000;

/// What happens while the applications are being decided.
enum Faults {
    None,
    /// `auto` is killed at each of [`KILLS`], and started again.
    Kills,
    /// A second `auto` joins; when both have decided some, the first is killed.
    KillOfOneOfTwo,
}

pub(crate) fn a_hundred_thousand_applications_are_decided_once_each_in_order(bench: &Bench) {
    tell_story(bench, Faults::None);
}

pub(crate) fn a_manager_killed_again_and_again_decides_nothing_twice_and_loses_nothing(
    bench: &Bench,
) {
    tell_story(bench, Faults::Kills);
}

pub(crate) fn of_two_managers_the_survivor_decides_what_the_killed_one_left(bench: &Bench) {
    tell_story(bench, Faults::KillOfOneOfTwo);
}

fn tell_story(bench: &Bench, faults: Faults) {
    let csv = write_csv(bench, ROWS);
    let imported = bench.run(
        "employee-service",
        &["import", csv.to_str().unwrap(), "--output", "json"],
    );
    let imported = bounded(imported.done());
    assert_eq!(imported.out, [r#"{"queued":100000,"rejected":0}"#]);

    let began = Instant::now();
    let managers = match faults {
        Faults::None => vec![Running::start(until_caught_up(bench)).wait().done()],
        Faults::Kills => killed_again_and_again(bench),
        Faults::KillOfOneOfTwo => one_of_two_killed(bench),
    };
    let took = began.elapsed();
    let lines = managers.iter().flat_map(|manager| &manager.out);
    let decisions: Vec<Decision> = parse(&lines.cloned().collect::<Vec<_>>());

    let reader = bench.run(
        "result-reader",
        &["--from-beginning", "--until-caught-up", "--output", "json"],
    );
    let reader = bounded(reader.done());
    let shown: Vec<Shown> = parse(&reader.out);
    assert_decided_once_each(bench, &shown, ROWS);
    assert_are_on_the_log(&decisions, &shown);
    if let Faults::None = faults {
        assert_eq!(decisions.len(), ROWS, "each decision is printed");
        assert_is_stopped_among_many(bench);
    }
    tell_figures(&bench.log, &imported, &managers, took, &reader);
    for manager in managers {
        bounded(manager);
    }
    assert_nothing_is_left(bench);
}

fn until_caught_up(bench: &Bench) -> Command {
    bench.command(
        "manager-service",
        &[&AUTO[..], &["--until-caught-up"]].concat(),
    )
}

fn killed_again_and_again(bench: &Bench) -> Vec<Ended> {
    let mut runs = Vec::new();
    for (decisions, milliseconds) in KILLS {
        let mut manager = Running::start_held_at(decisions, until_caught_up(bench));
        manager.wait_until_said("You hold HR, IT and OPS.");
        manager.wait_until_printed(decisions);
        manager.out.hold_at(decisions + PRINTED);
        std::thread::sleep(Duration::from_millis(milliseconds));
        runs.push(manager.kill());
    }
    let last = Running::start(until_caught_up(bench)).wait().done();
    assert!(!last.out.is_empty(), "all was decided before the last kill");
    runs.push(last);
    runs
}

fn one_of_two_killed(bench: &Bench) -> Vec<Ended> {
    let mut first = Running::start_held_at(1, until_caught_up(bench));
    first.wait_until_printed(1);
    // It waits in the middle of its work, alive, until the second has its partitions.
    let mut second = Running::start(until_caught_up(bench));
    second.wait_until_printed(1);
    let held = first.out.count();
    first.out.release();
    first.wait_until_printed(held + 1);
    let first = first.kill();
    let second = second.wait().done();

    let partitions = |manager: &Ended| {
        let decisions: Vec<Decision> = parse(&manager.out);
        let partitions = decisions.iter().map(|decision| decision.partition);
        partitions.collect::<std::collections::BTreeSet<i32>>()
    };
    assert!(first.out.len() < ROWS, "nothing was left to the second");
    assert_eq!(
        partitions(&second).into_iter().collect::<Vec<_>>(),
        [0, 1, 2]
    );
    vec![first, second]
}

/// Checks that the group has nothing left to decide.
fn assert_nothing_is_left(bench: &Bench) {
    let again = Running::start(until_caught_up(bench)).wait().done();
    assert_eq!(again.out, [""; 0]);
}

/// Checks that a reader in the middle of many results stops when it is told to, before it has printed them all.
fn assert_is_stopped_among_many(bench: &Bench) {
    let command = bench.command("result-reader", &["--from-beginning", "--output", "json"]);
    let mut reader = Running::start_held_at(1, command);
    reader.wait_until_printed(1);
    reader.signal("TERM");
    // Its output is read slowly, so it always has more to print than it can.
    for lines in (1_000..ROWS).step_by(1_000) {
        reader.out.hold_at(lines);
        std::thread::sleep(Duration::from_millis(20));
        if reader.status().is_some() {
            break;
        }
    }
    reader.out.release();
    let printed = reader.wait().done().out.len();
    assert!(printed < ROWS / 2, "it printed {printed} results");
}

fn tell_figures(
    log: &str,
    import: &Ended,
    managers: &[Ended],
    managers_took: Duration,
    reader: &Ended,
) {
    let log = log.split(':').next().unwrap_or_default();
    let peak = managers.iter().map(|manager| manager.peak_kib).max();
    tell(&format!(
        "{log}, {ROWS} rows: import {:.1} s, {} KiB; {} x auto {:.1} s, {} KiB; reader {:.1} s, {} KiB",
        import.took.as_secs_f32(),
        import.peak_kib,
        managers.len(),
        managers_took.as_secs_f32(),
        peak.unwrap_or_default(),
        reader.took.as_secs_f32(),
        reader.peak_kib,
    ));
}
