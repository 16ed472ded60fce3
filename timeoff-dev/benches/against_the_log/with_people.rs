//! A backlog decided by a policy where people have been entered, so that every decision goes onto the ledger, too. The
//! floor is the same backlog where nobody has been. Beside it, what that costs the log alone: the least code that writes
//! two records for each decision, beside the least code that writes one.

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
    let applications = ground.take(&people, &people.applications);
    let results = ground.take(&people, &people.results);
    let mut ledger = ground.take(&people, &people.ledger);
    assert_eq!(count(&ledger), entered + rows, "{}", people.ledger);
    // The floor writes the decisions' events alone, one for each result.
    for (events, results) in ledger.iter_mut().zip(&results) {
        events.drain(..events.len() - results.len());
    }
    let other = ground.take(&nobody, &nobody.ledger);
    assert_eq!(count(&other), 0, "{}", nobody.ledger);
    for names in [&people, &nobody] {
        ground.remove(names);
    }

    let with = Names::new(&format!("bare-with-{round}"));
    let without = Names::new(&format!("bare-without-{round}"));
    let mut sides = [
        (Side::Ours, &with, Some(&ledger)),
        (Side::Floor, &without, None),
    ];
    sides.rotate_left(round % 2);
    let work = format!("{} floor with a ledger", ground.name());
    for (side, names, ledger) in sides {
        ground.make(names);
        ground.submit(names, &applications);
        table.note(&work, rows, side, ground.decide(names, &results, ledger));
        ground.remove(names);
    }
}
