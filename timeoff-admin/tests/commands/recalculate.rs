//! Booked leave that is counted anew.

use crate::office::{ADA, BOB, GRACE, Office};

/// Leave needs no entitlement.
const PLAIN: &str = "\
default_type = 'unpaid'
[types.unpaid]
label = 'Unpaid leave'
needs_entitlement = false
";

/// A Monday that is to come whenever the test runs, and one that is over.
const HALF_DAYS: &str = "\
[[company_holidays]]
name = 'Half a day'
date = '2090-07-03'
part = 'afternoon'
[[company_holidays]]
name = 'Half a day'
date = '2020-07-06'
part = 'afternoon'
";

#[test]
fn what_would_change_is_listed_and_then_changed_from_today_on() {
    let office = Office::with_people();
    office.sets_policy(PLAIN);
    let [over, to_come] = ["2020-07-06", "2090-07-03"].map(|start| {
        let application = office.asks_for(BOB, "8", start);
        office.by(ADA, &["decide", &application, "approve"]).done();
        application
    });
    let nothing = office.by(GRACE, &["recalculate"]).done();
    assert_eq!(
        nothing.out,
        ["Nothing differs: all booked leave takes what it took."]
    );
    nothing.said(&["HR has no policy", "OPS has no policy"]);

    office.sets_policy(&format!("{PLAIN}{HALF_DAYS}"));
    let planned = office.json(&["recalculate", "--dry-run"]);
    assert_eq!(planned.len(), 1, "{planned:?}");
    for (field, value) in [
        ("application_id", &*to_come),
        ("person_name", "Bob"),
        ("days", "2090-07-03 480"),
        ("days_anew", "2090-07-03 240"),
        ("answer", "planned"),
    ] {
        assert_eq!(planned[0][field], value, "{field}");
    }
    assert_eq!(planned[0]["command_id"], serde_json::Value::Null);
    let all = office.json(&["recalculate", BOB, "--dry-run", "--from", "2020-01-01"]);
    let ids: Vec<&str> = all
        .iter()
        .map(|one| one["application_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [&*over, &*to_come]);
    assert!(office.json(&["recalculate", ADA, "--dry-run"]).is_empty());

    let refused = office.by(BOB, &["recalculate"]).exited_with(1);
    let refused = refused.said(&["error: 1 change would be refused; nothing was sent"]);
    assert!(
        refused.out[1].contains("would be refused: Only an admin of IT"),
        "{:?}",
        refused.out
    );
    let done = office
        .by(GRACE, &["recalculate", "--department", "IT"])
        .done();
    assert!(
        done.out[1].contains("IT          Bob  8 h     4 h   2090-07-03"),
        "{:?}",
        done.out
    );
    assert_eq!(
        done.out[2..],
        [
            "1 booked leave takes something else if counted anew.",
            "1 leave was counted anew."
        ]
    );
    let events = |application: &str| -> Vec<String> {
        let events = office.json(&["ledger", "show", application]);
        events
            .iter()
            .map(|event| event["event"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(events(&to_come), ["LeaveBooked", "LeaveRecalculated"]);
    assert_eq!(events(&over), ["LeaveBooked"]);
    assert!(office.json(&["recalculate", "--dry-run"]).is_empty());

    let again = office.by(
        GRACE,
        &[
            "recalculate",
            BOB,
            "--from",
            "2020-01-01",
            "--output",
            "json",
        ],
    );
    let again = crate::office::json(&again.done());
    assert_eq!(again.len(), 1);
    assert_eq!(
        (&again[0]["answer"], &again[0]["application_id"]),
        (&"accepted".into(), &(&*over).into())
    );
    assert!(again[0]["command_id"].is_string());
}

#[test]
fn without_a_policy_or_a_person_there_is_nothing_to_count() {
    let office = Office::with_people();
    office
        .by(GRACE, &["recalculate", "--department", "HR"])
        .exited_with(1)
        .said(&["error: HR: No policy has been set in HR yet"]);
    office
        .by(GRACE, &["recalculate", "nobody@example.com"])
        .exited_with(2)
        .said(&["nobody@example.com has not been entered"]);
    office
        .run(&["recalculate"])
        .exited_with(2)
        .said(&["--as <EMAIL>"]);
    office
        .by(GRACE, &["recalculate", BOB, "--department", "IT"])
        .exited_with(2)
        .said(&["cannot be used with"]);
}
