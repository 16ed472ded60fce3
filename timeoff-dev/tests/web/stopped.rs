//! A service that is stopped while it has much to do.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use timeoff_testkit::{Bench, on_runtime};

use crate::office::{ADA, Web, dismiss, staffed, wait_until};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

const CLIENTS: usize = 32;

/// How many requests are answered before it is stopped.
const ANSWERED: usize = 200;

/// Every command ends within this time.
const END: Duration = Duration::from_secs(2);

pub(crate) fn a_service_that_is_stopped_under_load_answers_what_it_has_taken_in(bench: &Bench) {
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    let client = web.client(ADA);
    let acknowledged = Mutex::new(BTreeSet::new());
    let answered = AtomicUsize::new(0);
    let ended = std::thread::scope(|scope| {
        let posting = scope.spawn(|| {
            on_runtime(async {
                let post = async || {
                    let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
                    loop {
                        let asked = client.ask(Method::POST, "/api/v1/applications", Some(body));
                        match asked.await {
                            Ok(answer) => {
                                let answer = answer.is(201);
                                let is_new = acknowledged
                                    .lock()
                                    .unwrap()
                                    .insert(answer.text("/id").to_owned());
                                assert!(is_new);
                                answered.fetch_add(1, Ordering::SeqCst);
                            }
                            // Nobody accepts connections any more, or this one was closed before the request was read.
                            // A request that was taken in would have been answered.
                            Err(error) => {
                                assert!(!error.is_body() && !error.is_decode(), "{error}");
                                return;
                            }
                        }
                    }
                };
                futures_util::future::join_all((0..CLIENTS).map(|_| post())).await;
            });
        });
        wait_until(PATIENCE, "it goes on", || {
            answered.load(Ordering::SeqCst) >= ANSWERED
        });
        let began = Instant::now();
        web.running.signal("TERM");
        let ended = web.running.wait();
        let took = began.elapsed();
        assert!(took < END + Duration::from_secs(1), "it took {took:?}");
        posting.join().unwrap();
        ended
    });
    ended.done();

    let web = Web::start(bench, "another view");
    let client = web.client(ADA);
    for id in acknowledged.into_inner().unwrap() {
        client.get(&format!("/api/v1/applications/{id}")).is(200);
    }
    web.stop();
    dismiss(manager);
}

pub(crate) fn whoever_waits_is_answered_when_the_service_stops(bench: &Bench) {
    let manager = staffed(bench);
    // From now on nobody carries anything out.
    dismiss(manager);
    let web = Web::start(bench, "view");
    let ada = web.client(ADA);
    let queued = ada.post(
        "/api/v1/applications",
        r#"{"hours": 8, "start": "2027-07-01"}"#,
    );
    let position = queued.header("timeoff-position");
    let ada = ada
        .with("timeoff-position", position)
        .with("prefer", "wait=60");
    let withdrawal = format!("{}/withdrawal", queued.header("location"));
    ada.get(queued.header("location")).is(200);
    let answer = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ada.post_nothing(&withdrawal));
        // It, and who asks for this.
        wait_until(PATIENCE, "it waits", || {
            metrics(&web).contains("timeoff_web_in_flight 2")
        });
        web.stop();
        asking.join().unwrap()
    });
    assert_eq!(answer.is(202).text("/state"), "waiting");
}

fn metrics(web: &Web) -> String {
    let metrics = web.client(ADA).get("/metrics").is(200);
    metrics.body.as_str().unwrap().to_owned()
}
