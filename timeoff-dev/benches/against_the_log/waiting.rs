//! How soon the first application of a large backlog is decided, or shown to a person, and how much memory that takes:
//! the same as with a small backlog.

use std::time::{Duration, Instant};

use timeoff_testkit::{Key, Running, Terminal};

use crate::ground::{Ground, Names};
use crate::ours::{Ours, POLICY};
use crate::rows;
use crate::single::resident_kib;
use crate::table::{Side, Table, say};

/// The size of the small backlog.
const FEW: usize = 10_000;

/// How often each is timed.
const STARTS: usize = 5;

/// How long a manager goes on before its memory is measured. A policy stops when nobody reads its output.
const REST: Duration = Duration::from_secs(2);

/// How long the first application took, and how many KiB were resident after a rest.
type Start = (Duration, u64);

/// Starts a manager on the topics, in the group of this name.
type Manager<'a> = &'a dyn Fn(&Names, &str) -> Start;

/// Measures a small backlog and one of `many`, in turn.
pub(crate) fn measure(ours: &Ours, ground: &dyn Ground, many: usize, table: &mut Table) {
    let sizes = [FEW, many].map(|waiting| {
        let names = Names::new(&format!("waiting-{waiting}"));
        ground.make(&names);
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let csv = rows::write_csv(folder.path(), waiting);
        ours.submit(ground, &names, &csv, waiting);
        (waiting, names)
    });
    let managers: [(&str, Manager<'_>); 2] = [
        ("decided", &|names, group| {
            decided(ours, ground, names, group)
        }),
        ("shown", &|names, group| shown(ours, ground, names, group)),
    ];
    for (what, start) in managers {
        let mut starts = [Vec::new(), Vec::new()];
        for number in 0..STARTS {
            for ((_, names), starts) in sizes.iter().zip(&mut starts) {
                // A new group each time: a killed manager stays a member of its group for a while.
                let group = format!("{}-{what}-{number}", names.group);
                starts.push(start(names, &group));
            }
        }
        for ((waiting, _), starts) in sizes.iter().zip(starts) {
            let work = format!("{} first of {waiting} {what}", ground.name());
            let (times, mut memory): (Vec<_>, Vec<_>) = starts.into_iter().unzip();
            table.note_each(&work, Side::Ours, times);
            memory.sort_unstable();
            say(&format!("{work}: {memory:?} KiB resident"));
        }
    }
    for (_, names) in &sizes {
        ground.remove(names);
    }
}

/// A policy whose output nobody reads after the first line.
fn decided(ours: &Ours, ground: &dyn Ground, names: &Names, group: &str) -> Start {
    let mut policy = ours.command("manager-service", ground, names);
    policy.args(["--group", group]).args(POLICY);
    let began = Instant::now();
    let mut running = Running::start_held_at(1, policy);
    running.wait_until_printed(1);
    let took = began.elapsed();
    std::thread::sleep(REST);
    let resident = resident_kib(running.pid());
    running.kill();
    (took, resident)
}

/// An inbox at a terminal.
fn shown(ours: &Ours, ground: &dyn Ground, names: &Names, group: &str) -> Start {
    let mut inbox = ours.command("manager-service", ground, names);
    inbox.args(["--group", group]);
    let began = Instant::now();
    let mut terminal = Terminal::open(&inbox);
    terminal.wait_for(&["@example.com"]);
    let took = began.elapsed();
    std::thread::sleep(REST);
    let resident = resident_kib(terminal.pid());
    terminal.press(Key::CtrlC);
    terminal.done();
    (took, resident)
}
