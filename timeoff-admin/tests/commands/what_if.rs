//! What would have been decided under another policy.

use serde_json::Value;

use crate::office::{ADA, BOB, Office};

const PLAIN: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
";

/// Monday, 3 July 2090: whenever the test runs, that is to come.
const BLACKOUT: &str = "\
[[blackouts]]
name = 'Stocktaking'
from = '2090-07-03'
until = '2090-07-03'
then = 'block'
";

/// Bob has two days and asks for one and then two: the second is too much.
fn office() -> (Office, [String; 2]) {
    let office = Office::with_people();
    office.sets_policy(PLAIN);
    office.grants(BOB, 960);
    let one = office.asks_for(BOB, "8", "2090-07-03");
    let two = office.asks_for(BOB, "16", "2090-07-04");
    office.by(ADA, &["decide", &one, "approve"]).done();
    office
        .by(ADA, &["decide", &two, "approve"])
        .exited_with(1)
        .said(&["has no entitlement"]);
    office.write("plain.toml", PLAIN);
    office.write("stricter.toml", &format!("{PLAIN}{BLACKOUT}"));
    (office, [one, two])
}

/// The bytes of the log's file.
fn bytes(office: &Office) -> Vec<u8> {
    std::fs::read(office.bench.folder.path().join("timeoff.db")).unwrap()
}

#[test]
fn what_would_be_otherwise_is_listed_with_the_reason_and_nothing_is_written() {
    let (mut office, [one, two]) = office();
    office.close();
    let before = bytes(&office);
    let what_if = ["what-if", "--policy", "stricter.toml", "--department", "IT"];
    let lines = office.json(&what_if);
    let [first, second, total] = &lines[..] else {
        panic!("{lines:?}");
    };
    for (line, field, value) in [
        (first, "application_id", &*one),
        (first, "person_name", "Bob"),
        (first, "then", "approved"),
        (first, "now", "refused"),
        (second, "application_id", &*two),
        (second, "person_name", "Bob"),
        (second, "then", "refused"),
        (second, "now", "approved"),
        (total, "kind", "total"),
        (total, "department", "IT"),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
    assert!(
        first["now_why"].as_str().unwrap().contains("Stocktaking"),
        "{first}"
    );
    assert_eq!(
        (&first["then_minutes"], &first["now_minutes"]),
        (&480.into(), &480.into())
    );
    assert!(
        second["then_why"]
            .as_str()
            .unwrap()
            .contains("has no entitlement"),
        "{second}"
    );
    assert_eq!(
        (&total["decided_differently"], &total["unchanged"]),
        (&2.into(), &0.into())
    );

    let shown = office.run(&what_if).done();
    assert!(
        shown.out[0].starts_with("DEPARTMENT  WHO  THEN"),
        "{:?}",
        shown.out
    );
    assert!(
        shown.out[1].contains("approved, 8 h  refused, 8 h"),
        "{:?}",
        shown.out
    );
    assert_eq!(
        shown.out.last().unwrap(),
        "IT: 0 applications as before, 2 decided differently, 0 with other minutes, 0 approved after a warning."
    );
    // Of the other departments: nothing was decided, and no policy held.
    let all = office.run(&["what-if", "--policy", "plain.toml"]).done();
    assert_eq!(all.out.len(), 3, "{:?}", all.out);
    assert!(
        all.out[0].starts_with("HR: 0 applications"),
        "{:?}",
        all.out
    );
    assert!(
        all.out[0].contains("No policy has held there"),
        "{:?}",
        all.out
    );
    assert!(
        all.out[1].starts_with("IT: 2 applications as before, 0 decided"),
        "{:?}",
        all.out
    );
    assert!(bytes(&office) == before, "the log has changed");
}

#[test]
fn what_is_gone_from_the_topics_is_said_not_to_be_known() {
    let (office, [one, _]) = office();
    let total = |topics: &[&str]| -> Vec<Value> {
        office.json(
            &[
                topics,
                &["what-if", "--policy", "stricter.toml", "--department", "IT"],
            ]
            .concat(),
        )
    };
    // To a reader, a topic of which nothing is left is as one that nobody has made.
    let lines = total(&[
        "--applications-topic",
        "gone",
        "--commands-topic",
        "gone-too",
    ]);
    let [not_known, total] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(not_known["kind"], "not_known");
    assert_eq!(not_known["application_id"], &*one);
    assert_eq!(
        (&total["not_known"], &total["commands_not_known"]),
        (&1.into(), &1.into())
    );
    assert_eq!(total["decided_differently"], 0);
}

#[test]
fn a_policy_that_cannot_be_used_and_a_day_to_come_are_wrong_input() {
    let office = Office::closed();
    office.bench.make_topics();
    office.write("plain.toml", PLAIN);
    office.write(
        "both.toml",
        &format!(
            "{PLAIN}{}",
            BLACKOUT.replace("until = '2090-07-03'", "until = '2090-07-01'")
        ),
    );
    office.write("no.toml", "default_type");
    let what_if = |policy: &str, more: &[&str]| {
        office.run(&[&["what-if", "--policy", policy], more].concat())
    };
    let contradicting = what_if("both.toml", &[]).exited_with(2);
    contradicting.said(&["both.toml is not a policy: ", "blackouts[1]"]);
    what_if("no.toml", &[])
        .exited_with(2)
        .said(&["no.toml is not a policy: line 1"]);
    what_if("nowhere.toml", &[])
        .exited_with(2)
        .said(&["nowhere.toml: it could not be read"]);
    what_if("plain.toml", &["--from", "9999-12-31"])
        .exited_with(2)
        .said(&["--from 9999-12-31 is in the future"]);
    what_if("plain.toml", &["--department", "SALES"])
        .exited_with(2)
        .said(&["\"SALES\" is not a department"]);
    what_if("plain.toml", &["--from", "2020-01-01"]).done();
}
