//! Granting leave, what is left of it and why, and giving it back.

use serde_json::Value;

use crate::office::{ADA, BOB, GRACE, Office, json};
use crate::policies::POLICY;

/// 30 days a year, of which 5 can be taken until the end of the next March.
const A_YEAR: &str = "\
[[entitlements]]
type = 'annual'
minutes_a_year = 14400
carry_over_minutes = 2400
carry_over_until = '03-31'
";
const GRANT: [&str; 4] = ["grant", "--by-policy", "--year", "2027"];
const PERIOD: [&str; 4] = ["--from", "2027-01-01", "--until", "2027-12-31"];

/// Where these rules are in force.
fn office_with(rules: &str) -> Office {
    let office = Office::with_people();
    set(&office, rules);
    office
}

fn set(office: &Office, rules: &str) {
    office.write("policy.toml", &format!("{POLICY}{rules}"));
    office.by(GRACE, &["policy", "set", "policy.toml"]).done();
}

fn grant_to(office: &Office, whom: &[&str]) -> Vec<String> {
    office.by(GRACE, &[&GRANT[..], whom].concat()).done().out
}

/// The amounts of annual leave of an entry, in minutes.
fn amounts(lines: &[Value], entry: &str) -> Vec<i64> {
    let of_entry = lines.iter().filter(|line| line["entry"] == entry);
    of_entry
        .map(|line| line["minutes"].as_i64().unwrap())
        .collect()
}

fn left(office: &Office, at: &str) -> i64 {
    let lines = office.json(&["balance", BOB, "--type", "annual", "--at", at]);
    amounts(&lines, "balance")[0]
}

#[test]
fn what_a_policy_grants_is_granted_once_and_corrected_by_a_later_one() {
    let office = office_with(A_YEAR);
    let granted = [
        "bob@example.com:",
        "  annual 200 h, 2027-01-01 to 2027-12-31: granted",
        "  annual 40 h, 2027-01-01 to 2028-03-31: granted",
    ];
    let dry = office
        .run(&[&GRANT[..], &[BOB, "--dry-run"]].concat())
        .done();
    assert_eq!(
        dry.out[1],
        granted[1].replace("granted", "would be granted")
    );
    assert_eq!(left(&office, "2027-06-01"), 0);

    let first = grant_to(&office, &[BOB]);
    assert_eq!(first[..3], granted);
    assert_eq!(
        first[3],
        "1 person for 2027: 2 entitlements granted, 0 corrected, 0 unchanged."
    );
    assert_eq!(left(&office, "2027-06-01"), 14400);
    assert_eq!(
        grant_to(&office, &[BOB]),
        ["Nothing differs: 1 person for 2027."]
    );
    // The others of IT have nothing yet; Grace is at home in HR.
    let others = grant_to(&office, &["--department", "it"]);
    assert_eq!(others[0], "ada@example.com:");
    assert_eq!(
        others[3],
        "2 people for 2027: 2 entitlements granted, 0 corrected, 2 unchanged."
    );

    set(
        &office,
        &A_YEAR.replace("14400", "12000").replace("2400", "480"),
    );
    let corrected = grant_to(&office, &["--everybody"]);
    let at = corrected
        .iter()
        .position(|line| line == granted[0])
        .unwrap();
    assert_eq!(
        corrected[at + 1..at + 3],
        [
            "  annual 200 h -> 192 h, 2027-01-01 to 2027-12-31: corrected",
            "  annual 40 h -> 8 h, 2027-01-01 to 2028-03-31: corrected",
        ]
    );
    assert_eq!(left(&office, "2028-02-01"), 480);

    // Who leaves in the middle keeps the share of 181 of 365 days.
    office
        .by(GRACE, &["people", "leave", BOB, "--last-day", "2027-06-30"])
        .done();
    grant_to(&office, &["--everybody"]);
    assert_eq!(left(&office, "2027-06-01"), 5951);
}

#[test]
fn a_correction_that_would_overdraw_an_account_is_refused_and_the_others_are_made() {
    let office = office_with(A_YEAR);
    grant_to(&office, &["--everybody"]);
    let application = office.submit_hours(BOB, "IT", "16");
    office.by(ADA, &["decide", &application, "approve"]).done();
    set(
        &office,
        "[[entitlements]]\ntype = 'annual'\nminutes_a_year = 480\n",
    );
    let everybody = [&GRANT[..], &["--everybody", "--output", "json"]].concat();
    let ended = office.by(GRACE, &everybody).exited_with(1);
    let ended = ended.said(&["error: 1 entitlement was refused"]);
    let lines = json(&ended);
    let refused: Vec<&Value> = lines
        .iter()
        .filter(|line| !line["reason"].is_null())
        .collect();
    assert_eq!(refused.len(), 1, "{lines:?}");
    assert_eq!(refused[0]["email"], BOB);
    assert_eq!(refused[0]["answer"], "would_be_refused");
    let reason = refused[0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Booked leave uses this entitlement"),
        "{reason}"
    );
    let accepted = lines.iter().filter(|line| line["answer"] == "accepted");
    assert_eq!(
        accepted.count(),
        5,
        "two of Grace, two of Ada, and one of Bob: {lines:?}"
    );
    // Nothing is missing.
    let bob = office.json(&["balance", BOB, "--type", "annual", "--at", "2027-06-01"]);
    assert_eq!(amounts(&bob, "missing"), [0; 0]);
}

#[test]
fn a_grant_by_hand_is_refused_where_it_means_nothing_and_corrected_by_its_id() {
    let office = office_with("");
    let grant = |whom: &str, what: &str, more: &[&str]| {
        office.by(GRACE, &[&["grant", whom, what], more, &PERIOD].concat())
    };
    let none = "bbo@example.com has not been entered; did you mean bob@example.com?";
    grant("bbo@example.com", "annual", &["--hours", "8"])
        .exited_with(2)
        .said(&[none]);
    for (what, reason) in [
        (
            "holiday",
            "IT refuses: The policy knows no leave of the type holiday",
        ),
        (
            "sick",
            "IT refuses: Leave of the type sick needs no entitlement.",
        ),
    ] {
        grant(BOB, what, &["--hours", "8"])
            .exited_with(1)
            .said(&[reason]);
    }
    let granted = json(&grant(BOB, "annual", &["--hours", "7.5", "--output", "json"]).done());
    assert_eq!(granted[0]["minutes"], 450);
    let id = granted[0]["entitlement_id"].as_str().unwrap();
    let other = "01a22984-7e9e-7208-b8db-8bfcdc6050ff";
    grant(
        BOB,
        "annual",
        &["--minutes", "60", "--entitlement-id", other],
    )
    .exited_with(2)
    .said(&["bob@example.com has no entitlement 01a22984-7e9e-7208-b8db-8bfcdc6050ff"]);
    grant(BOB, "annual", &["--minutes", "60", "--entitlement-id", id]).done();
    assert_eq!(left(&office, "2027-06-01"), 60);
    grant(BOB, "annual", &["--minutes", "0", "--entitlement-id", id]).done();
    assert_eq!(left(&office, "2027-06-01"), 0);
    let shown = office.run(&["balance", BOB, "--at", "2027-06-01"]).done();
    assert_eq!(shown.out[3], "  Nothing has been granted.");
}

#[test]
fn a_balance_explains_itself_and_adds_up() {
    let office = office_with(A_YEAR);
    grant_to(&office, &[BOB]);
    let booked = office.submit_hours(BOB, "IT", "20");
    office.by(ADA, &["decide", &booked, "approve"]).done();
    let waiting = office.submit_hours(BOB, "IT", "8");
    let declined = office.submit_hours(BOB, "IT", "8");
    office.by(ADA, &["decide", &declined, "decline"]).done();
    let too_long = office.submit_hours(BOB, "IT", "800");
    let asked = ["balance", BOB, "--type", "annual", "--at"];

    let shown = office.run(&[&asked[..], &["2028-01-10"]].concat()).done();
    let expected = [
        "Bob, IT, on 2028-01-10 by policy 1, a day is 8 h",
        "",
        "Annual leave: 40 h (5 days) left",
        "  Granted for 2027-01-01 to 2027-12-31                     200 h        25 days",
        "    booked   2027-07-01 to 2027-07-02                     - 16 h       - 2 days",
        &format!("             {booked}"),
        "    booked   2027-07-05                                    - 4 h     - 0.5 days",
        "    waiting  2027-07-01                                    - 8 h        - 1 day",
        &format!("             {waiting}"),
        "    expired, not used                                    - 172 h    - 21.5 days",
        "    left                                                   0 min         0 days",
        "  Granted for 2027-01-01 to 2028-03-31                      40 h         5 days",
        "    left                                                    40 h         5 days",
        "  All together                                              40 h         5 days",
        "",
        "Waiting, and reserving nothing",
        &format!("  {too_long}"),
    ];
    // For a day that is booked there is an entitlement, so the application reserves it all the same.
    assert_eq!(shown.out[..expected.len()], expected);
    let width = shown.out.iter().map(|line| line.chars().count()).max();
    assert!(width <= Some(80), "{:?}", shown.out);

    for at in [
        "2026-12-01",
        "2027-01-01",
        "2027-07-02",
        "2028-01-10",
        "2028-04-01",
    ] {
        let lines = office.json(&[&asked[..], &[at]].concat());
        let sum = |entry| amounts(&lines, entry).iter().sum::<i64>();
        let parts = ["booked", "waiting", "expired", "later", "left"].map(sum);
        assert_eq!(sum("granted"), parts.iter().sum::<i64>(), "{at}: {parts:?}");
        assert_eq!(sum("granted"), 14400, "{at}");
        assert_eq!(sum("balance"), sum("left"), "{at}");
        assert_eq!((parts[0], parts[1]), (1200, 480), "{at}");
    }
    office
        .run(&["balance", BOB, "--type", "holiday"])
        .exited_with(2)
        .said(&["the policy of IT knows no leave of the type holiday; it has annual, sick"]);
}

#[test]
fn without_a_policy_there_is_no_balance_and_nothing_to_grant() {
    let office = Office::with_people();
    office
        .run(&["balance", BOB])
        .exited_with(1)
        .said(&["error: no policy is in force in IT, so nothing is counted"]);
    office
        .by(GRACE, &[&GRANT[..], &["--everybody"]].concat())
        .exited_with(1)
        .said(&["error: no policy is in force in HR, IT, so it grants nothing"]);
}

#[test]
fn the_ledger_shows_what_was_known_when_a_leave_was_approved() {
    let office = office_with(A_YEAR);
    grant_to(&office, &[BOB]);
    let application = office.submit_hours(BOB, "IT", "20");
    let answer = office.by(ADA, &["decide", &application, "approve"]).done();
    assert_eq!(
        answer.out,
        [format!(
            "Approved: {application}, leave of Bob, 20 h of annual leave; 220 h left."
        )]
    );
    // What is set, granted and booked afterwards does not change it.
    set(&office, &A_YEAR.replace("14400", "4800"));
    grant_to(&office, &[BOB]);
    let shown = office.run(&["ledger", "show", &application]).done();
    let event = office.json(&["ledger", "show", &application]).remove(0);
    let known = event["known_offset"].as_i64().unwrap();
    let calendar = event["calendar"].as_str().unwrap();
    let lines: Vec<&str> = shown.out.iter().map(|line| line.trim_start()).collect();
    assert_eq!(lines[2], "takes 2027-07-01 to 2027-07-02, 2027-07-05 (4 h)");
    assert_eq!(
        lines[3],
        format!(
            "knew policy 1, calendar {calendar}, IT up to {known}; 220 h of annual leave were left for 2027-07-01"
        )
    );
    assert_eq!(event["available_minutes"], 13200);
    assert_eq!(event["policy_version"], 1);
    assert_eq!(lines.len(), 4);
}

#[test]
fn what_the_policy_warns_of_is_approved_only_if_somebody_accepts_it() {
    let office = office_with(&format!(
        "{A_YEAR}[[blackouts]]\nname = 'Stocktaking'\nfrom = '2027-06-28'\nuntil = '2027-07-02'\nthen = 'warn'\n"
    ));
    grant_to(&office, &[BOB]);
    let application = office.submit(BOB, "IT");
    let decide = ["decide", &application, "approve"];
    office
        .by(ADA, &decide)
        .exited_with(1)
        .said(&["IT refuses: ", "Stocktaking"]);
    assert_eq!(left(&office, "2027-12-31"), 13920, "it waits, and reserves");
    let accepting = [&decide[..], &["--accept-warnings"]].concat();
    office.by(ADA, &accepting).done();
    let shown = office.run(&["ledger", "show", &application]).done();
    let last = shown.out.last().unwrap().trim_start();
    assert!(last.starts_with("accepted the warning: "), "{last}");
    assert!(last.contains("Stocktaking"), "{last}");
}

#[test]
fn booked_leave_is_given_back_where_it_is_booked_once_the_employee_asks_and_an_approver_agrees() {
    let office = office_with(A_YEAR);
    grant_to(&office, &["--everybody"]);
    let application = office.submit(BOB, "IT");
    office.by(ADA, &["decide", &application, "approve"]).done();
    let cancel = ["cancel", &application];
    let decide = |by: &str, what: &str| office.by(by, &["decide-cancellation", &application, what]);
    decide(ADA, "approve")
        .exited_with(1)
        .said(&["IT refuses: "]);
    office
        .by(ADA, &cancel)
        .exited_with(1)
        .said(&["IT refuses: "]);
    let asked = office.by(BOB, &cancel).done();
    assert_eq!(
        asked.out,
        [format!("Asked to be cancelled: {application}.")]
    );
    assert_eq!(
        left(&office, "2027-12-31"),
        13920,
        "it counts until that is decided"
    );
    let shown = office.run(&["balance", BOB, "--at", "2027-12-31"]).done();
    let marked = format!("             {application} (to be cancelled)");
    assert!(shown.out.contains(&marked), "{:?}", shown.out);
    decide(ADA, "decline").done();

    // Bob brings the leave with him: HR decides from now on, although IT has the application.
    office.by(GRACE, &["people", "move", BOB, "HR"]).done();
    office.by(BOB, &cancel).done();
    let released = decide(GRACE, "approve").done();
    assert_eq!(released.out, [format!("Given back, 8 h: {application}.")]);
    assert_eq!(left(&office, "2027-12-31"), 14400);
    office
        .by(BOB, &["cancel", "no-such-id"])
        .exited_with(2)
        .said(&["error: there is no application no-such-id on "]);
}
