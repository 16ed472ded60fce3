//! Naming the first admin.

use crate::office::{ADA, GRACE, Office};

const INIT: [&str; 5] = ["init", "--admin", GRACE, "--name", "Grace Hopper"];

#[test]
fn the_first_admin_is_one_in_every_department_and_nobody_else_becomes_it() {
    let office = Office::open();
    let ended = office
        .run(&[&INIT[..], &["--department", "it"]].concat())
        .done();
    assert_eq!(
        ended.out,
        [
            "Grace Hopper is an admin of HR.",
            "Grace Hopper is an admin of IT.",
            "Grace Hopper is an admin of OPS."
        ]
    );
    let before = office.person(GRACE);
    assert_eq!(before["department"], "IT");
    assert_eq!(before["guest_in"], "HR, OPS");

    let again = office.run(&["init", "--admin", GRACE]).done();
    assert_eq!(again.out, ended.out);
    assert_eq!(office.person(GRACE), before);

    let renamed = office
        .run(&[&INIT[..4], &["Amazing Grace"]].concat())
        .done();
    let renamed = renamed.said(&["name and department stay as they are"]);
    assert_eq!(renamed.out, ended.out);

    let other = office.run(&["init", "--admin", ADA]).exited_with(1);
    let other = other.said(&["error: HR refuses: HR has an admin already"]);
    assert_eq!(other.out, [""; 0]);
    let json = office.run(&["init", "--admin", ADA, "--output", "json"]);
    let json = crate::office::json(&json.exited_with(1));
    assert_eq!((json.len(), &json[0]["answer"]), (1, &"refused".into()));
    assert_eq!(office.person(GRACE), before);
    assert_eq!(office.json(&["people", "list"]), [before]);
}

#[test]
fn an_interrupted_run_is_repeated_and_the_admin_is_one_person_everywhere() {
    let mut office = Office::closed();
    let mut first = office.bench.start("timeoff-admin", &INIT);
    first.wait_until_said("No answer from HR yet");
    first.kill();
    office.serve();
    // The command was on the log, so HR has its admin now, and only HR.
    office.run(&["commands", "wait", &sent(&office)]).done();
    assert_eq!(office.person(GRACE)["guest_in"], "");
    let id = office.person(GRACE)["person_id"].clone();
    let again = office.run(&INIT).done();
    assert_eq!(again.out.len(), 3);
    let person = office.person(GRACE);
    assert_eq!(person["person_id"], id);
    assert_eq!(person["guest_in"], "IT, OPS");
}

/// The id of the only command that anybody has sent: the one to which the ledger has an answer.
fn sent(office: &Office) -> String {
    for _ in 0..600 {
        let shown = office.run(&["ledger", "show", GRACE, "--output", "json"]);
        if let Some(event) = crate::office::json(&shown).first() {
            return event["command_id"].as_str().unwrap().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the command that was on the log is never carried out");
}
