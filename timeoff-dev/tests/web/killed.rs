//! A service that is killed again and again, and clients that do not give up.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use timeoff_testkit::{Bench, asked_for, on_runtime};

use crate::client::Client;
use crate::office::{ADA, Web, dismiss, staffed};

/// How many applications are posted, by how many clients, and how often the service is killed meanwhile.
const POSTS: usize = 400;
const CLIENTS: usize = 64;
const KILLS: usize = 4;

/// Only a failing test waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn what_is_posted_to_a_service_that_is_killed_again_and_again_is_queued_once(
    bench: &Bench,
) {
    let posts = asked_for("TIMEOFF_POSTS").unwrap_or(POSTS);
    let kills = if posts == POSTS { KILLS } else { 10 };
    let manager = staffed(bench);
    let mut web = Some(Web::start(bench, "view"));
    let first = web.as_ref().unwrap();
    let (address, client) = (first.address, first.client(ADA));
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
            let until = Instant::now() + PATIENCE;
            while answered.load(Ordering::SeqCst) < enough {
                assert!(Instant::now() < until, "nothing goes on");
                std::thread::sleep(Duration::from_millis(1));
            }
            web.take().unwrap().running.kill();
            let options = ["--sign-in", "demo"];
            web = Some(Web::start_at(bench, "view", &address.to_string(), &options));
        }
        posting.join().unwrap()
    });
    assert_eq!(ids.len(), posts);
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), posts, "two requests have one id");

    // What anybody can see of them, each once.
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
            None => break,
        }
    }
    assert_eq!(shown, ids.into_iter().collect());
    web.unwrap().stop();
    dismiss(manager);
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
