//! Decisions, withdrawals, and what the ledger says of them.

use crate::office::{ADA, BOB, Office, id_said, json};

#[test]
fn an_application_is_decided_by_its_id_once_and_by_whoever_may() {
    let office = Office::with_people();
    let application = office.submit(BOB, "IT");
    let decide = |by, what| office.by(by, &["decide", &application, what]);
    decide(BOB, "approve")
        .exited_with(1)
        .said(&["error: IT refuses: Only an approver or an admin of IT"]);
    let ended = office.by(
        ADA,
        &[
            "decide",
            &application,
            "approve",
            "--comment",
            "Enjoy",
            "--output",
            "json",
        ],
    );
    let answer = json(&ended.done()).remove(0);
    for (field, value) in [
        ("answer", "accepted"),
        ("event", "LeaveBooked"),
        ("department", "IT"),
        ("by_name", "Ada Lovelace"),
        ("person_name", "Bob"),
        ("application_id", &*application),
    ] {
        assert_eq!(answer[field], value, "{field}");
    }
    let late = decide(ADA, "decline").exited_with(1);
    let late = late.said(&["error: IT refuses: Another person has approved it already."]);
    assert_eq!(late.out, [""; 0]);
    let withdrawn = office.by(BOB, &["withdraw", &application, "--output", "json"]);
    let withdrawn = json(&withdrawn.exited_with(1)).remove(0);
    assert_eq!(withdrawn["answer"], "refused");
    assert_eq!(withdrawn["application_id"], &*application);
    office
        .by(ADA, &["decide", "no-such-id", "approve"])
        .exited_with(2)
        .said(&["error: there is no application no-such-id on "]);

    let results = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let results = json(&office.bench.run("result-reader", &results).done());
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["comment"], "Enjoy");
}

#[test]
fn an_employee_takes_back_what_waits_whether_or_not_they_are_entered() {
    let office = Office::with_people();
    for email in [BOB, "visitor@example.com"] {
        let application = office.submit(email, "IT");
        office
            .by(ADA, &["withdraw", &application])
            .exited_with(1)
            .said(&["Only the employee who asked for this leave can withdraw it."]);
        let ended = office.by(email, &["withdraw", &application]).done();
        assert_eq!(ended.out, [format!("Withdrawn: {application}.")]);
    }
}

#[test]
fn the_ledger_shows_how_everything_came_about_and_how_much_of_it_there_was_at_a_time() {
    let office = Office::with_people();
    let application = office.submit(BOB, "IT");
    let refused = office.by(BOB, &["decide", &application, "approve"]);
    let refused = id_said(&refused.exited_with(1).err);
    let declined = office.by(ADA, &["decide", &application, "decline"]);
    let declined = id_said(&declined.done().err);

    let events = office.json(&["ledger", "show", &application]);
    let told: Vec<(&str, &str)> = events
        .iter()
        .map(|event| {
            (
                event["event"].as_str().unwrap(),
                event["command_id"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("CommandRefused", &*refused), ("LeaveDeclined", &*declined)]
    );
    for event in &events {
        let offset = event["offset"].as_i64().unwrap();
        assert_eq!(event["known_offset"], offset - 1, "{event}");
    }

    let shown = office.run(&["ledger", "show", &application]).done();
    assert_eq!(shown.out.len(), 4);
    let offset = events[1]["offset"].as_i64().unwrap();
    assert!(
        shown.out[2].ends_with(&format!(
            "  IT {offset}  Declined: {application}, leave of Bob."
        )),
        "{:?}",
        shown.out
    );
    assert_eq!(
        shown.out[3].trim_start(),
        format!(
            "by Ada Lovelace; command {declined}; knew IT up to {}",
            offset - 1
        )
    );

    let at = |time: &str| office.run(&["ledger", "show", &application, "--at", time]);
    let first = events[0]["at"].as_str().unwrap();
    assert_eq!(at(first).done().out, shown.out[..2]);
    assert_eq!(at("9999-12-31").done().out, shown.out);
    at("2020-01-01").exited_with(1).said(&[
        "error: the ledger has no event about ",
        " up to 2020-01-01T23:59:59",
    ]);

    let of_bob = office.run(&["ledger", "show", BOB]).done();
    assert!(
        of_bob.out[0].ends_with("Bob is entered in IT as employee."),
        "{:?}",
        of_bob.out
    );
    assert!(
        of_bob.out[2..].ends_with(&shown.out[2..]),
        "{:?}",
        of_bob.out
    );
}
