//! Three people at three terminals: one applies, one decides, one sees the result.

use std::time::Duration;

use timeoff_testkit::wording::{
    ASKS_ANOTHER, ASKS_COMMENT, ASKS_CONFIRMATION, ASKS_DEPARTMENT, ASKS_EMAIL, ASKS_END,
    ASKS_START, HOLDS_ALL, LEFT_FOR_LATER, NOTHING_WAITS, QUEUED,
};
use timeoff_testkit::{Bench, Key, Terminal, tell};

use crate::applications::{Shown, parse};

pub(crate) fn an_application_typed_in_one_terminal_is_approved_in_another_and_shown_in_a_third(
    bench: &Bench,
) {
    let mut reader = Terminal::open(&bench.command("result-reader", &["--group", &bench.readers]));
    let mut manager = inbox(bench, &["--name", "Grace Hopper"]);
    let mut employee = Terminal::open(&bench.command("employee-service", &[]));

    type_application(&mut employee, "ada@example.com", "16");
    let queued = employee.wait_for(&[QUEUED, "1", "offset 0"]);
    let offered = manager.wait_for(&[
        "IT",
        "ada@example.com",
        "16 h",
        "2027-07-01",
        "partition 1",
        "offset 0",
    ]);
    manager.type_text("a");
    manager.wait_for(&[ASKS_COMMENT]);
    manager.enter("Enjoy the sea");
    let shown = reader.wait_for(&[
        "approved",
        "IT",
        "ada@example.com",
        "16 h",
        "2027-07-01",
        "Grace Hopper",
        "Enjoy the sea",
    ]);
    manager.wait_for(&[NOTHING_WAITS]);
    tell_figures(
        bench,
        &[("queued", queued), ("offered", offered), ("shown", shown)],
    );

    employee.wait_for(&[ASKS_ANOTHER]);
    employee.press(Key::Enter);
    manager.type_text("q");
    reader.press(Key::CtrlC);
    for terminal in [employee, manager, reader] {
        terminal.done();
    }
    let results = results(bench);
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].comment.as_deref(), Some("Enjoy the sea"));
    assert_eq!(results[0].processed_by, "Grace Hopper");
    let decided_at = results[0].decided_at.as_deref();
    assert!(decided_at.is_some_and(|time| time.ends_with('Z')));
}

pub(crate) fn what_is_declined_or_left_for_later_in_the_inbox_is_recorded_so(bench: &Bench) {
    for name in ["first", "second", "third"] {
        bench
            .submit(&format!("{name}@example.com"), "OPS", 8)
            .done();
    }
    let mut manager = inbox(bench, &[]);
    for name in ["first", "second", "third"] {
        manager.wait_for(&[&format!("{name}@example.com"), "partition 2"]);
    }
    manager.wait_for(&[">", "first@example.com"]);
    manager.type_text("l");
    manager.wait_for(&["first@example.com", LEFT_FOR_LATER]);
    manager.wait_for(&[">", "second@example.com"]);
    manager.press(Key::Down);
    manager.wait_for(&[">", "third@example.com"]);
    manager.press(Key::Up);
    manager.wait_for(&[">", "second@example.com"]);
    manager.type_text("d");
    manager.wait_for(&[ASKS_COMMENT]);
    manager.press(Key::Enter);
    manager.wait_for(&["2 applications wait"]);
    manager.type_text("q");
    manager.done();

    let decided = results(bench);
    let told: Vec<_> = decided
        .iter()
        .map(|result| (&*result.email, &*result.outcome))
        .collect();
    assert_eq!(told, [("second@example.com", "declined")]);
    assert_eq!(decided[0].comment, None);
    assert_eq!(decided[0].processed_by, "Manager #2");

    // Only the applications that were left come back, and the first of them is first in line.
    let mut next_manager = inbox(bench, &[]);
    next_manager.wait_for(&[">", "first@example.com"]);
    next_manager.wait_for(&["third@example.com"]);
    next_manager.wait_for(&["2 applications wait"]);
    next_manager.type_text("a");
    next_manager.wait_for(&[ASKS_COMMENT]);
    next_manager.press(Key::Enter);
    next_manager.wait_for(&[">", "third@example.com"]);
    next_manager.press(Key::CtrlC);
    next_manager.done();
    let outcomes: Vec<String> = results(bench)
        .into_iter()
        .map(|result| result.outcome)
        .collect();
    assert_eq!(outcomes, ["declined", "approved"]);
}

fn inbox(bench: &Bench, arguments: &[&str]) -> Terminal {
    let mut manager = Terminal::open(&bench.command("manager-service", arguments));
    manager.wait_for(&[HOLDS_ALL]);
    manager
}

/// Fills in the form for IT on 2027-07-01, up to the confirmation.
fn type_application(employee: &mut Terminal, email: &str, hours: &str) {
    employee.wait_for(&[ASKS_EMAIL]);
    employee.enter(email);
    employee.wait_for(&[ASKS_DEPARTMENT]);
    employee.press(Key::Down);
    employee.press(Key::Enter);
    employee.wait_for(&[ASKS_START]);
    employee.enter("2027-07-01");
    employee.wait_for(&[ASKS_END]);
    employee.enter(hours);
    employee.wait_for(&[ASKS_CONFIRMATION]);
    employee.press(Key::Enter);
}

fn results(bench: &Bench) -> Vec<Shown> {
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    parse(&bench.run("result-reader", &arguments).done().out)
}

fn tell_figures(bench: &Bench, steps: &[(&str, Duration)]) {
    let log = bench.log.split(':').next().unwrap_or_default();
    for (step, took) in steps {
        tell(&format!(
            "{log}, three terminals: {step} after {} ms",
            took.as_millis()
        ));
    }
}
