//! Services that end without a kill leave one file, and a copy of that file has everything. It does not matter which
//! services they are, how they are asked to end, and which others end at the same moment.

use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use rusqlite::{Connection, OpenFlags};
use timeoff_testkit::wording::YOU_HOLD;
use timeoff_testkit::{AUTO, Bench, Ended, Key, Running, Terminal, asked_for, submit, tell};

use crate::applications::write_csv_of;

/// How many ends a test run has, and the variable that asks for another number.
const ENDS: usize = 100;
const ENDS_VARIABLE: &str = "TIMEOFF_CLEAN_ENDS";

/// How many services end at one moment in every second round.
const TOGETHER: usize = 4;

/// How many applications an import queues.
const ROWS: usize = 300;

/// How long after its start a service is asked to end at the latest, in milliseconds.
const LONGEST_LIFE: u64 = 250;

#[derive(Debug, Clone, Copy)]
enum Service {
    Submit,
    Import,
    Inbox,
    Auto,
    Reader,
    List,
    Retry,
}

const SERVICES: [Service; 7] = [
    Service::Submit,
    Service::Import,
    Service::Inbox,
    Service::Auto,
    Service::Reader,
    Service::List,
    Service::Retry,
];

#[derive(Debug, Clone, Copy)]
enum End {
    ByItself,
    CtrlC,
    Terminate,
}

const WAYS: [End; 3] = [End::ByItself, End::CtrlC, End::Terminate];

/// A service that is to end.
enum Seat {
    Process(Running),
    Inbox(Box<Terminal>),
}

/// What is known to be on the log.
#[derive(Default)]
struct Known {
    queued: usize,
    decided: usize,
}

#[test]
fn after_clean_ends_the_file_is_alone_and_a_copy_of_it_has_everything() {
    let bench = Bench::sqlite();
    let wanted = asked_for(ENDS_VARIABLE).unwrap_or(ENDS);
    let mut rng = Rng::with_seed(1);
    let mut known = Known::default();
    let (mut ends, mut rounds) = (0, 0);
    while ends < wanted {
        let count = if rounds % 2 == 0 { 1 } else { TOGETHER };
        let runs: Vec<(Service, End)> = (0..count)
            .map(|_| (*pick(&mut rng, &SERVICES), *pick(&mut rng, &WAYS)))
            .collect();
        round(&bench, &runs, &mut rng, &mut known);
        assert_alone(&bench, &runs);
        assert_copy_has(&bench, &known, &runs);
        ends += count;
        rounds += 1;
    }
    assert!(known.queued > 0 && known.decided > 0, "nothing was done");
    tell(&format!(
        "clean ends: {ends} in {rounds} rounds, {} applications queued, {} decisions reported; \
         the file was alone after each round",
        known.queued, known.decided
    ));
}

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(..from.len())]
}

/// Starts services, and asks each to end at a random moment.
fn round(bench: &Bench, runs: &[(Service, End)], rng: &mut Rng, known: &mut Known) {
    let mut seats: Vec<(Seat, End)> = runs
        .iter()
        .map(|&(service, end)| (start(bench, service, end), end))
        .collect();
    // This waits for nothing in particular: the moment is meant to be random.
    std::thread::sleep(Duration::from_millis(rng.u64(..LONGEST_LIFE)));
    for (seat, end) in &mut seats {
        seat.ask_to_end(*end);
    }
    for (seat, _) in seats {
        match seat {
            Seat::Process(running) => known.note(&running.wait()),
            Seat::Inbox(terminal) => {
                terminal.done();
            }
        }
    }
}

fn start(bench: &Bench, service: Service, end: End) -> Seat {
    let until_caught_up = matches!(end, End::ByItself).then_some("--until-caught-up");
    let running = match service {
        Service::Submit => bench.start("employee-service", &submit("a@example.com", "IT", "8")),
        Service::Import => {
            let csv = write_csv_of(bench, 0..ROWS);
            let arguments = ["import", csv.to_str().unwrap(), "--output", "json"];
            bench.start("employee-service", &arguments)
        }
        Service::Auto => {
            let arguments: Vec<&str> = AUTO.into_iter().chain(until_caught_up).collect();
            bench.start("manager-service", &arguments)
        }
        Service::Reader => {
            let group = ["--group", bench.readers.as_str()];
            let arguments: Vec<&str> = group.into_iter().chain(until_caught_up).collect();
            bench.start("result-reader", &arguments)
        }
        Service::List => bench.start("manager-service", &["dead-letters", "list"]),
        Service::Retry => bench.start("manager-service", &["dead-letters", "retry"]),
        Service::Inbox => {
            let mut terminal = Terminal::open(&bench.command("manager-service", &[]));
            terminal.wait_for(&[YOU_HOLD]);
            return Seat::Inbox(Box::new(terminal));
        }
    };
    Seat::Process(running)
}

impl Seat {
    fn ask_to_end(&mut self, end: End) {
        match (self, end) {
            (Seat::Process(_), End::ByItself) => {}
            (Seat::Process(running), End::CtrlC) => running.signal("INT"),
            (Seat::Process(running), End::Terminate) => running.signal("TERM"),
            (Seat::Inbox(terminal), End::ByItself) => terminal.type_text("q"),
            (Seat::Inbox(terminal), End::CtrlC) => terminal.press(Key::CtrlC),
            (Seat::Inbox(terminal), End::Terminate) => terminal.signal("TERM"),
        }
    }
}

impl Known {
    /// Notes what a service reported as on the log.
    fn note(&mut self, ended: &Ended) {
        let is_done = ended.status.success();
        for line in &ended.out {
            let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
            let queued = value.as_ref().and_then(|value| value["queued"].as_u64());
            match (queued, value) {
                (Some(queued), _) => self.queued += queued as usize,
                (None, Some(value)) if value["outcome"].is_string() => self.decided += 1,
                _ if is_done && line.contains("Queued at partition") => self.queued += 1,
                _ => {}
            }
        }
    }
}

fn assert_alone(bench: &Bench, runs: &[(Service, End)]) {
    let mut beside: Vec<String> = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("timeoff.db") && name != "timeoff.db")
        .collect();
    beside.sort_unstable();
    assert!(beside.is_empty(), "after {runs:?}: {beside:?} is left");
}

/// Copies the file alone, without anything that may lie beside it, and checks what the copy has.
fn assert_copy_has(bench: &Bench, known: &Known, runs: &[(Service, End)]) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let file = bench.folder.path().join("timeoff.db");
    if !file.exists() && known.queued == 0 {
        // The first services were stopped before they began.
        return;
    }
    std::fs::copy(file, &copy).unwrap();
    let applications = count(&copy, &bench.applications, "count(*)");
    let results = count(&copy, &bench.results, "count(*)");
    let decided = count(&copy, &bench.results, "count(DISTINCT key)");
    assert!(
        applications >= known.queued && results >= known.decided,
        "after {runs:?}: a copy has {applications} of {} applications, {results} of {} results",
        known.queued,
        known.decided
    );
    assert_eq!(results, decided, "after {runs:?}: one is decided twice");
}

fn count(file: &Path, topic: &str, what: &str) -> usize {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let address = format!("file:{}?immutable=1", file.display());
    let connection = Connection::open_with_flags(address, flags).unwrap();
    let sql =
        format!("SELECT {what} FROM records WHERE topic = (SELECT id FROM topics WHERE name = ?1)");
    let count: i64 = connection
        .query_row(&sql, [topic], |row| row.get(0))
        .unwrap();
    usize::try_from(count).unwrap()
}
