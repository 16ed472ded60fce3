//! Entering and changing the people of a file.

use std::fmt::Write as _;

use crate::office::{ADA, BOB, GRACE, Office, json};

const FILE: &str = "email,name,department,role,region,schedule,from,until,tags\n\
    ada@example.com,Ada Lovelace,IT,approver,gb-eng,480 480 480 480 240 0 0,2026-01-01,,nights first-aid\n\
    bob@example.com,Bob,HR,,,,,,\n\
    carla@example.com,Carla,OPS,admin,,,,,\n";

#[test]
fn people_are_entered_once_and_what_differs_is_changed() {
    let office = Office::with_grace();
    office.write("people.csv", FILE);
    let import = ["people", "import", "people.csv"];
    let entered = [
        "ada@example.com: entered in IT",
        "bob@example.com: entered in HR",
        "carla@example.com: entered in OPS; also in HR; also in IT",
    ];

    let dry = office
        .by(GRACE, &[&import[..], &["--dry-run"]].concat())
        .done();
    assert_eq!(dry.out[..3], entered);
    assert_eq!(
        dry.out[3],
        "3 people: 3 would be entered, 0 would be changed, 0 as they were."
    );
    assert_eq!(
        office.json(&["people", "list"]).len(),
        1,
        "nothing was sent"
    );

    let first = office.by(GRACE, &import).done();
    assert_eq!(first.out[..3], entered);
    assert_eq!(
        first.out[3],
        "3 people: 3 entered, 0 changed, 0 as they were."
    );
    let ada = office.person(ADA);
    for (field, value) in [
        ("name", "Ada Lovelace"),
        ("department", "IT"),
        ("role", "approver"),
        ("region", "GB-ENG"),
        ("schedule", "480 480 480 480 240 0 0"),
        ("from", "2026-01-01"),
        ("tags", "nights first-aid"),
        ("guest_in", ""),
    ] {
        assert_eq!(ada[field], value, "{field}");
    }
    assert_eq!(office.person("carla@example.com")["guest_in"], "HR, IT");

    let second = office.by(GRACE, &import).done();
    assert_eq!(
        second.out,
        ["Nothing differs: 3 people are as the file says."]
    );

    // Columns that are not there change nothing, and who is not there stays.
    office.write(
        "fewer.csv",
        "name;department;email;role;shoe size\nBob B.;HR;bob@example.com;approver;47\n",
    );
    let fewer = ["people", "import", "fewer.csv", "--output", "json"];
    let ended = office.by(GRACE, &fewer).done();
    let ended = ended.said(&["fewer.csv: these columns do not count: shoe size."]);
    let lines = json(&ended);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["email"], BOB);
    assert_eq!(
        lines[0]["change"],
        "name Bob -> Bob B., role employee -> approver"
    );
    assert_eq!(lines[0]["answer"], "accepted");
    assert_eq!(office.json(&["people", "list"]).len(), 4);
    assert_eq!(office.person(ADA), ada);
}

#[test]
fn one_wrong_row_keeps_everybody_out() {
    let office = Office::with_grace();
    office.write(
        "people.csv",
        "email,name,department,role\nada@example.com,Ada,IT,\nbob@example.com,,IT,boss\n",
    );
    let ended = office.by(GRACE, &["people", "import", "people.csv"]);
    let ended = ended.exited_with(2).said(&[
        "people.csv, line 3: name: a person's name must have",
        "; role: a role must be employee, approver or admin",
        "error: people.csv: 1 of 2 rows cannot be used, nothing was sent; mend it and do it again",
    ]);
    assert_eq!(ended.out, [""; 0]);
    assert_eq!(office.json(&["people", "list"]).len(), 1);
}

#[test]
fn what_would_be_refused_is_said_before_anything_is_sent() {
    let office = Office::with_people();
    office.write(
        "more.csv",
        "email,name,department\neve@example.com,Eve,HR\n",
    );
    for by in [ADA, BOB, "nobody@example.com"] {
        let ended = office
            .by(by, &["people", "import", "more.csv"])
            .exited_with(1);
        let ended = ended.said(&["error: more.csv: 1 change would be refused; nothing was sent"]);
        assert!(
            ended.out[0].contains(
                "eve@example.com: entered in HR (would be refused: Nobody with your e-mail address is active in HR"
            ),
            "{:?}",
            ended.out
        );
    }
    office
        .run(&["people", "show", "eve@example.com"])
        .exited_with(2);
    // Whoever only wants to know what differs need not say who they are.
    let dry = office
        .run(&["people", "import", "more.csv", "--dry-run"])
        .done();
    assert_eq!(dry.out[0], "eve@example.com: entered in HR");
}

#[test]
fn an_admin_is_one_everywhere_and_is_none_anywhere_when_they_are_one_no_longer() {
    let office = Office::with_grace();
    let import = |row: &str| {
        office.write(
            "people.csv",
            &format!("email,name,department,role\n{row}\n"),
        );
        office
            .by(GRACE, &["people", "import", "people.csv"])
            .done()
            .out
    };
    import("carla@example.com,Carla,OPS,admin");
    // Carla has every right that Grace has, in each department.
    office.write("eve.csv", "email,name,department\neve@example.com,Eve,HR\n");
    office
        .by("carla@example.com", &["people", "import", "eve.csv"])
        .done();
    let moved = import("carla@example.com,Carla C.,IT,admin");
    assert_eq!(
        moved[0],
        "carla@example.com: name Carla -> Carla C.; moved from OPS to IT; likewise in HR; also in OPS"
    );
    assert_eq!(office.person("carla@example.com")["guest_in"], "HR, OPS");
    let demoted = import("carla@example.com,Carla C.,IT,employee");
    assert_eq!(
        demoted[0],
        "carla@example.com: role admin -> employee; likewise in HR; likewise in OPS"
    );
    for department in ["HR", "IT", "OPS"] {
        office.write(
            "more.csv",
            &format!("email,name,department\nx@example.com,X,{department}\n"),
        );
        let ended = office.by("carla@example.com", &["people", "import", "more.csv"]);
        assert_eq!(
            ended.exited_with(1).out[0]
                .matches("would be refused")
                .count(),
            1
        );
    }
    assert_eq!(
        import("carla@example.com,Carla C.,IT,employee"),
        ["Nothing differs: 1 person is as the file says."]
    );
}

#[test]
fn many_people_are_entered_at_once() {
    let office = Office::with_grace();
    let mut file = "email,name,department\n".to_owned();
    for n in 0..300 {
        let department = ["HR", "IT", "OPS"][n % 3];
        writeln!(file, "e{n}@example.com,Person {n},{department}").unwrap();
    }
    office.write("people.csv", &file);
    let ended = office.by(GRACE, &["people", "import", "people.csv"]).done();
    assert_eq!(ended.out.len(), 301);
    assert_eq!(
        ended.out[300],
        "300 people: 300 entered, 0 changed, 0 as they were."
    );
    assert_eq!(office.json(&["people", "list"]).len(), 301);
}
