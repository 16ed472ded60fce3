//! Checking, setting and showing a policy.

use crate::office::{ADA, GRACE, Office, json};

/// A policy of little leave. More can be added.
pub(crate) const POLICY: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[types.sick]
label = 'Sick leave'
needs_entitlement = false
";

/// Wrong in three ways: in lines 1, 8 and 12.
const WRONG: &str = "\
default_type = 'anual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[types.sick]
label = 'Sick leave'
needs_entitlement = false
[[entitlements]]
type = 'annual'
minutes_a_year = 480
carry_over_minutes = 481
[[company_holidays]]
name = 'Nowhere'
date = '12-24'
regions = ['XX-YY']
";

#[test]
fn all_that_is_wrong_is_said_with_its_place_and_nothing_is_sent() {
    let office = Office::with_grace();
    office.write("wrong.toml", WRONG);
    let places = [
        "wrong.toml:1: default_type: there is no type anual",
        "wrong.toml:8: entitlements[1]",
        "wrong.toml:12: company_holidays[1].regions[1]: the calendar knows no region XX-YY",
    ];
    let checked = office
        .run(&["policy", "check", "wrong.toml"])
        .exited_with(2);
    let checked = checked.said(&places);
    assert!(
        checked.err.contains("error: wrong.toml: "),
        "{}",
        checked.err
    );
    assert_eq!(checked.out, [""; 0]);

    let program = ["policy", "check", "wrong.toml", "--output", "json"];
    let lines = json(&office.run(&program).exited_with(2));
    let told = checked
        .err
        .lines()
        .filter(|line| line.starts_with("wrong.toml:"));
    assert_eq!(lines.len(), told.count());
    let told: Vec<i64> = lines
        .iter()
        .map(|line| line["line"].as_i64().unwrap())
        .collect();
    assert!(
        told.contains(&1) && told.contains(&8) && told.contains(&12),
        "{told:?}"
    );
    assert_eq!(lines[0]["severity"], "error");

    let set = office.by(GRACE, &["policy", "set", "wrong.toml"]);
    set.exited_with(2).said(&places);
    assert_eq!(
        office.run(&["policy", "show"]).done().out,
        ["No policy is set: whoever may decide on leave decides, and nothing is counted."]
    );
}

#[test]
fn a_department_that_is_not_configured_is_warned_of_without_a_log() {
    let office = Office::closed();
    let rule = "[[cover]]\ndepartments = ['SALES']\nleast_present = 1\nthen = 'block'\n";
    office.write("policy.toml", &format!("{POLICY}{rule}"));
    let checked = office.run(&["policy", "check", "policy.toml"]).done();
    assert!(
        checked.out[0].starts_with(
            "warning: policy.toml:8: cover[1].departments[1]: SALES is not one of the departments HR,IT,OPS"
        ),
        "{:?}",
        checked.out
    );
    assert_eq!(
        checked.out[1],
        "policy.toml can be set: 2 types of leave: annual (the default), sick."
    );
    let there = office.run(&[
        "policy",
        "check",
        "policy.toml",
        "--departments",
        "IT,SALES",
    ]);
    assert_eq!(there.done().out.len(), 1);
    assert!(!office.bench.folder.path().join("timeoff.db").exists());
}

#[test]
fn a_policy_is_set_everywhere_once_and_shown_as_it_was_written() {
    let office = Office::with_people();
    office.write("policy.toml", POLICY);
    let set = ["policy", "set", "policy.toml"];
    let dry = office
        .run(&["policy", "set", "policy.toml", "--dry-run"])
        .done();
    assert_eq!(dry.out[0], "HR: policy 1 would be set");

    // Ada is an approver of IT only.
    let refused = office.by(ADA, &set).exited_with(1);
    let refused =
        refused.said(&["error: policy.toml: 3 departments would refuse it; nothing was sent"]);
    assert!(
        refused.out[1].starts_with("IT: would be refused: Only an admin of IT can do this"),
        "{:?}",
        refused.out
    );

    let each = |what: &str| ["HR", "IT", "OPS"].map(|department| format!("{department}: {what}"));
    assert_eq!(
        office.by(GRACE, &set).done().out,
        each("policy 1 is in force")
    );
    assert_eq!(
        office.by(GRACE, &set).done().out,
        each("policy 1 is in force already")
    );
    let shown = office.run(&["policy", "show"]).done();
    let shown = shown.said(&["IT: policy 1 since 20", " UTC, by Grace Hopper."]);
    assert_eq!(shown.out.join("\n") + "\n", POLICY);

    // One of them has another from now on.
    office.write("other.toml", &format!("# Other.\n{POLICY}"));
    let other = [
        "policy",
        "set",
        "other.toml",
        "--department",
        "it",
        "--output",
        "json",
    ];
    let lines = json(&office.by(GRACE, &other).done());
    assert_eq!(lines.len(), 1);
    for (field, value) in [("department", "IT"), ("answer", "accepted")] {
        assert_eq!(lines[0][field], value, "{field}");
    }
    assert_eq!(lines[0]["policy_version"], 2);
    let shown = office.run(&["policy", "show"]).done();
    assert!(
        shown.out[2].starts_with("IT          2       20"),
        "{:?}",
        shown.out
    );
    assert!(
        shown.out[4].starts_with("The departments differ."),
        "{:?}",
        shown.out
    );
    let of_it = office.run(&["policy", "show", "--department", "IT"]).done();
    assert_eq!(of_it.out[0], "# Other.");
    let programs = office.json(&["policy", "show"]);
    assert_eq!(programs[1]["policy_version"], 2);
    assert_eq!(programs[2]["policy_text"], POLICY);
}

#[test]
fn a_policy_that_is_sent_again_with_its_id_is_set_once() {
    let office = Office::with_grace();
    office.write("policy.toml", POLICY);
    let id = "01a22984-7e9e-7208-b8db-8bfcdc6050ff";
    let set = [
        "policy",
        "set",
        "policy.toml",
        "--command-id",
        id,
        "--output",
        "json",
    ];
    let first = json(&office.by(GRACE, &set).done());
    assert_eq!(first[0]["command_id"], id);
    assert_eq!(json(&office.by(GRACE, &set).done()), first);
    let shown = office.json(&["policy", "show"]);
    assert!(
        shown.iter().all(|line| line["policy_version"] == 1),
        "{shown:?}"
    );
}
