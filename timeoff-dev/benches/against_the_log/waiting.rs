//! How soon the first of many that wait is decided, and what that takes: as for few.

use std::time::{Duration, Instant};

use crate::ground::{Ground, Names};
use crate::ours::{Ours, POLICY};
use crate::process::Running;
use crate::rows;
use crate::single::resident_kib;
use crate::table::{Side, Table, say};

/// How many wait where few do.
const FEW: usize = 10_000;

/// How often each is timed.
const STARTS: usize = 5;

/// How long a policy goes on with nobody reading what it prints, before its memory is looked at.
const REST: Duration = Duration::from_secs(2);

/// Few and `many`, in turn.
pub(crate) fn measure(ours: &Ours, ground: &dyn Ground, many: usize, table: &mut Table) {
    let mut sizes = [FEW, many].map(|waiting| {
        let names = Names::new(&format!("waiting-{waiting}"));
        ground.make(&names);
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let csv = rows::write_csv(folder.path(), waiting);
        ours.submit(ground, &names, &csv, waiting);
        (waiting, names, Vec::new(), Vec::new())
    });
    for start in 0..STARTS {
        for (_, names, times, memory) in &mut sizes {
            let group = format!("{}-{start}", names.group);
            let mut policy = ours.command("manager-service", ground, names);
            policy.args(["--group", &group]).args(POLICY);
            let began = Instant::now();
            let mut running = Running::start_held_at(1, policy);
            running.wait_until_printed(1);
            times.push(began.elapsed());
            std::thread::sleep(REST);
            memory.push(resident_kib(running.pid()));
            running.kill();
        }
    }
    for (waiting, names, times, mut memory) in sizes {
        let work = format!("{} first of {waiting}", ground.name());
        table.note_each(&work, Side::Ours, times);
        memory.sort_unstable();
        say(&format!("{work}: {memory:?} KiB resident"));
        ground.remove(&names);
    }
}
