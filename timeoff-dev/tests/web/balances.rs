//! Leave by a policy: what somebody can take, and why.

use chrono::{Datelike as _, Days, NaiveDate, Utc};
use serde_json::Value;
use timeoff_ledger::{Entitlement, PersonId, PolicyText, Request};
use timeoff_testkit::Bench;

use crate::client::{Answer, Client};
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, browser, command, dismiss, staffed};
use crate::pages::{follow, hidden};

const APPLICATIONS: &str = "/api/v1/applications";

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

[[windows]]
types = ["sick"]
ahead_days = 0
then = "warn"
"#;

/// A policy in IT, and 40 hours in 2099 for Ada. What a test says of days must not change with the day on which it runs.
struct Office {
    web: Web,
    manager: timeoff_testkit::Running,
    ada: Client,
    /// Ada's id.
    id: String,
}

impl Office {
    fn open(bench: &Bench) -> Office {
        let manager = staffed(bench);
        let web = Web::start(bench, "view");
        let ada = web.client(ADA);
        let id = ada.get("/api/v1/me").is(200).text("/id").to_owned();
        let policy = Request::SetPolicy {
            policy: PolicyText(POLICY.into()),
            expected_version: None,
        };
        command(bench, &web, (IT, GRACE), policy);
        let entitlement = Request::GrantEntitlement {
            entitlement: Box::new(Entitlement {
                id: uuid::Uuid::from_u128(1).try_into().unwrap(),
                person: id.parse::<PersonId>().unwrap(),
                leave_type: "annual".parse().unwrap(),
                minutes: 2400,
                from: "2099-01-01".parse().unwrap(),
                until: "2099-12-31".parse().unwrap(),
            }),
        };
        command(bench, &web, (IT, GRACE), entitlement);
        Office {
            web,
            manager,
            ada,
            id,
        }
    }

    fn close(self) {
        self.web.stop();
        dismiss(self.manager);
    }

    /// What Ada can take of a type on a day.
    fn available(&self, answer: &Answer, at: &str) -> Value {
        let ada = self
            .ada
            .with("timeoff-position", answer.header("timeoff-position"));
        let balance = ada.get(&format!("/api/v1/people/{}/balance?at={at}", self.id));
        balance.is(200).body["types"][0].clone()
    }
}

/// Queues an application, and gives the answer.
fn apply(client: &Client, body: &str) -> Answer {
    client.post(APPLICATIONS, body).is(201)
}

/// Has an approver decide, and waits for what becomes of it.
fn decide(client: &Client, queued: &Answer, body: &str) -> Answer {
    let path = format!("{}/decision", queued.header("location"));
    client
        .with("prefer", "wait=60")
        .with("timeoff-position", queued.header("timeoff-position"))
        .post(&path, body)
}

#[test]
fn a_balance_says_what_was_granted_and_which_leave_uses_it_on_which_day() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let linus = office.web.client(LINUS);
    // Thursday and Friday are booked, Monday waits.
    let first = apply(&office.ada, r#"{"hours": 16, "start": "2099-07-02"}"#);
    let booked = decide(&linus, &first, r#"{"outcome": "approve"}"#).is(200);
    let second = apply(&office.ada, r#"{"hours": 8, "start": "2099-07-06"}"#);
    let seen = office
        .ada
        .with("timeoff-position", booked.header("timeoff-position"))
        .with("timeoff-position", second.header("timeoff-position"));
    seen.get("/api/v1/me").is(200);

    let annual = office.available(&booked, "2099-08-03");
    assert_eq!(annual["type"], "annual");
    assert_eq!(annual["available"], 2400 - 960 - 480, "{annual}");
    let share = &annual["entitlements"][0];
    let used = |uses: &Value| -> Vec<(String, u64)> {
        let uses = uses.as_array().unwrap().iter();
        uses.map(|one| {
            let date = one["date"].as_str().unwrap().to_owned();
            (date, one["minutes"].as_u64().unwrap())
        })
        .collect()
    };
    let day = |text: &str| (text.to_owned(), 480);
    assert_eq!(
        used(&share["booked"]),
        [day("2099-07-02"), day("2099-07-03")]
    );
    assert_eq!(used(&share["reserved"]), [day("2099-07-06")]);
    assert_eq!(share["booked"][0]["application"], first.body["id"]);
    assert_eq!(share["reserved"][0]["application"], second.body["id"]);
    // Before the year nothing can be taken, after it nothing is left.
    let before = office.available(&booked, "2098-12-31");
    assert_eq!(
        (&before["available"], &before["entitlements"][0]["later"]),
        (&0.into(), &960.into())
    );
    let after = office.available(&booked, "2100-01-01");
    assert_eq!(
        (&after["available"], &after["entitlements"][0]["expired"]),
        (&0.into(), &960.into())
    );

    // It is for the person and whoever decides, on pages too.
    let path = format!("/api/v1/people/{}/balance", office.id);
    for (email, status) in [
        (ADA, 200),
        (LINUS, 200),
        (GRACE, 200),
        (BOB, 404),
        (OLE, 404),
    ] {
        office.web.client(email).get(&path).is(status);
        let page = format!("/people/{}/balance?at=2099-08-03", office.id);
        browser(office.web.address, email).get(&page).page(status);
    }
    office.ada.get(&format!("{path}?at=soon")).is(400);
    let mine = browser(office.web.address, ADA);
    mine.get("/")
        .shows(200, &["Annual leave", "16 h from Thu 1 Jan 2099"]);
    mine.get("/balance?at=2099-08-03").shows(
        200,
        &[
            "<strong>16 h</strong> can be taken on Mon 3 Aug 2099.",
            "40 h from Thu 1 Jan 2099 to Thu 31 Dec 2099",
            "Thu 2 Jul to Fri 3 Jul 2099",
            "Thu 2 Jul 2099, 8 h",
            "It needs no entitlement.",
        ],
    );
    // Where no policy has been set, there is nothing about balances.
    let ole = browser(office.web.address, OLE);
    assert!(!ole.get("/").shows(200, &["My leave"]).contains("/balance"));
    ole.get("/balance")
        .shows(200, &["No policy has been set in OPS"]);
    office.close();
}

#[test]
fn leave_of_days_and_halves_is_asked_for_and_an_unknown_type_is_refused_at_its_field() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let wrong = |body: &str, field: &str| {
        let problem = office.ada.post(APPLICATIONS, body).is(422);
        assert_eq!(problem.text("/errors/0/field"), field, "{problem:?}");
    };
    wrong(r#"{"start": "2099-07-02"}"#, "hours");
    wrong(
        r#"{"start": "2099-07-02", "last_day": "2099-07-01"}"#,
        "last_day",
    );
    wrong(
        r#"{"start": "2099-07-02", "last_day": "2101-01-01"}"#,
        "last_day",
    );
    wrong(
        r#"{"start": "2099-07-02", "last_day": "2099-07-03", "first_day_part": "morning"}"#,
        "last_day_part",
    );
    wrong(
        r#"{"start": "2099-07-02", "hours": 8, "first_day_part": "morning"}"#,
        "last_day",
    );
    wrong(
        r#"{"start": "2099-07-02", "last_day": "2099-07-03", "minutes": 60}"#,
        "minutes",
    );
    wrong(r#"{"start": "2099-07-02", "minutes": 1441}"#, "minutes");
    wrong(
        r#"{"start": "2099-07-02", "last_day": "2099-07-03", "type": "holiday"}"#,
        "type",
    );
    let body = r#"{"type": "annual", "start": "2099-07-02", "first_day_part": "afternoon",
        "last_day": "2099-07-06", "last_day_part": "morning", "note": "Moving"}"#;
    let ada = office.ada.with("idempotency-key", "summer");
    let queued = apply(&ada, body);
    // The same again is the same, and another leave is not.
    assert_eq!(apply(&ada, body).body, queued.body);
    ada.post(APPLICATIONS, &body.replace("morning", "whole"))
        .is(422);
    let linus = office.web.client(LINUS);
    let booked = decide(&linus, &queued, r#"{"outcome": "approve"}"#).is(200);
    let shown = ada
        .with("timeoff-position", booked.header("timeoff-position"))
        .get(queued.header("location"))
        .is(200);
    assert_eq!(shown.body["last_day"], "2099-07-06");
    assert_eq!(shown.body["first_day_part"], "afternoon");
    assert_eq!(shown.body["note"], "Moving");
    // Half of Thursday, Friday, and half of Monday: older programs go by 16 hours.
    assert_eq!(shown.body["hours"], 16);
    let annual = office.available(&booked, "2099-07-06");
    assert_eq!(annual["available"], 2400 - 960);
    let page = browser(office.web.address, ADA);
    let page = page.get(&format!("/applications/{}", queued.text("/id")));
    page.shows(
        200,
        &["Annual leave", "16 h", "24 h left after it; policy 1"],
    );
    office.close();
}

#[test]
fn the_form_shows_what_leave_takes_and_why_it_could_not_be_approved() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let ada = browser(office.web.address, ADA);
    let form = ada.get("/new");
    let key = hidden(form.shows(200, &["Annual leave", "Last day"]), "key");
    let looked =
        ada.get("/new?start=2099-07-02&last_day=2099-07-06&last_day_part=morning&type=annual");
    looked.shows(
        200,
        &[
            "It takes 20 h (2 and a half days) of Annual leave.",
            "40 h can be taken then, 20 h after it.",
            "<option value=\"morning\" selected>",
        ],
    );
    let too_long = ada.get("/new?start=2099-07-01&last_day=2099-07-10&type=annual");
    too_long.shows(
        200,
        &[
            "It takes 64 h (8 days) of Annual leave.",
            "40 h can be taken then.",
        ],
    );
    ada.get("/new?start=2099-07-04&last_day=2099-07-05&type=annual")
        .shows(200, &["no working time"]);
    let mistaken = [
        ("key", &*key),
        ("start", "2099-07-02"),
        ("last_day", "2099-07-01"),
        ("note", "Moving"),
    ];
    ada.send_form("/new", &mistaken)
        .shows(422, &["id=\"last-day-mistake\"", "value=\"Moving\""]);
    let fields = [
        ("key", &*key),
        ("type", "sick"),
        ("start", "2099-07-02"),
        ("first_day_part", "afternoon"),
    ];
    let sent = follow(&ada, &ada.send_form("/new", &fields));
    sent.shows(200, &["Sick leave", "4 h", "waiting"]);
    // Without a policy, it is the form that it was.
    let ole = browser(office.web.address, OLE);
    let form = ole.get("/new");
    assert!(!form.shows(200, &["Working hours"]).contains("Last day"));
    office.close();
}

#[test]
fn what_the_policy_warns_of_can_be_approved_all_the_same_and_cancelled_later() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let [ada, linus, bob] = [ADA, LINUS, BOB].map(|email| browser(office.web.address, email));
    // Sick leave that is so far ahead is warned of.
    let queued = apply(
        &office.ada,
        r#"{"type": "sick", "start": "2099-07-02", "last_day": "2099-07-03"}"#,
    );
    let seen = office
        .ada
        .with("timeoff-position", queued.header("timeoff-position"));
    seen.get("/api/v1/me").is(200);
    let page = format!("/applications/{}", queued.text("/id"));
    let approve = [("outcome", "approve"), ("comment", "Get well")];
    let refused = linus.send_form(&format!("{page}/decision"), &approve);
    let shown = refused.shows(
        409,
        &[
            "Leave from 2099-07-02 on can be asked for",
            "Approve all the same",
            "name=\"accept\" value=\"true\"",
        ],
    );
    assert_eq!(hidden(shown, "comment"), "Get well");
    let all_the_same = [&approve[..], &[("accept", "true")]].concat();
    let approved = follow(
        &linus,
        &linus.send_form(&format!("{page}/decision"), &all_the_same),
    );
    approved.shows(200, &["It is approved.", "accepted: "]);

    // The employee asks, and only they do; the approver keeps it, and then cancels it.
    let cancellation = format!("{page}/cancellation");
    bob.send_form(&cancellation, &[]).page(404);
    linus.send_form(&cancellation, &[]).page(403);
    ada.get(&page).shows(200, &["Ask to cancel it"]);
    let decision = format!("{cancellation}/decision");
    ada.send_form(&decision, &[("outcome", "approve")])
        .page(403);
    linus
        .send_form(&decision, &[("outcome", "approve")])
        .page(409);
    for (outcome, said, state) in [
        ("decline", "The leave stays booked.", "approved"),
        ("approve", "The leave is cancelled.", "cancelled"),
    ] {
        let asked = follow(&ada, &ada.send_form(&cancellation, &[]));
        asked.shows(200, &["You have asked for it to be cancelled."]);
        let decided = linus.send_form(&decision, &[("outcome", outcome)]);
        follow(&linus, &decided).shows(200, &[said, &format!("<span class=\"state {state}\">")]);
    }
    ada.get("/").shows(200, &["cancelled", "Sick leave"]);
    // Nobody is away for it any more.
    let away = office
        .ada
        .get("/api/v1/absences?from=2099-07-01&to=2099-07-31")
        .is(200);
    let people = away.body["people"].as_array().unwrap();
    assert!(
        people
            .iter()
            .all(|one| one["leaves"] == serde_json::json!([])),
        "{away:?}"
    );

    let policy = office.ada.get("/api/v1/departments/IT/policy").is(200);
    assert_eq!(
        (&policy.body["version"], policy.text("/text")),
        (&1.into(), POLICY)
    );
    office.close();
}

/// The days on which somebody is away, with their minutes and parts.
fn away(client: &Client, email: &str, (from, to): (NaiveDate, NaiveDate)) -> Vec<String> {
    let answer = client.get(&format!(
        "/api/v1/absences?department=IT&from={from}&to={to}"
    ));
    let answer = answer.is(200);
    let mut people = answer.body["people"].as_array().unwrap().iter();
    let one = people.find(|person| person["email"] == email).unwrap();
    let leaves = one["leaves"].as_array().unwrap().iter();
    let days = leaves.flat_map(|leave| leave["days"].as_array().unwrap());
    days.map(|day| {
        let text = |name: &str| day[name].to_string().replace('"', "");
        format!("{} {} {}", text("date"), text("minutes"), text("part"))
    })
    .collect()
}

#[test]
fn leave_that_is_cancelled_halfway_is_away_on_the_days_that_were_taken() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let linus = office.web.client(LINUS);
    let today = Utc::now().date_naive();
    let (first, last) = (today - Days::new(14), today + Days::new(14));
    let body = format!(r#"{{"type": "sick", "start": "{first}", "last_day": "{last}"}}"#);
    let queued = apply(&office.ada, &body);
    let accept = r#"{"outcome": "approve", "accept_warnings": true}"#;
    decide(&linus, &queued, accept).is(200);
    let before = away(&linus, ADA, (first, last));
    let is_weekday = |day: &NaiveDate| day.weekday().num_days_from_monday() < 5;
    let all = first.iter_days().take(29).filter(is_weekday);
    let days: Vec<_> = all.map(|day| format!("{day} 480 whole")).collect();
    assert_eq!(before, days);

    let cancellation = format!("{}/cancellation", queued.header("location"));
    let wait = ("prefer", "wait=60");
    office
        .ada
        .with(wait.0, wait.1)
        .post(&cancellation, "")
        .is(200);
    let decision = format!("{cancellation}/decision");
    linus
        .with(wait.0, wait.1)
        .post(&decision, r#"{"outcome": "approve"}"#)
        .is(200);
    // From the day on which that is decided, which may be the next by now.
    let after = away(&linus, ADA, (first, last));
    let decided = Utc::now().date_naive();
    let until = |end: NaiveDate| -> Vec<String> {
        let taken = first
            .iter_days()
            .take_while(|day| *day < end)
            .filter(is_weekday);
        taken.map(|day| format!("{day} 480 whole")).collect()
    };
    assert!(
        after == until(today) || after == until(decided),
        "{after:?}"
    );
    assert!(!after.is_empty() && after.len() < before.len());

    // On the pages, too.
    let chart = format!("/wallchart?department=IT&from={first}&name=ada");
    let page = browser(office.web.address, LINUS).get(&chart);
    let page = page.shows(200, &["Ada Lovelace", ", approved"]);
    assert_eq!(page.matches("<td class=\"a").count(), after.len(), "{page}");
    let bob = browser(office.web.address, BOB);
    let soon = bob.get("/");
    assert!(!soon.shows(200, &["My leave"]).contains("Ada Lovelace"));
    let form = bob.get(&format!("/new?start={last}&last_day={last}&type=sick"));
    form.shows(200, &["Away then in IT: nobody else."]);
    let mine = browser(office.web.address, ADA).get("/");
    let period = after.last().unwrap().split(' ').next().unwrap();
    let period: NaiveDate = period.parse().unwrap();
    let to = format!("to {}", period.format("%a %-d %b %Y"));
    mine.shows(200, &["Sick leave", &to]);
    office.close();
}

#[test]
fn leave_that_replaces_other_leave_takes_its_place_on_the_chart() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let linus = office.web.client(LINUS);
    let first = apply(
        &office.ada,
        r#"{"start": "2099-07-02", "last_day": "2099-07-03"}"#,
    );
    decide(&linus, &first, r#"{"outcome": "approve"}"#).is(200);
    let body = format!(
        r#"{{"start": "2099-07-03", "first_day_part": "afternoon", "last_day": "2099-07-06", "replaces": "{}"}}"#,
        first.text("/id")
    );
    let second = apply(&office.ada, &body);
    let july = ("2099-07-01".parse().unwrap(), "2099-07-31".parse().unwrap());
    let seen = linus.with("timeoff-position", second.header("timeoff-position"));
    let whole = ["2099-07-02 480 whole", "2099-07-03 480 whole"];
    let asked = ["2099-07-03 240 afternoon", "2099-07-06 480 whole"];
    assert_eq!(away(&seen, ADA, july), [whole, asked].concat());
    decide(&linus, &second, r#"{"outcome": "approve"}"#).is(200);
    assert_eq!(away(&linus, ADA, july), asked);
    office.close();
}
