//! Moving, leaving and standing in.

use serde_json::Value;

use crate::office::{ADA, BOB, GRACE, Office, json};

#[test]
fn who_moves_has_arrived_when_the_command_ends() {
    let office = Office::with_people();
    let id = office.person(BOB)["person_id"].clone();
    let ended = office.by(GRACE, &["people", "move", BOB, "ops"]).done();
    assert_eq!(ended.out, ["Bob has come from IT to OPS."]);
    let bob = office.person(BOB);
    assert_eq!(
        (&bob["department"], &bob["person_id"]),
        (&"OPS".into(), &id)
    );
    let again = office.by(GRACE, &["people", "move", BOB, "OPS"]);
    let again = again.exited_with(1);
    let again = again.said(&["error: OPS refuses: This person belongs to OPS already."]);
    assert_eq!(again.out, [""; 0]);

    // Moved back by a file.
    let back = office.by(GRACE, &["people", "import", "people.csv"]).done();
    assert_eq!(back.out[0], "bob@example.com: moved from OPS to IT");
    assert_eq!(office.person(BOB)["department"], "IT");
    let events = office.json(&["ledger", "show", BOB]);
    let kinds: Vec<(&str, &str)> = events
        .iter()
        .map(|event| {
            (
                event["event"].as_str().unwrap(),
                event["department"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("PersonEntered", "IT"),
            ("PersonMoved", "IT"),
            ("PersonEntered", "OPS"),
            ("CommandRefused", "OPS"),
            ("PersonMoved", "OPS"),
            ("PersonEntered", "IT"),
        ]
    );
}

#[test]
fn a_command_that_is_repeated_with_its_id_is_carried_out_once() {
    let office = Office::with_people();
    let id = "01a22984-7e9e-7208-b8db-8bfcdc6050ff";
    let moving = ["people", "move", BOB, "OPS", "--command-id", id];
    for _ in 0..3 {
        let ended = office.by(GRACE, &moving).done();
        assert_eq!(ended.out, ["Bob has come from IT to OPS."]);
    }
    let events = office.json(&["ledger", "show", BOB]);
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(events[1]["command_id"], id);
    let moving = [&moving[..], &["--output", "json"]].concat();
    let answers = json(&office.by(GRACE, &moving).done());
    assert_eq!(
        answers,
        events[1..].iter().map(accepted).collect::<Vec<_>>()
    );
}

/// The event as the answer to a command that was accepted.
fn accepted(event: &Value) -> Value {
    let mut answer = event.clone();
    answer["answer"] = "accepted".into();
    answer
}

#[test]
fn who_has_left_is_not_brought_back_by_a_file_that_does_not_say_so() {
    let office = Office::with_people();
    let leave = ["people", "leave", BOB, "--last-day", "2026-01-31"];
    let ended = office.by(GRACE, &leave).done();
    assert_eq!(ended.out, ["The last day of Bob is 2026-01-31."]);
    let emails = |arguments: &[&str]| -> Vec<String> {
        let people = office.json(&[&["people", "list", "--department", "IT"], arguments].concat());
        people
            .iter()
            .map(|one| one["email"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(emails(&[]), [ADA]);
    assert_eq!(emails(&["--all"]), [ADA, BOB]);
    let again = office.by(GRACE, &["people", "import", "people.csv"]).done();
    assert_eq!(
        again.out,
        ["Nothing differs: 2 people are as the file says."]
    );

    office.write(
        "back.csv",
        "email,name,department,from\nbob@example.com,Bob,HR,2026-03-01\n",
    );
    let back = office.by(GRACE, &["people", "import", "back.csv"]).done();
    assert_eq!(back.out[0], "bob@example.com: entered in HR");
    assert_eq!(office.person(BOB)["department"], "HR");
}

#[test]
fn a_last_day_after_the_one_in_the_file_is_refused_until_the_file_says_another() {
    let office = Office::with_people();
    let import = |until| {
        let row = format!("email,name,department,until\nbob@example.com,Bob,IT,{until}\n");
        office.write("until.csv", &row);
        office.by(GRACE, &["people", "import", "until.csv"]).done();
    };
    let leave = || office.by(GRACE, &["people", "leave", BOB, "--last-day", "2099-06-30"]);
    import("2099-03-31");
    leave()
        .exited_with(1)
        .said(&["error: IT refuses: This person is entered with 2099-03-31 as their last day"]);
    import("2099-12-31");
    leave().done();
    assert_eq!(office.person(BOB)["last_day"], "2099-06-30");
}

#[test]
fn who_has_left_and_is_moved_by_a_file_has_still_left() {
    let office = Office::with_people();
    let leave = |day| office.by(GRACE, &["people", "leave", BOB, "--last-day", day]);
    leave("2026-01-31").done();
    office.write(
        "moved.csv",
        "email,name,department,until\nbob@example.com,Bob,HR,\n",
    );
    let import = || {
        office
            .by(GRACE, &["people", "import", "moved.csv"])
            .done()
            .out
    };
    assert_eq!(import()[0], "bob@example.com: moved from IT to HR");
    assert_eq!(import(), ["Nothing differs: 1 person is as the file says."]);
    let bob = office.person(BOB);
    assert_eq!(
        (&bob["department"], &bob["last_day"]),
        (&"HR".into(), &"2026-01-31".into())
    );
    // It was said too early.
    leave("2099-12-31").done();
    assert_eq!(office.person(BOB)["last_day"], "2099-12-31");
}

#[test]
fn an_admin_leaves_every_department_but_the_last_one_leaves_none() {
    let office = Office::with_grace();
    let leave = |who| office.by(GRACE, &["people", "leave", who, "--last-day", "2099-12-31"]);
    leave(GRACE)
        .exited_with(1)
        .said(&["error: HR refuses: This would leave HR without an admin"]);
    office.write(
        "people.csv",
        "email,name,department,role\nc@example.com,C,OPS,admin\n",
    );
    office.by(GRACE, &["people", "import", "people.csv"]).done();
    let ended = leave("c@example.com").done();
    assert_eq!(ended.out, ["The last day of C is 2099-12-31."; 3]);
}

#[test]
fn of_somebody_who_leaves_every_department_is_asked_although_one_refuses() {
    let office = Office::with_grace();
    office.write(
        "people.csv",
        "email,name,department,role\nc@example.com,C,OPS,admin\n",
    );
    office.by(GRACE, &["people", "import", "people.csv"]).done();
    // So she cannot ask HR any more, which is asked before IT.
    office.by(GRACE, &["people", "move", GRACE, "IT"]).done();
    let leave = [
        "people",
        "leave",
        "c@example.com",
        "--last-day",
        "2099-12-31",
    ];
    let ended = office.by(GRACE, &leave).exited_with(1);
    let ended = ended.said(&["error: HR refuses: "]);
    assert_eq!(ended.out, ["The last day of C is 2099-12-31."; 2]);
}

#[test]
fn who_stands_in_decides_for_an_approver() {
    let office = Office::with_people();
    let delegate = |by, from, to| {
        office.by(
            by,
            &[
                "delegate",
                "--from",
                from,
                "--to",
                to,
                "--first-day",
                "2020-01-01",
                "--last-day",
                "2099-12-31",
            ],
        )
    };
    delegate(BOB, ADA, BOB)
        .exited_with(1)
        .said(&["error: IT refuses: Only the approver themself or an admin of IT"]);
    let ended = delegate(ADA, ADA, BOB).done();
    assert_eq!(
        ended.out,
        ["Bob decides in the place of Ada Lovelace from 2020-01-01 to 2099-12-31."]
    );
    let shown = office.run(&["people", "show", BOB]).done();
    assert!(
        shown
            .out
            .contains(&"Decides for Ada Lovelace, from 2020-01-01 to 2099-12-31".to_owned()),
        "{:?}",
        shown.out
    );
    let application = office.submit("carla@example.com", "IT");
    office.by(BOB, &["decide", &application, "approve"]).done();
    let shown = office.run(&["ledger", "show", &application]).done();
    assert!(
        shown.out[1].contains("by Bob in the place of Ada Lovelace; command "),
        "{:?}",
        shown.out
    );
}
