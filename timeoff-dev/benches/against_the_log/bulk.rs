//! A whole backlog: submitted, decided, read.

use std::time::Duration;

use crate::ground::{Ground, Names, Topic, count};
use crate::ours::Ours;
use crate::rows;
use crate::table::{Side, Table};

/// One round: both sides do each piece of work, each on its own topics. The side that goes first alternates by round.
pub(crate) fn measure(
    ours: &Ours,
    ground: &dyn Ground,
    round: usize,
    rows: usize,
    table: &mut Table,
) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let csv = rows::write_csv(folder.path(), rows);
    let names = |side: &str| Names::new(&format!("{side}-{round}"));
    let (own, bare, batched) = (names("ours"), names("floor"), names("batched"));
    for names in [&own, &bare, &batched] {
        ground.make(names);
    }
    let sides = match round % 2 {
        0 => [Side::Ours, Side::Floor],
        _ => [Side::Floor, Side::Ours],
    };
    let work = |what: &str| format!("{} {what}", ground.name());

    // The floor writes what TimeOff wrote. So that either side can go first, TimeOff writes it here once beforehand,
    // untimed.
    let prepared = names("prepared");
    let (applications, results) = {
        ground.make(&prepared);
        ours.submit(ground, &prepared, &csv, rows);
        ours.decide(ground, &prepared, rows);
        let applications = ground.take(&prepared, &prepared.applications);
        let results = ground.take(&prepared, &prepared.results);
        ground.remove(&prepared);
        (applications, results)
    };
    assert_eq!((count(&applications), count(&results)), (rows, rows));

    let mut both = |what: &str, of_ours: &dyn Fn() -> Duration, of_floor: &dyn Fn() -> Duration| {
        let mut took_ours = Duration::ZERO;
        for side in sides {
            let took = match side {
                Side::Ours => of_ours(),
                Side::Floor => of_floor(),
            };
            table.note(&work(what), rows, side, took);
            if side == Side::Ours {
                took_ours = took;
            }
        }
        took_ours
    };
    let submitted = both("submit", &|| ours.submit(ground, &own, &csv, rows), &|| {
        ground.submit(&bare, &applications)
    });
    let decided = both("decide", &|| ours.decide(ground, &own, rows), &|| {
        ground.decide(&bare, &results, None)
    });
    let read = both("read", &|| ours.read(ground, &own, rows), &|| {
        ground.read(&bare, rows)
    });
    // TimeOff's times again, beside floors that do more at once than TimeOff can.
    for (what, of_ours, of_floor) in [
        (
            "submit in batch calls",
            submitted,
            ground.submit_in_batch_calls(&batched, &applications),
        ),
        (
            "decide 100000 at once",
            decided,
            ground.decide_many_at_once(&batched, &results),
        ),
        (
            "read in batch calls",
            read,
            ground.read_in_batch_calls(&bare, rows),
        ),
    ] {
        if let Some(took) = of_floor {
            table.note(&work(what), rows, Side::Ours, of_ours);
            table.note(&work(what), rows, Side::Floor, took);
        }
    }
    // The floors must have written what TimeOff wrote.
    let floors = match ground.has_lower_floors() {
        true => vec![&bare, &batched],
        false => vec![&bare],
    };
    for floor in floors {
        for (topic, written) in [
            (&floor.applications, &applications),
            (&floor.results, &results),
        ] {
            must_be_same(&ground.take(floor, topic), written, topic);
        }
    }
    for names in [&own, &bare, &batched] {
        ground.remove(names);
    }
}

fn must_be_same(found: &Topic, wanted: &Topic, topic: &str) {
    for (partition, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert_eq!(found.len(), wanted.len(), "{topic}, {partition}");
        let other = found.iter().zip(wanted).position(|(a, b)| a != b);
        assert_eq!(other, None, "{topic}, {partition}");
    }
}
