//! A service that is killed again and again, and clients that do not give up.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use timeoff_testkit::{AUTO, Bench, Running, asked_for, on_runtime};

use crate::client::Client;
use crate::office::{ADA, Web, dismiss, staffed, wait_until};
use crate::round_robin;

/// How many applications are posted, by how many clients, and how often the service is killed meanwhile.
const POSTS: usize = 400;
const CLIENTS: usize = 64;
const KILLS: usize = 4;

/// Only a failing test waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn what_is_posted_to_a_service_that_is_killed_again_and_again_is_queued_once(
    bench: &Bench,
) {
    let (_, manager) = post_while_services_are_killed(bench, 1);
    dismiss(manager);
}

pub(crate) fn what_is_posted_to_two_services_that_are_killed_with_the_manager_is_decided_once(
    bench: &Bench,
) {
    let (ids, manager) = post_while_services_are_killed(bench, 2);
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let until = Instant::now() + PATIENCE;
    let decided = loop {
        let shown = bench.run("result-reader", &arguments).done().out;
        let decided = shown.iter().map(|line| {
            let result: Value = serde_json::from_str(line).unwrap();
            result["id"].as_str().unwrap().to_owned()
        });
        let decided: Vec<String> = decided.collect();
        if decided.len() >= ids.len() {
            break decided;
        }
        assert!(
            Instant::now() < until,
            "{} of {} are decided",
            decided.len(),
            ids.len()
        );
    };
    assert_eq!(decided.len(), ids.len(), "an application has two results");
    assert_eq!(decided.into_iter().collect::<BTreeSet<_>>(), ids);
    dismiss(manager);
}

/// Posts applications to so many services with a reverse proxy in front, which are killed in turn, each time with a manager
/// who decides by a policy. Returns the ids, and the last manager.
fn post_while_services_are_killed(bench: &Bench, services: usize) -> (BTreeSet<String>, Running) {
    let posts = asked_for("TIMEOFF_POSTS").unwrap_or(POSTS);
    let kills = if posts == POSTS { KILLS } else { 10 };
    dismiss(staffed(bench));
    let mut manager = Some(bench.start("manager-service", &AUTO));
    let view = |number: usize| format!("view {number}");
    let start = |number: usize, listen: &str| {
        Web::start_at(bench, &view(number), listen, &["--sign-in", "demo"])
    };
    let mut webs: Vec<Web> = (0..services)
        .map(|number| start(number, "127.0.0.1:0"))
        .collect();
    let address = round_robin::start(webs.iter().map(|web| web.address).collect());
    // Each request goes to the next service.
    let client = Client::of(address, ADA).with("connection", "close");
    let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ids = std::thread::scope(|scope| {
        let posting = scope.spawn(|| {
            on_runtime(async {
                let clients = (0..CLIENTS).map(|_| post_all(&client, posts, &next, &answered));
                let mut ids = Vec::new();
                for some in futures_util::future::join_all(clients).await {
                    ids.extend(some);
                }
                ids
            })
        });
        for kill in 1..=kills {
            let enough = posts * kill / (kills + 1);
            wait_until(PATIENCE, "it goes on", || {
                answered.load(Ordering::SeqCst) >= enough
            });
            let number = kill % services;
            let web = webs.remove(number);
            let address = web.address.to_string();
            web.running.kill();
            manager.take().unwrap().kill();
            manager = Some(bench.start("manager-service", &AUTO));
            webs.insert(number, start(number, &address));
        }
        posting.join().unwrap()
    });
    assert_eq!(ids.len(), posts);
    let ids: BTreeSet<String> = ids.into_iter().collect();
    assert_eq!(ids.len(), posts, "two requests have one id");
    for web in webs {
        assert_eq!(shown_by(&web), ids);
        web.stop();
    }
    (ids, manager.unwrap())
}

/// What anybody can see of the applications at a service, each once.
fn shown_by(web: &Web) -> BTreeSet<String> {
    let client = web.client(ADA);
    let mut shown = BTreeSet::new();
    let mut path = "/api/v1/applications?limit=200".to_owned();
    loop {
        let page = client.get(&path).is(200);
        for application in page.body["applications"].as_array().unwrap() {
            let is_new = shown.insert(application["id"].as_str().unwrap().to_owned());
            assert!(is_new, "{application} is shown twice");
        }
        match page.body["next"].as_str() {
            Some(next) => path = format!("/api/v1/applications?limit=200&cursor={next}"),
            None => return shown,
        }
    }
}

/// Posts what is left to be posted. Every request is sent again until it is answered. Returns the ids.
async fn post_all(
    client: &Client,
    posts: usize,
    next: &AtomicUsize,
    answered: &AtomicUsize,
) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= posts {
            return ids;
        }
        let client = client.with("idempotency-key", &format!("number {number}"));
        let body = format!(
            r#"{{"hours": {}, "start": "2027-07-01"}}"#,
            1 + number % 100
        );
        let until = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < until, "request {number} is not answered");
            match client
                .ask(Method::POST, "/api/v1/applications", Some(&body))
                .await
            {
                Ok(answer) if answer.status == 201 => {
                    ids.push(answer.text("/id").to_owned());
                    answered.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                // The service is not there, or says that it cannot do it now.
                Ok(answer) => drop(answer.is(503)),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
