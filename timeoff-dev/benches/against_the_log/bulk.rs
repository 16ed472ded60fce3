//! A whole backlog: submitted, decided, read.

use std::time::Duration;

use crate::ground::{Ground, Names, Topic, count};
use crate::ours::Ours;
use crate::rows;
use crate::table::{Side, Table};

/// One round: each piece of work by both sides, on topics of their own. They take turns in who is first.
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

    // What the floor writes is what ours wrote: both write it once more where the floor is first.
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

    let mut of_ours = Duration::ZERO;
    for side in sides {
        let took = match side {
            Side::Ours => ours.submit(ground, &own, &csv, rows),
            Side::Floor => ground.submit(&bare, &applications),
        };
        table.note(&work("submit"), rows, side, took);
        if side == Side::Ours {
            of_ours = took;
        }
    }
    if let Some(took) = ground.submit_in_batch_calls(&batched, &applications) {
        table.note(&work("submit in batch calls"), rows, Side::Ours, of_ours);
        table.note(&work("submit in batch calls"), rows, Side::Floor, took);
        must_be_same(
            &ground.take(&batched, &batched.applications),
            &applications,
            "the batches",
        );
    }
    for side in sides {
        let took = match side {
            Side::Ours => ours.decide(ground, &own, rows),
            Side::Floor => ground.decide(&bare, &results),
        };
        table.note(&work("decide"), rows, side, took);
    }
    let mut of_ours = Duration::ZERO;
    for side in sides {
        let took = match side {
            Side::Ours => ours.read(ground, &own, rows),
            Side::Floor => ground.read(&bare, rows),
        };
        table.note(&work("read"), rows, side, took);
        if side == Side::Ours {
            of_ours = took;
        }
    }
    if let Some(took) = ground.read_in_batch_calls(&bare, rows) {
        table.note(&work("read in batch calls"), rows, Side::Ours, of_ours);
        table.note(&work("read in batch calls"), rows, Side::Floor, took);
    }
    // The floor has written what ours did.
    for (topic, written) in [
        (&bare.applications, &applications),
        (&bare.results, &results),
    ] {
        must_be_same(&ground.take(&bare, topic), written, topic);
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
