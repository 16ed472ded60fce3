//! Entitlements, as a browser without JavaScript has them: granted and corrected by hand, and by the policy for a year.

use std::time::Duration;

use timeoff_ledger::{PolicyText, Request};
use timeoff_testkit::Bench;

use crate::client::Client;
use crate::office::{ADA, BOB, GRACE, LINUS, Web, browser, command, dismiss, staffed, wait_until};
use crate::pages::{follow, hidden};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The partition of IT.
const IT: i32 = 1;

const POLICY: &str = r#"
default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = true

[types.sick]
label = "Sick leave"
needs_entitlement = false

[[entitlements]]
type = "annual"
minutes_a_year = 14400
"#;

fn set_policy(bench: &Bench, web: &Web, text: &str) {
    let policy = Request::SetPolicy {
        policy: PolicyText(text.into()),
        expected_version: None,
    };
    command(bench, web, (IT, GRACE), policy);
}

/// The address of somebody's page.
fn page_of(web: &Web, email: &str) -> String {
    let me = web.client(email).get("/api/v1/me").is(200);
    format!("/people/{}", me.text("/id"))
}

/// A form with other values for some of its fields.
fn with<'a>(
    fields: &[(&'a str, &'a str)],
    others: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = fields
        .iter()
        .filter(|(name, _)| others.iter().all(|(other, _)| other != name));
    kept.chain(others).copied().collect()
}

/// The hidden fields of the form about an entitlement.
fn grant_form(page: &str) -> [String; 3] {
    let (_, form) = page.split_once("<details id=\"grant\"").unwrap();
    ["key", "entitlement", "seen"].map(|name| hidden(form, name))
}

#[test]
fn an_admin_grants_leave_by_hand_corrects_it_and_takes_it_back() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [grace, ada, linus] = [GRACE, ADA, LINUS].map(|email| browser(web.address, email));
    let of_ada = page_of(&web, ADA);
    let form = format!("{of_ada}/entitlements");
    grace.get(&of_ada).shows(
        200,
        &["No policy is set in IT, so nothing is granted there."],
    );
    set_policy(&bench, &web, POLICY);

    let page = grace.get(&of_ada);
    let page = page.shows(
        200,
        &[
            "Nothing has been granted.",
            ">Annual leave</option>",
            "A working day of theirs has 8 h.",
        ],
    );
    assert!(!page.contains(">Sick leave</option>"), "{page}");
    let [key, entitlement, _] = grant_form(page);
    assert_eq!(entitlement, "");
    let typed = [
        ("key", &*key),
        ("type", "annual"),
        ("hours", "40"),
        ("minutes", "10"),
        ("from", "2099-01-01"),
        ("until", "2099-12-31"),
    ];
    // Each mistake is at its field, what was typed stays, and the form above has none of it.
    let mistaken = with(
        &typed,
        &[
            ("hours", "many"),
            ("minutes", "few"),
            ("from", "soon"),
            ("until", ""),
        ],
    );
    let page = grace.send_form(&form, &mistaken);
    let page = page.shows(
        422,
        &[
            "id=\"hours-mistake\"",
            "id=\"minutes-mistake\"",
            "id=\"grant-from-mistake\"",
            "id=\"grant-until-mistake\"",
            "value=\"many\"",
            "value=\"soon\"",
            "<details id=\"grant\" open>",
            // What follows events on this page is fetched from where it can be had.
            &format!("data-from=\"{of_ada}\""),
        ],
    );
    assert!(!page.contains("id=\"from-mistake\""), "{page}");
    let nothing = with(&typed, &[("hours", "0"), ("minutes", "")]);
    grace
        .send_form(&form, &nothing)
        .shows(422, &["nothing is granted by 0 hours"]);
    // The department says what its policy does not know, and what was typed stays.
    let sick = with(&typed, &[("key", "another"), ("type", "sick")]);
    grace.send_form(&form, &sick).shows(
        409,
        &[
            "role=\"alert\"",
            "sick needs no entitlement",
            "value=\"2099-01-01\"",
        ],
    );

    // Sent twice, it is granted once.
    let [first, again] = [(); 2].map(|()| grace.send_form(&form, &typed));
    for answer in [first, again] {
        let page = follow(&grace, &answer);
        let page = page.shows(
            200,
            &[
                "It is granted.",
                "40 h 10 min (5.02 days)",
                "Thu 1 Jan 2099 to Thu 31 Dec 2099",
                "40 h 10 min to be taken later",
                "<bdi>Grace Hopper</bdi>",
                "40 h 10 min of annual from 1 Jan 2099 to 31 Dec 2099 granted in IT, by Grace Hopper",
            ],
        );
        assert_eq!(
            page.matches("40 h 10 min (5.02 days)</td>").count(),
            1,
            "{page}"
        );
    }

    // It is corrected, unless somebody has done so since the form was opened.
    let page = grace.get(&of_ada);
    let (_, rest) = page.shows(200, &[]).split_once("?correct=").unwrap();
    let id = rest.split_once('#').unwrap().0.to_owned();
    let correcting = format!("{of_ada}?correct={id}");
    let page = grace.get(&correcting);
    let page = page.shows(
        200,
        &[
            "Correct an entitlement",
            "value=\"40\"",
            "value=\"10\"",
            "0 hours take it back",
        ],
    );
    let [key, entitlement, seen] = grant_form(page);
    assert_eq!(entitlement, id);
    let corrected = with(
        &typed,
        &[
            ("key", &key),
            ("entitlement", &entitlement),
            ("seen", &seen),
            ("hours", "16"),
            ("minutes", ""),
        ],
    );
    let late = with(&corrected, &[("key", "late"), ("hours", "24")]);
    let [first, again] = [(); 2].map(|()| grace.send_form(&form, &corrected));
    for answer in [first, again] {
        follow(&grace, &answer).shows(200, &["It is corrected.", "16 h (2 days)"]);
    }
    let page = grace.send_form(&form, &late);
    let page = page.shows(
        409,
        &[
            "Somebody has corrected this entitlement",
            "value=\"24\"",
            "16 h (2 days)",
        ],
    );
    let [key, _, seen] = grant_form(page);
    // What is booked cannot be taken away.
    let body = r#"{"type": "annual", "start": "2099-07-02", "last_day": "2099-07-02"}"#;
    let queued = web.client(ADA).post("/api/v1/applications", body).is(201);
    web.client(LINUS)
        .with("prefer", "wait=60")
        .with("timeoff-position", queued.header("timeoff-position"))
        .post(
            &format!("{}/decision", queued.header("location")),
            r#"{"outcome": "approve"}"#,
        )
        .is(200);
    grace
        .get(&of_ada)
        .shows(200, &["8 h booked, 8 h to be taken later"]);
    let taken_back = with(
        &corrected,
        &[("key", &key), ("seen", &seen), ("hours", "0")],
    );
    grace
        .send_form(&form, &taken_back)
        .shows(409, &["role=\"alert\"", "8 h", "2099-07-02"]);
    let unknown = with(
        &corrected,
        &[("entitlement", "01a22983-5104-7492-a50c-d4dbea440560")],
    );
    grace
        .send_form(&form, &unknown)
        .shows(409, &["no such entitlement"]);

    // It is for admins only.
    for browser in [&ada, &linus] {
        browser
            .send_form(&form, &typed)
            .shows(403, &["That is not for you"]);
    }
    grace
        .with("sec-fetch-site", "cross-site")
        .send_form(&form, &typed)
        .shows(403, &["another site"]);
    assert_eq!(grace.get(&form).status, 303);
    web.stop();
    dismiss(manager);
}

/// The hidden fields of the form that grants by the policy.
fn plan_form(page: &str, year: &'static str) -> Vec<(&'static str, String)> {
    let fields = ["key", "seen", "department"].map(|name| (name, hidden(page, name)));
    let year = ("year", year.to_owned());
    fields.into_iter().chain([year]).collect()
}

fn grant(browser: &Client, fields: &[(&'static str, String)]) -> crate::client::Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    browser.send_form("/entitlements", &fields)
}

#[test]
fn what_a_policy_grants_for_a_year_is_a_list_first_and_then_granted() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [grace, bob, linus] = [GRACE, BOB, LINUS].map(|email| browser(web.address, email));
    grace.get("/entitlements?year=2099").shows(
        200,
        &[
            "No policy is set in IT, so nothing is granted there",
            "the policy grants nothing to anybody",
        ],
    );
    set_policy(&bench, &web, POLICY);
    for browser in [&bob, &linus] {
        browser.get("/entitlements").shows(403, &["Only an admin"]);
    }
    grace
        .get("/entitlements?year=soon")
        .shows(422, &["id=\"year-mistake\"", "value=\"soon\""]);
    grace
        .get("/entitlements?department=SALES")
        .shows(403, &["no admin of such"]);

    let list = grace.get("/entitlements?year=2099");
    let page = list.shows(
        200,
        &[
            "the policy grants something to 3 people: 3 new, 0 to be corrected, 0 as they are",
            "Grant these 3",
            "240 h (30 days)",
            "Thu 1 Jan 2099 to Thu 31 Dec 2099",
            "Linus Approver",
        ],
    );
    let fields = plan_form(page, "2099");
    for browser in [&bob, &linus] {
        grant(browser, &fields).shows(403, &["That is not for you"]);
    }
    // Looking grants nothing, and somebody who has it already is not in the list.
    let id = page_of(&web, BOB);
    grace.get(&id).shows(200, &["Nothing has been granted."]);
    let by_line = ["grant", "--by-policy", "--year", "2099", BOB, "--as", GRACE];
    bench.run("timeoff-admin", &by_line).done();
    let shows = |text: &str| {
        grace
            .get("/entitlements?year=2099")
            .shows(200, &[])
            .contains(text)
    };
    wait_until(PATIENCE, "the view has it", || {
        shows("2 new, 0 to be corrected, 1 as they are")
    });
    // What has changed since the list was shown is looked at first.
    let changed = grant(&grace, &fields);
    let page = changed.shows(
        409,
        &[
            "Something has changed since this list was shown",
            "Grant these 2",
        ],
    );
    let fields = plan_form(page, "2099");
    let [first, again] = [(); 2].map(|()| grant(&grace, &fields));
    follow(&grace, &first).shows(
        200,
        &[
            "It is granted.",
            "3 people have all that the policy grants: nothing differs",
        ],
    );
    follow(&grace, &again).shows(200, &["Nothing differs"]);
    grace.get(&id).shows(200, &["240 h (30 days)"]);

    // Another policy corrects; what booked leave needs is not taken away, and the list says so before.
    let body = r#"{"type": "annual", "start": "2099-07-01", "last_day": "2099-07-03"}"#;
    let queued = web.client(ADA).post("/api/v1/applications", body).is(201);
    web.client(LINUS)
        .with("prefer", "wait=60")
        .with("timeoff-position", queued.header("timeoff-position"))
        .post(
            &format!("{}/decision", queued.header("location")),
            r#"{"outcome": "approve"}"#,
        )
        .is(200);
    set_policy(&bench, &web, &POLICY.replace("14400", "480"));
    let list = grace.get("/entitlements?year=2099&department=IT");
    let page = list.shows(
        200,
        &[
            "0 new, 2 to be corrected, 1 that would be refused",
            "corrected, was 240 h (30 days)",
            "Would be refused:",
            "Grant these 2",
        ],
    );
    let corrected = grant(&grace, &plan_form(page, "2099"));
    let page = follow(&grace, &corrected);
    let page = page.shows(
        200,
        &["It is granted.", "Would be refused:", "2 as they are"],
    );
    assert!(!page.contains("Grant these"), "{page}");

    // While no manager answers, it is said, and the list shows later what came of it.
    set_policy(&bench, &web, &POLICY.replace("14400", "9600"));
    dismiss(manager);
    let list = grace.get("/entitlements?year=2099");
    let sent = grant(
        &grace,
        &plan_form(list.shows(200, &["3 to be corrected"]), "2099"),
    );
    follow(&grace, &sent).shows(200, &["It is sent, and not lost.", "id=\"plan\" data-live"]);
    let manager = bench.start("manager-service", &["serve"]);
    wait_until(PATIENCE, "it is granted", || shows("nothing differs"));
    web.stop();
    dismiss(manager);
}
