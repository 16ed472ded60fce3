//! Who may do what: every route, for everybody.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use timeoff_testkit::{Bench, on_runtime};

use crate::client::Client;
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, dismiss, staffed, wait_until};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a route answers to somebody who has not said who they are, to somebody who has not been entered, to the employee
/// whom it is about, to an employee of the same department, to one of another, to an approver and to an admin.
type Row = (&'static str, &'static str, Option<&'static str>, [u16; 7]);

/// `{id}` is an application of Ada's that waits, herself, a command of hers, or a token or calendar feed of hers that is new for each who asks. `{file}` is a calendar feed of hers. Decisions and withdrawals are sent for a version
/// that the application does not have, so that every one finds it undecided.
const TABLE: &[Row] = &[
    ("GET", "/livez", None, [200; 7]),
    ("GET", "/readyz", None, [200; 7]),
    ("GET", "/metrics", None, [200; 7]),
    (
        "GET",
        "/api/v1/me",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/events",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/departments",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/people",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/people?department=IT",
        None,
        [401, 403, 200, 200, 403, 200, 200],
    ),
    (
        "GET",
        "/api/v1/absences",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/absences?department=IT",
        None,
        [401, 403, 200, 200, 403, 200, 200],
    ),
    (
        "GET",
        "/api/v1/people/{id}/balance",
        None,
        [401, 403, 200, 404, 404, 200, 200],
    ),
    (
        "GET",
        "/api/v1/applications",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "POST",
        "/api/v1/applications",
        Some(r#"{"hours": 8, "start": "2027-07-01"}"#),
        [401, 403, 201, 201, 201, 201, 201],
    ),
    (
        "POST",
        "/api/v1/applications",
        Some(r#"{"hours": 8, "start": "2027-07-01", "department": "IT"}"#),
        [401, 403, 201, 201, 403, 201, 403],
    ),
    (
        "GET",
        "/api/v1/applications/{id}",
        None,
        [401, 403, 200, 404, 404, 200, 200],
    ),
    (
        "POST",
        "/api/v1/applications/{id}/decision",
        Some(r#"{"outcome": "approve"}"#),
        [401, 403, 403, 404, 404, 412, 412],
    ),
    (
        "GET",
        "/api/v1/commands/{id}",
        None,
        [401, 403, 200, 404, 404, 200, 200],
    ),
    (
        "POST",
        "/api/v1/applications/{id}/withdrawal",
        None,
        [401, 403, 412, 404, 404, 403, 403],
    ),
    (
        "POST",
        "/api/v1/applications/{id}/cancellation",
        None,
        [401, 403, 412, 404, 404, 403, 403],
    ),
    (
        "POST",
        "/api/v1/applications/{id}/cancellation/decision",
        Some(r#"{"outcome": "approve"}"#),
        [401, 403, 403, 404, 404, 412, 412],
    ),
    (
        "GET",
        "/api/v1/departments/{department}/policy",
        None,
        [401, 403, 200, 200, 403, 200, 200],
    ),
    (
        "POST",
        "/api/v1/tokens",
        Some(r#"{"name": "mine", "scope": "write", "until": "{today}"}"#),
        [401, 403, 201, 201, 201, 201, 201],
    ),
    (
        "POST",
        "/api/v1/tokens",
        Some(
            r#"{"name": "hers", "scope": "read", "until": "{today}", "email": "ada@example.com"}"#,
        ),
        [401, 403, 201, 403, 403, 403, 201],
    ),
    (
        "POST",
        "/api/v1/tokens",
        Some(
            r#"{"name": "hers", "scope": "write", "until": "{today}", "email": "ada@example.com"}"#,
        ),
        [401, 403, 201, 403, 403, 403, 403],
    ),
    (
        "GET",
        "/api/v1/tokens",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/tokens?email=ada@example.com",
        None,
        [401, 403, 200, 403, 403, 403, 200],
    ),
    (
        "DELETE",
        "/api/v1/tokens/{id}",
        None,
        [401, 403, 204, 404, 404, 404, 204],
    ),
    (
        "POST",
        "/api/v1/calendars",
        Some(r#"{"name": "mine"}"#),
        [401, 403, 201, 201, 201, 201, 201],
    ),
    (
        "POST",
        "/api/v1/calendars",
        Some(r#"{"name": "team", "department": "IT"}"#),
        [401, 403, 201, 201, 403, 201, 201],
    ),
    (
        "GET",
        "/api/v1/calendars",
        None,
        [401, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/api/v1/calendars?email=ada@example.com",
        None,
        [401, 403, 200, 403, 403, 403, 200],
    ),
    (
        "POST",
        "/api/v1/calendars/{id}/renewal",
        None,
        [401, 403, 200, 404, 404, 404, 404],
    ),
    (
        "DELETE",
        "/api/v1/calendars/{id}",
        None,
        [401, 403, 204, 404, 404, 404, 204],
    ),
    // Whoever has the address may read the feed, and nobody else.
    ("GET", "/calendar/{file}", None, [200; 7]),
    // The pages: whoever has not said who they are is asked.
    ("GET", "/", None, [303, 403, 200, 200, 200, 200, 200]),
    ("GET", "/new", None, [303, 403, 200, 200, 200, 200, 200]),
    ("GET", "/balance", None, [303, 403, 200, 200, 200, 200, 200]),
    (
        "GET",
        "/people/{id}/balance",
        None,
        [303, 403, 200, 404, 404, 200, 200],
    ),
    (
        "GET",
        "/calendars",
        None,
        [303, 403, 200, 200, 200, 200, 200],
    ),
    ("GET", "/policy", None, [303, 403, 200, 200, 200, 200, 200]),
    (
        "GET",
        "/policy?department=IT",
        None,
        [303, 403, 200, 200, 403, 200, 200],
    ),
    (
        "GET",
        "/policy/edit?department=IT",
        None,
        [303, 403, 403, 403, 403, 403, 200],
    ),
    (
        "GET",
        "/entitlements",
        None,
        [303, 403, 403, 403, 403, 403, 200],
    ),
    ("GET", "/inbox", None, [303, 403, 403, 403, 403, 200, 200]),
    (
        "GET",
        "/wallchart",
        None,
        [303, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/wallchart?department=IT",
        None,
        [303, 403, 200, 200, 403, 200, 200],
    ),
    ("GET", "/log", None, [303, 403, 200, 200, 200, 200, 200]),
    (
        "GET",
        "/log/changes",
        None,
        [303, 403, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/applications/{id}",
        None,
        [303, 403, 200, 404, 404, 200, 200],
    ),
];

#[test]
fn every_route_does_for_everybody_what_they_may_and_no_more() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ada = web.client(ADA);
    let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
    let [application, other] = [(); 2].map(|()| {
        let queued = ada.post("/api/v1/applications", body).is(201);
        ada.with("timeoff-position", queued.header("timeoff-position"))
            .get("/api/v1/me")
            .is(200);
        queued.text("/id").to_owned()
    });
    let withdrawal = format!("/api/v1/applications/{other}/withdrawal");
    let command = ada
        .with("prefer", "wait=60")
        .post_nothing(&withdrawal)
        .is(200);
    let command = command.text("/id").to_owned();
    let person = ada.get("/api/v1/me").is(200).text("/id").to_owned();

    let today = chrono::Utc::now().date_naive().to_string();
    let token_of_ada = {
        let (ada, today) = (ada.clone(), today.clone());
        move || {
            let wanted = format!(r#"{{"name": "one", "scope": "read", "until": "{today}"}}"#);
            ada.post("/api/v1/tokens", &wanted)
                .is(201)
                .text("/id")
                .to_owned()
        }
    };
    let calendar_of_ada = {
        let ada = ada.clone();
        move || {
            let made = ada.post("/api/v1/calendars", r#"{"name": "one"}"#).is(201);
            made.text("/id").to_owned()
        }
    };
    let made = ada.post("/api/v1/calendars", r#"{"name": "one"}"#).is(201);
    let (_, file) = made.text("/address").rsplit_once('/').unwrap();
    let clients: [Client; 7] = [
        Client::nobody(web.address),
        web.client("eve@example.com"),
        ada,
        web.client(BOB),
        web.client(OLE),
        web.client(LINUS),
        web.client(GRACE),
    ]
    .map(|client| client.with("if-match", "\"9\""));
    let mut wrong = Vec::new();
    for &(method, path, body, expected) in TABLE {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = body.map(|body| body.replace("{today}", &today));
        let body = body.as_deref();
        for (who, (client, status)) in clients.iter().zip(expected).enumerate() {
            let id = match path {
                "/api/v1/tokens/{id}" => &token_of_ada(),
                "/api/v1/calendars/{id}" | "/api/v1/calendars/{id}/renewal" => &calendar_of_ada(),
                "/api/v1/commands/{id}" => &command,
                "/api/v1/people/{id}/balance" | "/people/{id}/balance" => &person,
                _ => &application,
            };
            let path = path.replace("{id}", id).replace("{department}", "IT");
            let path = path.replace("{file}", file);
            // Streams do not end.
            let found = match path.ends_with("/events") || path.ends_with("/changes") {
                true => on_runtime(client.begin(&path)).status(),
                false => {
                    on_runtime(client.ask(method.clone(), &path, body))
                        .unwrap()
                        .status
                }
            };
            if found != status {
                wrong.push(format!("{method} {path}, {who}: {}, not {status}", found));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let described = clients[0].get("/api/openapi.json").is(200);
    let routes = |paths: &Value| -> BTreeSet<(String, String)> {
        let paths = paths.as_object().unwrap();
        let of = |(path, methods): (&String, &Value)| -> Vec<(String, String)> {
            let methods = methods.as_object().unwrap().keys();
            methods
                .map(|method| (method.to_uppercase(), path.clone()))
                .collect()
        };
        paths.iter().flat_map(of).collect()
    };
    let asked: BTreeSet<(String, String)> = TABLE
        .iter()
        .filter(|(_, path, ..)| {
            ["/api/", "/calendar/", "/livez", "/readyz", "/metrics"]
                .iter()
                .any(|start| path.starts_with(start))
        })
        .map(|(method, path, ..)| {
            let path = path.split('?').next().unwrap_or_default();
            ((*method).to_owned(), path.to_owned())
        })
        .collect();
    assert_eq!(
        asked,
        routes(&described.body["paths"]),
        "a route is not in the table"
    );
    web.stop();
    dismiss(manager);
}

#[test]
fn a_right_ends_with_the_event_that_ends_it() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [ada, bob, ole] = [ADA, BOB, OLE].map(|email| web.client(email));
    let queued = ada.post(
        "/api/v1/applications",
        r#"{"hours": 8, "start": "2027-07-01"}"#,
    );
    let (path, position) = (queued.header("location"), queued.header("timeoff-position"));
    bob.with("timeoff-position", position).get(path).is(404);
    ole.get("/api/v1/me").is(200);

    let admin = |arguments: &[&str]| {
        let arguments = [arguments, &["--as", GRACE]].concat();
        bench.run("timeoff-admin", &arguments).done();
    };
    let until = |what: &str, condition: &dyn Fn() -> bool| wait_until(PATIENCE, what, condition);
    let days = ["--first-day", "2020-01-01", "--last-day", "2099-12-31"];
    admin(&[&["delegate", "--from", LINUS, "--to", BOB], &days[..]].concat());
    until("whoever stands in sees it", &|| bob.get(path).status == 200);
    // Whoever has left has nothing that another could do for them.
    admin(&["people", "leave", LINUS, "--last-day", "2020-01-01"]);
    until("he has nothing to decide any more", &|| {
        bob.get(path).status == 404
    });
    web.client(LINUS).get("/api/v1/me").is(403);
    let people = ada.get("/api/v1/people").is(200);
    let people = people.body["people"].as_array().unwrap();
    assert!(people.iter().all(|person| person["email"] != LINUS));

    admin(&["people", "leave", OLE, "--last-day", "2020-01-01"]);
    until("he has left", &|| ole.get("/api/v1/me").status == 403);
    web.stop();
    dismiss(manager);
}

#[test]
fn a_view_that_is_removed_is_folded_anew() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let mut web = Web::start(&bench, "view");
    std::fs::remove_dir_all(bench.folder.path().join("view")).unwrap();
    web.running.wait_until_said("somebody has removed it");
    let ada = web.client(ADA);
    wait_until(PATIENCE, "it comes back", || {
        ada.get("/readyz").status == 200
    });
    ada.get("/api/v1/me").is(200);
    web.stop();
    dismiss(manager);
}
