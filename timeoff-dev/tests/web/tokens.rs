//! API tokens, and how often somebody may write.

use std::time::Duration;

use serde_json::{Value, json};
use timeoff_testkit::Bench;

use crate::client::Client;
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, dismiss, staffed, wait_until};

const PATH: &str = "/api/v1/tokens";
const APPLICATION: &str = r#"{"hours": 8, "start": "2027-07-01"}"#;

/// So many days from today.
fn day(from_today: i64) -> String {
    let today = chrono::Utc::now().date_naive();
    (today + chrono::TimeDelta::days(from_today)).to_string()
}

fn wanted(scope: &str) -> Value {
    json!({"name": "payroll", "scope": scope, "until": day(0)})
}

#[test]
fn a_token_does_what_its_scope_allows_until_it_is_ended() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, bob, linus, grace] = [ADA, BOB, LINUS, GRACE].map(|email| web.client(email));
    let of_token =
        |token: &str| Client::nobody(web.address).with("authorization", &format!("Bearer {token}"));

    let read = ada.post(PATH, &wanted("read").to_string()).is(201);
    let write = ada.post(PATH, &wanted("write").to_string()).is(201);
    let [reader, writer] = [&read, &write].map(|made| of_token(made.text("/token")));
    assert_eq!(reader.get("/api/v1/me").is(200).text("/email"), ADA);
    reader.post("/api/v1/applications", APPLICATION).is(403);
    writer.post("/api/v1/applications", APPLICATION).is(201);
    // A token is for programs: it makes none, and ends none.
    for client in [&reader, &writer] {
        client.post(PATH, &wanted("read").to_string()).is(403);
        client
            .delete(&format!("{PATH}/{}", read.text("/id")))
            .is(403);
    }

    // Nobody who reads the files is believed.
    for name in ["demo.accounts", "demo.accounts-wal"] {
        let bytes = std::fs::read(bench.folder.path().join(name)).unwrap();
        let has = |text: &str| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(!has(read.text("/token")) && !has(&read.text("/token")[8..]));
    }
    let said = web.running.err.text();
    assert!(
        !said.contains(read.text("/token")) && !said.contains(ADA),
        "{said}"
    );

    // Another service of this machine believes it, too.
    let other = Web::start(&bench, "other");
    let there = reader.at(&format!("http://{}", other.address));
    there.get("/api/v1/me").is(200);

    // An admin of the department sees and ends it; nobody else does.
    let one = format!("{PATH}/{}", read.text("/id"));
    for client in [&bob, &linus] {
        client.get(&format!("{PATH}?email={ADA}")).is(403);
        client.delete(&one).is(404);
    }
    let listed = grace.get(&format!("{PATH}?email={ADA}")).is(200);
    assert_eq!(listed.body["tokens"].as_array().unwrap().len(), 2);
    assert_eq!(listed.body, ada.get(PATH).is(200).body);
    grace.delete(&one).is(204);
    for client in [&reader, &there] {
        let refused = client.get("/api/v1/me").is(401);
        assert!(refused.header("www-authenticate").contains("invalid_token"));
    }
    ada.delete(&one).is(404);
    ada.delete(&format!("{PATH}/{}", write.text("/id"))).is(204);
    writer.get("/api/v1/me").is(401);
    of_token("timeoff_guessed").get("/api/v1/me").is(401);

    // An admin makes one that reads in another one's name; what is written is one's own.
    let mut of_ole = wanted("read");
    of_ole["email"] = OLE.into();
    linus.post(PATH, &of_ole.to_string()).is(403);
    let made = grace.post(PATH, &of_ole.to_string()).is(201);
    assert_eq!((made.text("/email"), made.text("/made_by")), (OLE, GRACE));
    assert_eq!(
        of_token(made.text("/token"))
            .get("/api/v1/me")
            .is(200)
            .text("/email"),
        OLE
    );
    of_ole["scope"] = "write".into();
    grace.post(PATH, &of_ole.to_string()).is(403);
    // It ends with what made it possible.
    let mut of_linus = wanted("read");
    of_linus["email"] = LINUS.into();
    let made = grace.post(PATH, &of_linus.to_string()).is(201);
    let reader = of_token(made.text("/token"));
    reader.get("/api/v1/me").is(200);
    let second = bench.folder.path().join("second.csv");
    std::fs::write(
        &second,
        "email,name,department,role\nida@example.com,Ida,HR,admin\n",
    )
    .unwrap();
    let import = ["people", "import", second.to_str().unwrap(), "--as", GRACE];
    bench.run("timeoff-admin", &import).done();
    let leave = [
        "people",
        "leave",
        GRACE,
        "--last-day",
        &day(-1),
        "--as",
        "ida@example.com",
    ];
    bench.run("timeoff-admin", &leave).done();
    wait_until(Duration::from_secs(60), "it counts no more", || {
        reader.get("/api/v1/me").status == 403
    });

    for (field, value) in [
        ("name", json!(" ")),
        ("name", json!("x".repeat(101))),
        ("until", json!(day(-1))),
        ("until", json!(day(367))),
        ("until", json!("tomorrow")),
        ("email", json!("ada")),
    ] {
        let mut mistaken = wanted("read");
        mistaken[field] = value;
        let refused = ada.post(PATH, &mistaken.to_string()).is(422);
        assert_eq!(refused.text("/errors/0/field"), field);
    }
    for _ in 0..100 {
        ada.post(PATH, &wanted("read").to_string()).is(201);
    }
    ada.post(PATH, &wanted("read").to_string()).is(409);
    web.stop();
    other.stop();
    dismiss(manager);
}

#[test]
fn whoever_writes_too_often_waits() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start_at(
        &bench,
        "view",
        "127.0.0.1:0",
        &["--sign-in", "demo", "--writes-per-minute", "3"],
    );
    let [ada, bob] = [ADA, BOB].map(|email| web.client(email));
    for _ in 0..3 {
        ada.post("/api/v1/applications", APPLICATION).is(201);
    }
    let refused = ada.post("/api/v1/applications", APPLICATION).is(429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    ada.get("/api/v1/me").is(200);
    bob.post("/api/v1/applications", APPLICATION).is(201);
    web.stop();
    dismiss(manager);
}
