//! A manager who thinks for too long on a machine that sleeps.

use timeoff_testkit::wording::{ASKS_COMMENT, COMMENT_IS_KEPT, TAKEN_OVER};
use timeoff_testkit::{AUTO, Bench, Key, Terminal};

use crate::applications::{Shown, parse};

pub(crate) fn a_decision_on_what_another_manager_has_taken_over_meanwhile_is_refused_and_told(
    bench: &Bench,
) {
    let mut sleeper = about_to_decline(bench);
    sleeper.signal("STOP");
    have_it_approved(bench);
    sleeper.signal("CONT");
    sleeper.press(Key::Enter);
    sleeper.wait_for(&[TAKEN_OVER]);
    sleeper.press(Key::CtrlC);
    sleeper.done();

    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let reader = bench.run("result-reader", &arguments).done();
    let results: Vec<Shown> = parse(&reader.out);
    let told: Vec<_> = results
        .iter()
        .map(|result| (&*result.processed_by, &*result.outcome))
        .collect();
    assert_eq!(told, [("Successor", "approved")]);
}

pub(crate) fn who_was_first_is_named_and_the_comment_of_who_came_too_late_can_be_used_again(
    bench: &Bench,
) {
    let mut sleeper = about_to_decline(bench);
    sleeper.type_text("Not before the fair");
    sleeper.wait_for(&[ASKS_COMMENT, "Not before the fair"]);
    sleeper.signal("STOP");
    have_it_approved(bench);
    sleeper.signal("CONT");
    sleeper.press(Key::Enter);
    sleeper.wait_for(&[TAKEN_OVER]);
    sleeper.wait_for(&["Successor has approved it meanwhile."]);
    sleeper.wait_for(&[COMMENT_IS_KEPT]);

    bench.submit("grace@example.com", "IT", 8).done();
    sleeper.wait_for(&[">", "grace@example.com"]);
    sleeper.type_text("d");
    sleeper.wait_until("the next comment is asked for", |text| {
        let after = text.rsplit_once(COMMENT_IS_KEPT);
        after.is_some_and(|(_, after)| after.contains(ASKS_COMMENT))
    });
    sleeper.press(Key::Up);
    sleeper.press(Key::Enter);
    sleeper.wait_for(&["declined", "grace@example.com"]);
    sleeper.press(Key::CtrlC);
    sleeper.done();

    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let results: Vec<Shown> = parse(&bench.run("result-reader", &arguments).done().out);
    let told: Vec<_> = results
        .iter()
        .map(|result| (&*result.processed_by, result.comment.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("Successor", None),
            ("Sleeper", Some("Not before the fair"))
        ]
    );
}

/// A manager who is asked for a comment on declining the one application.
fn about_to_decline(bench: &Bench) -> Terminal {
    bench.submit("ada@example.com", "IT", 8).done();
    let mut manager = Terminal::open(&bench.command("manager-service", &["--name", "Sleeper"]));
    manager.wait_for(&[">", "ada@example.com"]);
    manager.type_text("d");
    manager.wait_for(&[ASKS_COMMENT]);
    manager
}

/// Another manager takes the application over and approves it.
fn have_it_approved(bench: &Bench) {
    let auto = [&AUTO[..], &["--until-caught-up", "--name", "Successor"]].concat();
    let successor = bench.run("manager-service", &auto).done();
    assert_eq!(successor.out.len(), 1, "what a sleeper holds is taken over");
}
