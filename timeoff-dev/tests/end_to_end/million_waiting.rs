//! A million applications wait. Start-up time and memory do not grow with their number.

use std::ops::Range;
use std::time::{Duration, Instant};

use timeoff_testkit::{AUTO, Bench, Ended, Peak, Running, Terminal, tell};

use crate::applications::{InOrder, Shown, write_csv_of};
use crate::bounded::{assert_bounded, bounded};
use crate::large;

/// More than managers decide while nobody reads their output.
const FEW: usize = 100_000;
const MANY: usize = 1_000_000;

/// How soon the first application is decided or shown, from the start of the process.
const SOON: Duration = Duration::from_secs(2);

/// The best of this many starts counts, so that a machine that is busy with something else does not fail the test.
const STARTS: usize = 3;

/// The inbox has as many as it takes, of more that wait.
const FULL_INBOX: &str = "applications wait, 500 of them here";

pub(crate) fn of_a_million_waiting_the_first_comes_at_once_and_memory_stays_small(bench: &Bench) {
    queue_and_start(bench, 0..FEW);
    let (import, decided, shown) = queue_and_start(bench, FEW..MANY);
    assert!(decided < SOON, "the first decision came after {decided:?}");
    assert!(shown < SOON, "the first was shown after {shown:?}");

    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    let (manager, _) = large::run(bench, "manager-service", &arguments);
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let (reader, product) = large::run(bench, "result-reader", &arguments);
    tell(&format!(
        "{}, {MANY} rows: {}",
        log(bench),
        [import, manager, reader].map(told_and_bounded).join("; ")
    ));

    let mut so_far = InOrder::default();
    let mut results = 0;
    for result in product.values::<Shown>() {
        so_far.assert_next(bench, &result);
        results += 1;
    }
    assert_eq!(results, MANY);
}

/// Queues the rows with these numbers, and then starts managers. Returns the import, and how soon the first decision
/// and the first application on the screen came.
fn queue_and_start(bench: &Bench, numbers: Range<usize>) -> (Ended, Duration, Duration) {
    let csv = write_csv_of(bench, numbers.clone());
    let arguments = ["import", csv.to_str().unwrap(), "--output", "json"];
    let import = bench.run("employee-service", &arguments).done();
    let queued = format!(r#"{{"queued":{},"rejected":0}}"#, numbers.len());
    assert_eq!(import.out, [queued]);
    let best = |start: fn(&Bench) -> Duration| (0..STARTS).map(|_| start(bench)).min().unwrap();
    let (decided, shown) = (best(start_deciding), best(start_showing));
    tell(&format!(
        "{}, {} waiting: first decision after {} ms, first on the screen after {} ms",
        log(bench),
        numbers.end,
        decided.as_millis(),
        shown.as_millis()
    ));
    (import, decided, shown)
}

fn start_deciding(bench: &Bench) -> Duration {
    let began = Instant::now();
    // Nobody reads on, so it does not decide them all.
    let mut manager = Running::start_held_at(1, bench.command("manager-service", &AUTO));
    manager.wait_until_printed(1);
    let took = began.elapsed();
    manager.signal("TERM");
    bounded(manager.wait().done());
    took
}

fn start_showing(bench: &Bench) -> Duration {
    let began = Instant::now();
    let mut manager = Terminal::open(&bench.command("manager-service", &[]));
    let peak = Peak::watch(manager.pid(), "manager-service");
    manager.wait_for(&[">", "@example.com"]);
    let took = began.elapsed();
    manager.wait_for(&["About", FULL_INBOX]);
    manager.type_text("q");
    manager.done();
    assert_bounded("the inbox", peak.kib());
    took
}

fn told_and_bounded(process: Ended) -> String {
    let process = bounded(process);
    let (name, seconds) = (&process.name, process.took.as_secs_f32());
    format!("{name} {seconds:.1} s, {} KiB", process.peak_kib)
}

fn log(bench: &Bench) -> &str {
    bench.log.split(':').next().unwrap_or_default()
}
