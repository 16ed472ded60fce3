//! A manager who thinks for too long on a machine that sleeps.

use timeoff_testkit::wording::{ASKS_COMMENT, TAKEN_OVER};
use timeoff_testkit::{AUTO, Bench, Key, Terminal};

use crate::applications::{Shown, parse};

pub(crate) fn a_decision_on_what_another_manager_has_taken_over_meanwhile_is_refused_and_told(
    bench: &Bench,
) {
    bench.submit("ada@example.com", "IT", 8).done();
    let mut sleeper = Terminal::open(&bench.command("manager-service", &["--name", "Sleeper"]));
    sleeper.wait_for(&[">", "ada@example.com"]);
    sleeper.type_text("d");
    sleeper.wait_for(&[ASKS_COMMENT]);
    sleeper.signal("STOP");

    let auto = [&AUTO[..], &["--until-caught-up", "--name", "Successor"]].concat();
    let successor = bench.run("manager-service", &auto).done();
    assert_eq!(successor.out.len(), 1, "what a sleeper holds is taken over");

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
