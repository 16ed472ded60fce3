//! A log that goes away and comes back while clients go on.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use rusqlite::Connection;
use timeoff_dev::kafka::{KafkaDev, require_or_skip};
use timeoff_testkit::{Bench, asked_for, on_runtime, tell};

use crate::client::Client;
use crate::described::{Asking, SECONDS};
use crate::needed::{installed, skip};
use crate::office::{ADA, LINUS, Web, dismiss, staffed, wait_until};

const CLIENTS: usize = 16;
const PATH: &str = "/api/v1/applications";
const BODY: &str = r#"{"hours": 8, "start": "2027-07-01"}"#;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster of its own: it is stopped.
fn cluster() -> Option<KafkaDev> {
    require_or_skip()?;
    KafkaDev::builder().start_or_skip()
}

#[test]
fn while_kafka_is_away_writes_are_refused_and_what_was_acknowledged_stays() {
    let Some(kafka) = cluster() else {
        return;
    };
    let bench = Bench::kafka(&kafka);
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    // It has written, so it knows the schemas.
    let ada = web.client(ADA);
    ada.post(PATH, BODY).is(201);

    let load = Load::default();
    std::thread::scope(|scope| {
        let posting = scope.spawn(|| load.post(&ada));
        load.wait_for(&load.accepted, "it writes");
        kafka.brokers()[0].stop();
        load.wait_for(&load.refused, "it refuses writes");
        wait_until(PATIENCE, "it is not ready", || {
            ada.get("/readyz").status == 503
        });
        let answered = ada.get(PATH).is(200);
        assert!(!answered.body["applications"].as_array().unwrap().is_empty());
        // The registry is not needed for what has been written before.
        kafka.stop_registry();
        kafka.start_brokers().unwrap();
        load.wait_for(&load.accepted, "it writes again");
        kafka.start_registry().unwrap();
        load.is_over.store(true, Ordering::SeqCst);
        posting.join().unwrap();
    });
    wait_until(PATIENCE, "it is ready", || ada.get("/readyz").status == 200);
    load.check(&ada);

    // Whatever the description allows is answered as it says, or with a 503.
    let Some(program) = installed("schemathesis") else {
        return skip("there is no schemathesis; .ci/schemathesis installs it");
    };
    let position = ada
        .post(PATH, BODY)
        .is(201)
        .header("timeoff-position")
        .to_owned();
    let seconds = asked_for("TIMEOFF_SCHEMATHESIS_SECONDS").unwrap_or(2 * SECONDS);
    let asking = Asking {
        bench: &bench,
        program: &program,
        web: &web,
        position: &position,
        seconds,
        is_away: true,
    };
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| asking.run(Some(LINUS)));
        let part = Duration::from_secs(seconds as u64 / 3);
        std::thread::sleep(part);
        kafka.brokers()[0].stop();
        std::thread::sleep(part);
        kafka.start_brokers().unwrap();
        asking.join().unwrap();
    });
    web.stop();
    // It may have much in hand after this.
    manager.kill();
}

#[test]
fn while_the_file_is_locked_a_write_is_not_known_and_comes_once_when_it_is_sent_again() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ada = web.client(ADA).with("idempotency-key", "once");
    ada.get("/api/v1/me").is(200);
    // As a backup of another program would.
    let file = bench.log.strip_prefix("sqlite:").unwrap();
    let locking = Connection::open(bench.folder.path().join(file)).unwrap();
    locking.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = ada.post(PATH, BODY).is(503);
    assert_eq!(refused.header("retry-after"), "2");
    ada.get("/api/v1/me").is(200);
    locking.execute_batch("ROLLBACK").unwrap();
    drop(locking);
    wait_until(PATIENCE, "it writes again", || {
        ada.post(PATH, BODY).status == 201
    });
    let queued = ada.post(PATH, BODY).is(201);
    let position = queued.header("timeoff-position");
    let listed = web
        .client(ADA)
        .with("timeoff-position", position)
        .get(PATH)
        .is(200);
    assert_eq!(listed.body["applications"].as_array().unwrap().len(), 1);
    web.stop();
    dismiss(manager);
}

/// Clients who write without pause. Whatever is not acknowledged is sent again with its key.
#[derive(Default)]
struct Load {
    is_over: AtomicBool,
    next: AtomicUsize,
    accepted: AtomicUsize,
    refused: AtomicUsize,
    ids: Mutex<BTreeSet<String>>,
}

impl Load {
    fn post(&self, client: &Client) {
        let one = async || {
            while !self.is_over.load(Ordering::SeqCst) {
                let number = self.next.fetch_add(1, Ordering::SeqCst);
                let client = client.with("idempotency-key", &format!("number {number}"));
                loop {
                    let answer = client.ask(Method::POST, PATH, Some(BODY)).await.unwrap();
                    if answer.status == 201 {
                        let id = answer.text("/id").to_owned();
                        assert!(self.ids.lock().unwrap().insert(id), "two have one id");
                        self.accepted.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    answer.is(503);
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        on_runtime(futures_util::future::join_all((0..CLIENTS).map(|_| one())));
    }

    /// Waits until more of this has come than there was.
    fn wait_for(&self, count: &AtomicUsize, what: &str) {
        let enough = count.load(Ordering::SeqCst) + 2 * CLIENTS;
        wait_until(PATIENCE, what, || count.load(Ordering::SeqCst) >= enough);
    }

    /// Checks that everything that was acknowledged is there.
    fn check(&self, client: &Client) {
        let ids = self.ids.lock().unwrap();
        for id in &*ids {
            client.get(&format!("{PATH}/{id}")).is(200);
        }
        let refused = self.refused.load(Ordering::SeqCst);
        tell(&format!(
            "{} writes, and {refused} were refused meanwhile",
            ids.len()
        ));
    }
}
