//! So many applications are left undecided, among decided ones, that the log cannot keep any more of them apart.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use timeoff_testkit::wording::{ASKS_COMMENT, HOLDS_ALL};
use timeoff_testkit::{AUTO, Bench, Key, LEAVING, Running, Terminal, tell};

use crate::applications::{Decision, Shown, parse};
use crate::bounded::bounded;
use crate::large;

/// What a manager says when no more of a department can be handed out. The number of undecided ones comes before it.
pub(crate) const WINDOW_FULL: &str = "applications are left undecided, as many as the log can keep";

/// More rows than Kafka, and more than SQLite, can keep apart.
const ROWS_ON_KAFKA: usize = 25_000;
const ROWS_ON_SQLITE: usize = 600_000;

/// How many applications each of the other departments has.
const OTHERS: usize = 1_000;

/// How many a person decides to make room.
const DECIDED_BY_HAND: usize = 5;

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

pub(crate) fn when_every_other_one_is_left_a_full_window_is_told_and_opens_again(bench: &Bench) {
    tell_story(bench, |number| number % 2 == 1);
}

pub(crate) fn when_one_in_four_is_left_at_random_a_full_window_is_told_and_opens_again(
    bench: &Bench,
) {
    tell_story(bench, |number| {
        fastrand::Rng::with_seed(number as u64).u8(..4) == 0
    });
}

fn tell_story(bench: &Bench, is_long: fn(usize) -> bool) {
    let rows = match bench.registry {
        Some(_) => ROWS_ON_KAFKA,
        None => ROWS_ON_SQLITE,
    };
    let backlog = Backlog { rows, is_long };
    bounded(large::import(bench, backlog.applications()));
    bounded(large::import(bench, others("OPS")));

    let mut leaver = bench.start("manager-service", &LEAVING);
    leaver.wait_until_said(WINDOW_FULL);
    let undecided = told_full(&leaver)[0];
    // The other departments go on.
    bounded(large::import(bench, others("HR")));
    leaver.wait_until_printed(backlog.most_decided(undecided) + OTHERS + 1);
    for department in ["ops", "hr"] {
        let last = format!("\"{department}{:06}@example.com-", OTHERS - 1);
        wait_until("the others' last is decided", || {
            leaver.out.text().contains(&last)
        });
    }
    tell(&format!(
        "{}: full with {undecided} undecided",
        bench.log.split(':').next().unwrap_or_default()
    ));

    decide_some_by_hand_while_it_sleeps(bench, &leaver);
    let (printed, told) = (leaver.out.count(), told_full(&leaver).len());
    leaver.signal("CONT");
    wait_until("it goes on until it is full again", || {
        told_full(&leaver).len() > told
    });
    leaver.wait_until_printed(printed + 1);
    leaver.signal("TERM");
    let leaver = bounded(leaver.wait().done());

    let decisions: Vec<Decision> = parse(&leaver.out);
    let of_partition = |partition| {
        let decisions = decisions.iter();
        decisions
            .filter(|decision| decision.partition == partition)
            .count()
    };
    assert_eq!([0, 2].map(of_partition), [OTHERS, OTHERS]);
    assert_all_are_decided_once(bench, rows + 2 * OTHERS, of_partition(1));
}

/// The applications queued for IT.
struct Backlog {
    rows: usize,
    is_long: fn(usize) -> bool,
}

impl Backlog {
    fn applications(&self) -> impl Iterator<Item = large::Wanted> {
        (0..self.rows).map(|number| {
            let hours = if (self.is_long)(number) { 40 } else { 8 };
            (format!("e{number:06}"), "IT", hours)
        })
    }

    /// How many are decided at most when `left` are left undecided.
    fn most_decided(&self, left: usize) -> usize {
        let mut lefts = (0..self.rows).filter(|&number| (self.is_long)(number));
        lefts.nth(left).expect("not all are handed out") - left
    }
}

fn others(department: &'static str) -> impl Iterator<Item = large::Wanted> {
    (0..OTHERS).map(move |number| (format!("{department}{number:06}"), department, 8))
}

/// The numbers of undecided applications that a manager reported when its window was full.
fn told_full(manager: &Running) -> Vec<usize> {
    let said = manager.err.text();
    let numbers = said.lines().filter_map(|line| {
        let (number, _) = line.strip_prefix("IT: ")?.split_once(' ')?;
        line.contains(WINDOW_FULL).then(|| number.parse().unwrap())
    });
    numbers.collect()
}

/// Another manager takes over, and decides the first ones.
fn decide_some_by_hand_while_it_sleeps(bench: &Bench, sleeper: &Running) {
    sleeper.signal("STOP");
    let mut person = Terminal::open(&bench.command("manager-service", &[]));
    person.wait_for(&[HOLDS_ALL]);
    for left in (1..=DECIDED_BY_HAND).rev() {
        person.wait_for(&["> IT", "40 h"]);
        person.type_text("a");
        // Earlier questions are still on the screen.
        person.wait_until("a comment is asked for", |text| {
            let last = text.trim_end().lines().next_back();
            last.is_some_and(|line| line.contains(ASKS_COMMENT))
        });
        person.press(Key::Enter);
        let decided = DECIDED_BY_HAND + 1 - left;
        wait_until("the decision is told", || {
            person.text().matches("result at partition 1").count() == decided
        });
    }
    person.type_text("q");
    person.done();
}

/// Has a last manager decide the rest, and checks that each application has one result.
fn assert_all_are_decided_once(bench: &Bench, rows: usize, decided_of_it: usize) {
    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    let (manager, product) = large::run(bench, "manager-service", &arguments);
    bounded(manager);
    let decided = product.values::<Decision>().count();
    assert_eq!(decided + decided_of_it + 2 * OTHERS + DECIDED_BY_HAND, rows);
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let (reader, product) = large::run(bench, "result-reader", &arguments);
    bounded(reader);
    let mut emails = HashSet::new();
    for result in product.values::<Shown>() {
        assert!(emails.insert(result.email), "a second result");
    }
    assert_eq!(emails.len(), rows);
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let waiting = Instant::now();
    while !condition() {
        assert!(waiting.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(POLL);
    }
}
