//! From an application to what became of it.

use std::time::Duration;

use timeoff_testkit::Bench;

use crate::client::Answer;
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, dismiss, staffed, wait_until};

const APPLICATIONS: &str = "/api/v1/applications";

pub(crate) fn what_is_posted_is_decided_and_everybody_who_may_see_it_sees_that(bench: &Bench) {
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    let [ada, bob, linus, grace, ole] =
        [ADA, BOB, LINUS, GRACE, OLE].map(|email| web.client(email));

    // Mistakes are told together, each with its field.
    let wrong = ada.post(APPLICATIONS, r#"{"hours": 0, "start": "2027-02-30"}"#);
    let wrong = wrong.is(422);
    let fields: Vec<_> = wrong.body["errors"].as_array().unwrap().iter().collect();
    assert_eq!(fields.len(), 2);
    assert_eq!(
        (&fields[0]["field"], &fields[1]["field"]),
        (&"hours".into(), &"start".into())
    );
    ada.post(
        APPLICATIONS,
        r#"{"hours": 8, "start": "2027-07-01", "start_": 1}"#,
    )
    .is(422);
    ada.post(APPLICATIONS, "{").is(400);
    ada.post(APPLICATIONS, r#"[null, 8, "2027-07-01"]"#).is(422);
    ada.get(&format!("{APPLICATIONS}/%FF")).is(400);
    ada.post(
        APPLICATIONS,
        r#"{"hours": 8, "start": "2027-07-01", "department": "OPS"}"#,
    )
    .is(403);

    let queued = ada
        .post(APPLICATIONS, r#"{"hours": 16, "start": "2027-07-01"}"#)
        .is(201);
    let (id, location) = (queued.text("/id"), queued.header("location"));
    let position = queued.header("timeoff-position");
    assert_eq!(
        position,
        format!("{}:1:{}", bench.applications, queued.body["offset"])
    );

    // Whoever may see it sees it at once if they say which position they have heard of.
    for (client, status) in [
        (&ada, 200),
        (&linus, 200),
        (&grace, 200),
        (&bob, 404),
        (&ole, 404),
    ] {
        client
            .with("timeoff-position", position)
            .get(location)
            .is(status);
    }
    let shown = ada.get(location);
    assert_eq!(shown.header("etag"), "\"0\"");
    assert_eq!(shown.text("/state"), "waiting");
    assert_eq!(shown.text("/start"), "2027-07-01");
    assert_eq!(shown.text("/queued/topic"), bench.applications);
    ada.with("timeoff-position", "nowhere:0:0")
        .get(location)
        .is(400);
    let count = |client: &crate::client::Client, query: &str| {
        let listed = client.get(&format!("{APPLICATIONS}{query}")).is(200);
        listed.body["applications"].as_array().unwrap().len()
    };
    assert_eq!(
        [&ada, &linus, &grace, &bob, &ole].map(|one| count(one, "")),
        [1, 1, 1, 0, 0]
    );
    assert_eq!(count(&linus, "?state=approved"), 0);
    ada.get(&format!("{APPLICATIONS}?stat=waiting")).is(400);

    // Only who may decides, and only what they have seen.
    let decision = format!("{location}/decision");
    let approve = r#"{"outcome": "approve", "comment": "Enjoy!"}"#;
    ada.post(&decision, approve).is(403);
    bob.post(&decision, approve).is(404);
    linus
        .with("if-match", "\"7\"")
        .post(&decision, approve)
        .is(412);
    linus.post(&decision, r#"{"outcome": "perhaps"}"#).is(422);
    let waiting = linus.with("prefer", "wait=60").with("if-match", "\"0\"");
    let accepted = waiting.post(&decision, approve).is(200);
    assert_eq!(accepted.text("/state"), "accepted");
    assert_eq!(accepted.text("/event/type"), "LeaveBooked");
    assert_eq!(accepted.header("preference-applied"), "wait=60");

    // A second decision is refused, and says why.
    let refused = grace
        .with("prefer", "wait=60")
        .post(&decision, r#"{"outcome": "decline"}"#);
    let refused = refused.is(409);
    assert!(refused.text("/detail").contains("approved it already"));
    linus
        .with("if-match", "\"0\"")
        .post(&decision, approve)
        .is(412);
    ada.with("prefer", "wait=60")
        .post_nothing(&format!("{location}/withdrawal"))
        .is(409);
    linus
        .post_nothing(&format!("{location}/withdrawal"))
        .is(403);

    let shown = ada
        .with("timeoff-position", refused.header("timeoff-position"))
        .get(location);
    assert_eq!(shown.text("/id"), id);
    assert_eq!(
        (shown.text("/state"), shown.header("etag")),
        ("approved", "\"1\"")
    );
    assert_eq!(shown.text("/decision/by"), "Linus Approver");
    assert_eq!(shown.text("/decision/comment"), "Enjoy!");
    let history = shown.body["history"].as_array().unwrap();
    let types: Vec<_> = history
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["LeaveBooked", "CommandRefused", "CommandRefused"]);

    // Without a wait, the answer says where to ask.
    let other = ada
        .post(APPLICATIONS, r#"{"hours": 8, "start": "2027-08-01"}"#)
        .is(201);
    let withdrawal = format!("{}/withdrawal", other.header("location"));
    let sent = ada
        .with("timeoff-position", other.header("timeoff-position"))
        .post_nothing(&withdrawal)
        .is(202);
    let command = sent.header("location");
    let asked = ada.with("timeoff-position", sent.header("timeoff-position"));
    asked.get(command).is(200);
    ole.get(command).is(404);
    wait_until(Duration::from_secs(60), "it is carried out", || {
        ada.get(command).text("/state") == "accepted"
    });
    assert_eq!(
        ada.get(other.header("location")).text("/state"),
        "withdrawn"
    );

    let me = grace.get("/api/v1/me").is(200);
    assert_eq!(
        me.body["decides_in"],
        serde_json::json!(["HR", "IT", "OPS"])
    );
    let people = linus.get("/api/v1/people").is(200);
    assert_eq!(people.body["people"].as_array().unwrap().len(), 3);
    let metrics = grace.get("/metrics").is(200);
    let metrics = metrics.body.as_str().unwrap();
    assert!(metrics.contains("timeoff_web_ready 1"), "{metrics}");
    assert!(
        !metrics.contains('@'),
        "a metric has personal data: {metrics}"
    );
    web.stop();
    dismiss(manager);
}

pub(crate) fn a_request_that_comes_again_gets_the_first_answer(bench: &Bench) {
    let manager = staffed(bench);
    // Two services are alike.
    let services = [Web::start(bench, "one"), Web::start(bench, "other")];
    let [one, other] =
        [0, 1].map(|n: usize| services[n].client(ADA).with("idempotency-key", "a key"));
    let body = r#"{"hours": 16, "start": "2027-07-01"}"#;
    let first = one.post(APPLICATIONS, body).is(201);
    for client in [&one, &other] {
        let again = client.post(APPLICATIONS, body).is(201);
        assert_eq!(again.body, first.body);
    }
    one.post(APPLICATIONS, r#"{"hours": 17, "start": "2027-07-01"}"#)
        .is(422);
    // Somebody else's key is another one.
    let bobs = services[1]
        .client(BOB)
        .with("idempotency-key", "a key")
        .post(APPLICATIONS, body);
    assert_ne!(bobs.is(201).text("/id"), first.text("/id"));

    let decision = format!("{}/decision", first.header("location"));
    let [one, other] = [0, 1].map(|n: usize| {
        let linus = services[n].client(LINUS).with("idempotency-key", "his");
        linus.with("prefer", "wait=60").with("if-match", "\"0\"")
    });
    let approve = r#"{"outcome": "approve"}"#;
    let accepted = one.post(&decision, approve).is(200);
    let position = accepted.header("timeoff-position");
    for client in [&one, &other] {
        let again = client
            .with("timeoff-position", position)
            .post(&decision, approve)
            .is(200);
        assert_eq!(again.body, accepted.body);
    }
    one.post(&decision, r#"{"outcome": "decline"}"#).is(422);
    for web in services {
        web.stop();
    }
    dismiss(manager);
}

/// Two requests with one key at the same moment: one of them counts, and the other is told so.
pub(crate) fn of_two_requests_with_one_key_at_once_the_first_counts(bench: &Bench) {
    const ROUNDS: usize = 10;
    let manager = staffed(bench);
    let services = [Web::start(bench, "one"), Web::start(bench, "other")];
    for round in 0..ROUNDS {
        let key = format!("round {round}");
        let ada = [0, 1].map(|n: usize| services[n].client(ADA).with("idempotency-key", &key));
        let queued = at_once((
            || ada[0].post(APPLICATIONS, r#"{"hours": 8, "start": "2027-07-01"}"#),
            || ada[1].post(APPLICATIONS, r#"{"hours": 9, "start": "2027-07-01"}"#),
        ));
        let first = one_counts(queued, 201);
        let hours = [8, 9][first.0];
        let path = first.1.header("location");
        let shown = ada[0].with("timeoff-position", first.1.header("timeoff-position"));
        assert_eq!(shown.get(path).is(200).body["hours"], hours);

        let decision = format!("{path}/decision");
        let linus = [0, 1].map(|n: usize| {
            let linus = services[n].client(LINUS).with("idempotency-key", &key);
            linus
                .with("prefer", "wait=60")
                .with("timeoff-position", first.1.header("timeoff-position"))
        });
        let decided = at_once((
            || linus[0].post(&decision, r#"{"outcome": "approve"}"#),
            || linus[1].post(&decision, r#"{"outcome": "decline"}"#),
        ));
        let (which, answer) = one_counts(decided, 200);
        let event = ["LeaveBooked", "LeaveDeclined"][which];
        assert_eq!(answer.text("/event/type"), event);
    }
    for web in services {
        web.stop();
    }
    dismiss(manager);
}

fn at_once<F: FnOnce() -> Answer, G: FnOnce() -> Answer + Send>(
    (one, other): (F, G),
) -> [Answer; 2] {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        [one, other.join().unwrap()]
    })
}

/// The answer that has this status, and which it is. The other one must have been refused.
fn one_counts(answers: [Answer; 2], status: u16) -> (usize, Answer) {
    let [one, other] = answers;
    match one.status == status {
        true => {
            other.is(422);
            (0, one)
        }
        false => {
            one.is(422);
            (1, other.is(status))
        }
    }
}
