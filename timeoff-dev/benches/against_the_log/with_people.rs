//! A backlog decided by a policy where people have been entered, so that every decision goes onto the ledger, too. The
//! floor is the same backlog where nobody has been.

use crate::asker::Asker;
use crate::ground::{Ground, Names, count};
use crate::ours::Ours;
use crate::rows;
use crate::table::{Side, Table};

/// One round. The side that goes first alternates by round.
pub(crate) fn measure(
    ours: &Ours,
    ground: &dyn Ground,
    round: usize,
    rows: usize,
    table: &mut Table,
) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let csv = rows::write_csv(folder.path(), rows);
    let people = Names::new(&format!("people-{round}"));
    let nobody = Names::new(&format!("nobody-{round}"));
    for names in [&people, &nobody] {
        ground.make(names);
        ours.submit(ground, names, &csv, rows);
    }
    let entered = Asker::open(ground, &people).enter_everybody();

    let mut sides = [(Side::Ours, &people), (Side::Floor, &nobody)];
    sides.rotate_left(round % 2);
    let work = format!("{} decide with a ledger", ground.name());
    for (side, names) in sides {
        table.note(&work, rows, side, ours.decide(ground, names, rows));
    }
    for (names, events) in [(&people, entered + rows), (&nobody, 0)] {
        let ledger = ground.take(names, &names.ledger);
        assert_eq!(count(&ledger), events, "{}", names.ledger);
        ground.remove(names);
    }
}
