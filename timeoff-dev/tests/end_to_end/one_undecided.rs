//! One application is left undecided, and a hundred thousand behind it are decided.

use std::collections::HashSet;
use std::time::Instant;

use timeoff_testkit::wording::{ASKS_COMMENT, LEFT_FOR_LATER};
use timeoff_testkit::{AUTO, Bench, Ended, Key, LEAVING, Terminal, tell};

use crate::applications::{Decision, Shown, assert_are_on_the_log, parse};
use crate::bounded::bounded;
use crate::full_window::WINDOW_FULL;
use crate::large;

const BEHIND: usize = 100_000;

/// After how many decisions the manager is killed.
const KILL: usize = 40_000;

pub(crate) fn one_left_undecided_blocks_nobody_and_is_all_that_is_offered_after_a_kill(
    bench: &Bench,
) {
    let first = ("first".to_owned(), "IT", 40);
    let behind = (0..BEHIND).map(|number| (format!("e{number:06}"), "IT", 8));
    bounded(large::import(bench, std::iter::once(first).chain(behind)));

    let mut killed = bench.start("manager-service", &LEAVING);
    killed.wait_until_printed(KILL);
    let killed = bounded(killed.kill());
    let rest = leave_until_caught_up(bench);
    assert!(!rest.out.is_empty(), "all was decided before the kill");

    leave_first_for_later_and_approve_last(bench);
    assert_eq!(leave_until_caught_up(bench).out, [""; 0]);
    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    let last = bounded(bench.run("manager-service", &arguments).done());
    assert_eq!(last.out.len(), 1, "only one was undecided: {:?}", last.out);
    assert!(last.out[0].contains("first@example.com"));

    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let (reader, product) = large::run(bench, "result-reader", &arguments);
    bounded(reader);
    let shown: Vec<Shown> = product.values().collect();
    let emails: HashSet<&str> = shown.iter().map(|result| result.email.as_str()).collect();
    assert_eq!((shown.len(), emails.len()), (BEHIND + 2, BEHIND + 2));
    let declined: Vec<_> = shown
        .iter()
        .filter(|result| result.outcome == "declined")
        .collect();
    assert_eq!(declined.len(), 1);
    assert_eq!(declined[0].email, "first@example.com");
    let printed = [killed.out, rest.out, last.out].concat();
    let decisions: Vec<Decision> = parse(&printed);
    assert_are_on_the_log(&decisions, &shown);
}

/// Runs a policy that leaves long ones undecided, until it has caught up. A full window must not keep it from that.
fn leave_until_caught_up(bench: &Bench) -> Ended {
    let arguments = [&LEAVING[..], &["--until-caught-up"]].concat();
    let manager = bounded(bench.run("manager-service", &arguments).done());
    assert!(!manager.err.contains(WINDOW_FULL), "{}", manager.err);
    manager
}

/// A person sees the one that was left undecided and, behind all the decided ones, a new one.
fn leave_first_for_later_and_approve_last(bench: &Bench) {
    bench.submit("last@example.com", "IT", 8).done();
    let began = Instant::now();
    let mut manager = Terminal::open(&bench.command("manager-service", &[]));
    manager.wait_for(&[">", "first@example.com"]);
    manager.wait_for(&["last@example.com"]);
    tell(&format!(
        "{}: one behind {BEHIND} decided ones is on the screen {} ms after the start",
        bench.log.split(':').next().unwrap_or_default(),
        began.elapsed().as_millis()
    ));
    manager.wait_for(&["2 applications wait"]);
    manager.type_text("l");
    manager.wait_for(&["first@example.com", LEFT_FOR_LATER]);
    manager.wait_for(&[">", "last@example.com"]);
    manager.type_text("a");
    manager.wait_for(&[ASKS_COMMENT]);
    manager.press(Key::Enter);
    manager.wait_for(&["1 application waits"]);
    manager.type_text("q");
    manager.done();
}
