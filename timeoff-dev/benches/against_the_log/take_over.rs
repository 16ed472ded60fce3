//! How soon a manager who takes over a department answers a command there, and how much memory its ledger takes. The
//! floor reads the same records without understanding them.

use std::time::{Duration, Instant};

use timeoff_testkit::wording::HOLDS_ALL;

use crate::asker::Asker;
use crate::ground::{Ground, Names};
use crate::ours::Ours;
use crate::single::resident_kib;
use crate::table::{Side, Table, say};

/// The department that has the ledger.
const PARTITION: usize = 1;

/// How often each is timed.
const STARTS: usize = 5;

/// How many people are entered where only they take memory, and where leave is booked.
const MANY_PEOPLE: usize = 10_000;
const PEOPLE: usize = 3_000;

/// A ledger, and what taking it over took: the times, and the KiB that were resident after the answer.
struct Ledger {
    what: String,
    names: Names,
    asker: Asker,
    times: Vec<Duration>,
    resident: Vec<u64>,
}

/// Measures ledgers with hardly anything, with people, and with `events` bookings, in turn.
pub(crate) fn measure(ours: &Ours, ground: &dyn Ground, events: usize, table: &mut Table) {
    let mut ledgers = [
        ("1 person".to_owned(), 1, 0),
        (format!("{MANY_PEOPLE} people"), MANY_PEOPLE, 0),
        (format!("{events} events"), PEOPLE, events),
    ]
    .map(|(what, people, bookings)| {
        let names = Names::new(&format!("ledger-{people}-{bookings}"));
        ground.make(&names);
        let asker = Asker::open(ground, &names);
        let people = asker.enter_in(PARTITION, people);
        asker.book(PARTITION, &people, bookings);
        Ledger {
            what,
            names,
            asker,
            times: Vec::new(),
            resident: Vec::new(),
        }
    });
    let work = format!("{} take over a ledger", ground.name());
    for _ in 0..STARTS {
        for ledger in &mut ledgers {
            ledger.take_over(ours, ground);
        }
        let [.., large] = &ledgers;
        let (count, took) = large.asker.read_ledger(PARTITION);
        // The last event came after the ledger was folded.
        assert_eq!(count - 1, PEOPLE + events + large.times.len() - 1);
        table.note(&work, count, Side::Ours, large.times[large.times.len() - 1]);
        table.note(&work, count, Side::Floor, took);
    }
    for ledger in ledgers {
        let work = format!("{} ledger of {}", ground.name(), ledger.what);
        table.note_each(&work, Side::Ours, ledger.times);
        let mut resident = ledger.resident;
        resident.sort_unstable();
        say(&format!("{work}: {resident:?} KiB resident"));
        ground.remove(&ledger.names);
    }
}

impl Ledger {
    /// Times a manager from its holding the department to its answer to a command that waits there.
    fn take_over(&mut self, ours: &Ours, ground: &dyn Ground) {
        self.asker.ask_to_enter_a_person(PARTITION);
        let mut manager = ours.serve(ground, &self.names);
        manager.wait_until_said(HOLDS_ALL);
        let held = Instant::now();
        manager.wait_until_printed(1);
        self.times.push(held.elapsed());
        self.resident.push(resident_kib(manager.pid()));
        manager.signal("TERM");
        let answer = manager.wait().done().out.join("\n");
        assert!(answer.contains(r#""answer":"accepted""#), "{answer}");
    }
}
