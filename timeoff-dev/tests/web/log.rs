//! The page that shows the log itself.

use std::time::Duration;

use reqwest::Method;
use timeoff_testkit::{Bench, on_runtime};

use crate::office::{ADA, BOB, GRACE, LINUS, Web, dismiss, staffed, wait_until};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn the_page_of_the_log_shows_what_is_on_it_to_whom_it_concerns(bench: &Bench) {
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    let [ada, bob, linus, grace] = [ADA, BOB, LINUS, GRACE].map(|email| web.client(email));
    let records = |client: &crate::client::Client, text: &str| {
        let page = client.get("/log");
        let page = page.shows(200, &["Partition 1, IT", &bench.ledger]);
        page.matches(text).count()
    };
    // The people are there.
    wait_until(PATIENCE, "the admin reads the people's records", || {
        records(&grace, "PersonEntered") > 3
    });
    assert_eq!(records(&ada, "EmpEmail"), 0);

    let application = r#"{"hours": 8, "start": "2027-07-01"}"#;
    let queued = on_runtime(async {
        let mut changes = linus.begin("/log/changes").await;
        let posted = ada.ask(Method::POST, "/api/v1/applications", Some(application));
        let queued = posted.await.unwrap();
        loop {
            let chunk = changes.chunk().await.unwrap().unwrap();
            if String::from_utf8_lossy(&chunk).contains("event: log") {
                return queued.is(201);
            }
        }
    });
    let summary = "ada@example.com: 8 h from Thu 1 Jul 2027";
    wait_until(PATIENCE, "the application is shown", || {
        records(&ada, summary) == 1
    });
    assert_eq!(records(&linus, summary), 1);
    // A colleague sees that there is something, and not what.
    assert_eq!(records(&bob, summary), 0);
    assert!(
        records(
            &bob,
            "LeaveApplicationReceived<span class=\"hidden\">, not for you"
        ) > 0
    );

    let decision = format!("/api/v1/applications/{}/decision", queued.text("/id"));
    linus
        .with("prefer", "wait=60")
        .post(
            &decision,
            r#"{"outcome": "decline", "comment": "Not then."}"#,
        )
        .is(200);
    wait_until(PATIENCE, "result and event are shown", || {
        records(&ada, "LeaveApplicationProcessed") == 1
            && records(&ada, "Not then.") == 1
            && records(&linus, ">LeaveDeclined<") == 1
            && records(&linus, "by Linus Approver") == 1
    });
    wait_until(PATIENCE, "managers have settled everything", || {
        records(&grace, " has settled all") == 6
    });
    web.stop();
    dismiss(manager);
}
