//! A backlog decided by commands, one for each application. The floor is the same backlog decided by a policy, on a
//! ledger with the same people.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::asker::Asker;
use crate::ground::{Ground, Names};
use crate::ours::Ours;
use crate::rows;
use crate::table::{Side, Table};

/// The line that is printed for a command.
#[derive(Deserialize)]
struct Line {
    command_id: String,
    answer: String,
}

/// One round. The side that goes first alternates by round.
pub(crate) fn measure(
    ours: &Ours,
    ground: &dyn Ground,
    round: usize,
    count: usize,
    table: &mut Table,
) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let csv = rows::write_csv(folder.path(), count);
    let commands = Names::new(&format!("commands-{round}"));
    let policy = Names::new(&format!("policy-{round}"));
    for names in [&commands, &policy] {
        ground.make(names);
        ours.submit(ground, names, &csv, count);
        Asker::open(ground, names).enter_everybody();
    }
    Asker::open(ground, &commands).ask_to_approve_everything();

    let mut sides = [(Side::Ours, &commands), (Side::Floor, &policy)];
    sides.rotate_left(round % 2);
    let work = format!("{} commands", ground.name());
    for (side, names) in sides {
        let took = match side {
            Side::Ours => carry_out(ours, ground, names, count),
            Side::Floor => ours.decide(ground, names, count),
        };
        table.note(&work, count, side, took);
    }
    ours.read(ground, &commands, count);
    for names in [&commands, &policy] {
        ground.remove(names);
    }
}

/// From the start of a manager to its last answer.
fn carry_out(ours: &Ours, ground: &dyn Ground, names: &Names, count: usize) -> Duration {
    let began = Instant::now();
    let mut manager = ours.serve(ground, names);
    manager.wait_until_printed(count);
    let took = began.elapsed();
    manager.signal("TERM");
    let mut answered = HashSet::new();
    for line in manager.wait().done().out {
        let line: Line = serde_json::from_str(&line).unwrap();
        assert_eq!(line.answer, "accepted", "{}", line.command_id);
        assert!(answered.insert(line.command_id));
    }
    assert_eq!(answered.len(), count);
    took
}
