//! Calendar feeds, as calendar programs read them: the PyPI package `icalendar` reads each.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{Datelike as _, Days, NaiveDate, Utc, Weekday};
use reqwest::Method;
use serde_json::{Value, json};
use timeoff_dev::services::workspace;
use timeoff_ledger::{Person, PolicyText, Request, Role, Tags};
use timeoff_testkit::{Bench, on_runtime};
use uuid::Uuid;

use crate::client::{Answer, Client};
use crate::needed::{python_with, skip};
use crate::office::{
    ADA, BOB, GRACE, LINUS, OLE, Web, browser, command, dismiss, staffed, wait_until,
};

const PATH: &str = "/api/v1/calendars";

/// The partition of IT.
const IT: i32 = 1;

/// Only by a policy can booked leave be cancelled.
const POLICY: &str = r#"
default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = false
"#;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Python with what reads a feed, if it is there; otherwise what is missing is said.
fn reader() -> Option<PathBuf> {
    let found = python_with("icalendar");
    if found.is_none() {
        skip("there is no Python with icalendar; .ci/schemathesis installs it");
    }
    found
}

/// A Thursday some weeks from now: a feed goes by the day on which it is read.
fn thursday() -> NaiveDate {
    let soon = Utc::now().date_naive() + Days::new(40);
    soon.iter_days()
        .find(|day| day.weekday() == Weekday::Thu)
        .unwrap()
}

/// The path of the feed that an answer gives the address of.
fn path_of(made: &Answer) -> String {
    let address = made.text("/address");
    let (_, secret) = address.split_once("/calendar/").unwrap();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    // 32 bytes in base64.
    assert_eq!(secret.len(), 43 + ".ics".len(), "{address}");
    format!("/calendar/{secret}")
}

/// What a calendar program sees at a path: the calendar's name, and its events as `read_calendar.py` prints them.
fn read(python: &PathBuf, program: &Client, path: &str) -> (String, Vec<String>) {
    let answer = program.get(path).is(200);
    let media_type = answer.header("content-type");
    assert_eq!(media_type, "text/calendar; charset=utf-8");
    let script = workspace().join("timeoff-dev/tests/web/read_calendar.py");
    let mut reading = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = answer.body.as_str().unwrap();
    let mut input = reading.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let read = reading.wait_with_output().unwrap();
    let [out, err] = [read.stdout, read.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(read.status.success(), "{err}\n{text}");
    let mut lines = out.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.collect())
}

/// Has somebody apply. Returns the application's address, and a client that sees it.
fn applied(client: &Client, wanted: &Value) -> (String, Client) {
    let queued = client
        .post("/api/v1/applications", &wanted.to_string())
        .is(201);
    let position = queued.header("timeoff-position");
    let caught_up = client.with("timeoff-position", position);
    caught_up.get("/api/v1/me").is(200);
    (queued.header("location").to_owned(), caught_up)
}

#[test]
fn ones_own_leave_is_in_a_calendar_from_the_application_until_it_is_withdrawn() {
    let Some(python) = reader() else { return };
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, linus] = [ADA, LINUS].map(|email| web.client(email));
    let policy = Request::SetPolicy {
        policy: PolicyText(POLICY.into()),
        expected_version: None,
    };
    command(&bench, &web, (IT, GRACE), policy);
    let program = Client::nobody(web.address);
    let path = path_of(&ada.post(PATH, r#"{"name": "phone"}"#).is(201));
    let empty = ("My leave".to_owned(), Vec::new());
    assert_eq!(read(&python, &program, &path), empty);

    // Two days and a half, from a Thursday over a weekend, and a day that is withdrawn.
    let first = thursday();
    let [monday, tuesday] = [4, 5].map(|days| first + Days::new(days));
    let (leave, _) = applied(&ada, &json!({"hours": 20, "start": first}));
    let later = first + Days::new(14);
    let (other, _) = applied(&ada, &json!({"hours": 4, "start": later}));
    let id = |address: &str| {
        let text = ada.get(address).is(200);
        text.text("/id").to_owned()
    };
    let (leave_id, other_id) = (id(&leave), id(&other));
    let part = format!("({}: 4 h)", monday.format("%a %-d %b"));
    let waits = "not decided yet";
    let (_, events) = read(&python, &program, &path);
    let after = later + Days::new(1);
    assert_eq!(
        events,
        [
            format!(
                "{leave_id}|{first}|{tuesday}|TENTATIVE|0|TRANSPARENT|Annual leave {part} – {waits}"
            ),
            format!(
                "{other_id}|{later}|{after}|TENTATIVE|0|TRANSPARENT|Annual leave, 4 h – {waits}"
            ),
        ]
    );

    // What a program has is sent again only when it has changed.
    let before = program.get(&path).is(200);
    assert_eq!(before.header("cache-control"), "private, no-cache");
    let etag = before.header("etag");
    let asks_again = program.with("if-none-match", etag);
    let same = asks_again.get(&path).is(304);
    assert_eq!((same.header("etag"), &same.body), (etag, &json!("")));
    let head = on_runtime(program.ask(Method::HEAD, &path, None)).unwrap();
    assert_eq!((head.header("etag"), &head.body), (etag, &json!("")));

    let wait = linus.with("prefer", "wait=60");
    let approve = r#"{"outcome": "approve"}"#;
    wait.post(&format!("{leave}/decision"), approve).is(200);
    let withdraw = ada.with("prefer", "wait=60");
    withdraw
        .post_nothing(&format!("{other}/withdrawal"))
        .is(200);
    let booked = format!("{leave_id}|{first}|{tuesday}|CONFIRMED|1|OPAQUE|Annual leave {part}");
    let sees = || read(&python, &program, &path).1 == [booked.clone()];
    wait_until(PATIENCE, "it is booked, and the other is gone", sees);
    let changed = asks_again.get(&path).is(200);
    assert_ne!(changed.header("etag"), etag);

    // Booked leave is cancelled.
    let cancellation = format!("{leave}/cancellation");
    withdraw.post_nothing(&cancellation).is(200);
    let still = |sequence: u32| {
        let (_, events) = read(&python, &program, &path);
        events == [booked.replace("|1|", &format!("|{sequence}|"))]
    };
    wait_until(PATIENCE, "it counts until that is decided", || still(2));
    wait.post(&format!("{cancellation}/decision"), approve)
        .is(200);
    let gone = || read(&python, &program, &path) == empty;
    wait_until(PATIENCE, "it is gone", gone);
    web.stop();
    dismiss(manager);
}

#[test]
fn a_department_shows_names_and_nothing_that_colleagues_may_not_see() {
    let Some(python) = reader() else { return };
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, bob, linus, ole] = [ADA, BOB, LINUS, OLE].map(|email| web.client(email));
    let program = Client::nobody(web.address);
    let wanted = r#"{"name": "team", "department": "IT"}"#;
    ole.post(PATH, wanted).is(403);
    let path = path_of(&bob.post(PATH, wanted).is(201));
    let (start, end) = (thursday(), thursday() + Days::new(1));
    let asked = json!({"hours": 8, "start": start, "type": "sick", "note": "flu"});
    let (leave, _) = applied(&ada, &asked);
    let (_, caught_up) = applied(&bob, &json!({"hours": 8, "start": start}));
    caught_up.get("/api/v1/me").is(200);
    // What waits is nobody's business but theirs who decide; one's own feed has it.
    let name = "Away in IT".to_owned();
    assert_eq!(read(&python, &program, &path), (name.clone(), Vec::new()));
    let wait = linus.with("prefer", "wait=60");
    let decision = format!("{leave}/decision");
    wait.post(&decision, r#"{"outcome": "approve"}"#).is(200);
    let sees = || read(&python, &program, &path).1.len() == 1;
    wait_until(PATIENCE, "she is away", sees);
    let (_, events) = read(&python, &program, &path);
    let (uid, rest) = events[0].split_once('|').unwrap();
    assert_eq!(
        rest,
        format!("{start}|{end}|CONFIRMED|1|TRANSPARENT|Ada Lovelace: away")
    );
    // It stays, and says nothing.
    let text = program.get(&path).is(200).body.to_string();
    for hidden in [ADA, "sick", "flu"] {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
    let again = path_of(&linus.post(PATH, wanted).is(201));
    assert!(read(&python, &program, &again).1[0].starts_with(uid));

    // Whoever is at home elsewhere loses the right with that, and whoever has left has no feed.
    let own = path_of(&bob.post(PATH, r#"{"name": "own"}"#).is(201));
    let admin = |arguments: &[&str]| {
        let arguments = [arguments, &["--as", GRACE]].concat();
        bench.run("timeoff-admin", &arguments).done();
    };
    admin(&["people", "move", BOB, "OPS"]);
    let not_found = |path: &str| program.get(path).status == 404;
    wait_until(PATIENCE, "he has moved", || not_found(&path));
    wait_until(PATIENCE, "he has arrived", || {
        program.get(&own).status == 200
    });
    admin(&["people", "leave", BOB, "--last-day", "2020-01-01"]);
    wait_until(PATIENCE, "he has left", || not_found(&own));
    program.get(&again).is(200);
    web.stop();
    dismiss(manager);
}

#[test]
fn a_secret_is_shown_once_and_counts_until_it_is_renewed_or_ended() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, bob, linus, grace] = [ADA, BOB, LINUS, GRACE].map(|email| web.client(email));
    let program = Client::nobody(web.address);
    let made = ada.post(PATH, r#"{"name": " phone "}"#).is(201);
    assert_eq!(
        (made.text("/name"), &made.body["department"]),
        ("phone", &Value::Null)
    );
    let (id, first) = (made.text("/id"), path_of(&made));
    let secret = &first["/calendar/".len()..first.len() - ".ics".len()];
    program.get(&first).is(200);

    // Nobody finds it but by the secret, and it stands nowhere.
    for other in [
        format!("/calendar/{secret}"),
        format!("/calendar/{id}.ics"),
        format!("/calendar/{}.ics", "A".repeat(43)),
        "/calendar/.ics".to_owned(),
    ] {
        program.get(&other).is(404);
    }
    for name in ["demo.accounts", "demo.accounts-wal"] {
        let bytes = std::fs::read(bench.folder.path().join(name)).unwrap();
        let mut parts = bytes.windows(secret.len());
        assert!(!parts.any(|part| part == secret.as_bytes()), "{name}");
    }
    let measures = program.get("/metrics").is(200).body.to_string();
    assert!(measures.contains("/calendar/{file}") && !measures.contains(secret));
    let listed = ada.get(PATH).is(200);
    assert_eq!(listed.text("/calendars/0/id"), id);
    assert!(!listed.body.to_string().contains(secret));

    // Others neither list nor touch it; an admin of the department ends it, and gets no address.
    let one = format!("{PATH}/{id}");
    for client in [&bob, &linus] {
        client.get(&format!("{PATH}?email={ADA}")).is(403);
        client.delete(&one).is(404);
    }
    for client in [&bob, &linus, &grace] {
        client.post_nothing(&format!("{one}/renewal")).is(404);
    }
    let seen = grace.get(&format!("{PATH}?email={ADA}")).is(200);
    assert_eq!(seen.body, listed.body);

    let renewed = ada.post_nothing(&format!("{one}/renewal")).is(200);
    let second = path_of(&renewed);
    assert!(first != second && renewed.text("/id") == id);
    program.get(&first).is(404);
    program.get(&second).is(200);
    // Another service of this machine knows it, too.
    let other = Web::start(&bench, "other");
    let there = Client::nobody(other.address);
    there.get(&second).is(200);
    grace.delete(&one).is(204);
    for client in [&program, &there] {
        client.get(&second).is(404);
    }
    ada.delete(&one).is(404);

    // A token makes none: the address would count for longer.
    let today = Utc::now().date_naive();
    let token = json!({"name": "t", "scope": "write", "until": today}).to_string();
    let token = ada.post("/api/v1/tokens", &token).is(201);
    let bearer = format!("Bearer {}", token.text("/token"));
    let by_token = program.with("authorization", &bearer);
    by_token.get(PATH).is(200);
    by_token.post(PATH, r#"{"name": "phone"}"#).is(403);
    for (name, field) in [(" ", "name"), (&*"x".repeat(101), "name")] {
        let refused = ada.post(PATH, &json!({ "name": name }).to_string()).is(422);
        assert_eq!(refused.text("/errors/0/field"), field);
    }
    ada.post(PATH, r#"{"name": "phone", "department": "XY"}"#)
        .is(400);
    for _ in 0..20 {
        ada.post(PATH, r#"{"name": "phone"}"#).is(201);
    }
    ada.post(PATH, r#"{"name": "phone"}"#).is(409);
    let said = web.running.err.text();
    assert!(!said.contains(secret) && !said.contains(ADA), "{said}");
    web.stop();
    other.stop();
    dismiss(manager);
}

#[test]
fn behind_a_proxy_an_address_is_the_one_that_people_know_and_needs_no_sign_in() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let proxy = ["--sign-in", "proxy", "--trusted-proxy", "127.0.0.1"];
    let web = Web::start_at(&bench, "view", "127.0.0.1:0", &proxy);
    let program = Client::nobody(web.address);
    let ada = program
        .with("x-forwarded-email", ADA)
        .with("x-forwarded-proto", "https")
        .with("host", "timeoff.example.com");
    let made = ada.post(PATH, r#"{"name": "phone"}"#).is(201);
    let address = made.text("/address");
    let path = address.strip_prefix("https://timeoff.example.com").unwrap();
    program.get(path).is(200);
    program.get(PATH).is(401);
    web.stop();
    dismiss(manager);
}

/// Somebody new with this address.
fn named(email: &str, name: &str) -> Person {
    Person {
        id: Uuid::now_v7().try_into().unwrap(),
        email: email.parse().unwrap(),
        name: name.parse().unwrap(),
        role: Role::Employee,
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: Tags::default(),
        earlier: None,
    }
}

#[test]
fn a_feed_stays_with_its_person_when_an_address_changes_or_goes_to_another() {
    const LOVELACE: &str = "lovelace@example.com";
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let program = Client::nobody(web.address);
    let made = |email: &str| {
        let made = web.client(email).post(PATH, r#"{"name": "phone"}"#).is(201);
        (made.text("/id").to_owned(), path_of(&made))
    };
    // Booked leave is somebody's by their id.
    let policy = Request::SetPolicy {
        policy: PolicyText(POLICY.into()),
        expected_version: None,
    };
    command(&bench, &web, (IT, GRACE), policy);
    let ((of_ada, ada_reads), (of_bob, bob_reads)) = (made(ADA), made(BOB));
    let grace = web.client(GRACE);
    let enter = |email: &str, name: &str| Request::EnterPerson {
        person: Box::new(named(email, name)),
        department: "IT".parse().unwrap(),
    };
    let id = web.client(ADA).get("/api/v1/me").is(200);
    let renamed = Person {
        id: Uuid::parse_str(id.text("/id")).unwrap().try_into().unwrap(),
        ..named(LOVELACE, "Ada Lovelace")
    };

    // Ada has another address, and a new colleague gets hers.
    let person = Box::new(renamed);
    command(&bench, &web, (IT, GRACE), Request::ChangePerson { person });
    program.get(&ada_reads).is(200);
    command(&bench, &web, (IT, GRACE), enter(ADA, "Ada Newly"));
    program.get(&ada_reads).is(200);
    let [lovelace, newly] = [LOVELACE, ADA].map(|email| web.client(email));
    let listed = lovelace.get(PATH).is(200);
    assert_eq!(listed.text("/calendars/0/id"), of_ada);
    assert_eq!(listed.text("/calendars/0/email"), LOVELACE);
    let seen = grace.get(&format!("{PATH}?email={LOVELACE}")).is(200);
    assert_eq!(seen.body, listed.body);
    let nothing = json!([]);
    assert_eq!(newly.get(PATH).is(200).body["calendars"], nothing);
    let one = format!("{PATH}/{of_ada}");
    newly.post_nothing(&format!("{one}/renewal")).is(404);
    newly.delete(&one).is(404);
    let renewed = lovelace.post_nothing(&format!("{one}/renewal")).is(200);
    program.get(&ada_reads).is(404);
    program.get(&path_of(&renewed)).is(200);
    lovelace.delete(&one).is(204);

    // Bob leaves after a day off, and a new colleague gets his address.
    let today = Utc::now().date_naive();
    let monday = today - Days::new(7 + u64::from(today.weekday().num_days_from_monday()));
    let (day_off, _) = applied(&web.client(BOB), &json!({"hours": 8, "start": monday}));
    let wait = web.client(LINUS).with("prefer", "wait=60");
    let approve = r#"{"outcome": "approve"}"#;
    wait.post(&format!("{day_off}/decision"), approve).is(200);
    let is_booked = |path: &str| {
        let text = program.get(path).is(200).body.to_string();
        text.contains("STATUS:CONFIRMED")
    };
    wait_until(PATIENCE, "it is booked", || is_booked(&bob_reads));
    let yesterday = (today - Days::new(1)).to_string();
    let leave = ["people", "leave", BOB, "--last-day", &yesterday, "--as"];
    let leave = [&leave[..], &[GRACE]].concat();
    bench.run("timeoff-admin", &leave).done();
    let not_found = || program.get(&bob_reads).status == 404;
    wait_until(PATIENCE, "he has left", not_found);
    command(&bench, &web, (IT, GRACE), enter(BOB, "Bob Newly"));
    let newly = web.client(BOB);
    program.get(&bob_reads).is(404);
    let (theirs, new_bob_reads) = made(BOB);
    assert!(!is_booked(&new_bob_reads));
    let chart = format!("/wallchart?from={}", monday.format("%Y-%m"));
    let page = browser(web.address, BOB).get(&chart);
    let page = page.shows(200, &["Bob Builder", "Bob Newly"]);
    assert!(!page.contains("href=\"/applications/"), "{page}");
    newly.delete(&format!("{PATH}/{theirs}")).is(204);
    assert_eq!(newly.get(PATH).is(200).body["calendars"], nothing);
    newly.delete(&format!("{PATH}/{of_bob}")).is(404);
    // An admin still ends what its person cannot end any more.
    grace.delete(&format!("{PATH}/{of_bob}")).is(204);
    web.stop();
    dismiss(manager);
}

#[test]
fn a_feed_is_made_renewed_and_ended_on_a_page() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ada = browser(web.address, ADA);
    let program = Client::nobody(web.address);
    ada.get("/").shows(200, &["href=\"/calendars\""]);
    let page = ada.get("/calendars");
    let page = page.shows(
        200,
        &["You have no calendar feed yet.", "Who is away in IT"],
    );
    assert!(!page.contains("Who is away in OPS"), "{page}");
    let wanted = |name| [("name", name), ("department", "")];
    let mistaken = ada.send_form("/calendars", &wanted(""));
    mistaken.shows(422, &["This is missing.", "aria-invalid"]);
    let elsewhere = [("name", "x"), ("department", "OPS")];
    ada.send_form("/calendars", &elsewhere).page(403);

    let made = ada.send_form("/calendars", &wanted("My <phone>"));
    let page = made.shows(200, &["it is not shown again", "My &#60;phone&#62;"]);
    assert_eq!(made.header("cache-control"), "no-store");
    let address = |page: &str| {
        let (_, rest) = page.split_once("/calendar/").unwrap();
        let (file, _) = rest.split_once('"').unwrap();
        format!("/calendar/{file}")
    };
    let first = address(page);
    program.get(&first).is(200);
    let page = ada.get("/calendars");
    let page = page.shows(200, &["My &#60;phone&#62;"]);
    assert!(!page.contains("/calendar/"), "{page}");
    let (_, rest) = page.split_once("action=\"/calendars/").unwrap();
    let (id, _) = rest.split_once('/').unwrap();

    let renewal = format!("/calendars/{id}/renewal");
    let renewed = ada.send_form(&renewal, &[]);
    let second = address(renewed.shows(200, &["it is not shown again"]));
    program.get(&first).is(404);
    program.get(&second).is(200);
    browser(web.address, BOB).send_form(&renewal, &[]).page(404);
    // Whoever comes to the form's address by hand sees the page.
    assert_eq!(ada.get(&renewal).header("location"), "/calendars");
    let ended = ada.send_form(&format!("/calendars/{id}/end"), &[]);
    assert_eq!(ended.status, 303);
    let page = ada.get(ended.header("location"));
    page.shows(200, &["It has ended.", "You have no calendar feed yet."]);
    program.get(&second).is(404);
    web.stop();
    dismiss(manager);
}
