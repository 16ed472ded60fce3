//! Who is away, as a page and for programs.

use std::time::Duration;

use timeoff_ledger::{PolicyText, Request};
use timeoff_testkit::Bench;

use crate::client::Client;
use crate::office::{
    ADA, BOB, GRACE, LINUS, OLE, Web, browser, command, dismiss, staffed, wait_until,
};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

const JULY: &str = "/wallchart?from=2027-07";

/// Has somebody apply for leave. Returns its id, and a client that sees it.
fn applied(client: &Client, body: &str) -> (String, Client) {
    let queued = client.post("/api/v1/applications", body).is(201);
    let position = queued.header("timeoff-position");
    (
        queued.text("/id").to_owned(),
        client.with("timeoff-position", position),
    )
}

#[test]
fn whoever_decides_sees_what_waits_and_colleagues_see_what_is_approved() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let (ada, bob, linus) = (web.client(ADA), web.client(BOB), web.client(LINUS));
    // From a Thursday over a weekend to the noon of a Monday.
    let (id, caught_up) = applied(&ada, r#"{"hours": 20, "start": "2027-07-01"}"#);
    let own = caught_up.get(JULY);
    own.shows(200, &["IT, July 2027", "waits for a decision", &id]);
    let decides = linus.get(JULY);
    let words = ["Ada Lovelace, 1 Jul to 5 Jul, waits", "Bob Builder", &id];
    decides.shows(200, &words);
    let colleague = bob.get(JULY);
    let page = colleague.shows(200, &["Ada Lovelace", "Thursday 1 July"]);
    assert!(
        !page.contains("title=\"Ada") && !page.contains(&id),
        "{page}"
    );
    assert!(!page.contains("<td class=\"q"), "{page}");

    let decision = format!("/api/v1/applications/{id}/decision");
    let wait = linus.with("prefer", "wait=60");
    wait.post(&decision, r#"{"outcome": "approve"}"#).is(200);
    let colleague = bob.get(JULY);
    let page = colleague.shows(200, &["<td class=\"a\"><span class=\"hidden\">away</span>"]);
    assert!(!page.contains(&id), "{page}");
    // Two days, and a part of the third.
    assert_eq!(page.matches("<td class=\"a\">").count(), 2, "{page}");
    assert_eq!(page.matches("<td class=\"a part\">").count(), 1, "{page}");

    let absences = "/api/v1/absences?from=2027-07-02&to=2027-07-31";
    let answer = bob.get(absences).is(200);
    let people = answer.body["people"].as_array().unwrap();
    let of_ada = people.iter().find(|person| person["email"] == ADA).unwrap();
    let leave = &of_ada["leaves"][0];
    assert_eq!(
        *leave,
        serde_json::json!({
            "application": null,
            "state": "approved",
            "days": [
                {"date": "2027-07-02", "minutes": 480, "part": "whole"},
                {"date": "2027-07-05", "minutes": 240, "part": "minutes"},
            ],
        })
    );
    let answer = linus.get(absences).is(200);
    assert!(answer.body.to_string().contains(&id));

    // Somebody of another department sees their own.
    let ole = web.client(OLE);
    ole.get(JULY)
        .shows(200, &["OPS, July 2027", "Ole Operator"]);
    ole.get("/wallchart?department=IT")
        .shows(403, &["You may not see who is away in IT."]);
    bob.get("/wallchart?from=soon").shows(400, &["is no month"]);
    bob.get("/wallchart?name=nobody&from=2027-07")
        .shows(200, &["Nobody here has that name or tag."]);
    for wrong in [
        "from=soon",
        "from=2027-07-02&to=2027-07-01",
        "from=2027-01-01&to=2028-06-01",
    ] {
        bob.get(&format!("/api/v1/absences?{wrong}")).is(400);
    }
    web.stop();
    dismiss(manager);
}

#[test]
fn whoever_fills_the_form_in_is_told_what_it_would_be() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let (ada, bob, linus) = (web.client(ADA), web.client(BOB), web.client(LINUS));
    let (id, caught_up) = applied(&ada, r#"{"hours": 16, "start": "2027-07-01"}"#);
    caught_up.get("/api/v1/me").is(200);
    let wait = linus.with("prefer", "wait=60");
    let decision = format!("/api/v1/applications/{id}/decision");
    wait.post(&decision, r#"{"outcome": "approve"}"#).is(200);
    bob.get("/new?start=2027-07-02&hours=16").shows(
        200,
        &[
            "Fri 2 Jul to Mon 5 Jul 2027.",
            "Ada Lovelace, 1 Jul to 2 Jul",
            "value=\"2027-07-02\"",
        ],
    );
    let free = bob.get("/new?start=2027-07-05&hours=8");
    free.shows(200, &["Away then in IT: nobody else."]);
    let own = ada.get("/new?start=2027-07-02&hours=8");
    own.shows(200, &["You have applied for leave on some of these days"]);
    let past = ada.get("/new?start=2020-07-02&hours=8");
    past.shows(200, &["It begins in the past."]);
    // A form that was opened as somebody else, who has signed out meanwhile.
    let fields = [
        ("key", "a-key-of-a-form"),
        ("applicant", ADA),
        ("start", "2027-07-05"),
        ("hours", "8"),
    ];
    let others = browser(web.address, BOB).send_form("/new", &fields);
    others.shows(409, &["You are signed in as Bob Builder now"]);
    // What is not whole yet is not looked at.
    ada.get("/new?start=&hours=x").shows(200, &["First day"]);
    web.stop();
    dismiss(manager);
}

#[test]
fn an_approver_decides_several_at_once_and_is_told_of_each() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ids = [ADA, BOB, LINUS].map(|email| {
        let (id, caught_up) = applied(&web.client(email), r#"{"hours": 8, "start": "2027-07-01"}"#);
        caught_up.get("/api/v1/me").is(200);
        id
    });
    let linus = browser(web.address, LINUS);
    linus
        .get("/inbox")
        .shows(200, &["Decide the chosen ones at once"]);
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("application", &**id)).collect();
    let asked = linus.send_form("/inbox/several", &fields);
    asked.shows(200, &["Decide 3 at once", "Approve all", "Bob Builder"]);
    fields.extend([("comment", "Enjoy!"), ("outcome", "approve")]);
    let done = linus.send_form("/inbox/several", &fields);
    // Nobody decides their own.
    let page = done.shows(409, &["2 of 3 approved"]);
    assert_eq!(page.matches("<p class=\"mistake\">").count(), 1, "{page}");
    // Sent again, it is the same.
    let again = linus.send_form("/inbox/several", &fields);
    again.shows(409, &["2 of 3 approved"]);
    web.client(ADA).get("/").shows(200, &["approved", "Enjoy!"]);
    let nothing = linus.send_form("/inbox/several", &[("outcome", "approve")]);
    nothing.shows(200, &["Nothing is chosen"]);
    let bob = browser(web.address, BOB);
    let refused = bob.send_form("/inbox/several", &fields[..1]);
    assert_eq!(refused.status, 404);
    web.stop();
    dismiss(manager);
}

#[test]
fn leave_that_was_approved_goes_with_whoever_moves() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, bob, linus, ole] = [ADA, BOB, LINUS, OLE].map(|email| web.client(email));
    let (id, caught_up) = applied(&ada, r#"{"hours": 8, "start": "2027-07-01"}"#);
    caught_up.get("/api/v1/me").is(200);
    let decision = format!("/api/v1/applications/{id}/decision");
    let wait = linus.with("prefer", "wait=60");
    wait.post(&decision, r#"{"outcome": "approve"}"#).is(200);
    let moves = ["people", "move", ADA, "OPS", "--as", GRACE];
    bench.run("timeoff-admin", &moves).done();
    let away = "<td class=\"a\">";
    wait_until(PATIENCE, "she has arrived", || {
        ole.get(JULY).shows(200, &[]).contains("Ada Lovelace")
    });
    assert_eq!(ole.get(JULY).shows(200, &[]).matches(away).count(), 1);
    let page = bob.get(JULY);
    assert!(!page.shows(200, &["Bob Builder"]).contains("Ada Lovelace"));
    // Nobody who stays is alone because of her.
    let preview = bob.get("/new?start=2027-07-01&hours=8");
    preview.shows(200, &["Away then in IT: nobody else."]);
    let own = ada.get("/new?start=2027-07-01&hours=8");
    own.shows(200, &["You have applied for leave on some of these days"]);
    web.stop();
    dismiss(manager);
}

/// Ada in Bavaria, Bob in Berlin, and an approver without a region.
const REGIONS: &str = "email,name,department,role,region\n\
    ada@example.com,Ada Lovelace,IT,employee,DE-BY\n\
    bob@example.com,Bob Builder,IT,employee,DE-BE\n\
    linus@example.com,Linus Approver,IT,approver,\n";

const COMPANY_HOLIDAY: &str = "default_type = \"sick\"\n\
    [types.sick]\nlabel = \"Sick leave\"\nneeds_entitlement = false\n\
    [[company_holidays]]\nname = \"Summer party\"\ndate = \"2027-06-11\"\npart = \"afternoon\"\n\
    [[company_holidays]]\nname = \"Founders' day\"\ndate = \"2027-06-14\"\n";

#[test]
fn holidays_are_on_the_chart_of_whoever_has_them_and_are_nobodys_leave() {
    let bench = Bench::sqlite();
    let manager = timeoff_testkit::staffed(&bench, REGIONS);
    let web = Web::start(&bench, "view");
    let policy = Request::SetPolicy {
        policy: PolicyText(COMPANY_HOLIDAY.into()),
        expected_version: None,
    };
    command(&bench, &web, (1, GRACE), policy);
    let [ada, bob, linus] = [ADA, BOB, LINUS].map(|email| web.client(email));
    // Corpus Christi, Thursday 27 May, is a holiday in Bavaria only.
    let asked = [
        (
            &ada,
            r#"{"start": "2027-05-26", "last_day": "2027-05-28", "first_day_part": "afternoon"}"#,
        ),
        (&bob, r#"{"start": "2027-05-27", "last_day": "2027-05-27"}"#),
        (
            &ada,
            r#"{"start": "2027-06-10", "last_day": "2027-06-15", "last_day_part": "morning"}"#,
        ),
        (&bob, r#"{"start": "2027-06-08", "minutes": 90}"#),
        (
            &bob,
            r#"{"start": "2027-06-09", "last_day": "2027-06-09", "first_day_part": "morning"}"#,
        ),
        (
            &bob,
            r#"{"start": "2027-06-09", "last_day": "2027-06-09", "first_day_part": "afternoon"}"#,
        ),
    ];
    let wait = linus.with("prefer", "wait=60");
    for (nth, (client, body)) in asked.into_iter().enumerate() {
        let (id, caught_up) = applied(client, body);
        caught_up.get("/api/v1/me").is(200);
        // The last one waits.
        if nth < 5 {
            let decision = format!("/api/v1/applications/{id}/decision");
            wait.post(&decision, r#"{"outcome": "approve"}"#).is(200);
        }
    }
    let answer = linus
        .get("/api/v1/absences?from=2027-05-24&to=2027-06-15")
        .is(200);
    let of = |email: &str| {
        let people = answer.body["people"].as_array().unwrap();
        people
            .iter()
            .find(|person| person["email"] == email)
            .unwrap()
    };
    let days = |email: &str| -> Vec<serde_json::Value> {
        let leaves = of(email)["leaves"].as_array().unwrap();
        leaves.iter().map(|leave| leave["days"].clone()).collect()
    };
    let day = |date: &str, minutes: u16, part: &str| serde_json::json!({"date": date, "minutes": minutes, "part": part});
    assert_eq!(
        days(ADA),
        [
            serde_json::json!([
                day("2027-05-26", 240, "afternoon"),
                day("2027-05-28", 480, "whole")
            ]),
            serde_json::json!([
                day("2027-06-10", 480, "whole"),
                day("2027-06-11", 240, "whole"),
                day("2027-06-15", 240, "morning"),
            ]),
        ]
    );
    assert_eq!(
        days(BOB),
        [
            serde_json::json!([day("2027-05-27", 480, "whole")]),
            serde_json::json!([day("2027-06-08", 90, "minutes")]),
            serde_json::json!([day("2027-06-09", 240, "morning")]),
            serde_json::json!([day("2027-06-09", 240, "afternoon")]),
        ]
    );
    let holidays = |email: &str| -> Vec<String> {
        let all = of(email)["holidays"].as_array().unwrap().iter();
        let shown = all.map(|one| format!("{} {} {}", one["date"], one["name"], one["part"]));
        shown.map(|text| text.replace('"', "")).collect()
    };
    let company = [
        "2027-06-11 Summer party afternoon",
        "2027-06-14 Founders' day whole",
    ];
    assert_eq!(holidays(LINUS), company);
    assert_eq!(holidays(BOB), company);
    assert_eq!(
        holidays(ADA),
        [&["2027-05-27 Corpus Christi whole"], &company[..]].concat()
    );

    let june = browser(web.address, LINUS).get("/wallchart?department=IT&from=2027-05-24");
    let page = june.shows(
        200,
        &[
            // The head has what all have, a cell what somebody has.
            "Monday 14 June, Founders&#39; day",
            "<td class=\"h\" title=\"Corpus Christi\"><span class=\"hidden\">Corpus Christi</span>",
            "<td class=\"a pm\">",
            "<td class=\"a am\">",
            "<td class=\"a part\">",
            "title=\"Bob Builder, 8 Jun (1 h 30 min), approved\"",
            "title=\"Ada Lovelace, 26 May afternoon to 28 May, approved\"",
            // An approved morning, and an afternoon that waits.
            "<i class=\"a am\"></i>",
            "<i class=\"q pm\"></i>",
            "Summer party in the afternoon",
        ],
    );
    assert!(!page.contains("Thursday 27 May, "), "{page}");
    // It is not leave that a holiday takes.
    assert_eq!(page.matches("<td class=\"h half a").count(), 1, "{page}");

    // Bob is told what Ada takes of a day.
    let form = browser(web.address, BOB).get("/new?start=2027-06-15&last_day=2027-06-15");
    form.shows(200, &["Ada Lovelace, 10 Jun to 15 Jun morning"]);
    let free = browser(web.address, BOB).get("/new?start=2027-05-27&last_day=2027-05-27");
    free.shows(200, &["Away then in IT: nobody else."]);
    web.stop();
    dismiss(manager);
}
